/* MANIFEST.sha512 beside a MANIFEST of two volumes. */
#include "fuzz_target.h"

#include "bundle/reader_parts.h"

#include <stdlib.h>

#define VOLUMES 2

struct files {
	struct store store;
	struct bytes list;
};

static bool files_open(struct store *self, const char *name, struct source **out, struct err *err)
{
	(void)name;
	*out = source_of_bytes(((struct files *)self)->list);
	return *out || fail(err, ERR_MEMORY, "no memory");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t zeros[SHA256_LEN];
	struct files files = {{.open = files_open}, {data, len}};
	bool good[VOLUMES + 1] = {true, true, true};
	struct bundle_reader reader = {.store = &files.store, .file_good = good};
	struct file_hash hashes[VOLUMES] = {{.kind = HASH_SHA512}, {.kind = HASH_SHA512}};
	struct err err = {0};

	if (!manifest_set(&reader.manifest, "files.001.tar.zst.age", zeros, &err) ||
	    !manifest_set(&reader.manifest, "meta.001.tar.zst.age", zeros, &err) ||
	    !manifest_set(&reader.manifest, MANIFEST_SHA512_NAME, zeros, &err))
		abort();
	for (size_t i = 0, at = 0; i <= VOLUMES; i++)
		if (reader_wants_sha512(&reader, i))
			hashes[at++].index = i;
	(void)!reader_check_sha512(&reader, hashes, VOLUMES, &err);
	manifest_free(&reader.manifest);
	return 0;
}
