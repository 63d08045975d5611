/* Prints the partition table of an image, a line each, for the corpus tests: scheme and sector size, then
 * "index first last" in sectors. */
#include "formats/disk/disk.h"
#include "platform/volume.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	static const char *const schemes[] = {"none", "mbr", "gpt"};
	CLEANUP(source_close) struct source *source = NULL;
	CLEANUP(disk_free) struct disk disk = {0};
	struct err err = {0};

	if (argc != 2 || !volume_open(argv[1], &source, &err) || !disk_read(source, &disk, &err)) {
		fprintf(stderr, "disk_dump: %s\n", err.text);
		return 1;
	}
	printf("%s %u\n", schemes[disk.scheme], disk.sector_size);
	for (size_t i = 0; i < disk.count; i++)
		printf("%u %llu %llu\n", disk.at[i].index,
		    (unsigned long long)(disk.at[i].offset / disk.sector_size),
		    (unsigned long long)((disk.at[i].offset + disk.at[i].claimed) /
					     disk.sector_size -
					 1));
	if (disk.damages)
		fprintf(stderr, "damage: %u: %s\n", disk.damages, disk.damage.text);
	return 0;
}
