/* Xpress with and without Huffman codes: the examples of MS-XCA, streams written bit by bit, and damage. */
#include "tests/unit.h"

#include "formats/huffman.h"
#include "formats/xpress.h"
#include "tests/fixture_bits.h"

#include <stdlib.h>

/* A code in which each of the 512 symbols has 9 bits, its own number. */
static void put_code(struct fixture_bits *b)
{
	memset(b->at + b->len, 0x99, 256);
	b->len += 256;
	fixture_bits_start(b);
}

static struct fixture_bits *new_stream(void)
{
	struct fixture_bits *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	put_code(b);
	return b;
}

static void put_text(struct fixture_bits *b, const char *text)
{
	for (; *text; text++)
		fixture_bits_put(b, (uint8_t)*text, 9);
}

/* A match of 3 to 17 bytes. */
static void put_match(struct fixture_bits *b, unsigned distance, unsigned length)
{
	unsigned wide = 0;

	while (distance >> wide > 1)
		wide++;
	fixture_bits_put(b, 256 | wide << 4 | (length - 3), 9);
	fixture_bits_put(b, distance - (1u << wide), wide);
}

static bool run(const struct fixture_bits *b, uint8_t *out, size_t len, size_t *got)
{
	struct err err = {0};
	bool ok = xpress_decompress((struct bytes){b->at, b->len}, out, len, got, &err);

	assert_true(ok ? err.kind == ERR_NONE : err.kind == ERR_DAMAGED);
	return ok;
}

static void test_matches(void **state)
{
	struct fixture_bits *b = new_stream();
	uint8_t out[64];
	size_t got = 0;

	(void)state;
	put_text(b, "ab");
	put_match(b, 2, 5);
	put_text(b, "-");
	put_match(b, 1, 17); /* the longest that the symbol itself tells */
	put_match(b, 8, 4);
	fixture_bits_stop(b);
	assert_true(run(b, out, 29, &got));
	assert_int_equal(got, 29);
	assert_memory_equal(out, "abababa-----------------------", 25);
	assert_memory_equal(out + 25, "----", 4);
	/* One byte more than there is. */
	assert_true(run(b, out, 28, &got) == false);
	assert_int_equal(got, 25);
	free(b);
}

/* Lengths in a byte, in two and in four bytes, which lie between the words of bits. */
static void test_long_matches(void **state)
{
	static const struct {
		size_t length;
		unsigned bytes[7], count;
	} cases[] = {
	    {18, {0}, 1}, {18 + 254, {254}, 1}, {18 + 255, {255, 0x0e, 0x01}, 3},
	    {3 + 0xffff, {255, 0xff, 0xff}, 3},
	    {3 + 0x10002, {255, 0, 0, 0x02, 0x00, 0x01, 0x00}, 7},
	    {18, {255, 0x0f, 0x00}, 3}, /* longer than needed, but right */
	};
	uint8_t *out = malloc(0x10100);

	(void)state;
	assert_non_null(out);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture_bits *b = new_stream();
		size_t len = 3 + cases[i].length + 1;
		bool next_chunk = len > 65536;
		size_t got = 0;

		put_text(b, "xyz");
		fixture_bits_put(b, 256 | 1 << 4 | 15, 9);
		for (unsigned k = 0; k < cases[i].count; k++)
			fixture_bits_byte(b, cases[i].bytes[k]);
		fixture_bits_put(b, 1, 1); /* distance 3 */
		if (next_chunk) {
			fixture_bits_stop(b);
			put_code(b);
		}
		put_text(b, "!");
		fixture_bits_stop(b);
		assert_true(run(b, out, len, &got));
		assert_int_equal(got, len);
		for (size_t k = 0; k + 1 < len; k++)
			assert_int_equal(out[k], "xyz"[k % 3]);
		assert_int_equal(out[len - 1], '!');
		free(b);
	}
	free(out);
}

/* Every 64 KiB a new code; matches reach back over it. */
static void test_chunks(void **state)
{
	struct fixture_bits *b = new_stream();
	size_t len = 65536 + 6;
	uint8_t *out = malloc(len);
	size_t got = 0;

	(void)state;
	assert_non_null(out);
	put_text(b, "q");
	fixture_bits_put(b, 256 | 15, 9); /* distance 1 */
	fixture_bits_byte(b, 255);
	fixture_bits_byte(b, 65532 & 255);
	fixture_bits_byte(b, 65532 >> 8);
	fixture_bits_stop(b);
	put_code(b);
	put_text(b, "end");
	put_match(b, 4, 3);
	fixture_bits_stop(b);
	assert_true(run(b, out, len, &got));
	assert_int_equal(out[65535], 'q');
	assert_memory_equal(out + 65536, "endqen", 6);
	/* Cut after the first: all of that is good. */
	assert_false(xpress_decompress((struct bytes){b->at, b->len - 256}, out, len, &got, NULL));
	assert_int_equal(got, 65536);
	free(out);
	free(b);
}

