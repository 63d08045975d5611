/* Age files: header, stanzas, chunks, whole and cut off. The identity opens the seeds. */
#include "tests/fuzz/fuzz_target.h"
#include "bundle/age.h"

static const char identity[] =
    "AGE-SECRET-KEY-1S65X96X6YN7YXA6UW4Z5WYJ55KC2N6WCRK7ZM603GHWFZKCFJC5QWNPY5P";

/* Reads what there is of it. */
static void read_all(struct source *plain)
{
	uint8_t some[5000];
	uint64_t at = 0;
	size_t got = 1;

	while (got && at < plain->size && plain->read(plain, at, some, sizeof(some), &got, NULL))
		at += got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(age_identities_free) struct age_identities keys = {0};
	CLEANUP(text_free) struct text plain = {.ceiling = (size_t)1 << 22};
	CLEANUP(sink_free) struct sink *to = sink_to_text(&plain);
	CLEANUP(source_close) struct source *file = source_of_bytes((struct bytes){data, len});
	CLEANUP(source_close) struct source *opened = NULL;
	CLEANUP(source_close) struct source *truncated = NULL;
	struct err err = {0};

	if (!file || !to || !age_identities_add(&keys, bytes_of(identity), &err))
		return 0;
	(void)!age_decrypt(file, &keys, to, &err);
	if (age_open(file, false, &keys, &opened, &err))
		read_all(opened);
	if (age_open_truncated(file, false, &keys, &truncated, &err))
		read_all(truncated);
	/* The same bytes as keys. */
	(void)!age_identities_add(&keys, (struct bytes){data, len}, &err);
	return 0;
}
