/* The allocated ranges of a stream, and its stored bytes alone. See ntfs.h. */
#include "formats/ntfs/limits.h"
#include "formats/ntfs/ntfs.h"

#include "core/array.h"

/* Clusters as bytes, cut at the size of the stream. */
static uint64_t to_bytes(uint64_t clusters, uint32_t cluster_size, uint64_t size)
{
	return clusters > size / cluster_size ? size : clusters * cluster_size;
}

static bool add(
    struct range **ranges, size_t *count, size_t *room, struct range range, struct err *err)
{
	struct range *last = *count ? &(*ranges)[*count - 1] : NULL;

	if (range.len == 0)
		return true;
	if (last && last->offset + last->len == range.offset) {
		last->len += range.len;
		return true;
	}
	if (!array_grow(ranges, room, *count + 1, sizeof(range), NTFS_LIMIT_RUNS, err))
		return fail_in(err, "ranges");
	(*ranges)[(*count)++] = range;
	return true;
}

bool ntfs_stream_ranges(const struct ntfs_volume *volume, const struct ntfs_stream *stream,
    struct range **out, size_t *count, struct err *err)
{
	CLEANUP(free_memory) struct range *ranges = NULL;
	size_t found = 0;
	size_t room = 0;

	if (stream->resident &&
	    !add(&ranges, &found, &room, (struct range){0, stream->content.len}, err))
		return false;
	for (size_t i = 0; i < stream->run_count && !stream->resident; i++) {
		const struct ntfs_run *run = &stream->runs[i];
		uint32_t cluster_size = ntfs_volume_geometry(volume)->cluster_size;
		uint64_t start = to_bytes(run->vcn, cluster_size, stream->size);
		uint64_t end = to_bytes(run->vcn + run->length, cluster_size, stream->size);

		if (run->lcn != NTFS_HOLE &&
		    !add(&ranges, &found, &room, (struct range){start, end - start}, err))
			return false;
	}
	*out = TAKE(ranges);
	*count = found;
	return true;
}

bool ntfs_stream_open_runs(struct ntfs_volume *volume, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, struct source **out, struct err *err)
{
	CLEANUP(source_close) struct source *whole = NULL;
	CLEANUP(free_memory) struct range *ranges = NULL;
	size_t count;

	if (!stream->resident && stream->flags & NTFS_STREAM_COMPRESSED)
		return fail(err, ERR_UNSUPPORTED, "stored bytes of a compressed stream");
	if (!ntfs_stream_open(volume, entry, stream, &whole, err) ||
	    !ntfs_stream_ranges(volume, stream, &ranges, &count, err))
		return false;
	struct source *stored = range_source(whole, ranges, count, true);

	if (!stored)
		return fail(err, ERR_MEMORY, "no memory for %zu ranges", count);
	(void)TAKE(whole);
	*out = stored;
	return true;
}
