/* Opening a volume: boot sector, then $MFT, which describes itself. See ntfs.h. */
#include "formats/ntfs/volume.h"

#include "core/array.h"
#include "formats/ntfs/limits.h"
#include "formats/ntfs/record.h"

#include <stdlib.h>

const struct ntfs_geometry *ntfs_volume_geometry(const struct ntfs_volume *volume)
{
	return &volume->geometry;
}

bool ntfs_volume_is_whole(const struct ntfs_volume *volume, struct err *err)
{
	const struct ntfs_geometry *g = &volume->geometry;
	uint64_t size = g->sectors * g->sector_size;

	return volume->raw->size >= size ||
	       fail(err, ERR_DAMAGED,
		   "the volume has %llu bytes, but the image or partition ends after %llu of them",
		   (unsigned long long)size, (unsigned long long)volume->raw->size);
}

bool ntfs_volume_boot_is_sound(const struct ntfs_volume *volume, struct err *err)
{
	switch (volume->geometry.boot) {
	case NTFS_BOOT_FIRST:
		break;
	case NTFS_BOOT_FIRST_FITS:
		return fail(err, ERR_DAMAGED,
		    "the boot sector and its backup disagree: the first fits the volume and is "
		    "used");
	case NTFS_BOOT_EITHER:
		return fail(err, ERR_DAMAGED,
		    "the boot sector and its backup disagree, and either may fit: the first is "
		    "used");
	case NTFS_BOOT_BACKUP_FITS:
		return fail(err, ERR_DAMAGED,
		    "the boot sector and its backup disagree: the backup fits the volume and is "
		    "used");
	case NTFS_BOOT_BACKUP:
		return fail(err, ERR_DAMAGED,
		    "the boot sector is damaged or cannot be read: its backup is used");
	case NTFS_BOOT_OTHER_SIZE:
		return fail(err, ERR_DAMAGED,
		    "the boot sector says another size of the volume than $BadClus and $Bitmap, "
		    "which are believed");
	case NTFS_BOOT_SEARCHED:
		return fail(err, ERR_DAMAGED,
		    "boot sector and its copy are gone or wrong: the volume was found by records "
		    "of $MFT");
	}
	return true;
}

struct ntfs_mft *ntfs_volume_mft(struct ntfs_volume *volume)
{
	return volume->mft;
}

void ntfs_volume_close(struct ntfs_volume *volume)
{
	if (!volume)
		return;
	ntfs_mft_close(volume->mft);
	free(volume->upcase);
	free(volume);
}

/* Whether record 0 at this cluster can describe $MFT; leaves the raw record in buffer. */
static bool try_first(
    struct ntfs_volume *volume, uint64_t cluster, uint8_t *raw, uint8_t *scratch, struct err *err)
{
	const struct ntfs_geometry *g = &volume->geometry;
	struct ntfs_record record;
	struct err damage = {0};

	if (cluster >= g->clusters)
		return fail(err, ERR_DAMAGED, "$MFT lies outside the volume");
	if (cluster * g->cluster_size >= volume->raw->size && !ntfs_volume_is_whole(volume, err))
		return fail_in(err, "$MFT is not in it");
	if (!source_read_exact(volume->raw, cluster * g->cluster_size, raw, g->record_size, err))
		return fail_in(err, "record 0 of $MFT");
	memcpy(scratch, raw, g->record_size);
	if (!ntfs_record_parse(scratch, g->record_size, &record, &damage, err)) {
		if (err && err->kind == ERR_MISSING) /* of any other record that is no damage */
			err->kind = ERR_DAMAGED;
		return fail_in(err, "record 0 of $MFT");
	}
	if (damage.kind != ERR_NONE)
		return fail(err, damage.kind, "record 0 of $MFT: %s", damage.text);
	if (!(record.flags & NTFS_RECORD_IN_USE))
		return fail(err, ERR_DAMAGED, "record 0 of $MFT is not in use");
	return true;
}

static uint64_t covered(const struct ntfs_stream *stream)
{
	uint64_t clusters = 0;

	for (size_t i = 0; i < stream->run_count; i++)
		clusters += stream->runs[i].length;
	return clusters;
}

/* No more records than the volume has room for: a forged size, with a hole for its runs, would make a walk of
 * years. */
static void cut_mft(struct ntfs_volume *volume)
{
	const struct ntfs_geometry *g = &volume->geometry;
	uint64_t size = g->sectors * g->sector_size;

	if (size > volume->raw->size)
		size = volume->raw->size;
	if (volume->mft->count > size / g->record_size)
		volume->mft->count = size / g->record_size;
}

/* $MFT's own attribute list may lie in records that only its earlier extents reach: load record 0
 * again with what is known so far, until no more becomes known. */
