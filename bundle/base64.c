/* Base64 without padding. See base64.h. */
#include "bundle/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_add(struct text *out, struct bytes data)
{
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < data.len; i++) {
		bits = bits << 8 | data.at[i];
		for (have += 8; have >= 6; have -= 6)
			text_addc(out, alphabet[bits >> (have - 6) & 63]);
	}
	if (have)
		text_addc(out, alphabet[bits << (6 - have) & 63]);
}

/* The value of a digit, 64 for what is none. */
static uint32_t digit_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26u;
	if (c >= '0' && c <= '9')
		return c - '0' + 52u;
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

bool base64_decode(struct bytes string, struct text *out)
{
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < string.len; i++) {
		uint32_t value = digit_value(string.at[i]);

		if (value == 64)
			return false;
		bits = (bits << 6 | value) & 0xffff;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		text_addc(out, (char)(uint8_t)(bits >> have));
	}
	/* A digit that adds no byte, or bits left that are not zero, would be a second spelling. */
	return have < 6 && (bits & ((1u << have) - 1)) == 0 && !out->failed;
}

bool base64_decode_to(struct bytes string, uint8_t *out, size_t len)
{
	CLEANUP(text_free) struct text decoded = {0};

	if (!base64_decode(string, &decoded) || decoded.len != len)
		return false;
	memcpy(out, text_string(&decoded), len);
	return true;
}
