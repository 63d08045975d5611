/* formats/disk/disk.h: partition tables of a disk (GPT and its backup, checksums made right first). */
#include "tests/fuzz/fuzz_target.h"
#include "formats/disk/disk.h"
#include "core/bytes.h"

#include <stdlib.h>
#include <zlib.h>

/* Mutations would never get past a checksum, so the header's is set right where there is room for one. */
static void set_sum(uint8_t *at, size_t len, size_t header)
{
	if (len < header + 512 || memcmp(at + header, "EFI PART", 8) != 0)
		return;
	uint8_t *p = at + header;
	uint32_t size = le32(p + 12);

	if (size < 92 || size > 512)
		return;
	put_le32(p + 16, 0);
	put_le32(p + 16, (uint32_t)crc32(0, p, size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		return 0;
	if (len)
		memcpy(copy, data, len);
	set_sum(copy, len, 512);
	set_sum(copy, len, 4096);
	if (len >= 1024)
		set_sum(copy, len, (len - 512) / 512 * 512);

	struct source *raw = source_of_bytes((struct bytes){copy, len});
	CLEANUP(disk_free) struct disk disk = {0};

	if (raw && disk_read(raw, &disk, NULL))
		for (size_t i = 0; i < disk.count; i++) {
			const struct disk_partition *p = &disk.at[i];
			char text[DISK_GUID_ROOM];

			if (p->len > p->claimed || (p->len && p->offset + p->len > len))
				abort();
			disk_guid_text(p->guid, text);
		}
	source_close(raw);
	free(copy);
	return 0;
}
