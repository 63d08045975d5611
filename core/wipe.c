/* See wipe.h. */
#include "core/wipe.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

void wipe(void *secret, size_t len)
{
	if (secret && len)
		OPENSSL_cleanse(secret, len);
}

static size_t room_of(void *memory)
{
#ifdef _WIN32
	return _msize(memory);
#else
	return malloc_usable_size(memory);
#endif
}

static void *give(size_t len, const char *file, int line)
{
	(void)file;
	(void)line;
	return malloc(len);
}

static void take_back(void *memory, const char *file, int line)
{
	(void)file;
	(void)line;
	if (memory)
		OPENSSL_cleanse(memory, room_of(memory));
	free(memory);
}

static void *give_more(void *memory, size_t len, const char *file, int line)
{
	size_t room = memory ? room_of(memory) : 0;
	void *more;

	if (len && len <= room)
		return memory;
	more = len ? malloc(len) : NULL;
	if (len && !more)
		return NULL;
	if (more && memory)
		memcpy(more, memory, room);
	take_back(memory, file, line);
	return more;
}

bool wipe_start(void)
{
	return CRYPTO_set_mem_functions(give, give_more, take_back) == 1;
}
