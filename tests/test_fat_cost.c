/* What a small FAT or exFAT volume that is made to hurt may cost: reads and links are counted, no time is. */
#include "tests/unit.h"

#include "formats/fat/volume.h"
#include "tests/fake_source.h"
#include "tests/fixture_fat_list.h"

#include <stdlib.h>

#define SETS     900u
#define CLUSTERS 6000u

/* A root directory of 2 MiB by the boot sector, of one sector in the image. */
static void test_cut_root(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	struct err err = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_16, 512, 5000));
	put_le16(f.at + 17, 65520);
	put_le32(f.at + 32, 20000);
	fixture_fat_short(fixture_fat_slot(&f, 0, 0), "HERE    TXT", 0x20, 0, 0);
	fixture_fat_short(fixture_fat_slot(&f, 0, 15), "LAST    TXT", 0x20, 0, 0);
	struct fake_source *fake = fake_source_new((struct bytes){f.at, (size_t)f.g.root + 512});

	assert_non_null(fake);
	assert_true(fixture_list_source(&fake->source, &seen, &err));
	assert_int_equal(seen.count, 2);
	assert_true(seen.damages > 0);
	assert_true(fake->reads < 300);
	source_close(&fake->source);
}

/* Deleted files, or directories, that all lie in one chain of the FAT, as exFAT leaves it there. */
static void check_chain(unsigned attributes, unsigned passes)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	CLEANUP(fat_volume_close) struct fat_volume *volume = NULL;
	struct fat_recovered left;
	struct err err = {0};
	const uint32_t first = 100, count = CLUSTERS - 101;

	assert_true(fixture_fat_new(&f, FAT_EX, 4096, CLUSTERS));
	fixture_fat_set(&f, 4, 5);
	fixture_fat_chain(&f, 5, 30);
	fixture_fat_chain(&f, first, count);
	for (uint32_t i = 0; i < count; i++) /* free by the bitmap, linked in the FAT */
		fixture_fat_cluster(&f, 2)[(first + i - 2) / 8] &=
		    (uint8_t) ~(1u << (first + i - 2) % 8);
	for (uint32_t i = 0; i < SETS; i++) {
		uint8_t *slot = fixture_fat_slot(&f, 0, 2 + 3 * (size_t)i);

		fixture_fat_set_of(
		    slot, "gone", attributes, 1, first + i % 50, (count - 50) * 4096ull);
		fixture_fat_unuse(slot, 3);
	}
	CLEANUP(source_close) struct source *raw = source_of_bytes((struct bytes){f.at, f.size});

	assert_true(fat_volume_open(raw, &volume, &err));
	fixture_list_of(&f, &seen);
	assert_true(seen.count >= SETS);
	assert_true(fat_recovery_of(volume, &seen.at[2].entry, &left, &err));
	assert_true(volume->links > count);
	assert_true(volume->links < passes * (FAT_LIMIT_LINKS + 4 * CLUSTERS + 2 * count));
}

static void test_one_chain_for_all(void **state)
{
	(void)state;
	check_chain(0x20, 1);
	check_chain(0x10, 2); /* walked, and claimed */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cut_root),
	    cmocka_unit_test(test_one_chain_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
