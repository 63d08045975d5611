/* FAT and exFAT volumes that are damaged, or made to hurt. */
#include "tests/unit.h"

#include "tests/fake_source.h"
#include "tests/fixture_fat_list.h"

#include <stdlib.h>
#include <string.h>

/* Directory at cluster with one file in it. */
static void put_directory(struct fixture_fat *f, uint8_t *slot, const char *name, uint32_t cluster)
{
	fixture_fat_short(slot, name, 0x10, cluster, 0);
	fixture_fat_set(f, cluster, FIXTURE_FAT_END);
	fixture_fat_dots(f, cluster, 0);
	fixture_fat_short(fixture_fat_slot(f, cluster, 2), "INSIDE  TXT", 0x20, 0, 0);
}

static void test_loops(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_16, 512, 5000));
	put_directory(&f, fixture_fat_slot(&f, 0, 0), "ONE        ", 10);
	/* Below itself, itself again, its parent's twin, a chain that comes back. */
	fixture_fat_short(fixture_fat_slot(&f, 10, 3), "SELF       ", 0x10, 10, 0);
	fixture_fat_short(fixture_fat_slot(&f, 0, 1), "TWIN       ", 0x10, 10, 0);
	put_directory(&f, fixture_fat_slot(&f, 0, 2), "CYCLE      ", 20);
	for (size_t i = 3; i < 16; i++)
		fixture_fat_short(fixture_fat_slot(&f, 20, i), "MORE    TXT", 0x20, 0, 0);
	fixture_fat_set(&f, 20, 21);
	fixture_fat_set(&f, 21, 20);
	fixture_list_of(&f, &seen);
	assert_true(fixture_list_has(&seen, "ONE/INSIDE.TXT"));
	assert_false(fixture_list_has(&seen, "ONE/SELF/INSIDE.TXT"));
	assert_false(fixture_list_has(&seen, "TWIN/INSIDE.TXT"));
	assert_int_equal(fixture_list_find(&seen, "ONE/SELF")->entry.damage.kind, ERR_DAMAGED);
	assert_int_equal(fixture_list_find(&seen, "TWIN")->entry.damage.kind, ERR_DAMAGED);
	assert_int_equal(fixture_list_find(&seen, "CYCLE")->entry.damage.kind, ERR_DAMAGED);
	assert_int_equal(fixture_list_find(&seen, "CYCLE")->entry.size, 1024);
}

static void test_root_loop(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_32, 512, 70000));
	fixture_fat_set(&f, 2, 3);
	fixture_fat_set(&f, 3, 2);
	for (size_t i = 0; i < 32; i++) /* no end mark */
		fixture_fat_short(
		    i < 16 ? fixture_fat_slot(&f, 0, i) : fixture_fat_slot(&f, 3, i - 16),
		    "A       TXT", 0x20, 0, 0);
	fixture_fat_short(fixture_fat_slot(&f, 3, 5), "ROOT       ", 0x10, 2, 0);
	fixture_list_of(&f, &seen);
	assert_int_equal(seen.count, 32);
	assert_int_equal(seen.damages, 2); /* of the root, and of what leads back to it */
	assert_int_equal(fixture_list_find(&seen, "ROOT")->entry.damage.kind, ERR_DAMAGED);
}

static void test_no_directory(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_12, 512, 100));
	fixture_fat_short(fixture_fat_slot(&f, 0, 0), "DATA       ", 0x10, 5, 0);
	fixture_fat_short(fixture_fat_slot(&f, 0, 1), "NONE       ", 0x10, 4000, 0);
	fixture_fat_short(fixture_fat_slot(&f, 0, 2), "FREE       ", 0x10, 9, 0);
	fixture_fat_set(&f, 5, FIXTURE_FAT_END);
	memset(fixture_fat_cluster(&f, 5), 'x', 512);
	fixture_fat_dots(&f, 9, 0); /* a directory whose chain was lost: still read */
	fixture_fat_short(fixture_fat_slot(&f, 9, 2), "INSIDE  TXT", 0x20, 0, 0);
	fixture_list_of(&f, &seen);
	assert_int_equal(fixture_list_find(&seen, "DATA")->entry.damage.kind, ERR_DAMAGED);
	assert_int_equal(fixture_list_find(&seen, "NONE")->entry.damage.kind, ERR_DAMAGED);
	assert_int_equal(fixture_list_find(&seen, "FREE")->entry.damage.kind, ERR_DAMAGED);
	assert_true(fixture_list_has(&seen, "FREE/INSIDE.TXT"));
	assert_int_equal(seen.count, 4);
}

