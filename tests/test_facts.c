/* Facts given beforehand or typed: what wins, which times are read, how far the clock is off. */
#include "tests/unit.h"

#include "collectors/facts_file.h"
#include "core/array.h"
#include "core/time.h"

#include <stdlib.h>

static uint64_t utc_of(const char *iso)
{
	uint64_t ticks;

	assert_true(time_parse(iso, &ticks, NULL));
	return ticks;
}

static void test_typed_wins(void **state)
{
	static const char given[] = "{\"operator\":{\"name\":\"from the file\",\"org\":\"SOC\"},"
				    "\"witness\":[{\"name\":\"w\"}],\"dispatch\":null}";
	CLEANUP(facts_file_free) struct facts_file *file = NULL;

	(void)state;
	assert_true(facts_file_parse(bytes_of(given), &file, NULL));
	assert_true(facts_file_put(&file, "operator", "name", "typed \"\xe7\x94\xb0", NULL));
	assert_true(facts_file_put(&file, "dispatch", "nonce", "n-1", NULL));
	assert_string_equal(facts_file_text(file, "operator", "name"), "typed \"\xe7\x94\xb0");
	assert_string_equal(facts_file_text(file, "operator", "org"), "SOC");
	assert_string_equal(facts_file_text(file, "witness", "name"), "w");
	assert_string_equal(facts_file_text(file, "dispatch", "nonce"), "n-1");
}

/* Of several people the first is answered for; nobody of them is lost. */
static void test_lists_stay(void **state)
{
	static const char given[] = "{\"operator\":[{\"name\":\"Sato\"},{\"name\":\"Suzuki\"}],"
				    "\"witness\":[],\"authority\":[null,{\"basis\":\"b\"}]}";
	CLEANUP(facts_file_free) struct facts_file *file = NULL;

	(void)state;
	assert_true(facts_file_parse(bytes_of(given), &file, NULL));
	assert_true(facts_file_put(&file, "operator", "org", "ACME", NULL));
	assert_true(facts_file_put(&file, "witness", "name", "w", NULL));
	assert_true(facts_file_put(&file, "authority", "basis", "a", NULL));
	assert_string_equal(facts_file_text(file, "operator", "org"), "ACME");
	assert_string_equal(facts_file_text(file, "operator", "name"), "Sato");
	assert_string_equal(facts_file_text(file, "witness", "name"), "w");
	assert_string_equal(facts_file_text(file, "authority", "basis"), "a");
	CLEANUP(free_memory) char *all = yyjson_val_write(facts_file_root(file), 0, NULL);

	assert_string_equal(all,
	    "{\"operator\":[{\"name\":\"Sato\",\"org\":\"ACME\"},{\"name\":\"Suzuki\"}],"
	    "\"witness\":[{\"name\":\"w\"}],\"authority\":[{\"basis\":\"a\"},{\"basis\":\"b\"}]}");
}

/* What is taken is copied into collection.json, which every reader must read, and read the same. */
static void test_wrong_facts(void **state)
{
	static const struct {
		const char *json, *says;
	} wrong[] = {
	    {"{\"notes\":1e400}", "no JSON: line 1: number is infinity"},
	    {"{\"operator\":{\"name\":\"A\",\"name\":\"B\"}}", "the key 'name' is given twice"},
	    {"{\"x\":[{\"b\":1,\"a\":2,\"b\":1}]}", "the key 'b' is given twice"},
	    {"{\"notes\":1,\"notes\":1}", "the key 'notes' is given twice"},
	    {"{\"operator\\u0000x\":1}", "a key holds a NUL"},
	    {"{\"operator\":\"A\"}", "'operator' wants an object: {\"name\": \"...\"}"},
	    {"{\"witness\":[{\"name\":\"w\"},\"x\"]}",
		"'witness' wants an object: {\"name\": \"...\"}"},
	    {"{\"authority\":true}", "'authority' wants an object: {\"basis\": \"...\"}"},
	    {"{\"location\":{\"address\":{}}}", "'address' of 'location' wants a text in quotes"},
	    {"{\"evidence_no\":12}", "'evidence_no' wants a text in quotes"},
	    {"[1]", "a JSON object is wanted: {\"operator\": ...}"},
	};
	CLEANUP(facts_file_free) struct facts_file *file = NULL;
	CLEANUP(text_free) struct text deep = {0};
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		assert_false(facts_file_parse(bytes_of(wrong[i].json), &file, &err));
		assert_memory_equal(err.text, wrong[i].says, strlen(wrong[i].says));
	}
	text_adds(&deep, "{\"x\":");
	for (int i = 0; i < 100000; i++)
		text_addc(&deep, '[');
	for (int i = 0; i < 100000; i++)
		text_addc(&deep, ']');
	text_addc(&deep, '}');
	assert_false(facts_file_parse(text_bytes(&deep), &file, &err));
	assert_string_equal(err.text, "objects and lists lie more than 32 deep");
	assert_null(file);
	assert_true(facts_file_parse(
	    bytes_of("{\"operator\":null,\"witness\":[],\"evidence_no\":null,\"clock\":{}}"), &file,
	    NULL));
}

