/* Streams of bits in 16-bit words, as LZX and Xpress read them, written by hand. */
#ifndef KANSHIKI_TESTS_FIXTURE_BITS_H
#define KANSHIKI_TESTS_FIXTURE_BITS_H

#include "core/bytes.h"

#include <stdlib.h>

/* Two words are set aside ahead, as MS-XCA 2.1.4.3 tells: bytes in between go behind them. */
struct fixture_bits {
	uint8_t at[1 << 17];
	size_t len;
	size_t first, second; /* places of the words */
	unsigned word, room;  /* the word under way, its free bits */
};

/* Sets aside two words from here on; with one word ahead for LZX, where nothing lies in between. */
static inline void fixture_bits_start(struct fixture_bits *b)
{
	b->first = b->len;
	b->second = b->len + 2;
	b->len += 4;
	b->word = 0;
	b->room = 16;
}

static inline void fixture_bits_put(struct fixture_bits *b, unsigned value, unsigned count)
{
	for (; count > 0; count--) {
		if (b->room == 0) {
			put_le16(b->at + b->first, (uint16_t)b->word);
			b->first = b->second;
			b->second = b->len;
			b->len += 2;
			b->word = 0;
			b->room = 16;
		}
		b->word = b->word << 1 | (value >> (count - 1) & 1);
		b->room--;
	}
}

static inline void fixture_bits_byte(struct fixture_bits *b, unsigned value)
{
	b->at[b->len++] = (uint8_t)value;
}

/* Fills up the word under way; what was set aside behind it is zeros. */
static inline void fixture_bits_stop(struct fixture_bits *b)
{
	put_le16(b->at + b->first, (uint16_t)(b->word << b->room));
	put_le16(b->at + b->second, 0);
}

#endif
