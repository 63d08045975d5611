/* Xpress with Huffman codes: MS-XCA 2.2. See xpress.h. */
#include "formats/xpress.h"

#include "core/array.h"
#include "formats/huffman.h"

#include <stdlib.h>

#define CHUNK        65536u /* bytes of output for which a code holds */
#define CODE_BYTES   256u   /* two lengths of 4 bits in each */
#define SYMBOLS      512u   /* 256 bytes, 256 matches */
#define LENGTH_LEAST 3u

struct xpress {
	struct bits bits;
	uint8_t *out;
	size_t at, len;
	struct huffman code;
};

static bool read_code(struct xpress *x, struct err *err)
{
	uint8_t lengths[SYMBOLS];

	if ((size_t)(x->bits.end - x->bits.at) < CODE_BYTES)
		return fail(err, ERR_DAMAGED, "Xpress: ends at byte %zu of %zu", x->at, x->len);
	for (unsigned i = 0; i < CODE_BYTES; i++) {
		lengths[2 * i] = x->bits.at[i] & 15;
		lengths[2 * i + 1] = x->bits.at[i] >> 4;
	}
	x->bits = (struct bits){.at = x->bits.at + CODE_BYTES, .end = x->bits.end};
	bits_add_word(&x->bits);
	bits_add_word(&x->bits);
	return huffman_build(&x->code, lengths, SYMBOLS, err);
}

/* The length of a match that does not fit its symbol: in bytes between the words of bits. */
static bool read_length(struct bits *bits, size_t *length)
{
	size_t more = 255;

	if (bits->end - bits->at < 1)
		return false;
	more = *bits->at++;
	*length = more + 15;
	if (more < 255)
		return true;
	if (bits->end - bits->at < 2)
		return false;
	*length = le16(bits->at);
	bits->at += 2;
	if (*length == 0) {
		if (bits->end - bits->at < 4)
			return false;
		*length = le32(bits->at);
		bits->at += 4;
	}
	return *length >= 15 && *length <= UINT32_MAX - LENGTH_LEAST;
}

/* What a match is: *length, *distance. */
static inline bool read_match(struct bits *bits, unsigned symbol, size_t *length, size_t *distance)
{
	unsigned wide = symbol >> 4 & 15;

	*length = symbol & 15;
	if (*length == 15 && !read_length(bits, length))
		return false;
	*length += LENGTH_LEAST;
	*distance = (size_t)1 << wide | bits_take(bits, wide);
	return !bits_overrun(bits);
}

/* Decodes until byte `end` of the output, or a little more: a match may reach over it. False: damage at x->at. The bits
 * are copied, so that the compiler knows that no byte of output is one of theirs. */
static bool decode_chunk(struct xpress *x, size_t end)
{
	struct bits bits = x->bits;
	uint8_t *out = x->out;
	size_t at = x->at;
	bool ok = true;

	while (at < end) {
		int symbol = huffman_decode(&x->code, &bits);
		size_t length;
		size_t distance;

		ok = symbol >= 0 && !bits_overrun(&bits);
		if (!ok)
			break;
		bits_need(&bits);
		if (symbol < 256) {
			out[at++] = (uint8_t)symbol;
			continue;
		}
		ok = read_match(&bits, (unsigned)symbol, &length, &distance) && distance <= at &&
		     length <= x->len - at;
		if (!ok)
			break;
		bits_need(&bits);
		copy_earlier(out + at, distance, length, x->len - at);
		at += length;
	}
	x->bits = bits;
	x->at = at;
	return ok;
}

bool xpress_decompress(struct bytes in, uint8_t *out, size_t len, size_t *got, struct err *err)
{
	CLEANUP(free_memory) struct xpress *x = malloc(sizeof(*x));
	bool ok = x != NULL;

	*got = 0;
	if (!x)
		return fail(err, ERR_MEMORY, "no memory for a Huffman code");
	x->bits = (struct bits){.at = in.at, .end = in.at + in.len};
	x->out = out;
	x->at = 0;
	x->len = len;
	while (ok && x->at < len) {
		size_t end = len - x->at < CHUNK ? len : x->at + CHUNK;

		ok = read_code(x, err) &&
		     (decode_chunk(x, end) ||
			 fail(err, ERR_DAMAGED, "Xpress: damaged at byte %zu of %zu", x->at, len));
	}
	*got = x->at;
	return ok;
}
