/* formats/ntfs/bitmap.h: a volume whose $Bitmap is asked for counts and runs; the first 16 bytes say where. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/ntfs/bitmap.h"

#include <stdlib.h>

#define ASKED 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 16)
		return 0;
	CLEANUP(source_close)
	struct source *raw = source_of_bytes((struct bytes){data + 16, len - 16});
	CLEANUP(ntfs_volume_close) struct ntfs_volume *volume = NULL;
	CLEANUP(ntfs_bitmap_close) struct ntfs_bitmap *bitmap = NULL;

	if (!raw || !ntfs_volume_open(raw, &volume, NULL) ||
	    !ntfs_bitmap_open(volume, &bitmap, NULL))
		return 0;
	uint64_t first = le64(data);
	uint64_t count = le64(data + 8);
	struct ntfs_cluster_counts c = ntfs_bitmap_count(bitmap, first, count);

	if (c.free + c.used + c.unknown != count)
		abort();
	for (uint64_t at = 0; at < ASKED;) {
		enum ntfs_cluster_state state;
		uint64_t same = ntfs_bitmap_run(bitmap, at, ASKED - at, &state);

		if (same == 0 || same > ASKED - at)
			abort();
		at += same;
	}
	return 0;
}
