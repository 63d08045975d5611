/* Overwriting of secrets before their memory is given back: the one helper, because a compiler may drop a memset. */
#ifndef KANSHIKI_CORE_WIPE_H
#define KANSHIKI_CORE_WIPE_H

#include <stddef.h>

/* Nothing happens for NULL or 0 bytes. */
void wipe(void *secret, size_t len);

#endif
