/* Partition tables: what is there, what is wrong, what cannot hurt. */
#include "tests/unit.h"

#include "formats/disk/disk.h"
#include "tests/fake_source.h"
#include "tests/fixture_disk.h"
#include "tests/fixture_fat.h"
#include "tests/fixture_ntfs.h"

#include <stdio.h>
#include <string.h>

#define MIB ((size_t)1 << 20)

static uint8_t image[4 << 20];

static void clear(void)
{
	memset(image, 0, sizeof(image));
}

static void test_no_table(void **state)
{
	CLEANUP(disk_free) struct disk disk = {0};

	(void)state;
	clear();
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.scheme, DISK_NONE);
	fixture_disk_read(image, 100, &disk); /* not even a sector */
	assert_int_equal(disk.scheme, DISK_NONE);
	assert_int_equal(disk.damages, 1);
	fixture_disk_read(image, 0, &disk);
	assert_int_equal(disk.scheme, DISK_NONE);
	/* A volume without a table, whatever its boot code looks like as one. */
	fixture_mbr_entry(image, 0, 0x80, 7, 64, 128);
	memcpy(image + 3, "NTFS    ", 8);
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.scheme, DISK_NONE);
	assert_int_equal(disk.damages, 0);
}

static void test_primary(void **state)
{
	CLEANUP(disk_free) struct disk disk = {0};

	(void)state;
	clear();
	put_le32(image + 440, 0x12345678);
	fixture_mbr_entry(image, 0, 0, 0x83, 1000, 100);
	fixture_mbr_entry(image, 2, 0x80, 7, 64, 128);
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.scheme, DISK_MBR);
	assert_int_equal(disk.sector_size, 512);
	assert_int_equal(disk.signature, 0x12345678);
	assert_int_equal(disk.damages, 0);
	assert_int_equal(disk.count, 2);
	fixture_partition_is(&disk.at[0], 1, 512000, 51200);
	fixture_partition_is(&disk.at[1], 3, 32768, 65536);
	assert_true(disk.at[1].is_active && !disk.at[0].is_active);
	assert_int_equal(disk.at[1].type, 7);
	assert_string_equal(disk_type_name(&disk.at[0]), "Linux");
	/* An empty table is one all the same. */
	clear();
	fixture_mbr_entry(image, 0, 0, 0, 0, 0);
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.scheme, DISK_MBR);
	assert_int_equal(disk.count, 0);
}

static void test_ranges(void **state)
{
	CLEANUP(disk_free) struct disk disk = {0};

	(void)state;
	clear();
	fixture_mbr_entry(image, 0, 0, 7, 100, 200);
	fixture_mbr_entry(image, 1, 0, 7, 250, 100);
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.count, 2);
	assert_string_equal(disk.damage.text, "partitions 1 and 2 overlap");
	clear();
	fixture_mbr_entry(image, 0, 0, 7, 100, UINT32_MAX);
	fixture_disk_read(image, MIB, &disk);
	fixture_partition_is(&disk.at[0], 1, 51200, MIB - 51200);
	assert_int_equal(disk.at[0].claimed, (uint64_t)UINT32_MAX * 512);
	assert_non_null(strstr(disk.damage.text, "ends behind"));
	clear();
	fixture_mbr_entry(image, 0, 0, 7, 4000, 10);
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.count, 1);
	assert_int_equal(disk.at[0].len, 0);
	assert_non_null(strstr(disk.damage.text, "begins behind"));
}

/* Nothing in an MBR says how long its sectors are; the boot records of the partitions do. */
static void test_large_sectors(void **state)
{
	CLEANUP(disk_free) struct disk disk = {0};

	(void)state;
	clear();
	fixture_mbr_entry(image, 0, 0, 7, 16, 32);
	fixture_mbr_entry(image, 1, 0, 5, 64, 64);
	memcpy(image + 16 * 4096 + 510, "\x55\xaa", 2);
	fixture_mbr_entry(image + 64 * 4096, 0, 0, 7, 8, 16);
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.sector_size, 4096);
	assert_int_equal(disk.count, 2);
	fixture_partition_is(&disk.at[0], 1, 65536, 32 * 4096);
	fixture_partition_is(&disk.at[1], 5, 72 * 4096, 16 * 4096);
}

static const struct fixture_gpt_entry entries[] = {
    {64, 127, 0x11, 0xa1, "Basic data"},
    {128, 139, 0x22, 0xa2, ""},
};

static void put_gpt(size_t len, uint32_t sector_size)
{
	clear();
	fixture_gpt(image, len, sector_size, entries, ARRAY_LEN(entries));
}

