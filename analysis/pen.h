/* Text written at a place where there is room: each function writes at `at` and returns where it ended. A
 * timeline is millions of short pieces, so the room is made once for a line (output_pen), not for each. */
#ifndef KANSHIKI_ANALYSIS_PEN_H
#define KANSHIKI_ANALYSIS_PEN_H

#include "core/bytes.h"

#define PEN_NUMBER 24u /* bytes for the longest number: of 20, written four at a time */

/* A string literal. */
#define PEN_TEXT(at, literal) \
	((char *)memcpy((at), "" literal, sizeof(literal) - 1) + sizeof(literal) - 1)

static inline char *pen_string(char *at, const char *string)
{
	while (*string)
		*at++ = *string++;
	return at;
}

/* A number of any length. */
char *pen_long_number(char *at, uint64_t value);

static inline char *pen_number(char *at, uint64_t value)
{
	if (value >= 10)
		return pen_long_number(at, value);
	*at = (char)('0' + value);
	return at + 1;
}

/* The bytes of printable ASCII at the start of utf8 that no format escapes, copied; *len is how many. There is
 * room for utf8.len bytes rounded up to 16. */
char *pen_plain(char *at, struct bytes utf8, size_t *len);

#endif
