/* The logical content of a stream as a source. See ntfs.h. */
#include "formats/ntfs/stream.h"

#include "formats/ntfs/limits.h"
#include "formats/ntfs/runs.h"

#include <stdlib.h>

static void stream_free(struct source *self)
{
	struct ntfs_stream_source *s = (struct ntfs_stream_source *)self;

	free(s->runs);
	free(s->content);
	free(s->unit);
	free(s->packed);
	free(s->chunk_good);
	free(s);
}

static bool read_resident(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	const struct ntfs_stream_source *s = (struct ntfs_stream_source *)self;
	size_t left = offset < self->size ? (size_t)(self->size - offset) : 0;

	(void)err;
	*got = len < left ? len : left;
	if (*got)
		memcpy(to, s->content + offset, *got);
	return true;
}

/* How many bytes from offset inside run are on the volume; the rest of the run is not. */
static uint64_t bytes_on_volume(
    const struct ntfs_stream_source *s, const struct ntfs_run *run, uint64_t inside)
{
	const struct ntfs_geometry *g = &s->volume->geometry;
	uint64_t clusters = run->lcn < g->clusters ? g->clusters - run->lcn : 0;

	if (clusters > run->length)
		clusters = run->length;
	return clusters * g->cluster_size > inside ? clusters * g->cluster_size - inside : 0;
}

/* Reads a piece that lies in one run; *done is how much of it was good. */
static bool read_piece(const struct ntfs_stream_source *s, const struct ntfs_run *run,
    uint64_t inside, uint8_t *to, size_t len, size_t *done, struct err *err)
{
	uint64_t good;

	if (run->lcn == NTFS_HOLE) {
		memset(to, 0, len);
		*done = len;
		return true;
	}
	good = bytes_on_volume(s, run, inside);
	*done = 0;
	if (good != 0) {
		struct source *raw = s->volume->raw;
		size_t want = len < good ? len : (size_t)good;

		if (!raw->read(raw, run->lcn * s->cluster_size + inside, to, want, done, err))
			return false;
		if (*done < want)
			return fail(err, ERR_DAMAGED,
			    "byte %llu is behind the end of the image (%llu bytes)",
			    (unsigned long long)(run->lcn * s->cluster_size + inside + *done),
			    (unsigned long long)raw->size);
	}
	if (*done < len)
		return fail(err, ERR_DAMAGED, "cluster %llu is outside the volume",
		    (unsigned long long)(run->lcn + (inside + *done) / s->cluster_size));
	return true;
}

bool ntfs_stream_read_runs(const struct ntfs_stream_source *s, uint64_t offset, uint8_t *to,
    size_t len, size_t *got, struct err *err)
{
	size_t i = ntfs_runs_find(s->runs, s->run_count, offset / s->cluster_size);

	*got = 0;
	for (; *got < len; i++) {
		uint64_t at = offset + *got;
		size_t want = len - *got;
		size_t done = 0;

		if (i == s->run_count || s->runs[i].vcn * s->cluster_size > at)
			return fail(err, ERR_DAMAGED, "no run for cluster %llu of the stream",
			    (unsigned long long)(at / s->cluster_size));
		uint64_t inside = at - s->runs[i].vcn * s->cluster_size;
		uint64_t left = s->runs[i].length * s->cluster_size - inside;

		if (want > left)
			want = (size_t)left;
		bool ok = read_piece(s, &s->runs[i], inside, to + *got, want, &done, err);

		*got += done;
		if (!ok)
			return false;
	}
	return true;
}

/* Cuts a read at the end of the stream and fills what was never written with zeros. Returns how many
 * bytes from offset on are to be read from the volume; *whole is the length of the answer. */
static size_t cut_read(
    const struct ntfs_stream_source *s, uint64_t offset, uint8_t *to, size_t len, size_t *whole)
{
	uint64_t left = offset < s->source.size ? s->source.size - offset : 0;
	uint64_t written = offset < s->initialized ? s->initialized - offset : 0;
	size_t real;

	*whole = len < left ? len : (size_t)left;
	real = *whole < written ? *whole : (size_t)written;
	memset(to + real, 0, *whole - real);
	return real;
}

static bool read_plain(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	const struct ntfs_stream_source *s = (struct ntfs_stream_source *)self;
	size_t whole;
	size_t real = cut_read(s, offset, to, len, &whole);

	if (real != 0 && !ntfs_stream_read_runs(s, offset, to, real, got, err))
		return false;
	*got = whole;
	return true;
}

/* Reads a piece that lies in one compression unit; *done is how much of it was good. */
static bool read_unit(struct ntfs_stream_source *s, uint64_t at, uint8_t *to, size_t len,
    size_t *done, struct err *err)
{
	size_t inside = (size_t)(at % s->unit_size);

	*done = 0;
	if (!ntfs_unit_load(s, at / s->unit_size, err))
		return false;
	if (s->unit_is_plain)
		return ntfs_stream_read_runs(s, at, to, len, done, err);
	*done = ntfs_unit_good(s, inside, len);
	memcpy(to, s->unit + inside, *done);
	return *done == len || fail(err, s->unit_why.kind, "%s", s->unit_why.text);
}

