/* The table of MFT records: raw records by number, read in windows. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_MFT_H
#define KANSHIKI_FORMATS_NTFS_MFT_H

#include "formats/ntfs/ntfs.h"

struct ntfs_window {          /* records [first, first + count) as they lie in the content */
	uint8_t *memory, *at; /* at: the first page of it */
	size_t room;          /* bytes */
	uint64_t first;
	uint64_t count;
};

struct ntfs_mft {
	struct source *content;
	bool owns_content;
	struct ntfs_volume *volume; /* NULL for a bare $MFT */
	uint32_t record_size;
	uint64_t count;
	uint64_t first;           /* number of the first one; the windows count from 0 */
	struct ntfs_window walk;  /* for records read one after the other */
	struct ntfs_window jumps; /* for the others, so that they do not disturb the walk */
	struct ntfs_extensions *extensions; /* NULL until a bare $MFT needs it */
	struct ntfs_mft_used *used;         /* NULL until a record of zeros is asked about */
	uint8_t *zero; /* record 0 out of $MFTMirr when its own is damaged, else NULL */
};

/* NULL when no memory. Takes over content when owns is true, on success only. */
struct ntfs_mft *ntfs_mft_new(
    struct source *content, bool owns, struct ntfs_volume *volume, uint32_t record_size);
/* Replaces the content, which mft then owns, and forgets the windows. */
void ntfs_mft_set_content(struct ntfs_mft *mft, struct source *content);

void ntfs_mft_used_free(struct ntfs_mft_used *used);

const uint8_t *ntfs_mft_find(struct ntfs_mft *mft, uint64_t record, struct err *err);
/* The raw record (fix-ups not undone), until the next call; NULL with err set, ERR_MISSING past the end. */
static inline const uint8_t *ntfs_mft_at(struct ntfs_mft *mft, uint64_t record, struct err *err)
{
	uint64_t place = record - mft->first - mft->walk.first; /* wraps for what is before */

	/* Mostly it is the next one of a walk. */
	if (place < mft->walk.count && record != 0)
		return mft->walk.at + (size_t)place * mft->record_size;
	return ntfs_mft_find(mft, record, err);
}
/* Copies the raw record (fix-ups not undone) to `to`. ERR_MISSING past the end. */
bool ntfs_mft_read(struct ntfs_mft *mft, uint64_t record, uint8_t *to, struct err *err) MUST_CHECK;

#endif
