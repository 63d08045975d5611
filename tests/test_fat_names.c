/* Long names, their checksums and orphans; code pages; times. */
#include "tests/unit.h"

#include "core/time.h"
#include "formats/fat/volume.h"
#include "tests/fixture_fat_list.h"

#include <stdio.h>
#include <string.h>

static void mark_deleted(uint8_t *slot, size_t count)
{
	for (size_t i = 0; i < count; i++)
		slot[i * 32] = 0xe5;
}

/* Live: order and checksum must be right. */
static void test_orphans(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	size_t n = 0;

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_16, 2048, 5000));
	n += fixture_fat_long(fixture_fat_slot(&f, 0, n), "wrong checksum.txt", "OTHER   TXT");
	fixture_fat_short(fixture_fat_slot(&f, 0, n++), "WRONGC~1TXT", 0x20, 0, 0);
	n += fixture_fat_long(
	    fixture_fat_slot(&f, 0, n), "the first part of it is lost.txt", "THEFIR~1TXT");
	n--; /* the part that stands before the short name */
	fixture_fat_short(fixture_fat_slot(&f, 0, n++), "THEFIR~1TXT", 0x20, 0, 0);
	fixture_fat_long(
	    fixture_fat_slot(&f, 0, n), "the last part of it is lost.txt", "THELAS~1TXT");
	memmove(fixture_fat_slot(&f, 0, n), fixture_fat_slot(&f, 0, n + 1), 64);
	n += 2;
	fixture_fat_short(fixture_fat_slot(&f, 0, n++), "THELAS~1TXT", 0x20, 0, 0);
	n += fixture_fat_long(fixture_fat_slot(&f, 0, n), "at the end", "ATTHEE~1   ");
	fixture_list_of(&f, &seen);
	assert_int_equal(
	    fixture_list_find(&seen, "wrong checksum.txt")->entry.kind, FAT_ENTRY_NAME);
	assert_int_equal(fixture_list_find(&seen, "WRONGC~1.TXT")->entry.kind, FAT_ENTRY_FILE);
	assert_true(fixture_list_has(&seen, "THEFIR~1.TXT"));
	assert_int_equal(
	    fixture_list_find(&seen, "the last part of it is los")->entry.kind, FAT_ENTRY_NAME);
	assert_true(fixture_list_has(&seen, "THELAS~1.TXT"));
	assert_int_equal(fixture_list_find(&seen, "at the end")->entry.kind, FAT_ENTRY_NAME);
	assert_true(fixture_list_find(&seen, "at the end")->entry.is_deleted);
}

/* Deleted: the checksum tells the lost byte, and whether the name is the file's at all. */
static void test_deleted_names(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	size_t n = 0, from;

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_16, 2048, 5000));
	from = n;
	n += fixture_fat_long(fixture_fat_slot(&f, 0, n), "quarterly report.xlsx", "QUARTE~1XLS");
	fixture_fat_short(fixture_fat_slot(&f, 0, n++), "QUARTE~1XLS", 0x20, 0, 0);
	mark_deleted(fixture_fat_slot(&f, 0, from), n - from);
	/* The parts of one file, then the short name of another that took the place of the first. */
	from = n;
	n += fixture_fat_long(fixture_fat_slot(&f, 0, n), "no longer its own.doc", "NOLONG~1DOC");
	fixture_fat_short(fixture_fat_slot(&f, 0, n++), "ZEBRA   DOC", 0x20, 0, 0);
	mark_deleted(fixture_fat_slot(&f, 0, from), n - from);
	fixture_list_of(&f, &seen);
	const struct fixture_seen *report = fixture_list_find(&seen, "quarterly report.xlsx");

	assert_true(report->entry.is_deleted);
	assert_int_equal(report->entry.first_byte, 'Q');
	assert_string_equal(text_string(&report->short_name), "QUARTE~1.XLS");
	assert_int_equal(
	    fixture_list_find(&seen, "no longer its own.doc")->entry.kind, FAT_ENTRY_NAME);
	assert_true(fixture_list_has(&seen, "_EBRA.DOC"));
}

