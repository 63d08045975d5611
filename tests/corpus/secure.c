/* secure SDS: every security id of a $Secure:$SDS, one a line: id, SHA-256 of the raw descriptor, damage, owner, SDDL.
 * Exits 1 when the $SDS itself is damaged. */
#include "core/hash.h"
#include "formats/ntfs/secure.h"
#include "platform/file.h"

#define IDS (1u << 20) /* Windows counts them up from 256 on */

static bool print(struct ntfs_secure *secure, uint32_t id, struct err *err)
{
	struct ntfs_security security;
	struct bytes raw;
	uint8_t sha256[SHA256_LEN];
	char hex[SHA256_HEX_ROOM];

	if (!ntfs_secure_raw(secure, id, &raw, err))
		return false;
	hash_sha256(raw, sha256);
	hash_hex((struct bytes){sha256, sizeof(sha256)}, hex);
	if (!ntfs_secure_find(secure, id, &security, err))
		return false;
	printf("%u\t%s\t%s\t%.*s\t%.*s\n", id, hex,
	    security.damage.kind == ERR_NONE ? "" : security.damage.text, (int)security.owner.len,
	    (const char *)security.owner.at, (int)security.sddl.len,
	    (const char *)security.sddl.at);
	return true;
}

int main(int argc, char **argv)
{
	CLEANUP(source_close) struct source *sds = NULL;
	CLEANUP(ntfs_secure_close) struct ntfs_secure *secure = NULL;
	struct err err = {0};

	if (argc != 2)
		return 64;
	if (!file_open(argv[1], &sds, &err) || !ntfs_secure_open_sds(sds, &secure, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 66;
	}
	for (uint32_t id = 0; id < IDS; id++)
		if (!print(secure, id, &err) && err.kind != ERR_MISSING) {
			fprintf(stderr, "%s\n", err.text);
			return 1;
		}
	if (ntfs_secure_damage(secure)->kind != ERR_NONE) {
		fprintf(stderr, "%s\n", ntfs_secure_damage(secure)->text);
		return 1;
	}
	return 0;
}
