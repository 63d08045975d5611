/* formats/ntfs/secure.h: a $SDS, every id of it as text. */
#include "formats/ntfs/secure.h"
#include "tests/fuzz/fuzz_target.h"

#define HEADERS 2048u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(source_close) struct source *raw = source_of_bytes((struct bytes){data, len});
	CLEANUP(ntfs_secure_close) struct ntfs_secure *secure = NULL;
	struct ntfs_security security;

	if (!raw || !ntfs_secure_open_sds(raw, &secure, NULL))
		return 0;
	/* The id of a header is at 4; headers begin at each 16 bytes. */
	for (size_t at = 0; at + 16 <= len && at < 16 * HEADERS; at += 16)
		if (!ntfs_secure_find(secure, le32(data + at + 4), &security, NULL))
			continue;
	return 0;
}
