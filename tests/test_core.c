/* core/: views, text, time, patterns, JSON, options. */
#include "tests/unit.h"

#include "core/json.h"
#include "core/options.h"
#include "core/pattern.h"
#include "core/time.h"

static void test_reader_is_sticky(void **state)
{
	struct reader r = {.data = {(const uint8_t *)"\x01\x02\x03\x04\x05", 5}};

	(void)state;
	assert_int_equal(read_u32(&r), 0x04030201);
	assert_int_equal(read_u16(&r), 0);
	assert_true(r.overrun);
	assert_int_equal(read_u8(&r), 0);
}

static void test_lone_surrogates_survive(void **state)
{
	static const uint8_t utf16[] = {'a', 0, 0x00, 0xd8, 0x42, 0x30, 0x3d, 0xd8, 0x00, 0xde};
	CLEANUP(text_free) struct text wtf8 = {0};
	CLEANUP(text_free) struct text back = {0};

	(void)state;
	text_add_utf16(&wtf8, (struct bytes){utf16, sizeof(utf16)});
	assert_string_equal(text_string(&wtf8), "a\xed\xa0\x80\xe3\x81\x82\xf0\x9f\x98\x80");
	text_to_utf16(text_bytes(&wtf8), &back);
	assert_int_equal(back.len, sizeof(utf16));
	assert_memory_equal(back.at, utf16, sizeof(utf16));
}

static void test_printable_shows_no_bidi(void **state)
{
	CLEANUP(text_free) struct text out = {0};

	(void)state;
	text_add_printable(&out, bytes_of("a\x1b[31m\xe2\x80\xae\xffz"));
	assert_string_equal(text_string(&out), "a<U+001B>[31m<U+202E><FF>z");
}

static void test_time_round_trip(void **state)
{
	static const char *const times[] = {"1601-01-01T00:00:00.0000000Z",
	    "2000-02-29T23:59:59.1234567Z", "2018-03-27T12:11:44.0000001Z",
	    "9999-12-31T00:00:00.0000000Z", "+010000-01-01T00:00:00.0000000Z",
	    "+030828-09-14T02:48:05.4775807Z", "+060056-05-28T05:36:10.9551615Z"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		uint64_t ticks;
		char iso[TIME_ISO_ROOM];
		struct err err = {0};

		assert_true(time_parse(times[i], &ticks, &err));
		time_iso(ticks, iso);
		assert_string_equal(iso, times[i]);
	}
}

/* Days that share a place, and the last tick of all. */
static void test_time_with_days(void **state)
{
	static const uint64_t day = 86400 * TIME_TICKS_PER_SECOND;
	struct time_days days = {0};

	(void)state;
	for (uint64_t i = 0; i < 2000; i++) {
		uint64_t ticks = i < 1000 ? i % 40 * TIME_DAYS / 2 * day + i * i * 10000019
					  : UINT64_MAX - (i - 1000) * (day / 3);
		char plain[TIME_ISO_ROOM], with[TIME_ISO_ROOM];

		time_iso(ticks, plain);
		assert_int_equal(time_iso_with(&days, ticks, with), strlen(plain));
		assert_string_equal(with, plain);
	}
}

static void test_time_refuses_rubbish(void **state)
{
	uint64_t ticks = 7;
	struct err err = {0};

	(void)state;
	assert_false(time_parse("2018-13-01T00:00:00Z", &ticks, &err));
	assert_false(time_parse("yesterday", &ticks, &err));
	assert_int_equal(ticks, 7);
}

static bool is_printable(const char *string)
{
	CLEANUP(text_free) struct text shown = {0};

	text_add_printable(&shown, bytes_of(string));
	return strcmp(text_string(&shown), string) == 0;
}

