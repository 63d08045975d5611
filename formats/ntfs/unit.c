/* Compression units: the clusters that LZNT1 packed together (docs/formats/ntfs.md, "Compression"). */
#include "formats/ntfs/stream.h"

#include "formats/ntfs/lznt1.h"
#include "formats/ntfs/runs.h"

#include <stdlib.h>

/* What of the unit's clusters is stored, from its first on. */
struct stored {
	uint64_t clusters; /* stored, before the first hole */
	uint64_t covered;  /* that any run covers, before the first gap */
};

static struct stored count_stored(const struct ntfs_stream_source *s, uint64_t vcn, uint64_t end)
{
	struct stored stored = {0};
	bool hole = false;
	size_t i = ntfs_runs_find(s->runs, s->run_count, vcn);

	for (; i < s->run_count && vcn < end && s->runs[i].vcn <= vcn; i++) {
		uint64_t run_end = s->runs[i].vcn + s->runs[i].length;
		uint64_t part = (run_end < end ? run_end : end) - vcn;

		hole = hole || s->runs[i].lcn == NTFS_HOLE;
		if (!hole)
			stored.clusters += part;
		stored.covered += part;
		vcn += part;
	}
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

/* Unpacks `clusters` clusters. A damaged chunk costs itself, and those behind it where no row of headers follows. */
static void unpack(struct ntfs_stream_source *s, uint64_t vcn, uint64_t clusters)
{
	struct bytes in = {.at = s->packed};
	bool is_cut = !ntfs_stream_read_runs(s, vcn * s->cluster_size, s->packed,
	    (size_t)clusters * s->cluster_size, &in.len, &s->unit_why);
	size_t pos = 0;

	for (size_t start = 0; start < s->unit_size; start += LZNT1_CHUNK)
		if (!unpack_chunk(s, in, is_cut, &pos, start))
			break;
}

static size_t count_chunks(const struct ntfs_stream_source *s)
{
	return s->unit_size / LZNT1_CHUNK + (s->unit_size % LZNT1_CHUNK != 0);
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
	/* Without clusters it is a hole, or damage. Cut short by the end of the runs it is not known to be packed. */
	s->unit_is_plain = stored.clusters == 0 || stored.clusters == clusters ||
			   stored.covered == stored.clusters;
	s->unit_why = (struct err){0};
	memset(s->chunk_good, 0, count_chunks(s) * sizeof(*s->chunk_good));
	if (!s->unit_is_plain)
		unpack(s, vcn, stored.clusters);
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
