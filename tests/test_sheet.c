/* The custody sheet as a page, from a text that nobody trusts. */
#include "tests/unit.h"

#include "bundle/sheet.h"

#define BOXES  " [ ] [ ] [ ] [ ] [ ] [ ] [ ] [ ]\n"
#define NUMBER "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_fill(void **state)
{
	CLEANUP(text_free) struct text out = {0};

	(void)state;
	sheet_fill(bytes_of("a\x1b\n" BOXES BOXES " [ ] x\n"), NUMBER, &out);
	assert_string_equal(text_string(&out), "a<U+001B>\n [0] [1] [2] [3] [4] [5] [6] [7]\n [8] "
					       "[9] [a] [b] [c] [d] [e] [f]\n [ ] x\n");
}

/* More boxes than the number has digits. */
static void test_too_many_boxes(void **state)
{
	CLEANUP(text_free) struct text in = {0};
	CLEANUP(text_free) struct text out = {0};

	(void)state;
	for (int i = 0; i < 9; i++)
		text_adds(&in, BOXES);
	sheet_fill(text_bytes(&in), NUMBER, &out);
	assert_int_equal(out.len, in.len);
	assert_memory_equal(out.at + out.len - strlen(BOXES), BOXES, strlen(BOXES));
}

static void test_escapes(void **state)
{
	CLEANUP(text_free) struct text out = {0};

	(void)state;
	sheet_html(bytes_of("<h>\n\na: <script>'\"&\x1b\xe2\x80\xae\nno value <i>\r\nb: ____"),
	    NULL, NULL, &out);
	assert_non_null(strstr(text_string(&out), "<h1>&lt;h&gt;</h1>"));
	assert_non_null(strstr(text_string(&out),
	    "<b>a</b><span>&lt;script&gt;&#39;&quot;&amp;&lt;U+001B&gt;&lt;U+202E&gt;</span>"));
	assert_non_null(strstr(text_string(&out), "<p class=\"words\">no value &lt;i&gt;</p>"));
	assert_non_null(strstr(text_string(&out), "<b>b</b><span></span>"));
	assert_null(strstr(text_string(&out), "<script"));
}

static size_t count_of(const char *text, const char *what)
{
	size_t count = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		count++;
	return count;
}

/* Places to write in, side by side: a handover is one line. */
static void test_cells(void **state)
{
	CLEANUP(text_free) struct text out = {0};

	(void)state;
	sheet_html(
	    bytes_of("h\nWhen ____ From <____ Sign __________\nonly ____ one\n"), NULL, NULL, &out);
	assert_non_null(strstr(text_string(&out),
	    "<p class=\"cells\"><span>When </span><span> From &lt;</span><span> Sign </span></p>"));
	assert_non_null(strstr(text_string(&out), "<p class=\"words\">only ____ one</p>"));
}

/* Values that would go over the page are cut, each at a whole character, and it is said. */
static void test_cut(void **state)
{
	CLEANUP(text_free) struct text in = {0};
	CLEANUP(text_free) struct text out = {0};
	const char *page;

	(void)state;
	text_adds(&in, "h\n");
	for (int row = 0; row < 40; row++) {
		text_addf(&in, "label %d: ", row);
		for (int i = 0; i < 500; i++)
			text_adds(&in, "\xe9\x91\x91");
		text_addc(&in, '\n');
	}
	sheet_html(text_bytes(&in), NULL, NULL, &out);
	page = text_string(&out);
	assert_int_equal(count_of(page, "\xe2\x80\xa6</span>"), 40);
	assert_non_null(strstr(page, "\xe2\x80\xa6 \xe5\x85\xa8\xe6\x96\x87"));
	/* 20 lines of 50 and more would be 40 cm */
	assert_true(count_of(page, "\xe9\x91\x91") < 40 * 120);
	assert_true(count_of(page, "\xe9\x91\x91") > 40 * 20);
}

/* One long value alone has the page for itself. */
static void test_no_cut(void **state)
{
	CLEANUP(text_free) struct text in = {0};
	CLEANUP(text_free) struct text out = {0};

	(void)state;
	text_adds(&in, "h\nlabel: ");
	for (int i = 0; i < 1000; i++)
		text_adds(&in, "\xe9\x91\x91");
	sheet_html(text_bytes(&in), NULL, NULL, &out);
	assert_int_equal(count_of(text_string(&out), "\xe9\x91\x91"), 1000);
	assert_null(strstr(text_string(&out), "\xe2\x80\xa6"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fill),
	    cmocka_unit_test(test_too_many_boxes),
	    cmocka_unit_test(test_escapes),
	    cmocka_unit_test(test_cells),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_no_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
