/* LZX blocks of every type, written bit by bit, and damage. */
#include "tests/unit.h"

#include "formats/lzx.h"
#include "tests/fixture_bits.h"

#include <stdlib.h>

#define MAIN   496u
#define LENGTH 249u

struct stream {
	struct fixture_bits bits;
	uint8_t lengths[MAIN + LENGTH]; /* of the codes of the block before */
};

/* A code for lengths with symbols 0 to 11 in 4 bits, 12 to 19 in 5. */
static void put_pre(struct stream *s)
{
	for (unsigned i = 0; i < 20; i++)
		fixture_bits_put(&s->bits, i < 12 ? 4 : 5, 4);
}

static void put_pre_symbol(struct stream *s, unsigned symbol)
{
	fixture_bits_put(&s->bits, symbol < 12 ? symbol : symbol + 12, symbol < 12 ? 4 : 5);
}

static void put_lengths(struct stream *s, unsigned from, unsigned count, unsigned length)
{
	put_pre(s);
	for (unsigned i = from; i < from + count; i++) {
		put_pre_symbol(s, (s->lengths[i] + 17 - length) % 17);
		s->lengths[i] = (uint8_t)length;
	}
}

/* The head of a block in which each symbol is its own number in 9 bits, each length in 8; low
 * bits have the code of put_low. */
static void put_block(struct stream *s, bool is_aligned, unsigned size)
{
	fixture_bits_put(&s->bits, is_aligned ? 2 : 1, 3);
	fixture_bits_put(&s->bits, 0, 1);
	fixture_bits_put(&s->bits, size, 16);
	for (unsigned i = 0; is_aligned && i < 8; i++)
		fixture_bits_put(&s->bits, i < 7 ? i + 1 : 7, 3);
	put_lengths(s, 0, 256, 9);
	put_lengths(s, 256, MAIN - 256, 9);
	put_lengths(s, MAIN, LENGTH, 8);
}

/* The low three bits of a distance: so many ones and a zero. */
static void put_low(struct stream *s, unsigned low)
{
	fixture_bits_put(&s->bits, low < 7 ? (1u << (low + 1)) - 2 : 127, low < 7 ? low + 1 : 7);
}

static struct stream *new_stream(void)
{
	struct stream *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	fixture_bits_start(&s->bits);
	return s;
}

static void put_text(struct stream *s, const char *text)
{
	for (; *text; text++)
		fixture_bits_put(&s->bits, (uint8_t)*text, 9);
}

/* slot below 3: a recent distance. `rest` in `bits` bits follows. */
static void put_match(
    struct stream *s, unsigned length, unsigned slot, unsigned rest, unsigned bits)
{
	unsigned low = length - 2 < 7 ? length - 2 : 7;

	fixture_bits_put(&s->bits, 256 + slot * 8 + low, 9);
	if (low == 7)
		fixture_bits_put(&s->bits, length - 9, 8);
	fixture_bits_put(&s->bits, rest, bits);
}

static bool run(struct stream *s, uint8_t *out, size_t len)
{
	struct err err = {0};

	fixture_bits_stop(&s->bits);
	bool ok = lzx_decompress((struct bytes){s->bits.at, s->bits.len}, out, len, &err);

	assert_true(ok ? err.kind == ERR_NONE : err.kind == ERR_DAMAGED);
	return ok;
}

static void test_verbatim(void **state)
{
	struct stream *s = new_stream();
	uint8_t out[300];

	(void)state;
	put_block(s, false, 291);
	put_text(s, "abcd");        /* 4 */
	put_match(s, 2, 4, 1, 1);   /* distance 3: "bc" */
	put_match(s, 3, 3, 0, 0);   /* distance 1: "ccc" */
	put_match(s, 2, 1, 0, 0);   /* recent 1 = 3: "ccc" from 3 back: "cc" */
	put_match(s, 257, 0, 0, 0); /* recent 0 = 3 */
	put_text(s, "0123456789abcdef");
	put_match(s, 7, 7, 1, 2); /* base 12 + 1 - 2 = 11 */
	assert_true(run(s, out, 291));
	assert_memory_equal(out, "abcdbccccccccccc", 16);
	assert_int_equal(out[267], 'c');
	assert_memory_equal(out + 268, "0123456789abcdef56789ab", 23);
	free(s);
}