static bool follow_mft(struct ntfs_volume *volume, struct err *err)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	uint64_t known = 0;

	for (unsigned pass = 0; pass < NTFS_LIMIT_MFT_PASSES; pass++) {
		struct source *content = NULL;

		if (!ntfs_entry_load(volume->mft, 0, &entry, err))
			return fail_in(err, "$MFT");
		const struct ntfs_stream *data =
		    ntfs_entry_stream(&entry, NTFS_DATA, (struct bytes){0});

		if (!data || data->resident || data->run_count == 0)
			return fail(err, ERR_DAMAGED, "$MFT has no runs");
		if (covered(data) <= known)
			return true;
		known = covered(data);
		if (!ntfs_stream_open(volume, &entry, data, &content, err))
			return fail_in(err, "$MFT");
		ntfs_mft_set_content(volume->mft, content);
		cut_mft(volume);
		if (!data->incomplete)
			return true;
	}
	return true;
}

#define SAMPLES 256u

/* How many records of the table look like records, about: the better of two tables has more. */
static uint64_t count_records(struct ntfs_mft *mft, uint8_t *scratch)
{
	uint64_t samples = mft->count < SAMPLES ? mft->count : SAMPLES;
	uint64_t good = 0;

	for (uint64_t i = 0; i < samples; i++)
		if (ntfs_mft_read(mft, mft->count / samples * i, scratch, NULL))
			good += memcmp(scratch, "FILE", 4) == 0;
	return samples ? mft->count / samples * good : 0;
}

/* The table that this record 0 (borrowed) describes; NULL with *err when it describes none. */
static struct ntfs_mft *make_mft(struct ntfs_volume *volume, uint8_t *first, struct err *err)
{
	/* Record 0 comes from memory while $MFT is being found; its content is not read before. */
	struct source *content =
	    source_of_bytes((struct bytes){.at = first, .len = volume->geometry.record_size});
	struct ntfs_mft *mft =
	    content ? ntfs_mft_new(content, true, volume, volume->geometry.record_size) : NULL;

	if (!mft) {
		source_close(content);
		fail(err, ERR_MEMORY, "no memory for the MFT");
		return NULL;
	}
	mft->zero = first;
	volume->mft = mft;
	bool ok = follow_mft(volume, err);

	volume->mft = NULL;
	mft->zero = NULL;
	if (ok)
		return mft;
	ntfs_mft_close(mft);
	return NULL;
}

struct first_records {                   /* record 0 as it lies in two places */
	uint8_t *own, *mirror, *scratch; /* of record_size; own and mirror NULL when not good */
};

static void first_records_free_at(struct first_records *first)
{
	free(first->own);
	free(first->mirror);
	free(first->scratch);
}

static bool read_firsts(struct ntfs_volume *volume, struct first_records *first, struct err *err)
{
	const struct ntfs_geometry *g = &volume->geometry;

	first->own = malloc(g->record_size);
	first->mirror = malloc(g->record_size);
	first->scratch = malloc(g->record_size);
	if (!first->own || !first->mirror || !first->scratch)
		return fail(err, ERR_MEMORY, "no memory for an MFT record");
	if (!try_first(volume, g->mft_cluster, first->own, first->scratch, err)) {
		free(first->own);
		first->own = NULL;
	}
	if (!try_first(volume, g->mirror_cluster, first->mirror, first->scratch, NULL)) {
		free(first->mirror);
		first->mirror = NULL;
	}
	return first->own || first->mirror;
}

/* Record 0 may be damaged and still look whole: where its mirror says something else, the one whose table holds
 * more records is believed, its own in doubt. */
static bool open_mft(struct ntfs_volume *volume, struct err *err)
{
	CLEANUP(first_records_free) struct first_records first = {0};
	struct ntfs_mft *own = NULL, *mirror = NULL;

	if (!read_firsts(volume, &first, err))
		return false;
	if (first.own)
		own = make_mft(volume, first.own, err);
	if (first.mirror &&
	    (!own || memcmp(first.own, first.mirror, volume->geometry.record_size) != 0))
		mirror = make_mft(volume, first.mirror, own ? NULL : err);
	if (own && mirror &&
	    count_records(mirror, first.scratch) > count_records(own, first.scratch)) {
		ntfs_mft_close(own);
		own = NULL;
	}
	if (own && mirror)
		ntfs_mft_close(mirror);
	else if (mirror)
		mirror->zero = TAKE(first.mirror);
	volume->mft = own ? own : mirror;
	return volume->mft != NULL;
}

bool ntfs_volume_open(struct source *raw, struct ntfs_volume **out, struct err *err)
{
	CLEANUP(ntfs_volume_close) struct ntfs_volume *volume = calloc(1, sizeof(*volume));

	if (!volume)
		return fail(err, ERR_MEMORY, "no memory for a volume");
	volume->raw = raw;
	if (!ntfs_geometry_find(raw, &volume->geometry, err) || !open_mft(volume, err))
		return false;
	*out = TAKE(volume);
	return true;
}
