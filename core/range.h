/* Ranges of bytes: parts of a stream, a volume or a file. */
#ifndef KANSHIKI_CORE_RANGE_H
#define KANSHIKI_CORE_RANGE_H

#include "core/source.h"

struct range {
	uint64_t offset, len;
};

/* Of ranges that are sorted and apart the index of the first that ends behind the offset; count when none does. */
size_t range_behind(const struct range *ranges, size_t count, uint64_t offset);

/* The bytes of these ranges of another source, one after the other. Takes a copy of the ranges. Borrows `whole` unless owns is true,
 * then closing it closes `whole`, too. Where `whole` ends inside a range it is ERR_DAMAGED. NULL when no memory (whole untouched). */
struct source *range_source(
    struct source *whole, const struct range *ranges, size_t count, bool owns);

#endif
