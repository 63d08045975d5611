/* FAT32 and exFAT whose boot sector and its backup say different things. */
#include "tests/unit.h"

#include "tests/fixture_fat_list.h"

#include <stdlib.h>
#include <string.h>

static void test_spoilt_first(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_fat_free) struct fixture_fat ex = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	CLEANUP(fixture_list_free) struct fixture_list other = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_32, 4096, 70000));
	fixture_fat_short(fixture_fat_slot(&f, 0, 0), "HERE    TXT", 0x20, 0, 0);
	memset(f.at, 0xff, 4096);
	fixture_list_of(&f, &seen);
	assert_true(fixture_list_has(&seen, "HERE.TXT"));
	assert_int_equal(seen.damages, 1);
	/* One bit of the exFAT region: its checksum tells, the backup is good. */
	assert_true(fixture_fat_new(&ex, FAT_EX, 512, 200));
	fixture_fat_set_of(fixture_fat_slot(&ex, 0, 2), "here", 0x20, 1, 0, 0);
	put_le32(ex.at + 96, 5); /* another root */
	fixture_list_of(&ex, &other);
	assert_true(fixture_list_has(&other, "here"));
	assert_int_equal(other.damages, 1);
}

static void fill(struct fixture_fat *f)
{
	assert_true(fixture_fat_new(f, FAT_32, 512, 70000));
	fixture_fat_short(fixture_fat_slot(f, 0, 0), "ONE        ", 0x10, 10, 0);
	fixture_fat_short(fixture_fat_slot(f, 0, 1), "HERE    TXT", 0x20, 20, 900);
	fixture_fat_dots(f, 10, 0);
	fixture_fat_short(fixture_fat_slot(f, 10, 2), "INSIDE  TXT", 0x20, 30, 512);
	fixture_fat_set(f, 10, FIXTURE_FAT_END);
	fixture_fat_chain(f, 20, 2);
	fixture_fat_set(f, 30, FIXTURE_FAT_END);
	memset(fixture_fat_cluster(f, 20), 'h', 1024);
	memset(fixture_fat_cluster(f, 30), 'i', 512);
}

static void check_content(
    struct fixture_fat *f, struct fixture_list *list, const char *path, char byte, size_t size)
{
	struct err damage = {0};
	size_t len = 0;
	uint8_t *content =
	    fixture_list_content(f, &fixture_list_find(list, path)->entry, &len, &damage);

	assert_int_equal(damage.kind, ERR_NONE);
	assert_int_equal(len, size);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(content[i], byte);
	free(content);
}

static void check_listing(struct fixture_fat *f)
{
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};

	fixture_list_of(f, &seen);
	assert_int_equal(seen.count, 3);
	check_content(f, &seen, "HERE.TXT", 'h', 900);
	check_content(f, &seen, "ONE/INSIDE.TXT", 'i', 512);
}

/* One bit of what either sector says of the layout is wrong: the other one tells, and everything is read as before. */
static void test_each_bit(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};

	(void)state;
	fill(&f);
	for (size_t sector = 0; sector <= 6; sector += 6)
		for (size_t bit = 0; bit < 52 * 8; bit++) {
			uint8_t *at = f.at + sector * 512 + bit / 8;

			*at ^= (uint8_t)(1u << bit % 8);
			check_listing(&f);
			*at ^= (uint8_t)(1u << bit % 8);
		}
}

static unsigned damages_of(struct fixture_fat *f)
{
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};

	fixture_list_of(f, &seen);
	return seen.damages;
}

/* That the first is wrong is told; a spoilt backup of a sound one is not. */
static void test_told(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};

	(void)state;
	fill(&f);
	assert_int_equal(damages_of(&f), 0);
	f.at[13] = 2;
	assert_int_equal(damages_of(&f), 1);
	f.at[13] = 1;
	f.at[6 * 512 + 13] = 2;
	assert_int_equal(damages_of(&f), 0);
}

/* exFAT: another size of sectors in the first leads to no region, so the backup is looked for with every size. */
static void test_sector_size(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_EX, 512, 2000));
	fixture_fat_set_of(fixture_fat_slot(&f, 0, 2), "here", 0x20, 1, 0, 0);
	f.at[108] = 10;
	fixture_list_of(&f, &seen);
	assert_true(fixture_list_has(&seen, "here"));
	assert_int_equal(seen.damages, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_spoilt_first),
	    cmocka_unit_test(test_each_bit),
	    cmocka_unit_test(test_told),
	    cmocka_unit_test(test_sector_size),
	};

	return cmocka_run_group_tests_name("fat-backup", tests, NULL, NULL);
}
