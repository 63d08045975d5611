/* Bech32 against the valid and invalid strings of BIP 173 (lengths over 90 are allowed here), and round trips. */
#include "unit.h"

#include "bundle/bech32.h"

static void test_round_trip(void **state)
{
	uint8_t data[33], back[33];

	(void)state;
	for (size_t len = 0; len <= sizeof(data); len++) {
		CLEANUP(text_free) struct text string = {0};

		for (size_t i = 0; i < len; i++)
			data[i] = (uint8_t)(i * 37 + len);
		bech32_add(&string, "age", (struct bytes){data, len});
		assert_true(bech32_parse(text_bytes(&string), "age", back, len, NULL));
		assert_memory_equal(data, back, len);
		assert_false(bech32_parse(text_bytes(&string), "age", back, len + 1, NULL));
	}
}

/* The data part of the reference string is the values 0 to 31: 20 bytes of 5-bit groups, no padding. */
static void test_reference(void **state)
{
	static const char valid[] = "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw";
	static const uint8_t want[20] = {0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf,
	    0x84, 0x65, 0x3a, 0x56, 0xd7, 0xc6, 0x75, 0xbe, 0x77, 0xdf};
	uint8_t got[20];
	struct err err = {0};

	(void)state;
	assert_true(bech32_parse(bytes_of(valid), "abcdef", got, sizeof(got), &err));
	assert_memory_equal(got, want, sizeof(want));
	assert_false(bech32_parse(bytes_of(valid), "abcde", got, sizeof(got), &err));
}

static void test_empty_data(void **state)
{
	uint8_t none[1];

	(void)state;
	assert_true(bech32_parse(bytes_of("A12UEL5L"), "a", none, 0, NULL));
	assert_true(bech32_parse(bytes_of("a12uel5l"), "a", none, 0, NULL));
	assert_false(bech32_parse(bytes_of("A12uel5l"), "a", none, 0, NULL)); /* mixed case */
	assert_false(bech32_parse(bytes_of("a12uel5m"), "a", none, 0, NULL)); /* checksum */
	assert_false(bech32_parse(bytes_of("a12uel5"), "a", none, 0, NULL));
	assert_false(bech32_parse(bytes_of("1nwldj5"), "a", none, 0, NULL));
	assert_false(bech32_parse(bytes_of(""), "a", none, 0, NULL));
	assert_false(bech32_parse(bytes_of("a1b2uel5l"), "a", none, 0, NULL));
}

/* Right checksums over a second spelling of the same bytes. */
static void test_padding(void **state)
{
	uint8_t got[5];

	(void)state;
	assert_true(bech32_parse(bytes_of("a1qqqqqqqqughnlu"), "a", got, 5, NULL));
	assert_false(
	    bech32_parse(bytes_of("a1qqqqqqqqqvgade4"), "a", got, 5, NULL)); /* 5 bits over */
	assert_true(bech32_parse(bytes_of("a1qqqd87cq"), "a", got, 1, NULL));
	assert_false(bech32_parse(bytes_of("a1qpamnt9j"), "a", got, 1, NULL)); /* not zero */
}

/* Every change of one character is found. */
static void test_every_character_counts(void **state)
{
	CLEANUP(text_free) struct text string = {0};
	uint8_t data[32] = {1, 2, 3}, back[32];

	(void)state;
	bech32_add(&string, "age", (struct bytes){data, sizeof(data)});
	for (size_t i = 0; i < string.len; i++) {
		char was = string.at[i];

		string.at[i] = was == 'q' ? 'p' : 'q';
		assert_false(bech32_parse(text_bytes(&string), "age", back, sizeof(back), NULL));
		string.at[i] = was;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_reference),
	    cmocka_unit_test(test_empty_data),
	    cmocka_unit_test(test_padding),
	    cmocka_unit_test(test_every_character_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
