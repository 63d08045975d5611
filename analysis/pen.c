/* See pen.h. */
#include "analysis/pen.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The two digits of 0 to 99. */
static const char pairs[] = "0001020304050607080910111213141516171819"
			    "2021222324252627282930313233343536373839"
			    "4041424344454647484950515253545556575859"
			    "6061626364656667686970717273747576777879"
			    "8081828384858687888990919293949596979899";

/* The four digits of a value below 10,000, the first in the lowest byte. */
static uint32_t four(uint32_t value)
{
	const uint8_t *table = (const uint8_t *)pairs;

	return le16(table + (size_t)2 * (value / 100)) |
	       (uint32_t)le16(table + (size_t)2 * (value % 100)) << 16;
}

static char *put_four(char *at, uint32_t value)
{
	put_le32((uint8_t *)at, four(value));
	return at + 4;
}

/* As many digits as a value below 10,000 has. */
static char *put_few(char *at, uint32_t value)
{
	size_t skip = (size_t)(value < 1000) + (value < 100) + (value < 10);

	put_le32((uint8_t *)at, four(value) >> 8 * skip);
	return at + 4 - skip;
}

char *pen_long_number(char *at, uint64_t value)
{
	uint64_t high;

	if (value < 10000)
		return put_few(at, (uint32_t)value);
	high = value / 10000;
	at = high < 10000 ? put_few(at, (uint32_t)high) : pen_long_number(at, high);
	return put_four(at, (uint32_t)(value % 10000));
}

/* 1: printable ASCII that no format must escape. */
static const uint8_t is_plain[256] = {
    [' '] = 1,
    ['!'] = 1,
    ['#' ... ';'] = 1,
    ['=' ... '['] = 1,
    [']' ... '{'] = 1,
    ['}' ... '~'] = 1,
};

#ifdef __SSE2__
#define BLOCK 16u

static unsigned first_set(unsigned bits)
{
	return (unsigned)__builtin_ctz(bits);
}

/* A bit for each byte that is not plain. As signed bytes one more than DEL is the least there is, and so are those of
 * 0x80 and more below a space; '\\' and '|' differ in one bit. */
static unsigned special(__m128i block)
{
	__m128i one = _mm_set1_epi8(1);
	__m128i bad = _mm_cmplt_epi8(_mm_add_epi8(block, one), _mm_set1_epi8(' ' + 1));
	__m128i bar = _mm_or_si128(block, _mm_set1_epi8('\\' ^ '|'));

	bad = _mm_or_si128(bad, _mm_cmpeq_epi8(block, _mm_set1_epi8('"')));
	bad = _mm_or_si128(bad, _mm_cmpeq_epi8(block, _mm_set1_epi8('<')));
	bad = _mm_or_si128(bad, _mm_cmpeq_epi8(bar, _mm_set1_epi8('|')));
	return (unsigned)_mm_movemask_epi8(bad);
}

/* Plain bytes in blocks, of which the last may lie over the one before; *done is how many bytes. */
static char *copy_blocks(char *at, struct bytes utf8, size_t *done)
{
	size_t pos = 0;
	unsigned bad = 0;

	if (utf8.len < BLOCK) {
		*done = 0;
		return at;
	}
	while (pos < utf8.len) {
		size_t start = utf8.len - pos < BLOCK ? utf8.len - BLOCK : pos;
		__m128i block = _mm_loadu_si128((const __m128i *)(const void *)(utf8.at + start));

		_mm_storeu_si128((__m128i *)(void *)(at + start), block);
		bad = special(block);
		pos = start + (bad ? first_set(bad) : BLOCK);
		if (bad)
			break;
	}
	*done = pos;
	return at + pos;
}
#else
static char *copy_blocks(char *at, struct bytes utf8, size_t *done)
{
	(void)utf8;
	*done = 0;
	return at;
}
#endif

char *pen_plain(char *at, struct bytes utf8, size_t *len)
{
	size_t pos;

	at = copy_blocks(at, utf8, &pos);
	for (; pos < utf8.len && is_plain[utf8.at[pos]]; pos++)
		*at++ = (char)utf8.at[pos];
	*len = pos;
	return at;
}