/* A long path must not push out what is wrong with it, and characters stay whole. */
static void test_long_subjects(void **state)
{
	CLEANUP(text_free) struct text path = {0};
	struct err err = {0};
	struct err same = {0};

	(void)state;
	text_adds(&path, "start");
	for (int i = 0; i < 1000; i++)
		text_adds(&path, "\xe3\x81\x82");
	text_adds(&path, "end");
	assert_false(fail(&err, ERR_MISSING, "no '%s' in '%s'; name one with --ca",
	    "evidence-ca.pem", text_string(&path)));
	assert_true(strlen(err.text) < sizeof(err.text));
	assert_true(strlen(err.text) > sizeof(err.text) - 8);
	assert_true(is_printable(err.text));
	assert_non_null(strstr(err.text, "no 'evidence-ca.pem' in 'start\xe3\x81\x82"));
	assert_non_null(strstr(err.text, "\xe2\x80\xa6"));
	assert_non_null(strstr(err.text, "\xe3\x81\x82"
					 "end'; name one with --ca"));
	/* Again, by a caller; and one by one byte too long. */
	assert_false(fail_in(&err, "--keys '%s'", text_string(&path)));
	assert_non_null(strstr(err.text, "end'; name one with --ca"));
	for (size_t len = sizeof(err.text) - 12; len < sizeof(err.text) + 12; len++) {
		char name[2 * sizeof(err.text)];

		memset(name, 'x', sizeof(name));
		name[len - strlen("cannot read '': full")] = 0;
		assert_false(fail(&same, ERR_IO, "cannot read '%s': full", name));
		assert_int_equal(
		    strlen(same.text), len < sizeof(same.text) ? len : sizeof(same.text) - 1);
		assert_true(is_printable(same.text));
		assert_non_null(strstr(same.text, "': full"));
	}
	/* Without a subject there is only the end to cut. */
	assert_false(fail(&same, ERR_IO, "%s", text_string(&path)));
	assert_true(is_printable(same.text));
	assert_true(strlen(same.text) > sizeof(same.text) - 4);
}