static void assert_gpt(const struct disk *disk, uint32_t sector_size)
{
	assert_int_equal(disk->scheme, DISK_GPT);
	assert_int_equal(disk->sector_size, sector_size);
	assert_int_equal(disk->guid[0], 0xd1);
	assert_int_equal(disk->count, 2);
	fixture_partition_is(&disk->at[0], 1, 64ull * sector_size, 64ull * sector_size);
	fixture_partition_is(&disk->at[1], 2, 128ull * sector_size, 12ull * sector_size);
	assert_int_equal(disk->at[0].type_guid[15], 0x11);
	assert_int_equal(disk->at[1].guid[0], 0xa2);
	assert_string_equal(disk->at[0].name, "Basic data");
	assert_string_equal(disk->at[1].name, "");
}

static void test_gpt(void **state)
{
	CLEANUP(disk_free) struct disk disk = {0};
	static const uint32_t sizes[] = {512, 4096};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		put_gpt(MIB, sizes[i]);
		fixture_disk_read(image, MIB, &disk);
		assert_gpt(&disk, sizes[i]);
		assert_int_equal(disk.damages, 0);
		assert_false(disk.from_backup);
	}
}

static void test_gpt_backup(void **state)
{
	CLEANUP(disk_free) struct disk disk = {0};
	static const uint32_t sizes[] = {512, 4096};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		put_gpt(MIB, sizes[i]);
		image[sizes[i] + 40]++; /* its checksum is wrong now */
		fixture_disk_read(image, MIB, &disk);
		assert_gpt(&disk, sizes[i]);
		assert_true(disk.from_backup);
		assert_non_null(strstr(disk.damage.text, "checksum"));
		memset(image, 0, 40 * (size_t)512); /* all of the start is wiped */
		if (sizes[i] == 4096)
			memset(image, 0, 6 * (size_t)4096);
		fixture_disk_read(image, MIB, &disk);
		assert_gpt(&disk, sizes[i]);
		assert_true(disk.from_backup);
	}
	/* The image is longer than the disk: the protective MBR tells where that ended. */
	put_gpt(MIB, 512);
	image[512] = 0;
	fixture_disk_read(image, 2 * MIB, &disk);
	assert_gpt(&disk, 512);
	/* The entries alone are damaged: those of the backup are right. */
	put_gpt(MIB, 512);
	image[1024 + 32]++;
	fixture_disk_read(image, MIB, &disk);
	assert_gpt(&disk, 512);
	assert_true(disk.from_backup);
	/* Both are: what there is, and said. */
	image[MIB - 33 * 512 + 32]++;
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.scheme, DISK_GPT);
	assert_false(disk.from_backup);
	assert_int_equal(disk.at[0].offset, 65 * 512);
	assert_non_null(strstr(disk.damage.text, "checksum"));
}

/* One bad sector among the entries, and no backup, for the image ends early: the others are there. */
static void test_gpt_torn(void **state)
{
	CLEANUP(disk_free) struct disk disk = {0};
	struct fake_source *fake = fake_source_new((struct bytes){image, MIB});

	(void)state;
	assert_non_null(fake);
	put_gpt(MIB, 512);
	fake->bad_from = (size_t)10 * 512;
	fake->bad_len = 512;
	assert_true(disk_read(&fake->source, &disk, NULL)); /* the backup is whole */
	assert_gpt(&disk, 512);
	assert_true(disk.from_backup);
	disk_free(&disk);
	memset(image + MIB - 512, 0, 512);
	assert_true(disk_read(&fake->source, &disk, NULL));
	assert_gpt(&disk, 512);
	assert_false(disk.from_backup);
	assert_non_null(strstr(disk.damage.text, "GPT entries: bad sector at 5120"));
	disk_free(&disk);
	fake->bad_from = 1024; /* nothing is left */
	fake->bad_len = (size_t)32 * 512;
	assert_true(disk_read(&fake->source, &disk, NULL));
	assert_int_equal(disk.scheme, DISK_MBR);
	assert_true(disk.damages);
	source_close(&fake->source);
}

static void test_gpt_bad_numbers(void **state)
{
	CLEANUP(disk_free) struct disk disk = {0};
	uint8_t *header = image + 512;

	(void)state;
	static const struct {
		size_t at;
		uint32_t value;
	} bad[] = {{80, 100000}, {84, 64}, {84, 8192}, {84, 130}, {72, 0}, {72, 0xffffff}};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		put_gpt(MIB, 512);
		put_le32(header + bad[i].at, bad[i].value);
		fixture_gpt_sum(header, NULL);
		fixture_disk_read(image, MIB, &disk);
		assert_gpt(&disk, 512);
		assert_true(disk.from_backup);
	}
	put_gpt(MIB, 512); /* ends before it begins; to the end of time */
	put_le64(image + 1024 + 40, 1);
	put_le64(image + 1024 + 128 + 40, UINT64_MAX - 1);
	fixture_gpt_sum(header, image + 1024);
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.count, 1);
	fixture_partition_is(&disk.at[0], 2, 128 * 512, MIB - 128 * 512);
	assert_true(disk.damages >= 2);
}

