/* formats/fat/fat.h: a FAT12, FAT16 or FAT32 volume in, its listing, contents and what is left of deleted files out. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/fat/fat.h"

#include <stdlib.h>

#define READ_MAX ((uint64_t)1 << 20) /* of one file */
#define FILES    64u                 /* read through */

struct fuzz {
	struct fat_walker walker;
	struct fat_volume *volume;
	unsigned files;
};

static bool look(struct fat_walker *self, const struct fat_entry *entry, struct err *err)
{
	struct fuzz *fuzz = (struct fuzz *)self;
	CLEANUP(source_close) struct source *source = NULL;
	struct fat_recovered recovered;
	uint8_t piece[4096];
	size_t got;

	if (fuzz->files++ >= FILES)
		return true;
	if (entry->is_deleted && !fat_recovery_of(fuzz->volume, entry, &recovered, err))
		return false;
	if (!fat_content_open(fuzz->volume, entry, &source, NULL, NULL, err))
		return true;
	if (source->size > entry->size)
		abort();
	for (uint64_t at = 0; at < source->size && at < READ_MAX; at += sizeof(piece))
		if (!source->read(source, at, piece, sizeof(piece), &got, err))
			break;
	return true;
}

static void note(struct fat_walker *self, uint64_t place, const struct err *why)
{
	(void)self, (void)place, (void)why;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(source_close) struct source *raw = source_of_bytes((struct bytes){data, len});
	CLEANUP(fat_volume_close) struct fat_volume *volume = NULL;
	struct fuzz fuzz = {.walker = {.each = look, .damage = note}};
	struct range *ranges = NULL;
	size_t count = 0;
	struct err err = {0};

	if (!raw || !fat_volume_open(raw, &volume, &err))
		return 0;
	fuzz.volume = volume;
	if (!fat_volume_find_lost(volume, NULL, NULL, &err))
		return 0;
	if (!fat_walk(volume, &fuzz.walker, &err))
		return 0;
	if (fat_metadata(volume, &ranges, &count, &err))
		free(ranges);
	return 0;
}
