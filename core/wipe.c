/* See wipe.h. */
#include "core/wipe.h"

#include <openssl/crypto.h>

void wipe(void *secret, size_t len)
{
	if (secret && len)
		OPENSSL_cleanse(secret, len);
}
