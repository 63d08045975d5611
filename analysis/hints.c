/* See hints.h. */
#include "analysis/hints.h"

#include "core/time.h"

static bool is_whole_second(uint64_t ticks)
{
	return ticks != 0 && ticks % TIME_TICKS_PER_SECOND == 0;
}

static bool is_before_all_names(uint64_t created, const struct ntfs_entry *entry)
{
	for (size_t i = 0; i < entry->name_count; i++)
		if (created >= entry->names[i].times.created)
			return false;
	return created != 0 && entry->name_count != 0;
}

uint32_t hints_of(const struct ntfs_entry *entry)
{
	const struct ntfs_times *si = &entry->times;
	uint32_t hints = 0;

	if (!entry->has_standard)
		return 0;
	if (is_before_all_names(si->created, entry))
		hints |= HINT_SI_BEFORE_FN;
	if (is_whole_second(si->created) || is_whole_second(si->modified))
		hints |= HINT_ZERO_SUBSECONDS;
	if (si->changed != 0 && si->changed < si->created)
		hints |= HINT_CHANGED_BEFORE_CREATED;
	return hints;
}

const char *hints_word(unsigned bit)
{
	static const char *const words[] = {
	    "si_before_fn", "zero_subseconds", "changed_before_created"};

	return bit < ARRAY_LEN(words) ? words[bit] : NULL;
}
