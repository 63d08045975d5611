/* QR codes: sizes, patterns, format bits. That a reader reads them: tests/e2e/custody.sh. */
#include "tests/unit.h"

#include "core/qr.h"

static void make(size_t len, struct qr *qr)
{
	uint8_t text[QR_BYTES_MAX];

	memset(text, 'a', sizeof(text));
	assert_true(qr_make((struct bytes){text, len}, qr, NULL));
}

static void test_sizes(void **state)
{
	/* Table 7: what level M holds in byte mode. */
	static const size_t most[] = {14, 26, 42, 62, 84, 106};
	struct qr qr;

	(void)state;
	for (int i = 0; i < 6; i++) {
		make(most[i], &qr);
		assert_int_equal(qr.size, 21 + 4 * i);
		if (i < 5)
			make(most[i] + 1, &qr);
		if (i < 5)
			assert_int_equal(qr.size, 25 + 4 * i);
	}
	make(0, &qr);
	assert_int_equal(qr.size, 21);
}

static void test_too_long(void **state)
{
	uint8_t text[QR_BYTES_MAX + 1] = {0};
	struct qr qr = {.size = 7};
	struct err err = {0};

	(void)state;
	assert_false(qr_make((struct bytes){text, sizeof(text)}, &qr, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(qr.size, 7);
}

/* Both copies of the format are the same word of its code. */
static void test_format(void **state)
{
	struct qr qr;
	unsigned first = 0;
	unsigned second = 0;

	(void)state;
	make(101, &qr);
	for (int i = 14; i >= 0; i--) {
		int along = i < 6 ? i : i < 8 ? i + 1 : qr.size - 15 + i;
		int across = i < 8 ? qr.size - 1 - i : i == 8 ? 7 : 14 - i;

		first = first << 1 | qr.dark[along][8];
		second = second << 1 | qr.dark[8][across];
	}
	assert_int_equal(first, second);
	first ^= 0x5412;
	assert_int_equal(first >> 13, 0); /* level M */
	for (int bit = 14; bit >= 10; bit--)
		if (first >> bit & 1)
			first ^= 0x537u << (bit - 10);
	assert_int_equal(first, 0);
	assert_true(qr.dark[0][0] && !qr.dark[1][1] && qr.dark[3][3] && !qr.dark[7][7]);
	assert_true(qr.dark[qr.size - 7][qr.size - 7] && qr.dark[qr.size - 8][8]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_too_long),
	    cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
