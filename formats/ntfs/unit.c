/* Compression units: the clusters that LZNT1 packed together (docs/formats/ntfs.md, "Compression"). */
#include "formats/ntfs/stream.h"

#include "formats/ntfs/lznt1.h"
#include "formats/ntfs/runs.h"

#include <stdlib.h>

/* What of the unit's clusters is stored, from its first on. */
struct stored {
	uint64_t clusters; /* stored, before the first hole or gap */
	uint64_t behind;   /* stored, behind it */
	uint64_t covered;  /* that any run covers, before the first gap */
	bool is_gap;       /* runs are missing, and there are others behind them */
};

static struct stored count_stored(const struct ntfs_stream_source *s, uint64_t vcn, uint64_t end)
{
	struct stored stored = {0};
	size_t i = ntfs_runs_find(s->runs, s->run_count, vcn);

	for (; i < s->run_count && s->runs[i].vcn < end; i++) {
		const struct ntfs_run *run = &s->runs[i];
		uint64_t run_end = run->vcn + run->length;

		stored.is_gap = stored.is_gap || run->vcn > vcn;
		vcn = run->vcn > vcn ? run->vcn : vcn;
		uint64_t part = (run_end < end ? run_end : end) - vcn;

		if (run->lcn != NTFS_HOLE && stored.covered == stored.clusters && !stored.is_gap)
			stored.clusters += part;
		else if (run->lcn != NTFS_HOLE)
			stored.behind += part;
		stored.covered += stored.is_gap ? 0 : part;
		vcn += part;
	}
	stored.is_gap = stored.is_gap || (vcn < end && i < s->run_count);
	return stored;
}

/* How many bytes of the unit from there on are content. */
static size_t count_written(const struct ntfs_stream_source *s, size_t inside)
{
	uint64_t at = s->unit_number * s->unit_size + inside;
	uint64_t left = at < s->initialized ? s->initialized - at : 0;

	return left < s->unit_size - inside ? (size_t)left : s->unit_size - inside;
}

/* Unpacks the chunk that begins at *pos, or fills with zeros behind the last. False: nothing behind it can be had. is_cut:
 * what follows `in` could not be read. */
static bool unpack_chunk(
    struct ntfs_stream_source *s, struct bytes in, bool is_cut, size_t *pos, size_t start)
{
	size_t left = s->unit_size - start;
	size_t room = left < LZNT1_CHUNK ? left : LZNT1_CHUNK;
	uint16_t *good = &s->chunk_good[start / LZNT1_CHUNK];
	size_t got = 0;
	struct err why;

	if (!lznt1_has_chunk(in, *pos)) {
		if (is_cut && in.len - *pos < 2)
			return false;
	} else if (!lznt1_chunk(in, pos, s->unit + start, room, &got, &why)) {
		if (s->unit_why.kind == ERR_NONE)
			s->unit_why = why;
		*good = (uint16_t)got;
		return lznt1_is_row(in, *pos, count_written(s, start + room));
	}
	memset(s->unit + start + got, 0, room - got);
	*good = (uint16_t)room;
	return true;
}

/* Unpacks what was read to s->packed. A damaged chunk costs itself, and those behind it where no row of headers
 * follows. */
static void unpack(struct ntfs_stream_source *s, size_t packed_len)
{
	struct bytes in = {.at = s->packed, .len = packed_len};
	bool is_cut = s->unit_why.kind != ERR_NONE;
	size_t pos = 0;

	for (size_t start = 0; start < s->unit_size; start += LZNT1_CHUNK)
		if (!unpack_chunk(s, in, is_cut, &pos, start))
			break;
}

static size_t count_chunks(const struct ntfs_stream_source *s)
{
	return s->unit_size / LZNT1_CHUNK + (s->unit_size % LZNT1_CHUNK != 0);
}

static void forget(struct ntfs_stream_source *s)
{
	memset(s->chunk_good, 0, count_chunks(s) * sizeof(*s->chunk_good));
}

