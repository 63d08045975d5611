/* Errors in Japanese: which formats are recognised, behind which words, and what stays English. */
#include "tests/unit.h"

#include "core/tr.h"

static void says(const char *english, const char *japanese)
{
	CLEANUP(text_free) struct text out = {0};

	tr_error(english, &out);
	assert_string_equal(text_string(&out), japanese);
}

static void test_known(void **state)
{
	(void)state;
	tr_set_language(LANGUAGE_JA);
	says("an empty passphrase", "パスフレーズが入力されませんでした");
	says("kit 'k: x': an empty passphrase", "kit 'k: x': パスフレーズが入力されませんでした");
	says("the destination is full: 2480 KiB are left", "保存先がいっぱいです（残り 2480 KiB）");
	says("'a' of 'b' wants a text in quotes",
	    "'a'（'b' の中）は \"\" で囲んだ文字にしてください");
	says("no such kit 'it's' mine'", "キット 'it's' mine' がありません");
	says("kit 'a': 3 wrong passphrases", "kit 'a': パスフレーズを 3 回間違えました");
	says("no such kit ''", "キット '' がありません");
	says("no JSON: line 3: unexpected: ", "JSON として読めません。3 行目: unexpected: ");
}

static void test_unknown(void **state)
{
	(void)state;
	tr_set_language(LANGUAGE_JA);
	says("", "");
	says("an empty passphrase.", "an empty passphrase.");
	says("the destination is full: 2480 KiB", "the destination is full: 2480 KiB");
	says("no such kit 'cut off in the mid", "no such kit 'cut off in the mid");
	says("x: ", "x: ");
	tr_set_language(LANGUAGE_EN);
	says("an empty passphrase", "an empty passphrase");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_known),
	    cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
