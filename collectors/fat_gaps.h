/* Places of a FAT or exFAT volume that a walk could not read or understand: how many, and why the first. */
#ifndef KANSHIKI_COLLECTORS_FAT_GAPS_H
#define KANSHIKI_COLLECTORS_FAT_GAPS_H

#include "core/err.h"

struct fat_gaps { /* zero before use */
	uint64_t places;
	struct err first;
};

void fat_gaps_note(struct fat_gaps *gaps, uint64_t place, const struct err *why);
/* Sets *why to what a reason says of them; false: there are none. */
bool fat_gaps_tell(const struct fat_gaps *gaps, struct err *why);
/* The reason of files that an earlier walk found and this one did not. */
void fat_gaps_not_found(
    const struct fat_gaps *gaps, uint64_t missing, uint64_t all, struct err *why);

#endif