/* The one of the three distances that is used changes places with the first. */
static void test_recent(void **state)
{
	struct stream *s = new_stream();
	uint8_t out[64];

	(void)state;
	put_block(s, false, 24);
	put_text(s, "abcdefgh");
	put_match(s, 2, 4, 0, 1); /* distance 2; recent: 2 1 1 */
	put_match(s, 2, 5, 1, 1); /* 5: 5 2 1 */
	put_match(s, 2, 1, 0, 0); /* 2: 2 5 1 */
	put_match(s, 2, 1, 0, 0); /* 5: 5 2 1 */
	put_match(s, 2, 2, 0, 0); /* 1: 1 2 5 */
	put_match(s, 2, 2, 0, 0); /* 5: 5 2 1 */
	put_match(s, 2, 1, 0, 0); /* 2: 2 5 1 */
	put_match(s, 2, 0, 0, 0);
	assert_true(run(s, out, 24));
	assert_memory_equal(out, "abcdefghghfgfghfffghghgh", 24);
	free(s);
}

static void test_aligned(void **state)
{
	struct stream *s = new_stream();
	uint8_t out[64];

	(void)state;
	put_block(s, true, 43);
	put_text(s, "0123456789abcdefghijklmnopqrstuvwxyz");
	fixture_bits_put(
	    &s->bits, 256 + 8 * 8 + 2, 9); /* slot 8: base 16, 3 bits, all in the code */
	put_low(s, 5);                     /* 16 + 5 - 2 = 19 back, 4 bytes */
	fixture_bits_put(&s->bits, 256 + 10 * 8 + 1, 9); /* slot 10: base 32, 4 bits: 1 and 3 */
	fixture_bits_put(&s->bits, 0, 1);
	put_low(s, 7); /* 32 + 7 - 2 = 37 back, 3 bytes */
	assert_true(run(s, out, 43));
	assert_memory_equal(out + 36, "hijk345", 7);
	free(s);
}

/* A stored block, odd, then another block; distances are its own. */
static void test_stored(void **state)
{
	for (unsigned text = 0; text < 17;
	     text++) { /* so that the block begins at each bit of a word */
		struct stream *s = new_stream();
		uint8_t out[64];
		unsigned first = text;

		if (first) {
			put_block(s, false, first);
			for (unsigned i = 0; i < first; i++)
				put_text(s, "x");
		}
		fixture_bits_put(&s->bits, 3, 3);
		fixture_bits_put(&s->bits, 0, 1);
		fixture_bits_put(&s->bits, 5, 16);
		/* The rest of the word, or a whole one. */
		fixture_bits_put(
		    &s->bits, 0, s->bits.room == 0 || s->bits.room == 16 ? 16 : s->bits.room);
		/* Of the two words set aside only the first is used. */
		put_le16(s->bits.at + s->bits.first, (uint16_t)s->bits.word);
		s->bits.len = s->bits.second;
		for (unsigned i = 0; i < 3; i++) {
			put_le32(s->bits.at + s->bits.len, 2 + i);
			s->bits.len += 4;
		}
		memcpy(s->bits.at + s->bits.len, "hello!", 6);
		s->bits.len += 6;
		fixture_bits_start(&s->bits);
		put_block(s, false, 3 + 2);
		put_match(s, 3, 2, 0, 0); /* 4 back */
		put_match(s, 2, 0, 0, 0);
		assert_true(run(s, out, first + 10));
		assert_memory_equal(out + first, "helloelloe", 10);
		free(s);
	}
	(void)state;
}

