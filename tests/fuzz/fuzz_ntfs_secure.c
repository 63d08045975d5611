/* formats/ntfs/secure.h: a $SDS, every id of it as text. */
#include "formats/ntfs/secure.h"
#include "tests/fuzz/fuzz_target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(source_close) struct source *raw = source_of_bytes((struct bytes){data, len});
	CLEANUP(ntfs_secure_close) struct ntfs_secure *secure = NULL;
	struct ntfs_security security;

	if (!raw || !ntfs_secure_open_sds(raw, &secure, NULL))
		return 0;
	for (size_t i = 0; i < ntfs_secure_count(secure); i++) {
		if (i > 0 && ntfs_secure_id(secure, i) <= ntfs_secure_id(secure, i - 1))
			abort();
		if (!ntfs_secure_find(secure, ntfs_secure_id(secure, i), &security, NULL))
			continue;
	}
	return 0;
}
