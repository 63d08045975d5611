/* Growing of arrays with a ceiling. See array.h. */
#include "core/array.h"

#include <stdlib.h>
#include <string.h>

bool array_grow_now(
    void *at, size_t *room, size_t need, size_t size, size_t ceiling, struct err *err)
{
	void *old;
	size_t want = *room ? *room : 8;

	if (need > ceiling)
		return fail(err, ERR_LIMIT, "more than %zu elements", ceiling);
	if (want > ceiling)
		want = ceiling;
	while (want < need)
		want = want > ceiling / 2 ? ceiling : want * 2;
	if (want > SIZE_MAX / size)
		return fail(err, ERR_MEMORY, "array of %zu elements is too large", want);
	memcpy(&old, at, sizeof(old));
	void *grown = realloc(old, want * size);

	if (!grown)
		return fail(err, ERR_MEMORY, "no memory for %zu elements", want);
	memcpy(at, &grown, sizeof(grown));
	*room = want;
	return true;
}

void free_memory_at(void *pointer_at)
{
	void *pointer;

	memcpy(&pointer, pointer_at, sizeof(pointer));
	free(pointer);
}