/* MS-XCA 3.2: "abc" a hundred times. The code: 'a' 'b' 'c' and a match of distance 3 with more length. */
static void test_example(void **state)
{
	uint8_t in[256 + 16] = {0};
	static const uint8_t tail[] = {0xa8, 0xdc, 0x00, 0x00, 0xff, 0x26, 0x01};
	uint8_t out[300];
	size_t got = 0;

	(void)state;
	in[0x30] = 0x30;
	in[0x31] = 0x23;
	in[0x80] = 0x02;
	in[0x8f] = 0x20; /* symbol 287 */
	memcpy(in + 256, tail, sizeof(tail));
	assert_true(xpress_decompress(
	    (struct bytes){in, 256 + sizeof(tail)}, out, sizeof(out), &got, NULL));
	for (size_t i = 0; i < sizeof(out); i++)
		assert_int_equal(out[i], "abc"[i % 3]);
}

/* Two bytes of length that one byte, or none, would have held. */
static void test_short_length(void)
{
	struct fixture_bits *b = new_stream();
	uint8_t out[64];
	size_t got = 0;

	put_text(b, "xyz");
	fixture_bits_put(b, 256 | 15, 9);
	fixture_bits_byte(b, 255);
	fixture_bits_byte(b, 14);
	fixture_bits_byte(b, 0);
	put_text(b, "!");
	fixture_bits_stop(b);
	assert_false(run(b, out, 3 + 17 + 1, &got));
	assert_int_equal(got, 3);
	free(b);
}

/* Four bytes of length to which three cannot be added in 32 bits. */
static void test_huge_length(void)
{
	static const unsigned more[] = {255, 0, 0, 0xfd, 0xff, 0xff, 0xff};

	for (unsigned last = 0xfc; last <= 0xff; last++) {
		struct fixture_bits *b = new_stream();
		uint8_t out[64];
		size_t got = 0;

		put_text(b, "xyz");
		fixture_bits_put(b, 256 | 15, 9);
		for (size_t i = 0; i < ARRAY_LEN(more); i++)
			fixture_bits_byte(b, i == 3 ? last : more[i]);
		put_text(b, "!");
		fixture_bits_stop(b);
		assert_false(run(b, out, 4, &got));
		assert_int_equal(got, 3);
		free(b);
	}
}

static void test_damage(void **state)
{
	struct fixture_bits *b = new_stream();
	uint8_t out[32];
	size_t got = 0;
	struct err err = {0};

	(void)state;
	/* A reference to before the start. */
	put_text(b, "ab");
	put_match(b, 3, 3);
	fixture_bits_stop(b);
	assert_false(run(b, out, 5, &got));
	assert_int_equal(got, 2);
	/* Bits that were never written are not read as zeros. */
	assert_false(
	    xpress_decompress((struct bytes){b->at, 256 + 2}, out, sizeof(out), &got, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	assert_int_equal(got, 1);
	test_short_length();
	test_huge_length();
	/* A code cut short, or none; nothing asked for. */
	assert_false(xpress_decompress((struct bytes){b->at, 255}, out, 1, &got, NULL));
	assert_false(xpress_decompress((struct bytes){b->at, 0}, out, 1, &got, NULL));
	assert_true(xpress_decompress((struct bytes){b->at, 0}, out, 0, &got, NULL));
	/* More codes than bits: three of one bit. */
	memset(b->at, 0, 256);
	b->at[0] = 0x11;
	b->at[1] = 0x01;
	assert_false(run(b, out, 5, &got));
	/* One symbol of one bit: the other bit is no code. */
	b->at[0] = 0x01;
	b->at[1] = 0;
	b->at[256] = 0;
	b->at[257] = 0x3f;
	assert_false(run(b, out, 5, &got));
	assert_int_equal(got, 2);
	assert_true(run(b, out, 2, &got));
	free(b);
}

/* Codes longer than what is looked up at once, up to 15 bits. */
static void test_long_codes(void **state)
{
	struct fixture_bits *b = calloc(1, sizeof(*b));
	uint8_t out[16];
	size_t got = 0;

	(void)state;
	assert_non_null(b);
	/* Byte i has i + 1 bits: i ones and a zero; bytes 14 and 15 have 15. */
	for (unsigned i = 0; i < 16; i++)
		b->at[i / 2] |= (uint8_t)((i < 15 ? i + 1 : 15) << (i % 2 ? 4 : 0));
	b->len = 256;
	fixture_bits_start(b);
	for (unsigned i = 0; i < 16; i++)
		fixture_bits_put(b, i < 15 ? (1u << (i + 1)) - 2 : 0x7fff, i < 15 ? i + 1 : 15);
	fixture_bits_stop(b);
	assert_true(run(b, out, 16, &got));
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(out[i], i);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_matches),
	    cmocka_unit_test(test_long_matches),
	    cmocka_unit_test(test_chunks),
	    cmocka_unit_test(test_example),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_long_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
