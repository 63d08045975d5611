/* The word that was meant, for one that was mistyped. */
#ifndef KANSHIKI_CORE_NEAREST_H
#define KANSHIKI_CORE_NEAREST_H

#include "core/bytes.h"

/* Look at each word that there is, then ask. Zero but for `typed` before use. */
struct nearest {
	struct bytes typed;
	const char *word; /* the nearest so far; NULL: none is near */
	size_t distance;  /* letters to add, take away, change or swap with the next */
};
void nearest_look(struct nearest *nearest, const char *word);

#endif
