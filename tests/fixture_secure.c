/* See fixture_secure.h; layouts: docs/formats/ntfs.md. */
#include "tests/fixture_secure.h"

#include "core/bytes.h"

#include <string.h>

#define HEADER (FIXTURE_SDS - FIXTURE_DESCRIPTOR)

void fixture_descriptor(uint8_t at[FIXTURE_DESCRIPTOR], uint8_t rid)
{
	static const uint8_t sid[8] = {1, 1, 0, 0, 0, 0, 0, 5};

	memset(at, 0, FIXTURE_DESCRIPTOR);
	at[0] = 1;                /* revision */
	put_le16(at + 2, 0x8000); /* self-relative */
	put_le32(at + 4, 20);     /* of the owner */
	memcpy(at + 20, sid, sizeof(sid));
	at[28] = rid;
}

void fixture_sds(uint8_t at[FIXTURE_SDS], uint32_t id, uint8_t rid)
{
	uint32_t hash = 0;

	memset(at, 0, HEADER);
	fixture_descriptor(at + HEADER, rid);
	for (size_t i = 0; i < FIXTURE_DESCRIPTOR; i += 4)
		hash = (hash << 3 | hash >> 29) + le32(at + HEADER + i);
	put_le32(at, hash);
	put_le32(at + 4, id);
	put_le32(at + 16, FIXTURE_SDS);
}
