/* Names inside the bundle: what is escaped, that it is reversible, and what a reader refuses. */
#include "unit.h"

#include "bundle/name.h"

static void check(const char *from, const char *to)
{
	CLEANUP(text_free) struct text out = {0};

	bundle_name_add(&out, bytes_of(from));
	assert_string_equal(text_string(&out), to);
	assert_true(bundle_name_check(text_bytes(&out), NULL));
}

static void test_escapes(void **state)
{
	(void)state;
	check("Windows", "Windows");
	check("100%41.txt", "100%41.txt");
	check("鑑識 😀.txt", "鑑識 😀.txt");
	check("trailing. ", "trailing. ");
	check("$UsnJrnl:$J", "$UsnJrnl:$J");
	check("a/b\\c", "a<U+002F>b<U+005C>c");
	check("tab\there", "tab<U+0009>here");
	check("del\x7f", "del<U+007F>");
	check("\xc2\x85", "<U+0085>");
	check("abc\xe2\x80\xaegpj.exe", "abc<U+202E>gpj.exe");
	check("\xe2\x81\xa6\xd8\x9c", "<U+2066><U+061C>");
	check("\xed\xa0\x80", "<U+D800>"); /* a lone surrogate, as WTF-8 */
	check(".", "<U+002E>");
	check("..", "<U+002E><U+002E>");
	check("...", "...");
	check(".x", ".x");
	/* A literal that looks like an escape. */
	check("<U+0041>", "<U+003C>U+0041>");
	check("<u+0041>", "<u+0041>");
	check("a<b", "a<b");
	check("<U", "<U");
}

static void test_utf16_and_paths(void **state)
{
	static const uint8_t name[] = {'a', 0, 0x00, 0xd8, 'b', 0, 0x3d, 0xd8, 0x00, 0xde};
	CLEANUP(text_free) struct text out = {0};
	CLEANUP(text_free) struct text path = {0};

	(void)state;
	bundle_name_add_utf16(&out, (struct bytes){name, sizeof(name)});
	assert_string_equal(text_string(&out), "a<U+D800>b😀");
	bundle_name_add_path(&path, bytes_of("fs/C/../x\n/y"));
	assert_string_equal(text_string(&path), "fs/C/<U+002E><U+002E>/x<U+000A>/y");
	assert_true(bundle_name_check(text_bytes(&path), NULL));
	/* Directories that damage took the name of. */
	text_clear(&path);
	bundle_name_add_path(&path, bytes_of("/$Orphan//x/"));
	assert_string_equal(text_string(&path), "\xef\xbf\xbd/$Orphan/\xef\xbf\xbd/x/\xef\xbf\xbd");
	assert_true(bundle_name_check(text_bytes(&path), NULL));
	text_clear(&path);
	bundle_name_add_path(&path, bytes_of("")); /* the root */
	assert_int_equal(path.len, 0);
}

/* Different names stay different: the escape can be undone. */
static void test_reversible(void **state)
{
	static const char *const names[] = {"<U+002F>", "<U+003C>U+002F>", "a<U+<U+", "<<U+0009>",
	    "\t", "<U+003C>", "<", ".", "<U+002E>"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		for (size_t k = 0; k < i; k++) {
			CLEANUP(text_free) struct text a = {0};
			CLEANUP(text_free) struct text b = {0};

			bundle_name_add(&a, bytes_of(names[i]));
			bundle_name_add(&b, bytes_of(names[k]));
			assert_string_not_equal(text_string(&a), text_string(&b));
		}
}

static void test_check(void **state)
{
	static const char *const bad[] = {"", "/", "/etc/passwd", "a//b", "a/", "../x", "a/../b",
	    "a/.", ".", "a\\b", "a\nb", "a\x1b[31m", "\xe2\x80\xae", "\xc2\x9b", "\xff",
	    "\xed\xa0\x80", "a/b/.."};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = {0};

		assert_false(bundle_name_check(bytes_of(bad[i]), &err));
		assert_int_equal(err.kind, ERR_DAMAGED);
	}
	assert_true(bundle_name_check(bytes_of("fs/C/..x/.y/z.."), NULL));
	assert_false(bundle_name_check((struct bytes){(const uint8_t *)"a\0b", 3}, NULL));
	assert_false(bundle_name_check((struct bytes){0}, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_escapes),
	    cmocka_unit_test(test_utf16_and_paths),
	    cmocka_unit_test(test_reversible),
	    cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
