/* Members made of a FAT volume as a whole: its listing, and a sparse image of all that tells of files. See state.h. */
#include "collectors/fat_row.h"
#include "collectors/state.h"
#include "core/array.h"

#include <stdlib.h>

#define LISTING_BYTES ((size_t)64 << 20)

struct source *collection_fat_image(
    struct collection_volume *volume, struct range **sparse, size_t *sparse_count, struct err *err)
{
	CLEANUP(free_memory) struct range *ranges = NULL;
	size_t count = 0;

	if (!fat_metadata(volume->fat, &ranges, &count, err))
		return NULL;
	struct source *image = count ? range_source(volume->raw, ranges, count, false) : NULL;

	if (!image) {
		fail(err, ERR_MEMORY, "no memory for the directories of a volume");
		return NULL;
	}
	*sparse = TAKE(ranges);
	*sparse_count = count;
	return image;
}

struct listing {
	struct fat_walker walker;
	struct fat_volume *volume;
	struct text *lines;
	struct fat_listing_gaps *gaps;
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
		return listing->gaps->dropped++, true;
	if (has_left && !fat_recovery_of(listing->volume, entry, &recovered, err))
		return false;
	fat_row_list(
	    &json, fat_volume_geometry(listing->volume), entry, has_left ? &recovered : NULL);
	text_addc(listing->lines, '\n');
	if (listing->lines->failed) {
		listing->lines->len = len;
		listing->gaps->dropped++;
	}
	return true;
}

/* What is damaged but can be read is listed as far as it goes: the walk before has told of it. */
static void note_unread(struct fat_walker *self, uint64_t place, const struct err *why)
{
	if (why->kind == ERR_IO)
		fat_gaps_note(&((struct listing *)self)->gaps->unread, place, why);
}

bool collection_fat_listing(struct collection_volume *volume, struct text *lines,
    struct fat_listing_gaps *gaps, struct err *err)
{
	struct listing listing = {.walker = {.each = list_entry, .damage = note_unread},
	    .volume = volume->fat,
	    .lines = lines,
	    .gaps = gaps};

	lines->ceiling = LISTING_BYTES;
	if (!fat_walk(volume->fat, &listing.walker, err))
		return false;
	if (lines->failed && !lines->is_over)
		return fail(err, ERR_MEMORY, "no memory for a listing");
	lines->failed = false;
	return true;
}
