/* Master boot records: chains of extended ones, and what is damaged. */
#include "tests/unit.h"

#include "formats/disk/disk.h"
#include "tests/fixture_disk.h"

#include <string.h>

#define MIB ((size_t)1 << 20)

static uint8_t image[4 << 20];

static void clear(void)
{
	memset(image, 0, sizeof(image));
}

static void test_logical(void **state)
{
	CLEANUP(disk_free) struct disk disk = {0};

	(void)state;
	clear();
	fixture_mbr_chain(image);
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.damages, 0);
	assert_int_equal(disk.count, 4);
	fixture_partition_is(&disk.at[0], 1, 64 * 512, 128 * 512);
	fixture_partition_is(&disk.at[1], 5, 210 * 512, 50 * 512);
	fixture_partition_is(&disk.at[2], 6, 301 * 512, 60 * 512);
	fixture_partition_is(&disk.at[3], 7, 502 * 512, 70 * 512);
	assert_true(disk.at[3].is_logical && !disk.at[0].is_logical);
}

/* An entry without a length does not hide the others. */
static void test_no_length(void **state)
{
	CLEANUP(disk_free) struct disk disk = {0};

	(void)state;
	clear();
	fixture_mbr_chain(image);
	fixture_mbr_entry(image, 2, 0, 5, 0, 0);
	fixture_mbr_entry(image, 3, 0, 7, 900, 0);
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.count, 4);
	assert_int_equal(disk.damages, 2);
	assert_non_null(strstr(disk.damage.text, "partition 3 has no length"));
	clear(); /* alone it is none */
	fixture_mbr_entry(image, 3, 0, 7, 900, 0);
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.scheme, DISK_NONE);
}

static void test_broken_chains(void **state)
{
	CLEANUP(disk_free) struct disk disk = {0};

	(void)state;
	clear();
	fixture_mbr_chain(image); /* back to the second record */
	fixture_mbr_entry(image + 500 * 512, 1, 0, 5, 100, 100);
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.count, 4);
	assert_int_equal(disk.damages, 1);
	assert_non_null(strstr(disk.damage.text, "leads back to sector 300"));
	clear();
	fixture_mbr_chain(image); /* out of the extended partition */
	fixture_mbr_entry(image + 300 * 512, 1, 0, 5, 1000, 100);
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.count, 3);
	assert_non_null(strstr(disk.damage.text, "sector 1200 is not in the extended partition"));
	clear();
	fixture_mbr_chain(image); /* no record there */
	image[500 * 512 + 510] = 0;
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.count, 3);
	assert_non_null(strstr(disk.damage.text, "no extended boot record at sector 500"));
	clear();
	fixture_mbr_chain(image); /* beyond the image */
	fixture_disk_read(image, 400 * 512, &disk);
	assert_int_equal(disk.count, 3);
	assert_true(disk.damages >= 1);
}

/* As many links as fit: each in its own sector, one after the other. */
static void test_long_chain(void **state)
{
	CLEANUP(disk_free) struct disk disk = {0};

	(void)state;
	clear();
	fixture_mbr_entry(image, 0, 0, 5, 100, 4000);
	for (uint32_t i = 0; i < 2000; i++) {
		uint8_t *record = image + (100 + 2 * (size_t)i) * 512;

		fixture_mbr_entry(record, 0, 0, 7, 1, 1);
		fixture_mbr_entry(record, 1, 0, 5, 2 * (i + 1), 2);
	}
	fixture_disk_read(image, 4 * MIB, &disk);
	assert_int_equal(disk.count, DISK_LIMIT_LOGICAL);
	assert_int_equal(disk.at[DISK_LIMIT_LOGICAL - 1].index, 4 + DISK_LIMIT_LOGICAL);
	assert_non_null(strstr(disk.damage.text, "more than"));
}

/* One thing wrong in a table hides no partition that is there; two, or one that leads nowhere, are no table. */
static void test_damaged_mbr(void **state)
{
	CLEANUP(disk_free) struct disk disk = {0};

	(void)state;
	clear();
	fixture_mbr_chain(image);
	memcpy(image + 64 * 512 + 510, "\x55\xaa", 2);
	image[446 + 16] = 1;
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.count, 4);
	assert_int_equal(disk.damages, 1);
	assert_non_null(strstr(disk.damage.text, "partition 2 has an unknown flag"));
	image[446 + 16] = 0;
	image[510] = 0x54;
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.count, 4);
	assert_int_equal(disk.damages, 1);
	assert_non_null(strstr(disk.damage.text, "55 AA"));
	image[446] = 0x81;
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.scheme, DISK_NONE);
	image[510] = 0x55;
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.count, 4);
	image[64 * 512 + 510] = 0;
	image[200 * 512 + 510] = 0;
	fixture_disk_read(image, MIB, &disk);
	assert_int_equal(disk.scheme, DISK_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_logical),
	    cmocka_unit_test(test_no_length),
	    cmocka_unit_test(test_broken_chains),
	    cmocka_unit_test(test_long_chain),
	    cmocka_unit_test(test_damaged_mbr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