/* What stands behind the end mark; and where a directory is garbage from there on. */
static void test_behind_the_end(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_16, 2048, 5000));
	fixture_fat_short(fixture_fat_slot(&f, 0, 0), "HERE    TXT", 0x20, 0, 0);
	fixture_fat_short(fixture_fat_slot(&f, 0, 2), "BEHIND  TXT", 0x20, 0, 0);
	fixture_fat_short(fixture_fat_slot(&f, 0, 3), "BAD\x01    TXT", 0x20, 0, 0);
	fixture_fat_short(fixture_fat_slot(&f, 0, 4), "TOOBIG  TXT", 0x20, 60000, 10);
	fixture_fat_short(fixture_fat_slot(&f, 0, 5), "NODATE  TXT", 0x20, 0, 0);
	put_le16(fixture_fat_slot(&f, 0, 5) + 24, 0x01ff); /* month 15 */
	fixture_fat_long(fixture_fat_slot(&f, 0, 7), "behind, too", "BEHIN~1    ");
	fixture_list_of(&f, &seen);
	assert_true(fixture_list_find(&seen, "BEHIND.TXT")->entry.is_beyond_end);
	assert_true(fixture_list_find(&seen, "BEHIND.TXT")->entry.is_deleted);
	assert_true(fixture_list_has(&seen, "behind, too"));
	assert_int_equal(seen.count, 3);
}

static void check_name(const char *raw, const char *shown, unsigned case_flags, bool is_cut)
{
	CLEANUP(text_free) struct text text = {0};

	fat_short_name_add(&text, (const uint8_t *)raw, (uint8_t)case_flags, is_cut);
	assert_string_equal(text_string(&text), shown);
}

static void test_code_pages(void **state)
{
	(void)state;
	check_name("HELLO   TXT", "HELLO.TXT", 0, false);
	check_name("HELLO   TXT", "hello.TXT", 0x08, false);
	check_name("HELLO   TXT", "HELLO.txt", 0x10, false);
	check_name("NOEXT      ", "NOEXT", 0, false);
	check_name("\x95\xf1\x8d\x90\x8f\x91  TXT", "報告書.TXT", 0, false);
	check_name("\xe5\xf1\x8d\x90\x8f\x91  TXT", "_告書.TXT", 0, true);
	check_name("\xb1\xb2\xb3     DOC", "ｱｲｳ.DOC", 0, false);
	check_name(
	    "CAF\x90    TXT", "CAFÉ.TXT", 0, false); /* not CP932: a blank is no second byte */
	check_name("\x05\x49XX    TXT", "薨XX.TXT", 0, false);
	check_name("\xe5"
		   "ELLO   TXT",
	    "_ELLO.TXT", 0, true);
	check_name("\x83 X     TXT", "â X.TXT", 0, false);
}

static void test_times(void **state)
{
	char iso[TIME_ISO_ROOM];
	struct fat_time time;

	(void)state;
	fat_time_set(
	    &time, (uint16_t)(44 << 9 | 2 << 5 | 29), (uint16_t)(23 << 11 | 59 << 5 | 29), 199);
	time_iso(time.ticks, iso);
	assert_string_equal(iso, "2024-02-29T23:59:59.9900000Z");
	fat_time_set(&time, (uint16_t)(43 << 9 | 2 << 5 | 29), 0, 0); /* no such day */
	assert_int_equal(time.zone, FAT_TIME_NONE);
	fat_time_set(&time, 0, 0, 0);
	assert_int_equal(time.zone, FAT_TIME_NONE);
	fat_time_set(&time, 1 << 5 | 1, 0, 0);
	fat_time_set_zone(&time, 0x80 | 56); /* 14 hours ahead, in 1979 then */
	time_iso(time.ticks, iso);
	assert_string_equal(iso, "1979-12-31T10:00:00.0000000Z");
	assert_int_equal(time.zone, FAT_TIME_UTC);
	fat_time_set(&time, 1 << 5 | 1, 0, 0);
	fat_time_set_zone(&time, 36); /* not valid */
	assert_int_equal(time.zone, FAT_TIME_LOCAL);
}

/* exFAT: half a set, secondary entries alone, a wrong checksum, what stands behind the end. */
static void test_exfat_sets(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_EX, 4096, 200));
	fixture_fat_set_of(fixture_fat_slot(&f, 0, 2), "spoiled", 0x20, 3, 9, 100);
	fixture_fat_slot(&f, 0, 3)[24] ^= 1;
	size_t count = fixture_fat_set_of(
	    fixture_fat_slot(&f, 0, 5), "the head was used anew.txt", 0x20, 3, 10, 5);

	fixture_fat_unuse(fixture_fat_slot(&f, 0, 5), count);
	fixture_fat_slot(&f, 0, 5)[0] = 0xe0; /* something of a maker */
	count = fixture_fat_set_of(
	    fixture_fat_slot(&f, 0, 9), "a tail is gone, twice over.txt", 0x20, 3, 11, 5);
	fixture_fat_unuse(fixture_fat_slot(&f, 0, 9), count);
	fixture_fat_set_of(fixture_fat_slot(&f, 0, 12), "new", 0x20, 1, 0, 0);
	fixture_fat_set_of(fixture_fat_slot(&f, 0, 20), "behind", 0x20, 3, 12, 5);
	fixture_fat_set_of(fixture_fat_slot(&f, 0, 30), "garbage", 0x20, 3, 12, 5);
	fixture_fat_slot(&f, 0, 31)[9] ^= 1;
	fixture_list_of(&f, &seen);
	assert_int_equal(fixture_list_find(&seen, "spoiled")->entry.damage.kind, ERR_DAMAGED);
	assert_false(fixture_list_find(&seen, "spoiled")->entry.is_deleted);
	const struct fixture_seen *head = fixture_list_find(&seen, "the head was used anew.txt");

	assert_true(head->entry.is_deleted);
	assert_int_equal(head->entry.cluster, 10);
	assert_int_equal(head->entry.created.zone, FAT_TIME_NONE);
	assert_int_equal(
	    fixture_list_find(&seen, "a tail is gone,")->entry.damage.kind, ERR_DAMAGED);
	assert_true(fixture_list_has(&seen, "new"));
	assert_true(fixture_list_find(&seen, "behind")->entry.is_beyond_end);
	assert_false(fixture_list_has(&seen, "garbage"));
}