/* A GPT of former times behind an MBR that was made later; a hybrid one, whose GPT counts. */
static void test_gpt_and_mbr(void **state)
{
	CLEANUP(disk_free) struct disk disk = {0};

	(void)state;
	put_gpt(MIB, 512);
	fixture_mbr_entry(image, 1, 0x80, 7, 200, 64);
	fixture_disk_read(image, MIB, &disk);
	assert_gpt(&disk, 512);
	fixture_mbr_entry(image, 0, 0, 0, 0, 0);
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.scheme, DISK_MBR);
	assert_int_equal(disk.count, 1);
	/* Announced, but not there. */
	clear();
	fixture_mbr_entry(image, 0, 0, 0xee, 1, 2047);
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.scheme, DISK_MBR);
	assert_non_null(strstr(disk.damage.text, "announces"));
}

static const char *const marks[] = {"NTFS    ", "-FVE-FS-", "EXFAT   ", "ReFS\0\0\0\0"};

/* Eight bytes in front of a table make no volume of a disk. */
static void test_table_called_a_volume(void **state)
{
	CLEANUP(disk_free) struct disk disk = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		put_gpt(MIB, 512);
		memcpy(image + 3, marks[i], 8);
		fixture_disk_read(image, MIB, &disk);
		assert_gpt(&disk, 512);
		assert_int_equal(disk.damages, 0);
		image[520] ^= 1; /* the first header, too: its backup */
		fixture_disk_read(image, MIB, &disk);
		assert_gpt(&disk, 512);
		assert_true(disk.from_backup);
		put_gpt(4 * MIB, 4096);
		memcpy(image + 3, marks[i], 8);
		memset(image + 446, 0, 66); /* the protective MBR is gone */
		fixture_disk_read(image, 4 * MIB, &disk);
		assert_gpt(&disk, 4096);
		clear();
		fixture_mbr_entry(image, 0, 0x80, 7, 64, 128);
		memcpy(image + 64 * 512 + 510, "\x55\xaa", 2);
		memcpy(image + 3, marks[i], 8);
		fixture_disk_read(image, MIB, &disk);
		assert_int_equal(disk.scheme, DISK_MBR);
		assert_int_equal(disk.count, 1);
		clear(); /* a partition without a boot record */
		fixture_mbr_entry(image, 2, 0, 0x83, 64, 128);
		memcpy(image + 64 * 512 + 1024 + 56, "\x53\xef", 2);
		memcpy(image + 3, marks[i], 8);
		fixture_disk_read(image, MIB, &disk);
		assert_int_equal(disk.scheme, DISK_MBR);
	}
}

/* A whole boot sector of FAT in front of a GPT, or of a table, whose volume is gone. */
static void test_table_with_a_boot_sector(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat fat = {0};
	CLEANUP(disk_free) struct disk disk = {0};

	(void)state;
	assert_true(fixture_fat_new(&fat, FAT_16, 512, 5000));
	put_gpt(MIB, 512);
	memcpy(image, fat.at, 440);
	fixture_disk_read(image, MIB, &disk);
	assert_gpt(&disk, 512);
	/* The entries alone are damaged: the header, and no protective MBR, tells that there is one. */
	put_gpt(MIB, 512);
	memcpy(image, fat.at, 512);
	image[1024 + 32]++;
	fixture_disk_read(image, MIB, &disk);
	assert_gpt(&disk, 512);
	assert_true(disk.from_backup);
	clear();
	memcpy(image, fat.at, 440);
	fixture_mbr_entry(image, 0, 0x80, 7, 64, 128);
	memcpy(image + 64 * 512 + 510, "\x55\xaa", 2);
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.scheme, DISK_MBR);
	assert_int_equal(disk.count, 1);
}

static void assert_volume(const uint8_t *at, size_t len)
{
	CLEANUP(disk_free) struct disk disk = {0};

	assert_true(len <= sizeof(image));
	memcpy(image, at, len);
	fixture_disk_read(image, len, &disk);
	assert_int_equal(disk.scheme, DISK_NONE);
	assert_int_equal(disk.damages, 0);
}

