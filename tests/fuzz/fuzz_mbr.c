/* formats/disk/disk.h: partition tables of a disk (MBR, extended boot records) and the letters of its partitions. */
#include "tests/fuzz/fuzz_target.h"
#include "core/array.h"
#include "formats/disk/disk.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(source_close) struct source *raw = source_of_bytes((struct bytes){data, len});
	CLEANUP(disk_free) struct disk disk = {0};

	if (!raw || !disk_read(raw, &disk, NULL))
		return 0;
	CLEANUP(free_memory) char *letters = malloc(disk.count + 1);

	if (letters)
		disk_letters(raw, &disk, letters);
	for (size_t i = 0; i < disk.count; i++) {
		const struct disk_partition *p = &disk.at[i];

		if (p->len > p->claimed || (p->len && p->offset + p->len > len))
			abort();
		(void)disk_type_name(p);
	}
	return 0;
}
