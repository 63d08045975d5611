/* Which records $MFT's own bitmap has in use, asked of records that are zeros. See ntfs.h. */
#include "formats/ntfs/mft.h"

#include <stdlib.h>

#define WINDOW_LEN ((size_t)4096) /* 32,768 records */

struct ntfs_mft_used {
	struct source *bitmap; /* NULL: not at hand */
	uint64_t first;        /* byte that the window begins with */
	bool was_read;         /* the window; what could not be read is not tried for each record */
	size_t len;
	uint8_t window[WINDOW_LEN];
};

static void open_bitmap(struct ntfs_mft *mft, struct ntfs_mft_used *used)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	const struct ntfs_stream *stream;

	if (!mft->volume || !ntfs_entry_load(mft, 0, &entry, NULL))
		return;
	stream = ntfs_entry_stream(&entry, NTFS_BITMAP, (struct bytes){0});
	if (!stream || !ntfs_stream_open(mft->volume, &entry, stream, &used->bitmap, NULL))
		used->bitmap = NULL;
}

static bool is_used(struct ntfs_mft_used *used, uint64_t record)
{
	uint64_t at = record / 8;

	if (!used->bitmap || at >= used->bitmap->size)
		return false;
	if (!used->was_read || at < used->first || at - used->first >= WINDOW_LEN) {
		used->was_read = true;
		used->first = at - at % WINDOW_LEN;
		used->len = 0;
		/* What was read before a failure counts. */
		(void)!used->bitmap->read(
		    used->bitmap, used->first, used->window, WINDOW_LEN, &used->len, NULL);
	}
	return at - used->first < used->len && used->window[at - used->first] >> (record % 8) & 1;
}

void ntfs_mft_doubt(struct ntfs_mft *mft, uint64_t record, struct err *why)
{
	if (why->kind != ERR_MISSING || record < mft->first || record - mft->first >= mft->count)
		return;
	if (!mft->used) {
		mft->used = calloc(1, sizeof(*mft->used));
		if (!mft->used)
			return;
		open_bitmap(mft, mft->used);
	}
	if (is_used(mft->used, record))
		fail(why, ERR_DAMAGED, "zeros, though the bitmap of $MFT has it in use");
}

void ntfs_mft_used_free(struct ntfs_mft_used *used)
{
	if (!used)
		return;
	source_close(used->bitmap);
	free(used);
}