/* Volumes that are there stay volumes, whatever looks like a table in front of them. */
static void test_volume_called_a_table(void **state)
{
	CLEANUP(fixture_volume_free) struct fixture_volume ntfs = {0};
	CLEANUP(fixture_fat_free) struct fixture_fat fat = {0};

	(void)state;
	put_gpt(MIB, 512);
	assert_true(fixture_volume_new(&ntfs, 512, 4096, 1024, 128, 32));
	memcpy(ntfs.at + 512, image + 512, 512); /* of former times */
	assert_volume(ntfs.at, ntfs.size);
	memcpy(ntfs.at + 512, "EFI PART and no more", 20);
	assert_volume(ntfs.at, ntfs.size);
	fixture_mbr_entry(ntfs.at, 0, 0, 7, 64, 128); /* boot code that could be a table */
	memcpy(ntfs.at + 64 * 512 + 510, "\x55\xaa", 2);
	assert_volume(ntfs.at, ntfs.size);
	ntfs.at[12] = 3; /* and its boot sector is damaged */
	assert_volume(ntfs.at, ntfs.size);
	/* mkfs.fat writes a table whose one partition is the volume itself. */
	assert_true(fixture_fat_new(&fat, FAT_32, 512, 5000));
	fixture_mbr_entry(fat.at, 0, 0x80, 0x0c, 0, (uint32_t)(fat.size / 512));
	assert_volume(fat.at, fat.size);
	fat.at[13] = 3;
	assert_volume(fat.at, fat.size);
	fat.at[13] = 1;
	memcpy(fat.at + 512, "EFI PART", 8);
	assert_volume(fat.at, fat.size);
}

/* Under its boot sector a protective MBR is left, and at its end the backup of that GPT alone. */
static void test_volume_on_a_former_gpt(void **state)
{
	CLEANUP(fixture_volume_free) struct fixture_volume ntfs = {0};
	const size_t backup = 33 * (size_t)512;

	(void)state;
	assert_true(fixture_volume_new(&ntfs, 512, 4096, 1024, 128, 32));
	assert_true(ntfs.size <= sizeof(image));
	put_gpt(ntfs.size, 512);
	memcpy(ntfs.at + 446, image + 446, 66);
	memcpy(ntfs.at + ntfs.size - backup, image + ntfs.size - backup, backup);
	assert_volume(ntfs.at, ntfs.size);
}

/* A damaged boot sector without boot code: an empty table to look at, but the volume's backup is there. */
static void test_volume_like_an_empty_table(void **state)
{
	static const struct {
		enum fat_kind kind;
		size_t at;
	} cases[] = {{FAT_32, 13}, {FAT_EX, 3}};
	CLEANUP(fixture_volume_free) struct fixture_volume ntfs = {0};
	CLEANUP(disk_free) struct disk disk = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(fixture_fat_free) struct fixture_fat fat = {0};

		assert_true(fixture_fat_new(&fat, cases[i].kind, 512, 5000));
		memset(fat.at + 120, 0, 390);
		fat.at[cases[i].at] = 3;
		assert_volume(fat.at, fat.size);
	}
	assert_true(fixture_volume_sample(&ntfs));
	memset(ntfs.at, 0, 510);
	assert_volume(ntfs.at, ntfs.size);
	/* That of a last partition, which was deleted. */
	clear();
	memcpy(image + 512, ntfs.at, ntfs.size);
	memcpy(image + 510, "\x55\xaa", 2);
	fixture_disk_read(image, 512 + ntfs.size, &disk);
	assert_int_equal(disk.scheme, DISK_MBR);
	assert_int_equal(disk.count, 0);
}

/* Whatever read fails: no crash, and either a table, none, or a reason. */
static void test_every_read_fails(void **state)
{
	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		clear();
		if (kind)
			put_gpt(MIB, 512);
		else
			fixture_mbr_chain(image);
		for (uint64_t n = 1; n < 16; n++) {
			CLEANUP(disk_free) struct disk disk = {0};
			struct fake_source *fake = fake_source_new((struct bytes){image, MIB});
			struct err err = {0};

			assert_non_null(fake);
			fake->fail_at = n;
			bool ok = disk_read(&fake->source, &disk, &err);

			assert_true(ok || err.kind != ERR_NONE);
			if (kind && n > 1)
				assert_int_equal(disk.count, 2);
			source_close(&fake->source);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_table),
	    cmocka_unit_test(test_primary),
	    cmocka_unit_test(test_ranges),
	    cmocka_unit_test(test_large_sectors),
	    cmocka_unit_test(test_gpt),
	    cmocka_unit_test(test_gpt_backup),
	    cmocka_unit_test(test_gpt_torn),
	    cmocka_unit_test(test_gpt_bad_numbers),
	    cmocka_unit_test(test_gpt_and_mbr),
	    cmocka_unit_test(test_table_called_a_volume),
	    cmocka_unit_test(test_table_with_a_boot_sector),
	    cmocka_unit_test(test_volume_called_a_table),
	    cmocka_unit_test(test_volume_on_a_former_gpt),
	    cmocka_unit_test(test_volume_like_an_empty_table),
	    cmocka_unit_test(test_every_read_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