static bool read_compressed(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct ntfs_stream_source *s = (struct ntfs_stream_source *)self;
	size_t whole;
	size_t real = cut_read(s, offset, to, len, &whole);

	*got = 0;
	while (*got < real) {
		uint64_t at = offset + *got;
		size_t left = s->unit_size - (size_t)(at % s->unit_size);
		size_t want = real - *got < left ? real - *got : left;
		size_t done;
		bool ok = read_unit(s, at, (uint8_t *)to + *got, want, &done, err);

		*got += done;
		if (!ok)
			return false;
	}
	*got = whole;
	return true;
}

/* Behind the holes from offset on; of a compressed stream behind the units without any cluster. Where runs are missing there
 * is no hole: reading fails there. */
static uint64_t runs_data_at(struct source *self, uint64_t offset)
{
	const struct ntfs_stream_source *s = (struct ntfs_stream_source *)self;
	size_t unit = s->unit_size ? s->unit_size : 1;
	uint64_t at = offset - offset % unit;
	size_t i = ntfs_runs_find(s->runs, s->run_count, at / s->cluster_size);

	for (; i < s->run_count && at < s->initialized; i++) {
		const struct ntfs_run *run = &s->runs[i];

		if (run->lcn != NTFS_HOLE || run->vcn * s->cluster_size > at)
			break;
		at = (run->vcn + run->length) * s->cluster_size;
	}
	if (at >= s->initialized)
		return self->size;
	at -= at % unit;
	return at > offset ? at : offset;
}

/* Copies the runs as far as byte offsets fit 63 bits: no size can reach beyond that. */
static bool copy_runs(
    struct ntfs_stream_source *s, const struct ntfs_stream *stream, struct err *err)
{
	uint64_t most = (uint64_t)INT64_MAX / s->volume->geometry.cluster_size;

	s->runs = calloc(stream->run_count + 1, sizeof(*s->runs));
	if (!s->runs)
		return fail(err, ERR_MEMORY, "no memory for %zu runs", stream->run_count);
	for (size_t i = 0; i < stream->run_count && stream->runs[i].vcn < most; i++) {
		struct ntfs_run run = stream->runs[i];

		if (run.length > most - run.vcn)
			run.length = most - run.vcn;
		s->runs[s->run_count++] = run;
	}
	return true;
}

static bool open_runs(
    struct ntfs_stream_source *s, const struct ntfs_stream *stream, struct err *err)
{
	const struct ntfs_geometry *g = &s->volume->geometry;

	if (!copy_runs(s, stream, err))
		return false;
	s->cluster_size = g->cluster_size;
	s->initialized = stream->initialized < stream->size ? stream->initialized : stream->size;
	s->incomplete = stream->incomplete;
	s->source.read = read_plain;
	s->source.data_at = runs_data_at;
	if (!(stream->flags & NTFS_STREAM_COMPRESSED) || stream->compression_unit == 0)
		return true;
	if (stream->compression_unit > 16 ||
	    (uint64_t)g->cluster_size << stream->compression_unit > NTFS_LIMIT_UNIT)
		return fail(err, ERR_UNSUPPORTED, "compression unit of 2^%u clusters",
		    stream->compression_unit);
	s->unit_size = (size_t)g->cluster_size << stream->compression_unit;
	s->unit_number = UINT64_MAX;
	s->source.read = read_compressed;
	return true;
}

static bool open_resident(
    struct ntfs_stream_source *s, const struct ntfs_stream *stream, struct err *err)
{
	s->content = malloc(stream->content.len ? stream->content.len : 1);
	if (!s->content)
		return fail(err, ERR_MEMORY, "no memory for %zu bytes", stream->content.len);
	if (stream->content.len)
		memcpy(s->content, stream->content.at, stream->content.len);
	s->source.read = read_resident;
	return true;
}

bool ntfs_stream_open(struct ntfs_volume *volume, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, struct source **out, struct err *err)
{
	struct ntfs_stream_source *s;
	bool ok;

	(void)entry;
	if (!stream->resident && !volume)
		return fail(err, ERR_UNSUPPORTED, "the stream lies in clusters of a volume");
	s = calloc(1, sizeof(*s));
	if (!s)
		return fail(err, ERR_MEMORY, "no memory for a stream");
	s->source.close = stream_free;
	s->source.size = stream->resident ? stream->content.len : stream->size;
	s->volume = volume;
	ok = stream->resident ? open_resident(s, stream, err) : open_runs(s, stream, err);
	if (!ok) {
		stream_free(&s->source);
		return false;
	}
	*out = &s->source;
	return true;
}