/* Files that nobody sees because their directory is cut are told of; one whose "." alone is spoiled is walked. */
static void test_cut_directories(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_16, 512, 5000));
	put_directory(&f, fixture_fat_slot(&f, 0, 0), "CUT        ", 10);
	fixture_fat_set(&f, 10, 0);
	put_directory(&f, fixture_fat_slot(&f, 0, 1), "DOT        ", 20);
	*fixture_fat_slot(&f, 20, 0) = 'A';
	put_directory(&f, fixture_fat_slot(&f, 0, 2), "DATA       ", 30);
	memset(fixture_fat_cluster(&f, 30), 'x', 512);
	fixture_list_of(&f, &seen);
	assert_true(fixture_list_has(&seen, "CUT/INSIDE.TXT"));
	assert_true(fixture_list_has(&seen, "DOT/INSIDE.TXT"));
	assert_false(fixture_list_has(&seen, "DATA/INSIDE.TXT"));
	assert_int_equal(seen.damages, 3); /* the chain, what "A" leads to, no directory */
	assert_non_null(strstr(seen.damage.text, "directory 'DATA'"));
}

/* Of a long path the begin and the end are said, in whole characters. */
static void test_cut_directory_of_a_long_name(void **state)
{
	static const char name[] =
	    "bbaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaend";
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_16, 512, 5000));
	uint8_t *slot = fixture_fat_slot(&f, 0, 0);
	size_t parts = fixture_fat_long(slot, name, "DATA       ");

	for (size_t at = 0; at < parts * 32; at++)
		if (slot[at] == 'a' && slot[at + 1] == 0)
			put_le16(slot + at, 0x3042);
	put_directory(&f, slot + parts * 32, "DATA       ", 30);
	memset(fixture_fat_cluster(&f, 30), 'x', 512);
	fixture_list_of(&f, &seen);
	assert_int_equal(seen.damages, 1);
	const char *dots = strstr(seen.damage.text, "\xe2\x80\xa6");

	assert_non_null(dots);
	assert_memory_equal(dots - 3, "\xe3\x81\x82", 3);
	assert_memory_equal(dots + 3, "\xe3\x81\x82", 3);
	assert_non_null(strstr(dots, "end': no directory begins in its cluster 30"));
}

/* exFAT proves a directory by the checksum of any of its sets. */
static void test_spoiled_first_set(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_EX, 512, 200));
	fixture_fat_set_of(fixture_fat_slot(&f, 0, 2), "below", 0x10, 3, 10, 512);
	fixture_fat_set_of(fixture_fat_slot(&f, 10, 0), "first", 0x20, 1, 0, 0);
	fixture_fat_set_of(fixture_fat_slot(&f, 10, 3), "second", 0x20, 1, 0, 0);
	*fixture_fat_slot(&f, 10, 0) = 'x';
	fixture_list_of(&f, &seen);
	assert_true(fixture_list_has(&seen, "below/second"));
	assert_true(fixture_list_has(&seen, "below/first"));
}

/* What is above the 65,536 entries of the specification is still there. */
static void test_long_directory(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	const uint32_t count = 65536 / 16 + 1;

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_16, 512, 5000));
	put_directory(&f, fixture_fat_slot(&f, 0, 0), "LONG       ", 10);
	fixture_fat_chain(&f, 10, count);
	memset(fixture_fat_slot(&f, 10, 3), 0xe5, (size_t)(count - 1) * 512);
	fixture_fat_short(fixture_fat_slot(&f, 10 + count - 1, 0), "HIDDEN  TXT", 0x20, 0, 0);
	fixture_list_of(&f, &seen);
	assert_true(fixture_list_has(&seen, "LONG/HIDDEN.TXT"));
	assert_int_equal(fixture_list_find(&seen, "LONG")->entry.damage.kind, ERR_DAMAGED);
}

/* exFAT: a bitmap that says it is larger than it can be. */
static void test_large_bitmap(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	uint8_t *slot;

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_EX, 512, 200));
	for (slot = fixture_fat_slot(&f, 0, 0); *slot != 0x81; slot += 32)
		continue;
	put_le64(slot + 24, 1ull << 40);
	fixture_fat_set_of(fixture_fat_slot(&f, 0, 2), "here", 0x20, 1, 0, 0);
	fixture_list_of(&f, &seen);
	assert_true(fixture_list_has(&seen, "here"));
	assert_int_equal(seen.damages, 1);
}

