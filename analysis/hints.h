/* What about a file's timestamps is worth a second look. None of it proves that somebody set them: docs/timeline.md,
 * "Hints", says what does the same innocently, and how often. */
#ifndef KANSHIKI_ANALYSIS_HINTS_H
#define KANSHIKI_ANALYSIS_HINTS_H

#include "formats/ntfs/ntfs.h"

enum timeline_hint {
	/* $STANDARD_INFORMATION was created before every $FILE_NAME: Windows writes both at once. */
	HINT_SI_BEFORE_FN = 1u << 0,
	/* created or modified has no fraction of a second: most programs that set times have none. */
	HINT_ZERO_SUBSECONDS = 1u << 1,
	/* The record was changed before it was created: programs cannot set `changed` by the usual call. */
	HINT_CHANGED_BEFORE_CREATED = 1u << 2,
};

/* The hints of a record; 0 without $STANDARD_INFORMATION. A time of 0 is no time and gives none. */
uint32_t hints_of(const struct ntfs_entry *entry);
/* "si_before_fn" for bit 0 ...; NULL for a bit without a word. */
const char *hints_word(unsigned bit);

#endif