/* Runs in the lengths: zeros, and of one length. */
static void test_length_runs(void **state)
{
	struct stream *s = new_stream();
	uint8_t out[8];

	(void)state;
	fixture_bits_put(&s->bits, 1, 3);
	fixture_bits_put(&s->bits, 0, 1);
	fixture_bits_put(&s->bits, 8, 16);
	put_pre(s);
	for (unsigned i = 0; i < 51; i++) { /* 255 of length 9, in fives */
		put_pre_symbol(s, 19);
		fixture_bits_put(&s->bits, 1, 1);
		put_pre_symbol(s, 17 - 9);
	}
	put_pre_symbol(s, 17 - 9);
	put_pre(s); /* 240 without code: 51 four times, 19, 17 */
	for (unsigned i = 0; i < 4; i++) {
		put_pre_symbol(s, 18);
		fixture_bits_put(&s->bits, 31, 5);
	}
	put_pre_symbol(s, 17);
	fixture_bits_put(&s->bits, 15, 4);
	put_pre_symbol(s, 17);
	fixture_bits_put(&s->bits, 15, 4); /* 17 left, 19 told: cut */
	put_pre(s);
	for (unsigned i = 0; i < 5; i++) {
		put_pre_symbol(s, 18);
		fixture_bits_put(&s->bits, 31, 5);
	}
	put_text(s, "of bytes");
	assert_true(run(s, out, 8));
	assert_memory_equal(out, "of bytes", 8);
	free(s);
}

static void test_calls(void **state)
{
	struct stream *s = new_stream();
	uint8_t in[40] = {0};
	uint8_t out[40];

	(void)state;
	in[2] = 0xe8; /* to 0x100 */
	put_le32(in + 3, 0x100);
	in[7] = 0xe8; /* to 12,000,000 or behind: not a call */
	put_le32(in + 8, 12000000);
	in[13] = 0xe8; /* to before the start, less than it is far */
	put_le32(in + 14, (uint32_t)-5);
	in[20] = 0xe8; /* the same, more */
	put_le32(in + 21, (uint32_t)-21);
	in[30] = 0xe8; /* in the last ten bytes: left alone */
	put_le32(in + 31, 0x100);
	put_block(s, false, sizeof(in));
	for (size_t i = 0; i < sizeof(in); i++)
		fixture_bits_put(&s->bits, in[i], 9);
	assert_true(run(s, out, sizeof(in)));
	put_le32(in + 3, 0x100 - 2);
	put_le32(in + 14, (uint32_t)-5 + 12000000);
	assert_memory_equal(out, in, sizeof(in));
	free(s);
}

static void test_damage(void **state)
{
	uint8_t out[64];
	struct stream *s = new_stream();

	(void)state;
	assert_true(lzx_decompress((struct bytes){NULL, 0}, out, 0, NULL));
	assert_false(lzx_decompress((struct bytes){NULL, 0}, out, 1, NULL));
	assert_false(lzx_decompress((struct bytes){NULL, 0}, out, LZX_CHUNK + 1, NULL));
	put_block(s, false, 10);
	put_text(s, "abcd");
	put_match(s, 6, 6, 1, 2); /* 7 back after 4 */
	assert_false(run(s, out, 10));
	free(s);

	s = new_stream();
	put_block(s, false, 10);
	put_text(s, "abcd");
	put_match(s, 7, 3, 0, 0); /* over the end of the block */
	assert_false(run(s, out, 10));
	for (size_t cut = 0; cut + 6 < s->bits.len; cut++)
		assert_false(lzx_decompress((struct bytes){s->bits.at, cut}, out, 4, NULL));
	free(s);

	s = new_stream();
	put_block(s, false, 10);
	put_text(s, "a");
	fixture_bits_put(&s->bits, 511, 9); /* no code */
	assert_false(run(s, out, 10));
	free(s);

	for (unsigned type = 0; type < 8; type++) {
		s = new_stream();
		fixture_bits_put(&s->bits, type, 3);
		fixture_bits_put(&s->bits, 0, 1);
		fixture_bits_put(&s->bits, type == 1 ? 0 : 11, 16); /* no bytes, too many */
		assert_false(run(s, out, 10));
		free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_verbatim),
	    cmocka_unit_test(test_recent),
	    cmocka_unit_test(test_aligned),
	    cmocka_unit_test(test_stored),
	    cmocka_unit_test(test_length_runs),
	    cmocka_unit_test(test_calls),
	    cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
