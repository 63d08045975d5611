/* Growing of arrays with a ceiling. The one container besides text. */
#ifndef KANSHIKI_CORE_ARRAY_H
#define KANSHIKI_CORE_ARRAY_H

#include "core/err.h"

/* Makes room for `need` elements of `size` bytes in the array at *at (NULL at first) holding *room.
 * Grows by doubling. Fails with ERR_LIMIT above `ceiling` elements, ERR_MEMORY when there is none;
 * the array is then unchanged. `at` is the address of the array pointer. */
static inline bool array_grow(
    void *at, size_t *room, size_t need, size_t size, size_t ceiling, struct err *err) MUST_CHECK;

bool array_grow_now(
    void *at, size_t *room, size_t need, size_t size, size_t ceiling, struct err *err) MUST_CHECK;
static inline bool array_grow(
    void *at, size_t *room, size_t need, size_t size, size_t ceiling, struct err *err)
{
	return need <= *room || array_grow_now(at, room, need, size, ceiling, err);
}

/* CLEANUP(free_memory) void *p: frees what malloc gave. */
void free_memory_at(void *pointer_at);

#endif
