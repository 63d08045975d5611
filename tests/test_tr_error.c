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
	says("'k: x': an empty passphrase", "'k: x': パスフレーズが入力されませんでした");
	says(
	    "kit 'k: x': an empty passphrase", "キット 'k: x': パスフレーズが入力されませんでした");
	says("--out 'a': cannot make directory 'a': it exists already",
	    "--out 'a': フォルダー 'a' を作れません: すでにあります");
	says("cannot open '\\\\.\\D:': the volume is locked by BitLocker",
	    "'\\\\.\\D:' を開けません: BitLocker でロックされています");
	says("C: 'x': not NTFS: ReFS", "C: 'x': NTFS ではなく ReFS です");
	/* Its row is among those of what is no failure. */
	says("C: 'x': a disk without partitions", "C: 'x': パーティションのないディスクです");
	says("profile 'none' needs --take PATTERN",
	    "収集プロファイル 'none' には --take パターン が必要です");
	says("'b': 'a' over 'c': the seal certificate is valid only from 2Z; judge with --at",
	    "'b': 'a'（'c' への署名）: 署名の証明書: 有効なのは 2Z（協定世界時）からです。--at "
	    "で時刻を指定してください");
	says("the destination is full: 13.6 MB left; needed are 10.7 MB for what is being written, "
	     "2.9 MB for lists and seal",
	    "保存先がいっぱいです（残り 13.6 MB。必要なのは、書き込み中の分 10.7 MB "
	    "と、一覧と封印のための分 2.9 MB）");
	says("'a' of 'b' wants a text in quotes",
	    "'a'（'b' の中）は \"\" で囲んだ文字にしてください");
	says("no such kit 'it's' mine'", "キット 'it's' mine' がありません");
	says("kit 'a': 3 wrong passphrases", "キット 'a': パスフレーズを 3 回間違えました");
	says("no such kit ''", "キット '' がありません");
	says("no JSON: line 3: unexpected: ", "JSON として読めません。3 行目: unexpected: ");
	says("no memory for a frame", "メモリーが足りません（a frame）");
	says("volume C is given twice", "ドライブ C が二度指定されています");
	says("run header 0x3f at byte 7", "領域の表の値 0x3f（7 バイト目）が正しくありません");
}

static void test_inner(void **state)
{
	(void)state;
	tr_set_language(LANGUAGE_JA);
	says("12 bytes could not be read: the image has changed",
	    "12 バイトを読めませんでした: イメージが変わりました");
	says("3 times: 'x': record 0 of $MFT: never used",
	    "3 回: 'x': $MFT のレコード 0: 一度も使われていません");
	says("1 times: 1 times: 1 times: 1 times: 1 times: 1 times: 1 times: 1 times: never used",
	    "1 回: 1 回: 1 回: 1 回: 1 回: 1 回: 1 回: 1 times: never used");
	says("1 times: at byte 9: root directory: its cluster 2 was met before",
	    "1 回: 9 バイト目: 一番上のフォルダー: クラスター 2 が二度出てきます");
	says("12 bytes could not be read: Input/output error",
	    "12 バイトを読めませんでした: Input/output error");
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
	says("volume CD is given twice", "volume CD is given twice");
	says("run header 0xz at byte 7", "run header 0xz at byte 7");
	tr_set_language(LANGUAGE_EN);
	says("an empty passphrase", "an empty passphrase");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_known),
	    cmocka_unit_test(test_inner),
	    cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
