/* core/: what went wrong in text, time, patterns and arrays once, and may not again. */
#include "tests/unit.h"

#include "core/array.h"
#include "core/pattern.h"
#include "core/text.h"
#include "core/time.h"
#include "core/wipe.h"

#include <stdlib.h>
#include <string.h>

static void test_wipe(void **state)
{
	char secret[] = "AGE-SECRET-KEY-1";
	struct text text = {0};

	(void)state;
	wipe(secret, sizeof(secret) - 3);
	for (size_t i = 0; i < sizeof(secret) - 3; i++)
		assert_int_equal(secret[i], 0);
	assert_string_equal(secret + sizeof(secret) - 3, "-1");
	wipe(NULL, 0);
	text_wipe(&text);
	text_adds(&text, "key");
	text_wipe(&text);
	assert_null(text.at);
	assert_int_equal(text.len, 0);
}

static void test_fold_is_that_of_ntfs(void **state)
{
	static const struct {
		uint32_t a, b;
		bool same;
	} cases[] = {
	    {'a', 'A', true},
	    {'z', '{', false},
	    {0xff, 0x178, true},     /* y with diaeresis */
	    {0x130, 'I', false},     /* dotted capital I stays alone */
	    {0x130, 0x131, false},   /* and is not the dotless small one */
	    {0x3c2, 0x3c3, false},   /* final sigma: not in $UpCase */
	    {0x3a2, 0x3c2, false},   /* unassigned */
	    {0x3ac, 0x386, true},    /* alpha with tonos */
	    {0x4cf, 0x4c0, true},    /* palochka */
	    {0x1e96, 0x1e97, false}, /* two small letters without a capital */
	    {0x2170, 0x2160, true},  /* Roman numeral one */
	    {0x24d0, 0x24b6, true},
	    {0xff41, 0xff21, true},
	    {0x3042, 0x3041, false},
	    {0x1f600, 0x1f601, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(text_fold(cases[i].a) == text_fold(cases[i].b), cases[i].same);
	for (uint32_t code = 0; code < 0x10000; code++)
		assert_int_equal(text_fold(text_fold(code)), text_fold(code));
}

static void test_failed_text_says_why(void **state)
{
	CLEANUP(text_free) struct text text = {.ceiling = 8};
	struct err err = {0};

	(void)state;
	text_adds(&text, "123");
	text_adds(&text, "a piece longer than all of it");
	text_adds(&text, "4");
	assert_false(text_ok(&text, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_string_equal(text_string(&text), "123");
	text_clear(&text);
	text_adds(&text, "12345678");
	assert_true(text_ok(&text, &err));
	text_addc(&text, '9');
	assert_false(text_ok(&text, &err));
}

static void test_utf16_of_every_kind(void **state)
{
	static const uint8_t utf16[] = {
	    'a', 0, 'b', 0, 0xe9, 0, 'c', 0, 0x3d, 0xd8, 0, 0xde, 0x80, 0, 0, 0xd8, 'd', 0, 'x'};
	CLEANUP(text_free) struct text text = {0};

	(void)state;
	text_add_utf16(&text, (struct bytes){utf16, sizeof(utf16)});
	assert_string_equal(text_string(&text), "ab\xc3\xa9"
						"c\xf0\x9f\x98\x80\xc2\x80\xed\xa0\x80"
						"d");
}

/* Whatever is done in blocks: each unit that is not plain, at each place of each length. */
static void test_ascii_in_blocks(void **state)
{
	static const uint16_t ends[] = {
	    0, '/', 0x7f, 0x80, 0xff, 0x100, 0x161, 0x4100, 0x8041, 0xd841, 0xff2f, 0xffff};
	enum { MOST = 70 };
	uint8_t utf16[2 * MOST];

	(void)state;
	for (size_t len = 1; len <= MOST; len++)
		for (size_t i = 0; i < len * ARRAY_LEN(ends); i++) {
			CLEANUP(text_free) struct text text = {0};
			size_t at = i % len;
			uint16_t end = ends[i / len];

			for (size_t k = 0; k < len; k++)
				put_le16(
				    utf16 + 2 * k, k == at ? end : (uint16_t)(1 + k * 31 % 0x7e));
			for (size_t k = 0; k < len; k++)
				if (k != at && utf16[2 * k] == '/')
					utf16[2 * k] = 'x';
			size_t want = end == 0x7f ? len : at;

			assert_int_equal(
			    text_add_ascii(&text, (struct bytes){utf16, 2 * len}, '/'), 2 * want);
			assert_int_equal(text.len, want);
			for (size_t k = 0; k < want; k++)
				assert_int_equal((uint8_t)text.at[k], utf16[2 * k]);
		}
}

static void test_low_ceiling(void **state)
{
	(void)state;
	for (size_t ceiling = 1; ceiling < 20; ceiling++) {
		CLEANUP(text_free) struct text text = {.ceiling = ceiling};

		for (size_t i = 0; i < ceiling; i++)
			text_addc(&text, 'x');
		assert_true(text_ok(&text, NULL));
		text_adds(&text, "x");
		assert_false(text_ok(&text, NULL));
		assert_int_equal(text.len, ceiling);
	}
}

static void test_decode_refuses(void **state)
{
	static const char *const bad[] = {
	    "\x80",             /* a tail alone */
	    "\xc0\xaf",         /* '/' in two bytes */
	    "\xe0\x80\xaf",     /* in three */
	    "\xf0\x80\x80\xaf", /* in four */
	    "\xf4\x90\x80\x80", /* past U+10FFFF */
	    "\xe3\x81",         /* cut */
	    "\xff",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		size_t pos = 0;

		assert_int_equal(text_decode(bytes_of(bad[i]), &pos), TEXT_INVALID);
		assert_int_equal(pos, 1);
	}
}

static void test_times_at_the_edges(void **state)
{
	char iso[TIME_ISO_ROOM];

	(void)state;
	time_iso(UINT64_MAX, iso);
	assert_string_equal(iso, "+060056-05-28T05:36:10.9551615Z");
	/* The order of bytes is that of time, on either side of the year 10000. */
	for (uint64_t ticks = 0, last = 0; ticks < UINT64_MAX - (1ull << 55); ticks += 1ull << 55) {
		char before[TIME_ISO_ROOM];

		time_iso(last, before);
		time_iso(ticks, iso);
		assert_true(ticks == last || (iso[0] == '+') != (before[0] == '+') ||
			    strcmp(before, iso) < 0);
		assert_true(iso[0] != '+' || strcmp(iso, "1601-01-01") < 0);
		last = ticks;
	}
	time_iso(132537600000000000ull - 1, iso);
	assert_string_equal(iso, "2020-12-29T23:59:59.9999999Z");
	time_iso(TIME_UNIX_EPOCH, iso);
	assert_string_equal(iso, "1970-01-01T00:00:00.0000000Z");
	assert_int_equal(time_from_unix(-11644473600, 0), 0);
	assert_int_equal(time_from_unix(-11644473601, 0), 0);
	assert_int_equal(time_from_unix(-1, 999999999), TIME_UNIX_EPOCH - 1);
	assert_true(time_from_unix(INT64_MAX, 0) == UINT64_MAX);
}

static void test_days_that_are_none(void **state)
{
	static const char *const none[] = {"2018-02-29", "2018-04-31T00:00:00Z", "1900-02-29",
	    "2018-01-00", "2018-01-32", "2018-01-01T24:00:00Z", "2018-01-01T00:00:60Z",
	    "1600-12-31", "2018-01-01T00:00:00", "2018-01-01T00:00:00.Z", "2018-01-01Z",
	    "10000-01-01", "+009999-01-01", "+2018-01-01", "+060056-05-28T05:36:11Z",
	    "+060057-01-01", "+999999-01-01"};
	uint64_t ticks = 7;
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_false(time_parse(none[i], &ticks, &err));
	assert_int_equal(ticks, 7);
	assert_true(time_parse("2000-02-29", &ticks, &err));
	assert_true(time_parse("2016-02-29 12:00:00.5Z", &ticks, &err));
}

static void test_patterns_at_the_edges(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool matches;
	} cases[] = {
	    {"**/x", "x", true},
	    {"**/x", "ax", false}, /* "**" that holds something needs its slash */
	    {"**/x", "b/ax", false},
	    {"**/x", "a/x", true},
	    {"Users/**/NTUSER.DAT", "Users/xNTUSER.DAT", false},
	    {"**/**/x", "x", true},
	    {"**/**/x", "a/b/x", true},
	    {"a**x", "abc/dx", true},
	    {"***", "a/b", true},
	    {"*", "a/b", false},
	    {"?", "/", false},
	    {"?", "\xf0\x9f\x98\x80", true},
	    {"a?c",
		"a\xe3\x81\x82"
		"c",
		true},
	    {"*.evtx", ".evtx", true},
	    {"", "", false},
	    {"[a]", "[A]", true},
	    {"a*b*c", "aXbXbXc", true},
	};
	char deep[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(
		    pattern_match(cases[i].pattern, bytes_of(cases[i].path)), cases[i].matches);
	memset(deep, '*', sizeof(deep));
	deep[sizeof(deep) - 1] = 0;
	assert_false(pattern_match(deep, bytes_of("a")));
}

static void test_array_stops_at_its_ceiling(void **state)
{
	CLEANUP(free_memory) uint32_t *at = NULL;
	size_t room = 0;
	struct err err = {0};

	(void)state;
	assert_true(array_grow(&at, &room, 3, sizeof(*at), 100, &err));
	assert_true(array_grow(&at, &room, 100, sizeof(*at), 100, &err));
	assert_int_equal(room, 100);
	assert_false(array_grow(&at, &room, 101, sizeof(*at), 100, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(room, 100);
	assert_false(array_grow(&at, &room, SIZE_MAX / 2, 16, SIZE_MAX, &err));
	assert_int_equal(err.kind, ERR_MEMORY);
	assert_non_null(at);
}

static void test_sizes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *shown;
	} sizes[] = {{0, "0 B"}, {999, "999 B"}, {1000, "1.0 kB"}, {13606912, "13.6 MB"},
	    {250000000, "250 MB"}, {UINT64_MAX, "18.4 EB"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		CLEANUP(text_free) struct text out = {0};

		text_add_size(&out, sizes[i].bytes);
		assert_string_equal(text_string(&out), sizes[i].shown);
	}
}

static void test_cut_between_characters(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(text_cut(bytes_of(""), 3), 0);
	assert_int_equal(text_cut(bytes_of("abc"), 3), 3);
	assert_int_equal(text_cut(bytes_of("abcd"), 3), 3);
	/* 2, 3 and 4 bytes */
	assert_int_equal(text_cut(bytes_of("a\xc3\xa9z"), 2), 1);
	assert_int_equal(text_cut(bytes_of("a\xc3\xa9z"), 3), 3);
	for (int most = 3; most < 6; most++)
		assert_int_equal(text_cut(bytes_of("\xe9\x91\x91\xe9\x91\x91"), most), 3);
	for (int most = 1; most < 5; most++)
		assert_int_equal(text_cut(bytes_of("a\xf0\x9f\x93\xb7"), most), 1);
	/* No text at all. */
	assert_int_equal(text_cut(bytes_of("\x80\x80\x80\x80\x80\x80\x80\x80"), 6), 6);
	assert_int_equal(text_cut(bytes_of("\x80\x80"), 1), 1);

	char name[151] = "x";

	for (size_t i = 0; i < 48; i++)
		memcpy(name + 1 + 3 * i, "\xe9\x91\x91", 4);
	fail(&err, ERR_MISSING, "gone");
	assert_false(text_fail_in(&err, bytes_of(name)));
	assert_int_equal(strlen(err.text), 2 + 118 + strlen(": gone"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fold_is_that_of_ntfs),
	    cmocka_unit_test(test_failed_text_says_why),
	    cmocka_unit_test(test_utf16_of_every_kind),
	    cmocka_unit_test(test_ascii_in_blocks),
	    cmocka_unit_test(test_low_ceiling),
	    cmocka_unit_test(test_decode_refuses),
	    cmocka_unit_test(test_times_at_the_edges),
	    cmocka_unit_test(test_days_that_are_none),
	    cmocka_unit_test(test_patterns_at_the_edges),
	    cmocka_unit_test(test_array_stops_at_its_ceiling),
	    cmocka_unit_test(test_wipe),
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
