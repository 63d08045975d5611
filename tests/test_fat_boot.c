/* Boot sectors at the edges: sector counts of 64 bits, the numbers of clusters that programs disagree about. */
#include "tests/unit.h"

#include "tests/fixture_fat_list.h"

#include <string.h>

static enum fat_kind kind_of(struct fixture_fat *f)
{
	struct fat_geometry g = {0};
	struct err err = {0};

	if (!fat_boot_parse((struct bytes){f->at, 512}, &g, &err))
		assert_string_equal(err.text, "a boot sector");
	return g.kind;
}

static void test_sectors_of_64_bits(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	struct fat_geometry g;

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_32, 512, 70000));
	fixture_fat_short(fixture_fat_slot(&f, 0, 0), "HELLO   TXT", 0x20, 0, 0);
	put_le32(f.at + 32, 0);
	memcpy(f.at + 82, "FAT32   ", 8); /* no number: nothing tells how many there are */
	assert_false(fat_boot_parse((struct bytes){f.at, 512}, &g, NULL));
	put_le64(f.at + 82, f.g.sectors);
	fixture_list_of(&f, &seen);
	assert_true(fixture_list_has(&seen, "HELLO.TXT"));
	put_le64(f.at + 82, UINT64_MAX / 4096); /* the FAT ends the clusters */
	assert_true(fat_boot_parse((struct bytes){f.at, 512}, &g, NULL));
	assert_in_range(g.clusters, 70000, 70000 + 128);
	put_le64(f.at + 82, UINT64_MAX / 4096 + 1);
	assert_false(fat_boot_parse((struct bytes){f.at, 512}, &g, NULL));
}

static void check_edge(uint32_t clusters, const char *words, enum fat_kind kind)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};

	assert_true(
	    fixture_fat_new(&f, FAT_16, 512, clusters)); /* its FAT is long enough for both */
	memcpy(f.at + 54, words, 8);
	assert_int_equal(kind_of(&f), kind);
}

static void test_edge_of_fat12(void **state)
{
	(void)state;
	check_edge(4084, "FAT     ", FAT_12);
	check_edge(4085, "FAT     ", FAT_16);
	check_edge(4084, "FAT16   ", FAT_16);
	check_edge(4086, "FAT12   ", FAT_12);
	check_edge(4078, "FAT16   ", FAT_12);
	check_edge(4087, "FAT12   ", FAT_16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sectors_of_64_bits),
	    cmocka_unit_test(test_edge_of_fat12),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
