/* The tar headers of an entry against its row: a header says only what tar_header would write. */
#include "bundle/reader_parts.h"

#include "bundle/tar.h"
#include "core/array.h"

#include <stdlib.h>

/* The last second of all, of which a header's decimals are not told apart. */
static bool is_end_of_time(const struct tar_times *times)
{
	return times->created == UINT64_MAX || times->modified == UINT64_MAX ||
	       times->changed == UINT64_MAX || times->accessed == UINT64_MAX;
}

bool reader_check_header(
    struct source *tar, const struct tar_entry *entry, const struct row *row, struct err *err)
{
	CLEANUP(text_free) struct text want = {0};
	CLEANUP(free_memory) uint8_t *got = NULL;
	size_t len = (size_t)(entry->data_at - entry->header_at);
	/* Times of a row that cannot be read are left to the header; so are those of an
	 * entry that an earlier run began. */
	const struct tar_times *times = row->has_times ? &row->times : &entry->times;
	const struct bundle_member member = {
	    .name = text_string(&entry->path),
	    .size = entry->size,
	    .modified = times->modified,
	    .accessed = times->accessed,
	    .changed = times->changed,
	    .created = times->created,
	};

	if (!row->has_times && is_end_of_time(times))
		return true;
	if (!tar_header(&member, &want, err))
		return false;
	if (want.len == len) {
		got = malloc(len);
		if (!got)
			return fail(err, ERR_MEMORY, "no memory for a header");
		if (!source_read_exact(tar, entry->header_at, got, len, err))
			return false;
	}
	return (got && memcmp(got, want.at, len) == 0) ||
	       fail(err, ERR_DAMAGED, "its tar header does not say what %s",
		   row->has_times ? "its row says" : "format 1 writes there");
}
