/* Which members of a bundle a command means: patterns over rows and meta files, in the order of the rows. */
#ifndef KANSHIKI_CLI_LISTING_H
#define KANSHIKI_CLI_LISTING_H

#include "bundle/reader.h"

/* Whether a path of the bundle ("fs/C/Windows/...") is meant: by no pattern at all, by a pattern (core/pattern.h), or
 * because a pattern without wildcards names a directory above it. */
bool listing_matches(const struct text_list *patterns, struct bytes path);

#endif
