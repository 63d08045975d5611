/* Path patterns, as in --take and in the collectors' lists: '/' between components, case-insensitive,
 * '*' within a component, '**' across components (zero or more), '?' one character. A pattern without
 * wildcards is a path. "[" has no meaning, so every Windows name can be written. */
#ifndef KANSHIKI_CORE_PATTERN_H
#define KANSHIKI_CORE_PATTERN_H

#include "core/text.h"

/* Whether path ("Windows/System32/config/SYSTEM", no leading '/', WTF-8) matches. Time is bounded by
 * pattern length times path length. "a/" followed by "**" matches everything below a, not a itself. */
bool pattern_match(const char *pattern, struct bytes path);

/* Whether something below directory path could match: lets a walk skip whole trees. */
bool pattern_may_match_below(const char *pattern, struct bytes directory);

#endif
