/* Ranges, and sources made of them. */
#include "tests/unit.h"

#include "core/range.h"

static void test_behind(void **state)
{
	static const struct range ranges[] = {{10, 5}, {20, 1}, {30, 10}};
	static const struct {
		uint64_t offset;
		size_t index;
	} cases[] = {{0, 0}, {10, 0}, {14, 0}, {15, 1}, {20, 1}, {21, 2}, {39, 2}, {40, 3}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(range_behind(ranges, 3, cases[i].offset), cases[i].index);
	assert_int_equal(range_behind(NULL, 0, 7), 0);
}

/* Every part of it, whatever ranges it touches; an empty range is in no one's way. */
static void test_source(void **state)
{
	static const struct range ranges[] = {{20, 3}, {5, 0}, {0, 4}, {9, 1}};
	static const char want[] = "uvwabcdj";
	struct source *whole = source_of_bytes(bytes_of("abcdefghijklmnopqrstuvwxyz"));
	struct source *parts = range_source(whole, ranges, 4, true);

	(void)state;
	assert_non_null(parts);
	assert_int_equal(parts->size, 8);
	for (size_t from = 0; from <= 9; from++)
		for (size_t len = 0; len <= 9; len++) {
			size_t left = from < 8 ? 8 - from : 0, got = 99;
			char to[10];

			assert_true(parts->read(parts, from, to, len, &got, NULL));
			assert_int_equal(got, len < left ? len : left);
			assert_memory_equal(to, want + (from < 8 ? from : 8), got);
		}
	source_close(parts);
}

static void test_whole_ends_before(void **state)
{
	static const struct range ranges[] = {{0, 2}, {2, 4}};
	struct source *whole = source_of_bytes(bytes_of("abcd"));
	struct source *parts = range_source(whole, ranges, 2, false);
	struct err err = {0};
	size_t got = 0;
	char to[8];

	(void)state;
	assert_int_equal(parts->size, 6);
	assert_false(parts->read(parts, 1, to, 5, &got, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	assert_int_equal(got, 3);
	assert_memory_equal(to, "bcd", 3);
	source_close(parts);
	source_close(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_behind),
	    cmocka_unit_test(test_source),
	    cmocka_unit_test(test_whole_ends_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
