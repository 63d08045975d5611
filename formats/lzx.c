/* LZX blocks: verbatim, aligned, not compressed. See lzx.h. */
#include "formats/lzx.h"

#include "core/array.h"
#include "formats/huffman.h"

#include <stdlib.h>

#define MAIN_SYMBOLS    (256u + 30u * 8u) /* a window of 32 KiB has 30 slots of distance */
#define LENGTH_SYMBOLS  249u
#define ALIGNED_SYMBOLS 8u
#define PRE_SYMBOLS     20u
#define LENGTH_LEAST    2u
#define FILE_SIZE       12000000 /* that the translation of calls believes in */

enum block { BLOCK_VERBATIM = 1, BLOCK_ALIGNED = 2, BLOCK_STORED = 3 };

struct lzx {
	struct bits bits;
	uint8_t *out;
	size_t at, len;
	uint32_t recent[3]; /* distances */
	/* Lengths of the codes, from which those of the next block differ. */
	uint8_t main_lengths[MAIN_SYMBOLS];
	uint8_t length_lengths[LENGTH_SYMBOLS];
	struct huffman main, length, aligned, pre;
};

static bool damaged(const struct lzx *z, const char *what, struct err *err)
{
	if (bits_overrun(&z->bits))
		what = "ends";
	return fail(err, ERR_DAMAGED, "LZX: %s at byte %zu of %zu", what, z->at, z->len);
}

static unsigned take(struct lzx *z, unsigned count)
{
	bits_need(&z->bits);
	return bits_take(&z->bits, count);
}

/* A symbol of the code in which the lengths of the others are written. */
static int take_pre(struct lzx *z)
{
	bits_need(&z->bits);
	return huffman_decode(&z->pre, &z->bits);
}

/* Reads the code for lengths: 20 lengths of 4 bits. */
static bool read_pre(struct lzx *z, struct err *err)
{
	uint8_t lengths[PRE_SYMBOLS];

	for (unsigned i = 0; i < PRE_SYMBOLS; i++)
		lengths[i] = (uint8_t)take(z, 4);
	return huffman_build(&z->pre, lengths, PRE_SYMBOLS, err);
}

/* What a symbol above 16 stands for: a run of one length. *symbol becomes the difference of it. */
static bool take_run(struct lzx *z, int *symbol, unsigned *run)
{
	if (*symbol == 17)
		*run = 4 + take(z, 4);
	else if (*symbol == 18)
		*run = 20 + take(z, 5);
	else {
		*run = 4 + take(z, 1);
		*symbol = take_pre(z);
		return *symbol >= 0 && *symbol <= 16;
	}
	*symbol = -1; /* zeros */
	return true;
}

/* Reads `count` lengths, each as the difference from what it was. */
static bool read_lengths(struct lzx *z, uint8_t *lengths, unsigned count, struct err *err)
{
	if (!read_pre(z, err))
		return false;
	for (unsigned i = 0; i < count;) {
		int symbol = take_pre(z);
		unsigned run = 1;

		if (symbol < 0 || bits_overrun(&z->bits))
			return damaged(z, "bad code lengths", err);
		if (symbol > 16 && !take_run(z, &symbol, &run))
			return damaged(z, "bad code lengths", err);
		/* A run takes its difference from the first of its lengths. */
		unsigned length = symbol < 0 ? 0 : (lengths[i] + 17u - (unsigned)symbol) % 17;

		if (run > count - i)
			run = count - i;
		memset(lengths + i, (int)length, run);
		i += run;
	}
	return true;
}

static bool read_codes(struct lzx *z, enum block type, struct err *err)
{
	uint8_t aligned[ALIGNED_SYMBOLS];

	for (unsigned i = 0; type == BLOCK_ALIGNED && i < ALIGNED_SYMBOLS; i++)
		aligned[i] = (uint8_t)take(z, 3);
	if (type == BLOCK_ALIGNED && !huffman_build(&z->aligned, aligned, ALIGNED_SYMBOLS, err))
		return false;
	return read_lengths(z, z->main_lengths, 256, err) &&
	       read_lengths(z, z->main_lengths + 256, MAIN_SYMBOLS - 256, err) &&
	       huffman_build(&z->main, z->main_lengths, MAIN_SYMBOLS, err) &&
	       read_lengths(z, z->length_lengths, LENGTH_SYMBOLS, err) &&
	       huffman_build(&z->length, z->length_lengths, LENGTH_SYMBOLS, err);
}

/* The distance of a match whose slot is not one of the three recent ones; 0: bad. */
static inline uint32_t take_distance(
    const struct lzx *z, struct bits *bits, unsigned slot, bool is_aligned)
{
	unsigned extra = slot < 4 ? 0 : slot / 2 - 1;
	uint32_t distance = slot < 4 ? slot : (2 | (slot & 1)) << extra;

	if (is_aligned && extra >= 3) {
		distance += bits_take(bits, extra - 3) << 3;
		int low = huffman_decode(&z->aligned, bits);

		if (low < 0)
			return 0;
		distance += (uint32_t)low;
	} else if (extra > 0) {
		distance += bits_take(bits, extra);
	}
	return distance - 2;
}

