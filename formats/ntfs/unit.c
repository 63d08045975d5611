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

static void unpack(struct ntfs_stream_source *s, size_t packed_len)
{
	bool ok;

	s->unit_why = (struct err){0};
	ok = lznt1_decompress((struct bytes){.at = s->packed, .len = packed_len}, s->unit,
	    s->unit_size, &s->unit_good, &s->unit_why);
	if (!ok)
		return;
	/* A unit that says its end early is zeros from there. */
	memset(s->unit + s->unit_good, 0, s->unit_size - s->unit_good);
	s->unit_good = s->unit_size;
}

static bool has_memory(struct ntfs_stream_source *s, struct err *err)
{
	if (!s->unit)
		s->unit = malloc(s->unit_size);
	if (!s->packed)
		s->packed = malloc(s->unit_size);
	if (!s->unit || !s->packed)
		return fail(err, ERR_MEMORY, "no memory for a compression unit");
	return true;
}

bool ntfs_unit_load(struct ntfs_stream_source *s, uint64_t number, struct err *err)
{
	uint64_t clusters = s->unit_size / s->cluster_size;
	uint64_t vcn = number * clusters;
	struct stored stored;
	size_t got = 0;

	if (number == s->unit_number)
		return true;
	if (!has_memory(s, err))
		return false;
	s->unit_number = number;
	s->unit_why = (struct err){0};
	stored = count_stored(s, vcn, vcn + clusters);
	if (stored.covered == 0 || stored.clusters == clusters ||
	    stored.covered == stored.clusters) {
		/* Not packed; or cut short by the end of the runs, then not known to be packed. */
		bool ok = ntfs_stream_read_runs(
		    s, vcn * s->cluster_size, s->unit, s->unit_size, &s->unit_good, &s->unit_why);

		(void)ok;
		return true;
	}
	if (stored.clusters == 0) {
		memset(s->unit, 0, s->unit_size);
		s->unit_good = s->unit_size;
		return true;
	}
	if (!ntfs_stream_read_runs(s, vcn * s->cluster_size, s->packed,
		(size_t)stored.clusters * s->cluster_size, &got, &s->unit_why)) {
		struct err why = s->unit_why;

		unpack(s, got);
		if (s->unit_why.kind ==
		    ERR_NONE) /* it seemed whole: the rest is lost all the same */
			s->unit_good = 0;
		s->unit_why = why;
		return true;
	}
	unpack(s, got);
	return true;
}