/* Deeper than any path: the rest is damage, not a crash. */
/* An image that ends before the last cluster is told, whether files lie there or not. */
static void test_short_image(void **state)
{
	static const enum fat_kind kinds[] = {FAT_12, FAT_16, FAT_32, FAT_EX};
	static const uint32_t clusters[] = {100, 5000, 70000, 100};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
		CLEANUP(fixture_list_free) struct fixture_list whole = {0}, cut = {0};

		assert_true(fixture_fat_new(&f, kinds[i], 512, clusters[i]));
		f.size = (size_t)(f.g.data + 512 * (uint64_t)clusters[i]);
		fixture_list_of(&f, &whole);
		assert_int_equal(whole.damages, 0);
		f.size--;
		fixture_list_of(&f, &cut);
		assert_int_equal(cut.damages, 1);
		assert_non_null(strstr(cut.damage.text, "the image or partition ends after"));
	}
}

static void test_depth(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_16, 512, 5000));
	put_directory(&f, fixture_fat_slot(&f, 0, 0), "D          ", 2);
	for (uint32_t i = 2; i < 400; i++)
		put_directory(&f, fixture_fat_slot(&f, i, 3), "D          ", i + 1);
	fixture_fat_short(fixture_fat_slot(&f, 0, 1), "AFTER   TXT", 0x20, 0, 0);
	fixture_list_of(&f, &seen);
	assert_int_equal(seen.damages, 1);
	assert_int_equal(seen.damage.kind, ERR_LIMIT);
	assert_true(fixture_list_has(&seen, "AFTER.TXT"));
	assert_true(seen.count > 400);
}

/* A link that makes no sense in the first FAT is taken from the second; a wiped first FAT as a whole. */
static void check_second_copy(enum fat_kind kind, uint32_t clusters, bool wiped)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	struct err damage;
	size_t len;

	assert_true(fixture_fat_new(&f, kind, 512, clusters));
	fixture_fat_short(fixture_fat_slot(&f, 0, 0), "FILE    BIN", 0x20, 10, 2000);
	fixture_fat_chain(&f, 10, 4);
	for (uint32_t i = 0; i < 4; i++)
		memset(fixture_fat_cluster(&f, 10 + i), 'a' + (int)i, 512);
	if (wiped)
		memset(f.at + f.g.table, 0, (size_t)f.g.table_size);
	fixture_fat_put(&f, 0, 11, 1);
	fixture_list_of(&f, &seen);
	uint8_t *at =
	    fixture_list_content(&f, &fixture_list_find(&seen, "FILE.BIN")->entry, &len, &damage);

	assert_int_equal(damage.kind, ERR_NONE);
	assert_int_equal(len, 2000);
	assert_int_equal(at[0], 'a');
	assert_int_equal(at[1999], 'd');
	assert_int_equal(seen.damages, wiped ? 1 : 0);
	free(at);
}

static void test_second_copy(void **state)
{
	(void)state;
	check_second_copy(FAT_12, 100, false);
	check_second_copy(FAT_16, 5000, false);
	check_second_copy(FAT_32, 70000, false);
	check_second_copy(FAT_12, 100, true);
	check_second_copy(FAT_16, 5000, true);
	check_second_copy(FAT_32, 70000, true);
}

/* Whatever read fails once, everything is listed; whatever sector is bad for good, all that is not in it. */
static void check_reads(enum fat_kind kind, uint32_t clusters)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	size_t entries;
	uint64_t reads;

	assert_true(fixture_fat_new(&f, kind, 512, clusters));
	if (kind == FAT_EX) {
		fixture_fat_set_of(fixture_fat_slot(&f, 0, 2), "one", 0x10, 3, 10, 512);
		fixture_fat_set_of(fixture_fat_slot(&f, 10, 0), "two", 0x20, 3, 11, 5);
		fixture_fat_chain(&f, 10, 2);
	} else {
		put_directory(&f, fixture_fat_slot(&f, 0, 0), "ONE        ", 10);
		put_directory(&f, fixture_fat_slot(&f, 10, 3), "TWO        ", 11);
	}
	{
		CLEANUP(fixture_list_free) struct fixture_list seen = {0};
		struct fake_source *fake = fake_source_new((struct bytes){f.at, f.size});
		struct err err = {0};

		assert_true(fixture_list_source(&fake->source, &seen, &err));
		entries = seen.count;
		reads = fake->reads;
		source_close(&fake->source);
	}
	assert_true(entries >= 4);
	for (uint64_t n = 1; n <= reads; n++) {
		CLEANUP(fixture_list_free) struct fixture_list seen = {0};
		struct fake_source *fake = fake_source_new((struct bytes){f.at, f.size});
		struct err err = {0};

		fake->fail_at = n;
		assert_true(fixture_list_source(&fake->source, &seen, &err));
		assert_int_equal(seen.count, entries);
		source_close(&fake->source);
	}
}

