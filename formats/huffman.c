/* Canonical Huffman codes from their lengths. See huffman.h. */
#include "formats/huffman.h"

/* How many codes there are of each length, and where each length's begin. */
struct lengths {
	unsigned count[HUFFMAN_LENGTH_MAX + 1];
	unsigned next[HUFFMAN_LENGTH_MAX + 2]; /* place in the order of codes */
};

/* Shorter codes first, within a length by symbol: each is the one before plus one. */
static bool set_ranges(struct huffman *out, struct lengths *lengths, struct err *err)
{
	uint32_t end = 0; /* as 16 bits */

	for (unsigned len = 1; len <= HUFFMAN_LENGTH_MAX; len++) {
		unsigned shift = HUFFMAN_LENGTH_MAX - len;

		out->place[len] = (int32_t)lengths->next[len] - (int32_t)(end >> shift);
		end += lengths->count[len] << shift;
		out->end[len] = end;
		lengths->next[len + 1] = lengths->next[len] + lengths->count[len];
		if (end > 1u << HUFFMAN_LENGTH_MAX)
			return fail(err, ERR_DAMAGED, "Huffman code with more codes than bits");
	}
	return true;
}

static void fill_fast(struct huffman *out, const struct lengths *lengths)
{
	uint16_t *to = out->fast;
	unsigned place = 0;

	for (unsigned len = 1; len <= HUFFMAN_FAST; len++)
		for (unsigned i = 0; i < lengths->count[len]; i++) {
			uint16_t entry = (uint16_t)(out->symbols[place++] << 4 | len);

			for (unsigned left = 1u << (HUFFMAN_FAST - len); left > 0; left--)
				*to++ = entry;
		}
	memset(to, 0, (size_t)(out->fast + ARRAY_LEN(out->fast) - to) * sizeof(*to));
}

bool huffman_build(struct huffman *out, const uint8_t *lengths, unsigned count, struct err *err)
{
	struct lengths by = {0};

	if (count > HUFFMAN_SYMBOLS_MAX)
		return fail(err, ERR_LIMIT, "Huffman code of %u symbols", count);
	for (unsigned i = 0; i < count; i++) {
		if (lengths[i] > HUFFMAN_LENGTH_MAX)
			return fail(err, ERR_DAMAGED, "Huffman code of %u bits", lengths[i]);
		by.count[lengths[i]]++;
	}
	if (!set_ranges(out, &by, err))
		return false;
	unsigned next[HUFFMAN_LENGTH_MAX + 1];

	memcpy(next, by.next, sizeof(next));
	for (unsigned i = 0; i < count; i++)
		if (lengths[i])
			out->symbols[next[lengths[i]]++] = (uint16_t)i;
	fill_fast(out, &by);
	return true;
}

unsigned huffman_find_long(const struct huffman *code, uint32_t next)
{
	for (unsigned len = HUFFMAN_FAST + 1; len <= HUFFMAN_LENGTH_MAX; len++)
		if (next < code->end[len]) {
			int32_t place =
			    code->place[len] + (int32_t)(next >> (HUFFMAN_LENGTH_MAX - len));

			return (unsigned)code->symbols[place] << 5 | len;
		}
	return 0;
}
