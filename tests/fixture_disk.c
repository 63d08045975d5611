/* Partition tables in memory. See fixture_disk.h. */
#include "tests/unit.h"

#include "tests/fixture_disk.h"

#include "core/bytes.h"

#include <zlib.h>

#define ENTRIES   128u
#define ENTRY_LEN 128u
#define ARRAY     (ENTRIES * ENTRY_LEN)

void fixture_mbr_entry(
    uint8_t *sector, size_t slot, uint8_t flag, uint8_t type, uint32_t first, uint32_t sectors)
{
	uint8_t *p = sector + 446 + 16 * slot;

	p[0] = flag;
	p[4] = type;
	put_le32(p + 8, first);
	put_le32(p + 12, sectors);
	sector[510] = 0x55;
	sector[511] = 0xaa;
}

void fixture_mbr_chain(uint8_t *image)
{
	const size_t sector = 512;

	fixture_mbr_entry(image, 0, 0x80, 7, 64, 128);
	fixture_mbr_entry(image, 1, 0, 0x0f, 200, 1000);
	fixture_mbr_entry(image + 200 * sector, 0, 0, 7, 10, 50);
	fixture_mbr_entry(image + 200 * sector, 1, 0, 5, 100, 100);
	fixture_mbr_entry(image + 300 * sector, 0, 0, 7, 1, 60);
	fixture_mbr_entry(image + 300 * sector, 1, 0, 5, 300, 100);
	fixture_mbr_entry(image + 500 * sector, 0, 0, 0x0b, 2, 70);
}

void fixture_gpt_sum(uint8_t *header, const uint8_t *entries)
{
	if (entries)
		put_le32(header + 88, (uint32_t)crc32(0, entries, ARRAY));
	put_le32(header + 16, 0);
	put_le32(header + 16, (uint32_t)crc32(0, header, 92));
}

static void put_header(uint8_t *header, uint64_t self, uint64_t other, uint64_t array,
    const uint8_t *entries, uint64_t first, uint64_t last)
{
	memcpy(header, "EFI PART\0\0\1\0", 12);
	put_le32(header + 12, 92);
	put_le64(header + 24, self);
	put_le64(header + 32, other);
	put_le64(header + 40, first);
	put_le64(header + 48, last);
	memset(header + 56, 0xd1, 16);
	put_le64(header + 72, array);
	put_le32(header + 80, ENTRIES);
	put_le32(header + 84, ENTRY_LEN);
	fixture_gpt_sum(header, entries);
}

static void put_entry(uint8_t *p, const struct fixture_gpt_entry *entry)
{
	memset(p, entry->type, 16);
	memset(p + 16, entry->guid, 16);
	put_le64(p + 32, entry->first);
	put_le64(p + 40, entry->last);
	for (size_t i = 0; i < 36 && entry->name[i]; i++)
		put_le16(p + 56 + 2 * i, (uint8_t)entry->name[i]);
}

void fixture_gpt(uint8_t *image, size_t len, uint32_t sector_size,
    const struct fixture_gpt_entry *entries, size_t count)
{
	uint64_t sectors = len / sector_size;
	uint64_t rows = ARRAY / sector_size;
	uint8_t *array = image + 2 * (size_t)sector_size;
	uint8_t *backup = image + (size_t)(sectors - 1 - rows) * sector_size;

	fixture_mbr_entry(image, 0, 0, 0xee, 1, (uint32_t)(sectors - 1));
	for (size_t i = 0; i < count; i++)
		put_entry(array + i * ENTRY_LEN, &entries[i]);
	memcpy(backup, array, ARRAY);
	put_header(image + sector_size, 1, sectors - 1, 2, array, 2 + rows, sectors - rows - 2);
	put_header(image + (sectors - 1) * sector_size, sectors - 1, 1, sectors - 1 - rows, array,
	    2 + rows, sectors - rows - 2);
}

void fixture_disk_read(const uint8_t *image, size_t len, struct disk *out)
{
	struct source *source = source_of_bytes((struct bytes){image, len});
	struct err err = {0};

	assert_non_null(source);
	disk_free(out);
	assert_true(disk_read(source, out, &err));
	source_close(source);
}

void fixture_partition_is(
    const struct disk_partition *partition, uint32_t index, uint64_t offset, uint64_t len)
{
	assert_int_equal(partition->index, index);
	assert_int_equal(partition->offset, offset);
	assert_int_equal(partition->len, len);
}
