/* Members made of a FAT volume as a whole: its listing, and a sparse image of all that tells of files. See state.h. */
#include "collectors/fat_row.h"
#include "collectors/state.h"
#include "core/array.h"

#include <stdlib.h>

#define LISTING_BYTES ((size_t)64 << 20)

struct image { /* ranges of the volume, one after the other */
	struct source source;
	struct source *raw;
	struct ntfs_range *at; /* their offset on the volume */
	uint64_t *starts;      /* in the source */
	size_t count;
};

static bool begins_by(const void *element, uint64_t key)
{
	return *(const uint64_t *)element <= key;
}

/* The last range that begins at or before offset. */
static size_t range_at(const struct image *image, uint64_t offset)
{
	size_t after = array_first_from(
	    image->starts, image->count, sizeof(*image->starts), begins_by, offset);

	return after ? after - 1 : 0;
}

static bool image_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct image *image = (struct image *)self;

	*got = 0;
	while (*got < len && offset + *got < self->size) {
		size_t i = range_at(image, offset + *got);
		uint64_t inside = offset + *got - image->starts[i];
		uint64_t left = image->at[i].len - inside;
		size_t wanted = len - *got < left ? len - *got : (size_t)left;
		size_t read = 0;
		bool ok = image->raw->read(image->raw, image->at[i].offset + inside,
		    (uint8_t *)to + *got, wanted, &read, err);

		*got += read;
		if (!ok)
			return false;
		if (read < wanted)
			return fail(err, ERR_DAMAGED, "the volume or image ends inside it");
	}
	return true;
}

static void image_close(struct source *self)
{
	struct image *image = (struct image *)self;

	free(image->at);
	free(image->starts);
	free(image);
}

/* Takes copies of the ranges. */
static struct image *image_new(const struct fat_range *ranges, size_t count)
{
	CLEANUP(free_memory) struct image *image = calloc(1, sizeof(*image));
	CLEANUP(free_memory) struct ntfs_range *at = calloc(count, sizeof(*at));
	CLEANUP(free_memory) uint64_t *starts = calloc(count, sizeof(*starts));
	uint64_t size = 0;

	if (!ranges || !image || !at || !starts)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		at[i] = (struct ntfs_range){ranges[i].offset, ranges[i].len};
		starts[i] = size;
		size += ranges[i].len;
	}
	image->source = (struct source){size, image_read, image_close};
	image->at = TAKE(at);
	image->starts = TAKE(starts);
	image->count = count;
	return TAKE(image);
}

struct source *collection_fat_image(struct collection_volume *volume, struct ntfs_range **sparse,
    size_t *sparse_count, struct err *err)
{
	CLEANUP(free_memory) struct fat_range *ranges = NULL;
	CLEANUP(free_memory) struct ntfs_range *map = NULL;
	size_t count = 0;

	if (!fat_metadata(volume->fat, &ranges, &count, err))
		return NULL;
	struct image *image = count ? image_new(ranges, count) : NULL;

	if (!image) {
		fail(err, ERR_MEMORY, "no memory for the directories of a volume");
		return NULL;
	}
	map = malloc(count * sizeof(*map));
	if (!map) {
		image_close(&image->source);
		fail(err, ERR_MEMORY, "no memory for the directories of a volume");
		return NULL;
	}
	memcpy(map, image->at, count * sizeof(*map));
	image->raw = volume->raw;
	*sparse = TAKE(map);
	*sparse_count = count;
	return &image->source;
}

struct listing {
	struct fat_walker walker;
	struct fat_volume *volume;
	struct text *lines;
	uint64_t dropped;
};

static bool list_entry(struct fat_walker *self, const struct fat_entry *entry, struct err *err)
{
	struct listing *listing = (struct listing *)self;
	struct json json = {.to = listing->lines};
	struct fat_recovered recovered = {0};
	bool is_file = entry->kind == FAT_ENTRY_FILE || entry->kind == FAT_ENTRY_DIRECTORY;
	bool has_left = entry->is_deleted && is_file;
	size_t len = listing->lines->len;

	if (listing->lines->failed)
		return listing->dropped++, true;
	if (has_left && !fat_recovery_of(listing->volume, entry, &recovered, err))
		return false;
	fat_row_list(
	    &json, fat_volume_geometry(listing->volume), entry, has_left ? &recovered : NULL);
	text_addc(listing->lines, '\n');
	if (listing->lines->failed) {
		listing->lines->len = len;
		listing->dropped++;
	}
	return true;
}

bool collection_fat_listing(
    struct collection_volume *volume, struct text *lines, uint64_t *dropped, struct err *err)
{
	struct listing listing = {
	    .walker = {.each = list_entry}, .volume = volume->fat, .lines = lines};

	lines->ceiling = LISTING_BYTES;
	if (!fat_walk(volume->fat, &listing.walker, err))
		return false;
	if (lines->failed && !lines->is_over)
		return fail(err, ERR_MEMORY, "no memory for a listing");
	lines->failed = false;
	*dropped = listing.dropped;
	return true;
}
