/* See fat_gaps.h. */
#include "collectors/fat_gaps.h"

void fat_gaps_note(struct fat_gaps *gaps, uint64_t place, const struct err *why)
{
	if (gaps->places++ > 0)
		return;
	gaps->first = *why;
	fail_in(&gaps->first, "at byte %llu", (unsigned long long)place);
}

bool fat_gaps_tell(const struct fat_gaps *gaps, struct err *why)
{
	if (gaps->places == 0)
		return false;
	fail(why, gaps->first.kind, "%llu places of it are damaged: %.180s",
	    (unsigned long long)gaps->places, gaps->first.text);
	return true;
}

void fat_gaps_not_found(
    const struct fat_gaps *gaps, uint64_t missing, uint64_t all, struct err *why)
{
	fail(why, gaps->places ? gaps->first.kind : ERR_MISSING,
	    "%llu of %llu files were not found again when they were to be taken: %.180s",
	    (unsigned long long)missing, (unsigned long long)all,
	    gaps->places ? gaps->first.text : "changed or deleted");
}