static void test_reads_that_fail(void **state)
{
	(void)state;
	check_reads(FAT_12, 100);
	check_reads(FAT_16, 5000);
	check_reads(FAT_32, 70000);
	check_reads(FAT_EX, 200);
}

static void test_bad_sectors(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_16, 512, 5000));
	put_directory(&f, fixture_fat_slot(&f, 0, 0), "ONE        ", 10);
	put_directory(&f, fixture_fat_slot(&f, 0, 1), "TWO        ", 11);
	const uint64_t places[] = {
	    f.g.table, f.g.table + f.g.table_size, (uint64_t)(fixture_fat_cluster(&f, 10) - f.at)};

	for (size_t i = 0; i < 3; i++) {
		CLEANUP(fixture_list_free) struct fixture_list seen = {0};
		struct fake_source *fake = fake_source_new((struct bytes){f.at, f.size});
		struct err err = {0};

		fake->bad_from = places[i];
		fake->bad_len = 512;
		assert_true(fixture_list_source(&fake->source, &seen, &err));
		assert_true(fixture_list_has(&seen, "TWO/INSIDE.TXT"));
		assert_true(fixture_list_has(&seen, "ONE/INSIDE.TXT") == (i < 2));
		assert_true(i < 2 || seen.damages > 0);
		source_close(&fake->source);
	}
}

/* Directories that claim far more than the image has: nothing is read for them, and the rest is listed. */
static void test_endless_directories(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	size_t n = 2;

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_EX, 4096, 300));
	put_le32(f.at + 92, 0xf0000000u); /* clusters, and a FAT for them */
	put_le64(f.at + 72, 0x40000000000ull);
	f.at[110] = 1;
	put_le32(f.at + 84, 0xf0000u * 4);
	put_le32(f.at + 88, 24 + 0xf0000u * 4);
	f.g.table_size = 0xf0000ull * 4 * 4096;
	fixture_fat_seal(&f);
	for (; n < 100; n += 3)
		fixture_fat_set_of(
		    fixture_fat_slot(&f, 0, n), "endless", 0x10, 3, (uint32_t)n * 100000, 1u << 30);
	CLEANUP(source_close) struct source *raw = source_of_bytes((struct bytes){f.at, f.size});
	struct err err = {0};

	/* Its root lies outside of the image as well: it is damaged, and that is all. */
	assert_true(fixture_list_source(raw, &seen, &err));
	assert_true(seen.damages > 0);
}

static void test_geometry_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} spoiled[] = {{0, 0}, {11, 1}, {12, 0x40}, {13, 0}, {13, 3}, {14, 0}, {16, 0}, {16, 9},
	    {21, 0x10}, {510, 0}};
	uint8_t sector[512];
	struct fat_geometry g;
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_12, 512, 100));
	assert_true(fat_boot_parse((struct bytes){f.at, 512}, &g, NULL));
	for (size_t i = 0; i < sizeof(spoiled) / sizeof(*spoiled); i++) {
		memcpy(sector, f.at, 512);
		sector[spoiled[i].at] = spoiled[i].value;
		assert_false(fat_boot_parse((struct bytes){sector, 512}, &g, NULL));
	}
	assert_false(fat_boot_parse((struct bytes){f.at, 511}, &g, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_loops),
	    cmocka_unit_test(test_root_loop),
	    cmocka_unit_test(test_no_directory),
	    cmocka_unit_test(test_cut_directories),
	    cmocka_unit_test(test_cut_directory_of_a_long_name),
	    cmocka_unit_test(test_spoiled_first_set),
	    cmocka_unit_test(test_long_directory),
	    cmocka_unit_test(test_large_bitmap),
	    cmocka_unit_test(test_short_image),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_second_copy),
	    cmocka_unit_test(test_reads_that_fail),
	    cmocka_unit_test(test_bad_sectors),
	    cmocka_unit_test(test_endless_directories),
	    cmocka_unit_test(test_geometry_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
