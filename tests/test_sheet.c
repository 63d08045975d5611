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
	assert_non_null(strstr(text_string(&out), "<p>no value &lt;i&gt;</p>"));
	assert_non_null(strstr(text_string(&out), "<b>b</b><span></span>"));
	assert_null(strstr(text_string(&out), "<script"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fill),
	    cmocka_unit_test(test_too_many_boxes),
	    cmocka_unit_test(test_escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