static void test_time_with_zone(void **state)
{
	static const struct {
		const char *typed, *iso; /* iso NULL: refused */
	} times[] = {
	    {"2026-11-21T07:04:15+09:00", "2026-11-20T22:04:15.0000000Z"},
	    {"2026-11-20T22:04:15.5-03:30", "2026-11-21T01:34:15.5000000Z"},
	    {"2026-11-20 22:04:15Z", "2026-11-20T22:04:15.0000000Z"},
	    {"2026-11-20", "2026-11-20T00:00:00.0000000Z"},
	    {"1601-01-01T08:59:59+09:00", NULL},
	    {"1601-01-01T09:00:00+09:00", "1601-01-01T00:00:00.0000000Z"},
	    {"2026-11-20+09:00", NULL},
	    {"2026-11-20T22:04:15", NULL},
	    {"2026-11-20T22:04:15+9:00", NULL},
	    {"2026-11-20T22:04:15+15:00", NULL},
	    {"2026-11-20T22:04:15+09:60", NULL},
	    {"2026-11-20T22:04:15Z+09:00", NULL},
	    {"+09:00", NULL},
	    {"2026-11-20T22:04:15.0000000000000000000000000000000000000000000000+09:00", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		char iso[TIME_ISO_ROOM] = "";
		uint64_t ticks = 7;
		struct err err = {0};

		assert_int_equal(
		    time_parse_zoned(times[i].typed, &ticks, &err), times[i].iso != NULL);
		time_iso(ticks, iso);
		assert_string_equal(
		    iso, times[i].iso ? times[i].iso : "1601-01-01T00:00:00.0000007Z");
		assert_int_equal(err.kind, times[i].iso ? ERR_NONE : ERR_USAGE);
	}
}

struct pattern_case {
	const char *pattern, *path;
	bool matches, below;
};

static void test_patterns(void **state)
{
	static const struct pattern_case cases[] = {
	    {"Windows/System32/config/SYSTEM", "windows/system32/CONFIG/system", true, false},
	    {"Windows/*/x", "Windows/a/x", true, false},
	    {"Windows/*/x", "Windows/a/b/x", false, false},
	    {"Users/**/NTUSER.DAT", "Users/a/b/NTUSER.DAT", true, true},
	    {"Users/**/NTUSER.DAT", "Users/NTUSER.DAT", true, true},
	    {"**", "any/thing", true, true},
	    {"**/*.evtx", "a.evtx", true, true},
	    {"a/**", "a/b/c", true, true},
	    {"a/**", "a", false, true},
	    {"a/b*", "a", false, true},
	    {"a/b*", "c", false, false},
	    {"\xe3\x81\x82*", "\xe3\x81\x82\xe3\x81\x84", true, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(
		    pattern_match(cases[i].pattern, bytes_of(cases[i].path)), cases[i].matches);
		assert_int_equal(pattern_may_match_below(cases[i].pattern, bytes_of(cases[i].path)),
		    cases[i].below);
	}
}

static void test_json_escapes(void **state)
{
	CLEANUP(text_free) struct text out = {0};
	struct json json = {.to = &out};

	(void)state;
	json_begin(&json);
	json_bytes_field(&json, "a", bytes_of("q\"\\\n\xed\xa0\x80"));
	json_key(&json, "n");
	json_begin_array(&json);
	json_unsigned(&json, 18446744073709551615ull);
	json_null(&json);
	json_end_array(&json);
	json_bool_field(&json, "b", true);
	json_end(&json);
	assert_string_equal(text_string(&out),
	    "{\"a\":\"q\\\"\\\\\\n<U+D800>\",\"n\":[18446744073709551615,null],\"b\":true}");
}

static void test_options_follow_operands(void **state)
{
	bool flag = false;
	const char *dir = NULL;
	CLEANUP(text_list_free) struct text_list operands = {0};
	const struct option options[] = {
	    {"json", 0, OPTION_FLAG, &flag, NULL, "x"},
	    {"directory", 'C', OPTION_TEXT, &dir, "DIR", "x"},
	};
	char *argv[] = {(char[]){"extract"}, (char[]){"B"}, (char[]){"-C"}, (char[]){"out"},
	    (char[]){"--json"}, (char[]){"--"}, (char[]){"-x"}, NULL};
	struct err err = {0};

	(void)state;
	assert_true(options_parse(options, 2, 7, argv, &operands, &err));
	assert_true(flag);
	assert_string_equal(dir, "out");
	assert_int_equal(operands.count, 2);
	assert_string_equal(operands.at[1], "-x");
}

/* What is said of one wrong word. */
static void refuses(const char *word, const char *expected)
{
	bool flags[3] = {false};
	const char *format = NULL;
	CLEANUP(text_list_free) struct text_list operands = {0};
	const struct option options[] = {
	    {"long", 'l', OPTION_FLAG, &flags[0], NULL, "x"},
	    {"all", 'a', OPTION_FLAG, &flags[1], NULL, "x"},
	    {"format", 'f', OPTION_TEXT, &format, "WHAT", "x"},
	    {"no-live", 0, OPTION_FLAG, &flags[2], NULL, "x"},
	};
	char typed[40];
	char *argv[] = {(char[]){"ls"}, typed, NULL};
	struct err err = {0};

	snprintf(typed, sizeof(typed), "%s", word);
	if (!expected) {
		assert_true(options_parse(options, 4, 2, argv, &operands, &err));
		assert_true(flags[0] && flags[1]);
		return;
	}
	assert_false(options_parse(options, 4, 2, argv, &operands, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_string_equal(err.text, expected);
}

static void test_mistyped_options(void **state)
{
	(void)state;
	refuses("--formt", "no such option '--formt'; did you mean --format?");
	refuses("--fromat=csv", "no such option '--fromat=csv'; did you mean --format?");
	refuses("--nolive", "no such option '--nolive'; did you mean --no-live?");
	refuses("--al", "no such option '--al'; did you mean --all?");
	refuses("--ax", "no such option '--ax'; see --help");
	refuses("--profile", "no such option '--profile'; see --help");
	refuses("--formatformatformatformatformatform",
	    "no such option '--formatformatformatformatformatform'; see --help");
	refuses("-la", NULL);
	refuses("-lfa", "no such option '-lfa'; see --help");
	refuses("-x", "no such option '-x'; see --help");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reader_is_sticky),
	    cmocka_unit_test(test_lone_surrogates_survive),
	    cmocka_unit_test(test_printable_shows_no_bidi),
	    cmocka_unit_test(test_time_round_trip),
	    cmocka_unit_test(test_time_with_days),
	    cmocka_unit_test(test_time_with_zone),
	    cmocka_unit_test(test_long_subjects),
	    cmocka_unit_test(test_time_refuses_rubbish),
	    cmocka_unit_test(test_patterns),
	    cmocka_unit_test(test_json_escapes),
	    cmocka_unit_test(test_options_follow_operands),
	    cmocka_unit_test(test_mistyped_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
