/* The allocated ranges of a stream, and its stored bytes alone. See ntfs.h. */
#include "formats/ntfs/limits.h"
#include "formats/ntfs/ntfs.h"

#include "core/array.h"

#include <stdlib.h>

/* Clusters as bytes, cut at the size of the stream. */
static uint64_t to_bytes(uint64_t clusters, uint32_t cluster_size, uint64_t size)
{
	return clusters > size / cluster_size ? size : clusters * cluster_size;
}

static bool add(struct ntfs_range **ranges, size_t *count, size_t *room, struct ntfs_range range,
    struct err *err)
{
	struct ntfs_range *last = *count ? &(*ranges)[*count - 1] : NULL;

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
    struct ntfs_range **out, size_t *count, struct err *err)
{
	CLEANUP(free_memory) struct ntfs_range *ranges = NULL;
	size_t found = 0;
	size_t room = 0;

	if (stream->resident &&
	    !add(&ranges, &found, &room, (struct ntfs_range){0, stream->content.len}, err))
		return false;
	for (size_t i = 0; i < stream->run_count && !stream->resident; i++) {
		const struct ntfs_run *run = &stream->runs[i];
		uint32_t cluster_size = ntfs_volume_geometry(volume)->cluster_size;
		uint64_t start = to_bytes(run->vcn, cluster_size, stream->size);
		uint64_t end = to_bytes(run->vcn + run->length, cluster_size, stream->size);

		if (run->lcn != NTFS_HOLE &&
		    !add(&ranges, &found, &room, (struct ntfs_range){start, end - start}, err))
			return false;
	}
	*out = TAKE(ranges);
	*count = found;
	return true;
}

struct stored_source {
	struct source source;
	struct source *whole; /* the stream, holes and all */
	struct ntfs_range *ranges;
	uint64_t *starts; /* of each range in the stored bytes */
	size_t count;
};

static size_t find_range(const struct stored_source *s, uint64_t offset)
{
	size_t low = 0;
	size_t high = s->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (s->starts[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static bool stored_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	const struct stored_source *s = (struct stored_source *)self;
	uint64_t left = offset < self->size ? self->size - offset : 0;
	size_t i = find_range(s, offset);

	*got = 0;
	if (len > left)
		len = (size_t)left;
	for (; *got < len; i++) {
		uint64_t inside = offset + *got - s->starts[i];
		uint64_t part = s->ranges[i].len - inside;
		size_t want = len - *got < part ? len - *got : (size_t)part;
		size_t done = 0;
		bool ok = s->whole->read(
		    s->whole, s->ranges[i].offset + inside, (uint8_t *)to + *got, want, &done, err);

		*got += done;
		if (!ok || done < want)
			return ok;
	}
	return true;
}

static void stored_close(struct source *self)
{
	struct stored_source *s = (struct stored_source *)self;

	source_close(s->whole);
	free(s->ranges);
	free(s->starts);
	free(s);
}

static bool stored_open(struct ntfs_volume *volume, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, struct stored_source *s, struct err *err)
{
	if (!ntfs_stream_open(volume, entry, stream, &s->whole, err) ||
	    !ntfs_stream_ranges(volume, stream, &s->ranges, &s->count, err))
		return false;
	s->starts = calloc(s->count + 1, sizeof(*s->starts));
	if (!s->starts)
		return fail(err, ERR_MEMORY, "no memory for %zu ranges", s->count);
	for (size_t i = 0; i < s->count; i++) {
		s->starts[i] = s->source.size;
		s->source.size += s->ranges[i].len;
	}
	return true;
}

bool ntfs_stream_open_runs(struct ntfs_volume *volume, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, struct source **out, struct err *err)
{
	struct stored_source *s;

	if (!stream->resident && stream->flags & NTFS_STREAM_COMPRESSED)
		return fail(err, ERR_UNSUPPORTED, "stored bytes of a compressed stream");
	s = calloc(1, sizeof(*s));
	if (!s)
		return fail(err, ERR_MEMORY, "no memory for a stream");
	s->source.read = stored_read;
	s->source.close = stored_close;
	if (!stored_open(volume, entry, stream, s, err)) {
		stored_close(&s->source);
		return false;
	}
	*out = &s->source;
	return true;
}
