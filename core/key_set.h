/* A set of 64-bit keys with a ceiling, for what was told already. One thread at a time. */
#ifndef KANSHIKI_CORE_KEY_SET_H
#define KANSHIKI_CORE_KEY_SET_H

#include "core/bytes.h"

struct key_set {
	uint64_t *slots; /* 0: free */
	size_t room, count,
	    most; /* room and most: slots, powers of two; three quarters of them are used */
};

/* 8 bytes a slot: room of them now, `most` in the end. False: no memory. */
bool key_set_new(struct key_set *set, size_t room, size_t most) MUST_CHECK;
void key_set_free(struct key_set *set);
static inline void key_set_free_at(struct key_set *set)
{
	key_set_free(set);
}

/* Whether the key was not there. It is from now on; where that takes more than `most`, or memory that there is not, it stays new.
 * 0 and 1 are one key. */
bool key_set_add(struct key_set *set, uint64_t key);

#endif
