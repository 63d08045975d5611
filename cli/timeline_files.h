/* The timeline of bare files that belong together: $MFT, change journal and $LogFile of one volume. */
#ifndef KANSHIKI_CLI_TIMELINE_FILES_H
#define KANSHIKI_CLI_TIMELINE_FILES_H

#include "analysis/timeline.h"

/* Adds the files in words, told by content, in any order; journal and log have the paths of the $MFT. One that was emptied is left
 * out, said and counted in *gaps. ERR_USAGE: one is none of these, or two are the same. */
bool timeline_bare_files(struct timeline *timeline, const struct text_list *words, size_t *gaps,
    struct err *err) MUST_CHECK;

#endif
