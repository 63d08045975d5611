/* Bech32. See bech32.h. */
#include "bundle/bech32.h"

#include "core/wipe.h"

#define CHECKSUM_LEN 6

static const char charset[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/* One step of the BCH code over 5-bit values. */
static uint32_t polymod(uint32_t sum, uint8_t value)
{
	static const uint32_t generator[5] = {
	    0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
	uint32_t top = sum >> 25;

	sum = (sum & 0x1ffffff) << 5 ^ value;
	for (unsigned i = 0; i < 5; i++)
		if (top >> i & 1)
			sum ^= generator[i];
	return sum;
}

static uint32_t polymod_hrp(const char *hrp)
{
	uint32_t sum = 1;

	for (const char *p = hrp; *p; p++)
		sum = polymod(sum, (uint8_t)((uint8_t)*p >> 5));
	sum = polymod(sum, 0);
	for (const char *p = hrp; *p; p++)
		sum = polymod(sum, (uint8_t)((uint8_t)*p & 31));
	return sum;
}

void bech32_add(struct text *out, const char *hrp, struct bytes data)
{
	uint32_t sum = polymod_hrp(hrp);
	uint32_t bits = 0;
	unsigned have = 0;

	text_adds(out, hrp);
	text_addc(out, '1');
	for (size_t i = 0; i < data.len; i++) {
		bits = bits << 8 | data.at[i];
		for (have += 8; have >= 5; have -= 5) {
			uint8_t value = bits >> (have - 5) & 31;

			sum = polymod(sum, value);
			text_addc(out, charset[value]);
		}
	}
	if (have) {
		uint8_t value = (uint8_t)(bits << (5 - have) & 31);

		sum = polymod(sum, value);
		text_addc(out, charset[value]);
	}
	for (unsigned i = 0; i < CHECKSUM_LEN; i++)
		sum = polymod(sum, 0);
	sum ^= 1;
	for (unsigned i = 0; i < CHECKSUM_LEN; i++)
		text_addc(out, charset[sum >> 5 * (CHECKSUM_LEN - 1 - i) & 31]);
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool one_case(struct bytes string)
{
	bool has_upper = false, has_lower = false;

	for (size_t i = 0; i < string.len; i++) {
		has_upper = has_upper || (string.at[i] >= 'A' && string.at[i] <= 'Z');
		has_lower = has_lower || (string.at[i] >= 'a' && string.at[i] <= 'z');
	}
	return !(has_upper && has_lower);
}

static bool starts_with(struct bytes string, const char *hrp)
{
	size_t len = strlen(hrp);

	if (string.len < len + 1 || string.at[len] != '1')
		return false;
	for (size_t i = 0; i < len; i++)
		if (lower(string.at[i]) != (uint8_t)hrp[i])
			return false;
	return true;
}

/* Gathers 5-bit values into bytes; the padding must be less than a value, and zero. */
static bool unpack(struct bytes values, uint8_t *to, size_t len)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t at = 0;

	for (size_t i = 0; i < values.len; i++) {
		const char *found = memchr(charset, lower(values.at[i]), sizeof(charset) - 1);

		bits = (bits << 5 | (uint32_t)(found - charset)) & 0xfff;
		have += 5;
		if (have < 8)
			continue;
		have -= 8;
		if (at == len)
			return false;
		to[at++] = (uint8_t)(bits >> have);
	}
	return at == len && have < 5 && (bits & ((1u << have) - 1)) == 0;
}

bool bech32_parse(struct bytes string, const char *hrp, uint8_t *out, size_t len, struct err *err)
{
	uint8_t data[64];
	uint32_t sum = polymod_hrp(hrp);
	size_t from = strlen(hrp) + 1;

	if (string.len > BECH32_MAX || len > sizeof(data))
		return fail(err, ERR_LIMIT, "key of %zu characters", string.len);
	if (!one_case(string))
		return fail(err, ERR_DAMAGED, "key in mixed case");
	if (!starts_with(string, hrp) || string.len < from + CHECKSUM_LEN)
		return fail(err, ERR_DAMAGED, "key does not start with '%s1'", hrp);
	for (size_t i = from; i < string.len; i++) {
		const char *found = memchr(charset, lower(string.at[i]), sizeof(charset) - 1);

		if (!found)
			return fail(err, ERR_DAMAGED, "key has a wrong character at %zu", i + 1);
		sum = polymod(sum, (uint8_t)(found - charset));
	}
	if (sum != 1)
		return fail(err, ERR_DAMAGED, "key has a wrong checksum: mistyped or cut");
	bool fits =
	    unpack((struct bytes){string.at + from, string.len - from - CHECKSUM_LEN}, data, len);

	if (fits)
		memcpy(out, data, len);
	wipe(data, sizeof(data));
	return fits || fail(err, ERR_DAMAGED, "key does not hold %zu bytes", len);
}
