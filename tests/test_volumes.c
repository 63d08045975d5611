/* What a volume is told for: a start that cannot be read, or was wiped, may still hide NTFS. */
#include "tests/unit.h"

#include "collectors/volumes.h"
#include "tests/fake_source.h"
#include "tests/fixture_fat.h"
#include "tests/fixture_ntfs.h"

/* Adds the bytes, of which len from `from` cannot be read, and gives what the volume is told for. */
static const struct collection_volume *add(
    struct volume_set *set, struct bytes bytes, uint64_t from, uint64_t len)
{
	struct fake_source *source = fake_source_new(bytes);
	struct err err = {0};

	assert_non_null(source);
	source->bad_from = from;
	source->bad_len = len;
	assert_true(volume_set_add(set, 'C', NULL, "fake.img", false, &source->source, &err));
	return &set->at[0];
}

static void test_unreadable_boot_sector(void **state)
{
	CLEANUP(fixture_volume_free) struct fixture_volume sample = {0};
	CLEANUP(volume_set_free) struct volume_set set = {0};

	(void)state;
	assert_true(fixture_volume_sample(&sample));
	const struct collection_volume *volume =
	    add(&set, (struct bytes){sample.at, sample.size}, 0, 512);

	assert_non_null(volume->ntfs);
	assert_int_equal(volume->kind, VOLUME_NTFS);
	assert_int_equal(volume->why.kind, ERR_NONE);
}

static void test_unreadable_everywhere(void **state)
{
	static const uint8_t zeros[128 * 1024];
	CLEANUP(volume_set_free) struct volume_set set = {0};

	(void)state;
	const struct collection_volume *volume =
	    add(&set, (struct bytes){zeros, sizeof(zeros)}, 0, sizeof(zeros));

	assert_null(volume->ntfs);
	assert_int_equal(volume->why.kind, ERR_IO);
}

static void test_wiped_start(void **state)
{
	CLEANUP(fixture_volume_free) struct fixture_volume sample = {0};
	CLEANUP(volume_set_free) struct volume_set set = {0};

	(void)state;
	/* With clusters of 64 KiB $MFT lies behind what is looked at. */
	assert_true(fixture_volume_new(&sample, 512, 65536, 1024, 32, 32));
	memset(sample.at, 0, 64 * 1024);
	const struct collection_volume *volume =
	    add(&set, (struct bytes){sample.at, sample.size}, 0, 0);

	assert_non_null(volume->ntfs);
	assert_int_equal(volume->kind, VOLUME_NTFS);
}

static void test_not_formatted(void **state)
{
	static const uint8_t zeros[128 * 1024];
	CLEANUP(volume_set_free) struct volume_set set = {0};

	(void)state;
	const struct collection_volume *volume =
	    add(&set, (struct bytes){zeros, sizeof(zeros)}, 0, 0);

	assert_null(volume->ntfs);
	assert_int_equal(volume->kind, VOLUME_UNFORMATTED);
	assert_string_equal(volume->why.text, "not NTFS: not formatted");
}

/* FAT and exFAT are told, also by the backup of a wiped boot sector. */
static void check_fat(enum fat_kind kind, uint32_t clusters, size_t wiped, enum volume_kind told)
{
	CLEANUP(fixture_fat_free) struct fixture_fat fat = {0};
	CLEANUP(volume_set_free) struct volume_set set = {0};

	assert_true(fixture_fat_new(&fat, kind, 512, clusters));
	memset(fat.at, 0, wiped);
	const struct collection_volume *volume = add(&set, (struct bytes){fat.at, fat.size}, 0, 0);

	assert_null(volume->ntfs);
	assert_non_null(volume->fat);
	assert_int_equal(volume->kind, told);
	assert_int_equal(volume->why.kind, ERR_NONE);
	assert_int_equal(volume_set_usable(&set), 1);
}

static void test_fat(void **state)
{
	(void)state;
	check_fat(FAT_12, 300, 0, VOLUME_FAT);
	check_fat(FAT_16, 5000, 0, VOLUME_FAT);
	check_fat(FAT_32, 70000, 0, VOLUME_FAT);
	check_fat(FAT_32, 70000, 512, VOLUME_FAT);
	check_fat(FAT_EX, 300, 0, VOLUME_EXFAT);
	check_fat(FAT_EX, 300, 512, VOLUME_EXFAT);
}

/* A damaged first sector without boot code, which looks like an empty partition table: the backup counts. */
static const struct collection_volume *add_damaged(
    struct volume_set *set, struct fixture_fat *fat, enum fat_kind kind, size_t at, uint8_t value)
{
	assert_true(fixture_fat_new(fat, kind, 512, kind == FAT_32 ? 70000 : 300));
	memset(fat->at + 120, 0, 390);
	fat->at[at] = value;
	return add(set, (struct bytes){fat->at, fat->size}, 0, 0);
}

static void test_boot_sector_like_an_empty_table(void **state)
{
	static const struct {
		enum fat_kind kind;
		size_t at;
		uint8_t value;
		enum volume_kind told;
	} cases[] = {{FAT_32, 13, 3, VOLUME_FAT}, {FAT_EX, 3, 'X', VOLUME_EXFAT},
	    {FAT_EX, 108, 1, VOLUME_EXFAT}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(fixture_fat_free) struct fixture_fat fat = {0};
		CLEANUP(volume_set_free) struct volume_set set = {0};
		const struct collection_volume *volume =
		    add_damaged(&set, &fat, cases[i].kind, cases[i].at, cases[i].value);

		assert_non_null(volume->fat);
		assert_int_equal(volume->kind, cases[i].told);
		assert_int_equal(volume->why.kind, ERR_NONE);
	}
}

/* NTFS with nothing left of its first sector but the end mark. */
static void test_ntfs_like_an_empty_table(void **state)
{
	CLEANUP(fixture_volume_free) struct fixture_volume sample = {0};
	CLEANUP(volume_set_free) struct volume_set set = {0};

	(void)state;
	assert_true(fixture_volume_sample(&sample));
	memset(sample.at, 0, 510);
	const struct collection_volume *volume =
	    add(&set, (struct bytes){sample.at, sample.size}, 0, 0);

	assert_non_null(volume->ntfs);
	assert_int_equal(volume->kind, VOLUME_NTFS);
	assert_int_equal(volume->why.kind, ERR_NONE);
}

static void test_empty_table(void **state)
{
	static uint8_t empty[128 * 1024];
	CLEANUP(volume_set_free) struct volume_set set = {0};

	(void)state;
	memcpy(empty + 510, "\x55\xaa", 2);
	const struct collection_volume *volume =
	    add(&set, (struct bytes){empty, sizeof(empty)}, 0, 0);

	assert_false(collection_volume_usable(volume));
	assert_string_equal(volume->why.text, "not NTFS: a partition table within a partition");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unreadable_boot_sector),
	    cmocka_unit_test(test_unreadable_everywhere),
	    cmocka_unit_test(test_wiped_start),
	    cmocka_unit_test(test_not_formatted),
	    cmocka_unit_test(test_fat),
	    cmocka_unit_test(test_boot_sector_like_an_empty_table),
	    cmocka_unit_test(test_ntfs_like_an_empty_table),
	    cmocka_unit_test(test_empty_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
