/* Partition tables written into an image in memory, byte by byte; checksums by zlib, not by us. */
#ifndef KANSHIKI_TESTS_FIXTURE_DISK_H
#define KANSHIKI_TESTS_FIXTURE_DISK_H

#include "formats/disk/disk.h"

#include <stddef.h>
#include <stdint.h>

/* Puts the end mark and one entry (slot 0 to 3) into the boot record at `sector`. */
void fixture_mbr_entry(
    uint8_t *sector, size_t slot, uint8_t flag, uint8_t type, uint32_t first, uint32_t sectors);

/* Over zeros: a primary partition (64 + 128 sectors) and three logical ones in a chain: 5 relative to its record, the links relative
 * to the first one, at 200. */
void fixture_mbr_chain(uint8_t *image);

struct fixture_gpt_entry {
	uint64_t first, last;
	uint8_t type, guid; /* repeated sixteen times */
	const char *name;   /* ASCII */
};

/* Writes a protective MBR, the GPT and its backup over the whole image. 128 entries of 128 bytes. */
void fixture_gpt(uint8_t *image, size_t len, uint32_t sector_size,
    const struct fixture_gpt_entry *entries, size_t count);
/* Sets the checksums of the header there anew, and of its entries when they are given. */
void fixture_gpt_sum(uint8_t *header, const uint8_t *entries);

/* Reads the table of the image, into a disk that is zero or was read before. */
void fixture_disk_read(const uint8_t *image, size_t len, struct disk *out);
void fixture_partition_is(
    const struct disk_partition *partition, uint32_t index, uint64_t offset, uint64_t len);

#endif
