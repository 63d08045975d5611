/* LZNT1: the example of MS-XCA, chunks of every kind, and damage. */
#include "tests/unit.h"

#include "formats/ntfs/lznt1.h"

#include <string.h>

static bool run(const void *in, size_t len, void *out, size_t room, size_t *got, struct err *err)
{
	return lznt1_decompress((struct bytes){.at = in, .len = len}, out, room, got, err);
}

/* MS-XCA 3.3. */
static void test_example(void **state)
{
	static const uint8_t packed[] = {0x38, 0xb0, 0x88, 0x46, 0x23, 0x20, 0x00, 0x20, 0x47, 0x20,
	    0x41, 0x00, 0x10, 0xa2, 0x47, 0x01, 0xa0, 0x45, 0x20, 0x44, 0x00, 0x08, 0x45, 0x01,
	    0x50, 0x79, 0x00, 0xc0, 0x45, 0x20, 0x05, 0x24, 0x13, 0x88, 0x05, 0xb4, 0x02, 0x4a,
	    0x44, 0xef, 0x03, 0x58, 0x02, 0x8c, 0x09, 0x16, 0x01, 0x48, 0x45, 0x00, 0xbe, 0x00,
	    0x9e, 0x00, 0x04, 0x01, 0x18, 0x90, 0x00};
	static const char text[] =
	    "F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E "
	    "D D E E F# D E F# G F# D E F# G F# E D E A F# F# G A A G F# E D "
	    "D E F# E D D";
	uint8_t out[4096];
	size_t got = 0;
	struct err err = {0};

	(void)state;
	assert_true(run(packed, sizeof(packed), out, sizeof(out), &got, &err));
	assert_int_equal(got, sizeof(text)); /* with its NUL */
	assert_memory_equal(out, text, sizeof(text));
	/* Room for less: no more than that is written. */
	assert_true(run(packed, sizeof(packed), out, 20, &got, &err));
	assert_int_equal(got, 20);
}

static void test_chunks(void **state)
{
	/* Stored chunk of three bytes; a packed one: 'z', then 1 back 9 long; the end mark; more. */
	static const uint8_t in[] = {0x02, 0x30, 'a', 'b', 'c', 0x03, 0xb0, 0x02, 'z', 0x06, 0x00,
	    0x00, 0x00, 0x02, 0x30, 'n'};
	uint8_t out[3 * 4096];
	size_t got = 0;
	struct err err = {0};

	(void)state;
	memset(out, 0xee, sizeof(out));
	assert_true(run(in, sizeof(in), out, sizeof(out), &got, &err));
	assert_int_equal(got, 4096 + 10);
	assert_memory_equal(out, "abc\0\0", 5);
	assert_int_equal(out[4095], 0); /* a short chunk is filled up before the next */
	assert_memory_equal(out + 4096, "zzzzzzzzzz", 10);
	assert_int_equal(out[4106], 0xee);
}

static void test_empty(void **state)
{
	uint8_t out[16];
	size_t got = 1;

	(void)state;
	assert_true(run("", 0, out, sizeof(out), &got, NULL));
	assert_int_equal(got, 0);
	assert_true(run("\1", 1, out, sizeof(out), &got, NULL)); /* half a header */
	assert_int_equal(got, 0);
	assert_true(run("\0\0\xff", 3, out, sizeof(out), &got, NULL));
	assert_int_equal(got, 0);
}

static void test_damage(void **state)
{
	static const struct {
		const char *in;
		size_t len;
		size_t good;
	} cases[] = {
	    {"\x02\xb0\x01\x00\x00", 5, 0},       /* a reference with nothing before it */
	    {"\x03\xb0\x02z\x00\x10", 6, 1},      /* 2 back after 1 byte */
	    {"\x02\xb0\x02z\x00", 5, 1},          /* ends inside a reference */
	    {"\xff\x3fzzz", 5, 3},                /* stored: 4096 bytes told, 3 there */
	    {"\x05\xb0\x00z", 4, 1},              /* packed: cut */
	    {"\x05\xb0\x04zz\xff\xff\x00", 8, 2}, /* distance over the start */
	    {"Lorem ipsum dolor", 17, 0},         /* 0x6f4c: text, not the signature of a chunk */
	    {"\x02\x00\x01\x02\x03", 5, 0},       /* a stored chunk without it */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t out[4096];
		size_t got = 99;
		struct err err = {0};

		assert_false(run(cases[i].in, cases[i].len, out, sizeof(out), &got, &err));
		assert_int_equal(err.kind, ERR_DAMAGED);
		assert_int_equal(got, cases[i].good);
	}
}

/* A chunk that would yield 4,097 bytes. */
static void test_too_long(void **state)
{
	static const uint8_t in[] = {
	    0x05, 0xb0, 0x06, 'a', 0xfb, 0x0f, 0x00, 0x00}; /* 1 + 4094, then 3 */
	uint8_t out[8192];
	size_t got = 0;
	struct err err = {0};

	(void)state;
	assert_false(run(in, sizeof(in), out, sizeof(out), &got, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	assert_int_equal(got, 4095);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_example),
	    cmocka_unit_test(test_chunks),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
