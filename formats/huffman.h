/* What LZX and Xpress Huffman (MS-XCA 2.2) share: a stream of bits in little-endian 16-bit words, the highest
 * bit of a word first; canonical Huffman codes; copies of earlier output. */
#ifndef KANSHIKI_FORMATS_HUFFMAN_H
#define KANSHIKI_FORMATS_HUFFMAN_H

#include "core/bytes.h"
#include "core/err.h"

/* Bits ----------------------------------------------------------------------------------------- */

struct bits { /* zero it, then set at and end */
	const uint8_t *at, *end;
	uint64_t hold;   /* the next bit is the highest */
	unsigned count;  /* bits in hold */
	unsigned beyond; /* of all ever held, those past the end: zeros that nobody wrote */
};

static inline void bits_add_word(struct bits *bits)
{
	uint64_t word = 0;

	if (bits->end - bits->at >= 2) {
		word = le16(bits->at);
		bits->at += 2;
	} else {
		bits->beyond += 16;
	}
	bits->hold |= word << (48 - bits->count);
	bits->count += 16;
}

/* Makes at least 16 bits ready, reading no word before it is needed: bytes between the words (Xpress) lie where
 * the words read so far end. */
static inline void bits_need(struct bits *bits)
{
	if (bits->count < 16)
		bits_add_word(bits);
}

/* Makes at least 48 bits ready. */
static inline void bits_fill(struct bits *bits)
{
	while (bits->count < 48)
		bits_add_word(bits);
}

static inline void bits_skip(struct bits *bits, unsigned count) /* at most 16 of those ready */
{
	bits->hold <<= count;
	bits->count -= count;
}

static inline unsigned bits_take(struct bits *bits, unsigned count) /* at most 16 of those ready */
{
	unsigned value = (unsigned)(bits->hold >> 48 >> (16 - count));

	bits_skip(bits, count);
	return value;
}

/* Whether bits past the end were taken. */
static inline bool bits_overrun(const struct bits *bits)
{
	return bits->count < bits->beyond;
}

/* Codes ---------------------------------------------------------------------------------------- */

#define HUFFMAN_SYMBOLS_MAX 512u
#define HUFFMAN_LENGTH_MAX  16u
#define HUFFMAN_FAST        11u /* codes up to this long are found at once */

struct huffman {
	uint16_t fast[1u << HUFFMAN_FAST];     /* symbol << 4 | length; 0: a longer code, or none */
	uint16_t symbols[HUFFMAN_SYMBOLS_MAX]; /* in the order of their codes */
	uint32_t end[HUFFMAN_LENGTH_MAX + 1];  /* 16 bits that begin with no code up to so long */
	int32_t place[HUFFMAN_LENGTH_MAX + 1]; /* of a code's symbol in symbols, less the code */
};

/* Builds the code of `count` symbols (at most HUFFMAN_SYMBOLS_MAX) from their lengths, 0 (not used) to 16. A code
 * that leaves bit strings without symbol is taken: meeting one is damage. ERR_DAMAGED: two symbols would have the
 * same bits; *out is then of no use. */
bool huffman_build(
    struct huffman *out, const uint8_t *lengths, unsigned count, struct err *err) MUST_CHECK;

/* For codes longer than HUFFMAN_FAST, by the next 16 bits: symbol << 5 | length; 0 for no code. (No code has 0 bits;
 * the bits stay with the caller, whose copy of them may then live in registers.) */
unsigned huffman_find_long(const struct huffman *code, uint32_t next);

/* The next symbol; -1 for bits that are no code. 16 bits must be ready. */
static inline int huffman_decode(const struct huffman *code, struct bits *bits)
{
	unsigned entry = code->fast[bits->hold >> (64 - HUFFMAN_FAST)];

	if (entry != 0) {
		bits_skip(bits, entry & 15);
		return (int)(entry >> 4);
	}
	entry = huffman_find_long(code, (uint32_t)(bits->hold >> 48));
	if (entry == 0)
		return -1;
	bits_skip(bits, entry & 31);
	return (int)(entry >> 5);
}

/* Copies ---------------------------------------------------------------------------------------- */

/* Copies len bytes from distance (1 or more) before `to`. room: bytes that may be written, at least len; what is
 * behind len may be overwritten. */
static inline void copy_earlier(uint8_t *to, size_t distance, size_t len, size_t room)
{
	const uint8_t *from = to - distance;

	if (distance >= 8 && room - len >= 8) {
		uint8_t *end = to + len;

		do {
			memcpy(to, from, 8);
			to += 8;
			from += 8;
		} while (to < end);
		return;
	}
	if (distance == 1)
		memset(to, *from, len);
	else
		for (size_t i = 0; i < len; i++)
			to[i] = from[i];
}

#endif