/* Slashes and NULs would make other paths of a name. */
static void test_hostile_names(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	size_t n = 2;

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_EX, 4096, 200));
	n += fixture_fat_set_of(fixture_fat_slot(&f, 0, n), "../../etc/passwd", 0x20, 1, 0, 0);
	n += fixture_fat_set_of(fixture_fat_slot(&f, 0, n), "", 0x20, 1, 0, 0);
	fixture_list_of(&f, &seen);
	assert_true(fixture_list_has(&seen, "..\uFFFD..\uFFFDetc\uFFFDpasswd"));
	assert_int_equal(seen.count, 4);
}

/* Ways to hide what is there: a directory with the attribute of a label, ".." where no ".." belongs, a deletion with a date
 * that there is not, or of a file whose cluster number leaves nothing when its high half is cleared. */
static void test_hiding_places(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	uint8_t *slot;

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_32, 512, 70000));
	fixture_fat_short(fixture_fat_slot(&f, 0, 0), "LABEL      ", 0x18, 10, 0);
	fixture_fat_set(&f, 10, FIXTURE_FAT_END);
	fixture_fat_dots(&f, 10, 0);
	fixture_fat_short(fixture_fat_slot(&f, 10, 2), "INSIDE  TXT", 0x20, 0, 0);
	fixture_fat_short(fixture_fat_slot(&f, 10, 3), "..         ", 0x10, 20, 0);
	fixture_fat_set(&f, 20, FIXTURE_FAT_END);
	fixture_fat_dots(&f, 20, 10);
	fixture_fat_short(fixture_fat_slot(&f, 20, 2), "DEEP    TXT", 0x20, 0, 0);
	slot = fixture_fat_slot(&f, 0, 1);
	fixture_fat_short(slot,
	    "\xe5"
	    "DATE   TXT",
	    0x20, 0, 0);
	put_le16(slot + 16, 0x5800 | 15 << 5 | 3);
	fixture_fat_short(fixture_fat_slot(&f, 0, 2),
	    "\xe5"
	    "ROUND  TXT",
	    0x20, 0, 700);
	fixture_list_of(&f, &seen);
	assert_true(fixture_list_has(&seen, "LABEL/INSIDE.TXT"));
	assert_int_equal(fixture_list_find(&seen, "LABEL")->entry.damage.kind, ERR_DAMAGED);
	assert_true(fixture_list_has(&seen, "LABEL/../DEEP.TXT"));
	assert_int_equal(fixture_list_find(&seen, "_DATE.TXT")->entry.damage.kind, ERR_DAMAGED);
	assert_true(fixture_list_find(&seen, "_ROUND.TXT")->entry.is_high_lost);
}

static void test_many(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	char name[16];

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_32, 512, 70000));
	fixture_fat_short(fixture_fat_slot(&f, 0, 0), "MANY       ", 0x10, 10, 0);
	fixture_fat_chain(&f, 10, 630);
	fixture_fat_dots(&f, 10, 0);
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "F%07u   ", i);
		fixture_fat_short(fixture_fat_slot(&f, 10, i + 2), name, 0x20, 0, 0);
	}
	fixture_list_of(&f, &seen);
	assert_int_equal(seen.count, 10001);
	assert_int_equal(seen.damages, 0);
	assert_true(fixture_list_has(&seen, "MANY/F0009999"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_orphans),
	    cmocka_unit_test(test_deleted_names),
	    cmocka_unit_test(test_behind_the_end),
	    cmocka_unit_test(test_code_pages),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_exfat_sets),
	    cmocka_unit_test(test_hostile_names),
	    cmocka_unit_test(test_hiding_places),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