static void fail_gap(struct ntfs_stream_source *s, uint64_t vcn)
{
	fail(&s->unit_why, ERR_DAMAGED,
	    "no run for cluster %llu of the stream, in the middle of a compression unit",
	    (unsigned long long)vcn);
}

/* The hole that would tell whether the unit is packed may be among what is lost. What looks packed must unpack whole; what
 * does not is believed where it reaches the end of the stream. */
static void judge_cut(
    struct ntfs_stream_source *s, uint64_t vcn, const struct stored *stored, size_t got)
{
	struct bytes in = {.at = s->packed, .len = got};
	size_t written = count_written(s, 0);

	if (got >= 2 && lznt1_begins(s->packed)) {
		if (lznt1_is_row(in, 0, written))
			unpack(s, got);
		if (ntfs_unit_good(s, 0, written) == written)
			return;
		forget(s);
	} else if (got >= 2 && stored->clusters * s->cluster_size >= written) {
		s->unit_is_plain = true;
		return;
	}
	if (s->unit_why.kind == ERR_NONE)
		fail_gap(s, vcn + stored->covered);
}

static bool has_memory(struct ntfs_stream_source *s, struct err *err)
{
	if (!s->unit)
		s->unit = malloc(s->unit_size);
	if (!s->packed)
		s->packed = malloc(s->unit_size);
	if (!s->chunk_good)
		s->chunk_good = malloc(count_chunks(s) * sizeof(*s->chunk_good));
	if (!s->unit || !s->packed || !s->chunk_good)
		return fail(err, ERR_MEMORY, "no memory for a compression unit");
	return true;
}

static void load(struct ntfs_stream_source *s, uint64_t vcn, const struct stored *stored)
{
	size_t got = 0;

	if (stored->behind && stored->is_gap) {
		fail_gap(s, vcn + stored->covered);
		return;
	}
	if (stored->behind) {
		fail(&s->unit_why, ERR_DAMAGED,
		    "compression unit at cluster %llu of the stream: clusters behind a hole",
		    (unsigned long long)vcn);
		return;
	}
	/* unit_why tells it. */
	DISCARD(ntfs_stream_read_runs(s, vcn * s->cluster_size, s->packed,
	    (size_t)stored->clusters * s->cluster_size, &got, &s->unit_why));
	if (stored->covered > stored->clusters)
		unpack(s, got);
	else
		judge_cut(s, vcn, stored, got);
}

/* Whether the unit is read as its runs say: it is stored whole, or nothing of it; or up to the end of all runs, with
 * none missing. */
static bool is_plain(
    const struct ntfs_stream_source *s, const struct stored *stored, uint64_t clusters)
{
	if (stored->clusters == clusters || (stored->clusters == 0 && stored->behind == 0))
		return true;
	return stored->covered == stored->clusters && !stored->is_gap && !s->incomplete;
}

bool ntfs_unit_load(struct ntfs_stream_source *s, uint64_t number, struct err *err)
{
	uint64_t clusters = s->unit_size / s->cluster_size;
	uint64_t vcn = number * clusters;

	if (number == s->unit_number)
		return true;
	if (!has_memory(s, err))
		return false;
	struct stored stored = count_stored(s, vcn, vcn + clusters);

	s->unit_number = number;
	s->unit_why = (struct err){0};
	s->unit_is_plain = is_plain(s, &stored, clusters);
	forget(s);
	if (!s->unit_is_plain)
		load(s, vcn, &stored);
	return true;
}

size_t ntfs_unit_good(const struct ntfs_stream_source *s, size_t inside, size_t want)
{
	size_t good = 0;

	while (good < want) {
		size_t at = (inside + good) % LZNT1_CHUNK;
		size_t of_chunk = s->chunk_good[(inside + good) / LZNT1_CHUNK];

		if (of_chunk <= at)
			break;
		good += of_chunk - at;
		if (of_chunk < LZNT1_CHUNK)
			break;
	}
	return good < want ? good : want;
}
