/* Where extracted members go: long names, what Windows cannot hold, names that collide. */
#include "unit.h"

#include "bundle/target.h"

#include <stdlib.h>
#include <string.h>

static void goes_to(const char *member, enum target_rules rules, const char *expected)
{
	CLEANUP(text_free) struct text path = {0};
	bool changed = target_path(bytes_of(member), rules, &path);

	assert_string_equal(text_string(&path), expected);
	assert_int_equal(changed, strcmp(member, expected) != 0);
}

static void keeps_names_on_posix(void **state)
{
	(void)state;
	goes_to("fs/C/$Extend/$UsnJrnl:$J", TARGET_POSIX, "fs/C/$Extend/$UsnJrnl:$J");
	goes_to("fs/C/con/a?b<U+002F>. ", TARGET_POSIX, "fs/C/con/a?b<U+002F>. ");
}

static void shortens_at_a_character(void **state)
{
	CLEANUP(text_free) struct text name = {0};
	CLEANUP(text_free) struct text path = {0};
	struct text short_name = {0};

	(void)state;
	text_adds(&name, "fs/C/");
	for (int i = 0; i < 86; i++)
		text_adds(&name, "漢");
	text_adds(&name, ".docx");
	assert_true(target_path(text_bytes(&name), TARGET_POSIX, &path));
	const char *component = strrchr(text_string(&path), '/') + 1;
	size_t pos = 0;

	/* 255 - 9 - 5 = 241 bytes: 80 whole characters */
	assert_int_equal(strlen(component), 80 * 3 + 9 + 5);
	assert_string_equal(component + 80 * 3 + 9, ".docx");
	assert_int_equal(component[80 * 3], '~');
	while (pos < path.len)
		assert_int_not_equal(text_decode(text_bytes(&path), &pos), TEXT_INVALID);
	/* 86 kanji are well within what Windows can hold */
	assert_false(target_path(text_bytes(&name), TARGET_WINDOWS, &short_name));
	text_free(&short_name);
}

static void keeps_long_names_apart(void **state)
{
	char one[400], two[400];
	CLEANUP(text_free) struct text first = {0};
	CLEANUP(text_free) struct text second = {0};

	(void)state;
	memset(one, 'x', sizeof(one));
	memset(two, 'x', sizeof(two));
	one[398] = '1';
	one[399] = two[399] = 0;
	assert_true(target_path(bytes_of(one), TARGET_POSIX, &first));
	assert_true(target_path(bytes_of(two), TARGET_POSIX, &second));
	assert_int_equal(first.len, 255);
	assert_string_not_equal(text_string(&first), text_string(&second));
}

static void follows_windows_rules(void **state)
{
	static const char *const reserved[] = {"con", "CON.txt", "nul.tar.gz", "com1", "LPT9.x",
	    "aux ", "CLOCK$", "NUL .x", "con.", "COM\xc2\xb2", "a:b", "a?b", "a*b", "a\"b", "a<b",
	    "a|b", "dot.", "space "};
	static const char *const fine[] = {
	    "console", "com", "com10", "nulls.txt", ".hidden", "a b", "日本"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
		CLEANUP(text_free) struct text path = {0};

		assert_true(target_path(bytes_of(reserved[i]), TARGET_WINDOWS, &path));
		assert_null(strpbrk(text_string(&path), ":?*\"<>|"));
		assert_int_not_equal(path.at[path.len - 1], '.');
		assert_int_not_equal(path.at[path.len - 1], ' ');
		assert_non_null(strchr(text_string(&path), '~'));
	}
	for (size_t i = 0; i < ARRAY_LEN(fine); i++)
		goes_to(fine[i], TARGET_WINDOWS, fine[i]);
}

static void tells_twins_apart(void **state)
{
	CLEANUP(text_free) struct text path = {0};
	CLEANUP(text_free) struct text again = {0};

	(void)state;
	target_path_distinct(bytes_of("fs/C/Readme.TXT"), TARGET_POSIX, 0, &path);
	assert_memory_equal(path.at, "fs/C/Readme~", 12);
	assert_string_equal(path.at + 12 + 8, ".TXT");
	target_path_distinct(bytes_of("fs/C/Readme.TXT"), TARGET_POSIX, 1, &again);
	assert_int_equal(again.len, path.len);
	assert_string_not_equal(again.at, path.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keeps_names_on_posix),
	    cmocka_unit_test(shortens_at_a_character),
	    cmocka_unit_test(keeps_long_names_apart),
	    cmocka_unit_test(follows_windows_rules),
	    cmocka_unit_test(tells_twins_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
