/* Overwriting of secrets before their memory is given back: the one helper, because a compiler may drop a memset. */
#ifndef KANSHIKI_CORE_WIPE_H
#define KANSHIKI_CORE_WIPE_H

#include <stdbool.h>
#include <stddef.h>

/* Nothing happens for NULL or 0 bytes. */
void wipe(void *secret, size_t len);

/* From here on libcrypto overwrites all memory that it gives back: it does so by itself for keys, but not for what keys were read
 * from. To be called once, before anything else of libcrypto; false when it is too late. */
bool wipe_start(void);

#endif
