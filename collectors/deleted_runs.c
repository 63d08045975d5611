/* What of a deleted stream is stored: all of it, or where it has large holes its runs alone. See deleted.h. */
#include "collectors/deleted.h"

#include "core/range.h"

#include <stdlib.h>

#define HOLES_STORED_MAX ((uint64_t)16 << 20) /* bytes; zeros that lie in holes are no evidence */
#define RANGES_MAX       500000u              /* in a sparse_map: its row stays under 16 MiB */

void deleted_runs_free(struct deleted_runs *runs)
{
	free(runs->at);
	*runs = (struct deleted_runs){0};
}

void deleted_runs_find(const struct deleted_files *d, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, struct deleted_runs *out)
{
	uint64_t bytes = 0;

	*out = (struct deleted_runs){.bytes = stream->size};
	if (stream->resident || stream->flags & NTFS_STREAM_COMPRESSED ||
	    (stream->utf16.len == 0 && ntfs_wof_packed(entry)) ||
	    !ntfs_stream_ranges(d->volume->ntfs, stream, &out->at, &out->count, NULL))
		return;
	for (size_t i = 0; i < out->count; i++)
		bytes += out->at[i].len;
	if (out->count > RANGES_MAX || stream->size - bytes <= HOLES_STORED_MAX) {
		free(out->at);
		*out = (struct deleted_runs){.bytes = stream->size};
		return;
	}
	out->bytes = bytes;
	out->is_sparse = true;
}

bool deleted_runs_open(
    const struct deleted_runs *runs, struct source **content, struct source **out, struct err *err)
{
	struct source *stored;

	if (!runs->is_sparse) {
		*out = TAKE(*content);
		return true;
	}
	stored = range_source(*content, runs->at, runs->count, true);
	if (!stored)
		return fail(err, ERR_MEMORY, "no memory for %zu ranges", runs->count);
	(void)TAKE(*content);
	*out = stored;
	return true;
}
