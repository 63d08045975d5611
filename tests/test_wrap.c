/* Lines for a screen of 80 columns. */
#include "tests/unit.h"

#include "core/wrap.h"

static void check(const char *given, const char *wanted)
{
	CLEANUP(text_free) struct text out = {0};

	wrap_text(bytes_of(given), &out);
	assert_string_equal(text_string(&out), wanted);
}

#define TEN "123456789 "

static void test_short_lines(void **state)
{
	(void)state;
	check("", "");
	check("\n\n", "\n\n");
	check("a\n  b  c\n", "a\n  b  c\n");
	check("no end", "no end");
	check(TEN TEN TEN TEN TEN TEN TEN "123456789\n", TEN TEN TEN TEN TEN TEN TEN "123456789\n");
}

static void test_words(void **state)
{
	(void)state;
	check(TEN TEN TEN TEN TEN TEN TEN TEN "x y\n",
	    TEN TEN TEN TEN TEN TEN TEN "123456789\nx y\n");
	check("      --name VALUE        " TEN TEN TEN TEN TEN TEN,
	    "      --name VALUE        " TEN TEN TEN TEN
	    "123456789\n                            123456789");
	check("kanshiki verify " TEN TEN TEN TEN TEN TEN TEN,
	    "kanshiki verify " TEN TEN TEN TEN TEN "123456789\n         123456789");
	check("  name    " TEN TEN TEN TEN TEN TEN TEN TEN,
	    "  name    " TEN TEN TEN TEN TEN TEN "123456789\n          123456789");
}

/* What cannot be broken stays whole: a path is to be copied. */
static void test_no_place(void **state)
{
	CLEANUP(text_free) struct text in = {0};

	(void)state;
	for (int i = 0; i < 30; i++)
		text_adds(&in, "12345");
	check(text_string(&in), text_string(&in));
}

#define KANJI10 "鑑識鑑識鑑識鑑識鑑識"

static void test_wide(void **state)
{
	(void)state;
	/* 78 columns, then a mark that may not begin a line */
	check(KANJI10 KANJI10 KANJI10 "鑑識鑑識鑑識鑑識鑑。次",
	    KANJI10 KANJI10 KANJI10 "鑑識鑑識鑑識鑑識\n鑑。次");
	check(KANJI10 KANJI10 KANJI10 "鑑識鑑識鑑識鑑識鑑識鑑",
	    KANJI10 KANJI10 KANJI10 "鑑識鑑識鑑識鑑識鑑\n識鑑");
	/* an opening one does not end it, Latin words stay whole */
	check(KANJI10 KANJI10 KANJI10 "鑑識鑑識鑑識鑑識（注）",
	    KANJI10 KANJI10 KANJI10 "鑑識鑑識鑑識鑑識\n（注）");
	check(KANJI10 KANJI10 KANJI10 "鑑識鑑識鑑識鑑 readable",
	    KANJI10 KANJI10 KANJI10 "鑑識鑑識鑑識鑑\nreadable");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_short_lines),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_no_place),
	    cmocka_unit_test(test_wide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
