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

/* Of a sorted array the index of the first element that does not lie before key; count when all do. */
static inline size_t array_first_from(const void *at, size_t count, size_t size,
    bool (*is_before)(const void *element, uint64_t key), uint64_t key)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (is_before((const char *)at + middle * size, key))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* CLEANUP(free_memory) void *p: frees what malloc gave. */
void free_memory_at(void *pointer_at);

#endif
