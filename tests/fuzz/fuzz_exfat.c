/* formats/fat/fat.h: a root directory of exFAT: the input is its clusters, the volume around it is made here. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/fat/fat.h"

#include <stdlib.h>

#define SECTOR   512u
#define DATA     (26u * SECTOR)
#define CLUSTERS 64u /* of one sector; the input begins at cluster 2, the root */

static bool look(struct fat_walker *self, const struct fat_entry *entry, struct err *err)
{
	(void)self, (void)err;
	if (entry->path.len == 0 || entry->name.len > entry->path.len)
		abort();
	return true;
}

static void make_volume(uint8_t *at, const uint8_t *data, size_t len)
{
	uint8_t *table = at + 24u * SECTOR;

	memcpy(at + 3, "EXFAT   ", 8);
	put_le64(at + 72, DATA / SECTOR + CLUSTERS);
	put_le32(at + 80, 24);
	put_le32(at + 84, 2);
	put_le32(at + 88, DATA / SECTOR);
	put_le32(at + 92, CLUSTERS);
	put_le32(at + 96, 2);
	at[108] = 9;
	at[110] = 1;
	put_le16(at + 510, 0xaa55);
	for (uint32_t cluster = 2; cluster < CLUSTERS + 2; cluster++)
		put_le32(table + cluster * 4ull, cluster % 8 == 7 ? 0xffffffffu : cluster + 1);
	memcpy(at + DATA, data, len < CLUSTERS * SECTOR ? len : CLUSTERS * SECTOR);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t at[DATA + CLUSTERS * SECTOR];
	CLEANUP(source_close) struct source *raw = NULL;
	CLEANUP(fat_volume_close) struct fat_volume *volume = NULL;
	struct fat_walker walker = {.each = look};
	struct err err = {0};

	memset(at, 0, sizeof(at));
	make_volume(at, data, len);
	raw = source_of_bytes((struct bytes){at, sizeof(at)});
	if (raw && fat_volume_open(raw, &volume, &err) &&
	    fat_volume_find_lost(volume, NULL, NULL, &err) && !fat_walk(volume, &walker, &err))
		return 0;
	return 0;
}