/* What a match is: *length, and the distance, which becomes recent[0]. */
static inline bool take_match(
    struct lzx *z, struct bits *bits, unsigned symbol, bool is_aligned, size_t *length)
{
	unsigned slot = symbol >> 3;
	uint32_t distance;

	*length = symbol & 7;
	if (*length == 7) {
		int more = huffman_decode(&z->length, bits);

		if (more < 0)
			return false;
		*length += (unsigned)more;
	}
	*length += LENGTH_LEAST;
	if (slot < 3) {
		distance = z->recent[slot];
		z->recent[slot] = z->recent[0];
	} else {
		distance = take_distance(z, bits, slot, is_aligned);
		z->recent[2] = z->recent[1];
		z->recent[1] = z->recent[0];
	}
	z->recent[0] = distance;
	return distance != 0 && !bits_overrun(bits);
}

/* Decodes until byte `end`. The bits are copied, so that the compiler knows that no byte of output is one of theirs. */
static bool decode_block(struct lzx *z, size_t end, bool is_aligned, struct err *err)
{
	struct bits bits = z->bits;
	uint8_t *out = z->out;
	size_t at = z->at;
	bool ok = true;

	while (at < end) {
		bits_fill(&bits);
		int symbol = huffman_decode(&z->main, &bits);
		size_t length;

		if (symbol >= 0 && symbol < 256) {
			out[at++] = (uint8_t)symbol;
			continue;
		}
		/* A match may not reach into the next block. */
		ok = symbol >= 0 &&
		     take_match(z, &bits, (unsigned)symbol - 256, is_aligned, &length) &&
		     z->recent[0] <= at && length <= end - at;
		if (!ok)
			break;
		copy_earlier(out + at, z->recent[0], length, z->len - at);
		at += length;
	}
	z->bits = bits;
	z->at = at;
	return (ok && !bits_overrun(&bits)) || damaged(z, "bits that mean nothing", err);
}

/* A stored block begins at a word: three distances, then its bytes, then one more if they are odd. */
static bool copy_block(struct lzx *z, size_t size, struct err *err)
{
	struct bits *bits = &z->bits;
	unsigned rest = bits->count % 16;

	bits_need(bits);
	bits_skip(bits, rest ? rest : 16);
	if (bits_overrun(bits))
		return damaged(z, "ends", err);
	const uint8_t *at = bits->at - (bits->count - bits->beyond) / 8;

	if ((size_t)(bits->end - at) < 12 || (size_t)(bits->end - at) - 12 < size)
		return damaged(z, "ends", err);
	for (unsigned i = 0; i < 3; i++)
		z->recent[i] = le32(at + 4 * i);
	memcpy(z->out + z->at, at + 12, size);
	z->at += size;
	at += 12 + size;
	if (size % 2 && at < bits->end)
		at++;
	*bits = (struct bits){.at = at, .end = bits->end};
	return true;
}

static bool decompress_block(struct lzx *z, struct err *err)
{
	unsigned type = take(z, 3);
	size_t size = take(z, 1) ? LZX_CHUNK : take(z, 16);

	if (bits_overrun(&z->bits) || size == 0 || size > z->len - z->at)
		return damaged(z, "a block that cannot be", err);
	if (type == BLOCK_STORED)
		return copy_block(z, size, err);
	if (type != BLOCK_VERBATIM && type != BLOCK_ALIGNED)
		return damaged(z, "a block of unknown type", err);
	return read_codes(z, type, err) &&
	       decode_block(z, z->at + size, type == BLOCK_ALIGNED, err);
}

/* Calls of x86 (E8 and a distance of four bytes) were made absolute before compression: back to distances. */
static void translate_calls(uint8_t *out, size_t len)
{
	uint8_t *at = out;
	uint8_t *end = len > 10 ? out + len - 10 : out;

	while (at < end && (at = memchr(at, 0xe8, (size_t)(end - at)))) {
		int32_t here = (int32_t)(at - out);
		int32_t target = (int32_t)le32(at + 1);

		if (target >= 0 && target < FILE_SIZE)
			put_le32(at + 1, (uint32_t)(target - here));
		else if (target < 0 && target >= -here)
			put_le32(at + 1, (uint32_t)(target + FILE_SIZE));
		at += 5;
	}
}

bool lzx_decompress(struct bytes in, uint8_t *out, size_t len, struct err *err)
{
	CLEANUP(free_memory) struct lzx *z = NULL;

	if (len > LZX_CHUNK)
		return fail(err, ERR_LIMIT, "LZX: a chunk of %zu bytes", len);
	z = malloc(sizeof(*z));
	if (!z)
		return fail(err, ERR_MEMORY, "no memory for Huffman codes");
	z->bits = (struct bits){.at = in.at, .end = in.at + in.len};
	z->out = out;
	z->at = 0;
	z->len = len;
	memset(z->main_lengths, 0, sizeof(z->main_lengths));
	memset(z->length_lengths, 0, sizeof(z->length_lengths));
	z->recent[0] = z->recent[1] = z->recent[2] = 1;
	while (z->at < len)
		if (!decompress_block(z, err))
			return false;
	translate_calls(out, len);
	return true;
}
