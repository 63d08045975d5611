/* The time left in words: rounded, never "60 min", both languages; how far it is, never more than all. */
#include "tests/unit.h"

#include "collectors/state.h"
#include "core/tr.h"

static void says(uint64_t seconds, const char *expected)
{
	CLEANUP(text_free) struct text out = {0};

	progress_left(&out, seconds);
	assert_string_equal(text_string(&out), expected);
}

static void test_left(void **state)
{
	(void)state;
	tr_set_language(LANGUAGE_EN);
	says(0, "less than 1 min left");
	says(59, "less than 1 min left");
	says(60, "about 1 min left");
	says(89, "about 1 min left");
	says(90, "about 2 min left");
	says(3569, "about 59 min left");
	says(3570, "about 1 h 0 min left");
	says(7530, "about 2 h 6 min left");
	tr_set_language(LANGUAGE_JA);
	says(12, "残り 1 分未満");
	says(150, "残り約 3 分");
	says(7530, "残り約 2 時間 6 分");
	tr_set_language(LANGUAGE_EN);
}

static void shows(uint64_t done, const char *expected)
{
	const struct progress progress = {.total = 43000, .done = done, .what = bytes_of("$FAT")};
	CLEANUP(text_free) struct text out = {0};

	progress_line(&progress, &out);
	assert_string_equal(text_string(&out), expected);
}

static void test_never_more_than_the_total(void **state)
{
	(void)state;
	shows(0, "  0%  0 B / 43.0 kB  $FAT");
	shows(21500, " 50%  21.5 kB / 43.0 kB  $FAT");
	shows(43000, "100%  43.0 kB / 43.0 kB  $FAT");
	shows(1000000, "100%  43.0 kB / 43.0 kB  $FAT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_left),
	    cmocka_unit_test(test_never_more_than_the_total),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
