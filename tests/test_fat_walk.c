/* Listing of FAT and exFAT volumes. */
#include "tests/unit.h"

#include "core/time.h"
#include "tests/fixture_fat_list.h"

#include <string.h>

static void put_tree(struct fixture_fat *f)
{
	uint32_t c = f->g.kind == FAT_32 ? 3 : 2;
	size_t n = 0;

	fixture_fat_short(fixture_fat_slot(f, 0, n++), "STICK      ", 0x08, 0, 0);
	fixture_fat_short(fixture_fat_slot(f, 0, n++), "HELLO   TXT", 0x20, c, 700);
	fixture_fat_chain(f, c, 2);
	n += fixture_fat_long(fixture_fat_slot(f, 0, n), "A long name.txt", "ALONGN~1TXT");
	fixture_fat_short(fixture_fat_slot(f, 0, n++), "ALONGN~1TXT", 0x20, 0, 0);
	fixture_fat_short(fixture_fat_slot(f, 0, n++), "DIR        ", 0x10, c + 2, 0);
	fixture_fat_slot(f, 0, n - 1)[12] = 0x08; /* NT: the name in small letters */
	fixture_fat_chain(f, c + 2, 1);
	fixture_fat_dots(f, c + 2, 0);
	fixture_fat_short(fixture_fat_slot(f, c + 2, 2), "\x05INSIDE TXT", 0x20, 0, 0);
	fixture_fat_short(fixture_fat_slot(f, c + 2, 3), "\xe5ONE    TXT", 0x20, c + 4, 10);
}

static void check_tree(enum fat_kind kind, uint32_t clusters)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	const struct fixture_seen *hello;

	assert_true(fixture_fat_new(&f, kind, 512, clusters));
	put_tree(&f);
	fixture_list_of(&f, &seen);
	assert_int_equal(seen.damages, 0);
	assert_int_equal(seen.count, 6);
	assert_int_equal(fixture_list_find(&seen, "STICK")->entry.kind, FAT_ENTRY_LABEL);
	hello = fixture_list_find(&seen, "HELLO.TXT");
	assert_int_equal(hello->entry.size, 700);
	assert_int_equal(hello->entry.created.zone, FAT_TIME_LOCAL);
	assert_int_equal(hello->entry.modified.ticks - hello->entry.created.ticks,
	    (86400 + 5400 + 14) * TIME_TICKS_PER_SECOND - 3 * TIME_TICKS_PER_SECOND / 2);
	assert_true(hello->entry.accessed.is_date);
	assert_true(fixture_list_has(&seen, "A long name.txt"));
	assert_string_equal(
	    text_string(&fixture_list_find(&seen, "A long name.txt")->short_name), "ALONGN~1.TXT");
	assert_int_equal(fixture_list_find(&seen, "dir")->entry.size, 512);
	assert_true(fixture_list_has(&seen, "dir/薨NSIDE.TXT"));
	assert_true(fixture_list_find(&seen, "dir/_ONE.TXT")->entry.is_deleted);
}

static void test_tree(void **state)
{
	(void)state;
	check_tree(FAT_12, 100);
	check_tree(FAT_16, 5000);
	check_tree(FAT_32, 70000);
}

static void test_exfat_tree(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	const struct fixture_seen *file;
	size_t n = 2;

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_EX, 512, 200));
	n += fixture_fat_set_of(
	    fixture_fat_slot(&f, 0, n), "a name of more than one part.txt", 0x20, 3, 6, 1000);
	n += fixture_fat_set_of(fixture_fat_slot(&f, 0, n), "dir", 0x10, 3, 8, 512);
	size_t gone = fixture_fat_set_of(fixture_fat_slot(&f, 0, n), "gone.bin", 0x20, 3, 9, 512);

	fixture_fat_unuse(fixture_fat_slot(&f, 0, n), gone);
	fixture_fat_set_of(fixture_fat_slot(&f, 8, 0), "below", 0x20, 1, 0, 0);
	fixture_fat_chain(&f, 6, 3);
	fixture_list_of(&f, &seen);
	assert_int_equal(seen.damages, 0);
	assert_int_equal(seen.count, 6);
	file = fixture_list_find(&seen, "a name of more than one part.txt");
	assert_int_equal(file->entry.damage.kind, ERR_NONE);
	assert_int_equal(file->entry.created.zone, FAT_TIME_UTC);
	assert_int_equal(file->entry.created.offset, 540);
	assert_int_equal(file->entry.modified.offset, -300);
	assert_int_equal(file->entry.accessed.zone, FAT_TIME_LOCAL);
	assert_true(file->entry.is_contiguous);
	assert_true(fixture_list_has(&seen, "dir/below"));
	assert_true(fixture_list_find(&seen, "gone.bin")->entry.is_deleted);
	assert_int_equal(fixture_list_find(&seen, "gone.bin")->entry.damage.kind, ERR_NONE);
}

/* Windows 7 and exfatlabel write up to 15 characters, where the specification has 11. */
static void test_exfat_labels(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	uint8_t *slot;

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_EX, 512, 200));
	slot = fixture_fat_slot(&f, 0, 2);
	slot[0] = 0x83;
	slot[1] = 200; /* more than there is room for */
	for (unsigned i = 0; i < 15; i++)
		put_le16(slot + 2 + i * 2, (uint16_t)('A' + i));
	fixture_list_of(&f, &seen);
	assert_int_equal(fixture_list_find(&seen, "ABCDEFGHIJKLMNO")->entry.kind, FAT_ENTRY_LABEL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tree),
	    cmocka_unit_test(test_exfat_tree),
	    cmocka_unit_test(test_exfat_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
