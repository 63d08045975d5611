/* A field kit's files, each up to a zero byte, the seal over them last. */
#include "fuzz_target.h"

#include "bundle/kit.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"kit.json", "recipients.txt", "seal.pem", "seal.key",
    "chain.pem", "evidence-ca.pem", "kit.sha256", "kit.p7s"};

struct files {
	struct store store;
	struct bytes at[8];
};

static bool files_open(struct store *self, const char *name, struct source **out, struct err *err)
{
	struct files *files = (struct files *)self;

	for (size_t i = 0; i < 8; i++) {
		if (strcmp(name, names[i]) != 0 || !files->at[i].at)
			continue;
		*out = source_of_bytes(files->at[i]);
		return *out || fail(err, ERR_MEMORY, "no memory");
	}
	return fail(err, ERR_MISSING, "no '%s'", name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(kit_free) struct kit kit = {0};
	CLEANUP(kit_free) struct kit read = {0};
	struct files files = {.store = {.open = files_open}};

	for (size_t i = 0; i < 8 && len; i++) {
		const uint8_t *zero = i < 7 ? memchr(data, 0, len) : NULL;
		size_t part = zero ? (size_t)(zero - data) : len;

		files.at[i] = (struct bytes){data, part};
		part += zero ? 1 : 0;
		data += part;
		len -= part;
	}
	(void)!kit_read(&files.store, &read, NULL);
	(void)!kit_open(&files.store, NULL, &kit, NULL);
	return 0;
}