static void test_typed_alone(void **state)
{
	CLEANUP(facts_file_free) struct facts_file *file = NULL;

	(void)state;
	assert_true(facts_file_put(&file, "operator", "name", "A", NULL));
	assert_string_equal(facts_file_text(file, "operator", "name"), "A");
	assert_null(facts_file_text(file, "operator", "org"));
}

static void test_reference_times(void **state)
{
	static const char *const wrong[] = {"", "2026-11-20", "2026-11-20T22:04:15", "22:04:15Z",
	    "2026-11-20T22:04:15+9:00", "2026-11-20T22:04:15+09:60", "2026-11-20T22:04:15+15:00",
	    "2026-11-20T25:04:15Z", "1969-12-31T00:00:00Z", "+09:00", "2026-11-20T22:04:15ZZ",
	    "2026-11-20T22:04:15Z                                                              Z"};
	uint64_t utc;

	(void)state;
	assert_true(facts_reference_parse("2026-11-21T07:04:15+09:00", &utc, NULL));
	assert_int_equal(utc, utc_of("2026-11-20T22:04:15Z"));
	assert_true(facts_reference_parse("2026-11-20 17:04:15.5-05:00", &utc, NULL));
	assert_int_equal(utc, utc_of("2026-11-20T22:04:15.5Z"));
	assert_true(facts_reference_parse("2026-11-20T22:04:15Z", &utc, NULL));
	assert_int_equal(utc, utc_of("2026-11-20T22:04:15Z"));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct err err = {0};

		assert_false(facts_reference_parse(wrong[i], &utc, &err));
		assert_int_equal(err.kind, ERR_USAGE);
	}
}

/* What a person types in front of a PC in Japan whose clock shows 2026-11-21 00:10:00. */
static void test_clock_readings(void **state)
{
	static const struct {
		const char *typed, *utc;
	} good[] = {
	    {"0:11", "2026-11-20T15:11:00Z"},
	    {"00:09:30", "2026-11-20T15:09:30Z"},
	    {"23:59:59", "2026-11-20T14:59:59Z"}, /* before midnight: yesterday */
	    {" 07:04:15 ", "2026-11-20T22:04:15Z"},
	    {"\xef\xbc\x90\xef\xbc\x97\xef\xbc\x9a\xef\xbc\x90\xef\xbc\x94",
		"2026-11-20T22:04:00Z"},
	    {"2026-11-22 07:04", "2026-11-21T22:04:00Z"},
	    {"2026/11/22 07:04:15", "2026-11-21T22:04:15Z"},
	    {"2026-11-22T07:04:15+01:00", "2026-11-22T06:04:15Z"},
	    {"2026-11-22T07:04:15z", "2026-11-22T07:04:15Z"},
	};
	static const char *const wrong[] = {"", " ", "x", "7", "24:00", "7:60", "7:00:60",
	    "7:00:00:00", "7:", ":04", "007:04", "7:04 x", "2026-11-22", "2026-13-22 07:04",
	    "1960-01-01 00:00", "\xff", "07:04\xe3\x81\x82",
	    "00000000000000000000000000000000000000000000000000000000000000000000000000007:04"};
	uint64_t host = utc_of("2026-11-20T15:10:00Z");
	uint64_t utc;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_true(facts_clock_reading(good[i].typed, host, 540, &utc, NULL));
		assert_int_equal(utc, utc_of(good[i].utc));
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct err err = {0};

		assert_false(facts_clock_reading(wrong[i], host, 540, &utc, &err));
		assert_int_equal(err.kind, ERR_USAGE);
	}
	assert_true(facts_clock_reading("23:00", utc_of("2026-11-20T01:00:00Z"), -300, &utc, NULL));
	assert_int_equal(utc, utc_of("2026-11-20T04:00:00Z")); /* 20:00 on the 19th there */
}

static void test_offset(void **state)
{
	struct facts_reference slow = {"", 30000000, 10000000};
	struct facts_reference fast = {"", 10000000, 35000000};

	(void)state;
	assert_int_equal(facts_offset_ms(&slow), -2000);
	assert_int_equal(facts_offset_ms(&fast), 2500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_typed_wins),
	    cmocka_unit_test(test_lists_stay),
	    cmocka_unit_test(test_typed_alone),
	    cmocka_unit_test(test_wrong_facts),
	    cmocka_unit_test(test_reference_times),
	    cmocka_unit_test(test_clock_readings),
	    cmocka_unit_test(test_offset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
