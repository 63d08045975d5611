/* A directory as the row of its 32-byte entries, read piece by piece. */
#ifndef KANSHIKI_FORMATS_FAT_DIRECTORY_H
#define KANSHIKI_FORMATS_FAT_DIRECTORY_H

#include "formats/fat/volume.h"

#define FAT_ENTRY_LEN 32u
#define FAT_NEVER \
	0xe5u /* what is put where a directory cannot be read: a deleted entry of nothing */

struct fat_directory { /* zero, then one of the two below */
	struct fat_volume *volume;
	struct fat_runs runs; /* owned; none: the root directory of FAT12 and FAT16 */
	uint64_t size;        /* bytes */
	uint64_t pos;         /* of the next entry */
	uint8_t *buffer;      /* FAT_PAGE */
	uint64_t from;        /* what it holds */
	size_t len;
	struct err damage; /* set when a piece could not be read; the caller clears it */
	uint64_t damage_place;
};

/* Takes the runs. */
bool fat_directory_open(struct fat_directory *directory, struct fat_volume *volume,
    struct fat_runs *runs, struct err *err) MUST_CHECK;
bool fat_directory_open_root(
    struct fat_directory *directory, struct fat_volume *volume, struct err *err) MUST_CHECK;
void fat_directory_close(struct fat_directory *directory);
static inline void fat_directory_close_at(struct fat_directory *directory)
{
	fat_directory_close(directory);
}
/* The next entry and its offset on the volume; NULL at the end. */
const uint8_t *fat_directory_next(struct fat_directory *directory, uint64_t *place);

#endif
