/* Finds the entries of a tar with holes. See salvage_parts.h. */
#include "bundle/salvage_parts.h"

/* What our tars hold: a header in the middle of evidence (a tar that was collected) is most often none of these. */
static bool is_ours(struct bytes path)
{
	static const char *const roots[] = {
	    "fs/", "deleted/", "live/", "memory/", "findings/", "meta/"};

	for (size_t i = 0; i < ARRAY_LEN(roots); i++)
		if (path.len > strlen(roots[i]) && memcmp(path.at, roots[i], strlen(roots[i])) == 0)
			return true;
	return false;
}

/* Where to look for the next header, behind `at`, where there is none. */
static uint64_t next_place(const struct source *space, uint64_t at)
{
	/* Headers are at blocks alone, also where frames begin elsewhere, as ours never do: each byte might be one. */
	uint64_t next = (salvage_space_next(space, at + 1) + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	const struct salvage_volume *volume = salvage_space_volume(space, at);

	/* Within a frame block by block; frames begin at blocks, too. */
	if (volume && at / TAR_BLOCK * TAR_BLOCK + TAR_BLOCK < next &&
	    salvage_space_volume(space, at + TAR_BLOCK))
		return at + TAR_BLOCK;
	volume = next < space->size ? salvage_space_volume(space, next) : NULL;
	/* A volume says where its first header lies; that is of use where its place is known. */
	if (volume && volume->has_header && volume->header.tar_offset == next &&
	    volume->header.next_header > next && volume->header.next_header < space->size)
		return volume->header.next_header;
	return next;
}

/* A header that says another thing than an entry of ours, where one of ours must be. */
static bool refuse(
    struct salvage *salvage, const struct tar_entry *entry, struct err *why, struct err *err)
{
	if (entry->path.len) {
		fail(why, ERR_DAMAGED, "a name that no entry of a bundle has");
		text_fail_in(why, text_bytes(&entry->path));
	}
	return salvage_refuse(salvage, &salvage->totals->names_bad, why, err);
}

bool salvage_walk(struct salvage *salvage, struct source *space, uint64_t from,
    bool (*each)(void *context, const struct tar_entry *entry, bool *is_sure, struct err *err),
    void *context, struct err *err)
{
	struct tar_entry entry = {0};
	uint64_t at = salvage_space_volume(space, from) ? from : salvage_space_next(space, from);
	/* One must be here; in a run of which nobody knows where it lies, only behind one of ours. */
	bool ok = true, is_place = at == from && !salvage_space_is_run(space);

	while (ok && at < space->size) {
		uint64_t before = at;
		struct err why = {0};
		bool end = false;
		bool good = tar_next(space, &at, &entry, &end, &why);
		/* One that the end cuts is complete but for its bytes, and `at` stands at the end. */
		bool is_entry = good ? !end : at != before;

		if (why.kind == ERR_MEMORY) {
			*err = why;
			ok = false;
		} else if (is_entry && is_ours(text_bytes(&entry.path))) {
			ok = each(context, &entry, &is_place, err);
			at = is_place ? tar_entry_end(&entry) : before + TAR_BLOCK;
		} else if (is_entry && is_place && tar_entry_end(&entry) <= space->size) {
			ok = refuse(salvage, &entry, &why, err);
			/* Where rows tell what is there nothing is passed over because a header says so: it may be in a copy of
			 * an entry that somebody planted. */
			is_place = !salvage_space_is_run(space) || salvage->path_count == 0;
			at = is_place ? tar_entry_end(&entry) : before + TAR_BLOCK;
		} else {
			at = next_place(space, before);
			is_place = false;
		}
	}
	text_free(&entry.path);
	return ok;
}
