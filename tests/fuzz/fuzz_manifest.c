/* MANIFEST.sha256, and names of volumes. What is read is written again as it was. */
#include "tests/fuzz/fuzz_target.h"
#include "bundle/manifest.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(manifest_free) struct manifest manifest = {0};
	CLEANUP(text_free) struct text again = {0};
	struct bytes text = {data, len};
	struct volume_name name;
	struct err err = {0};

	(void)volume_name_parse(text, &name);
	if (!manifest_parse(text, &manifest, &err))
		return 0;
	if (!manifest_format(&manifest, &again, &err) || !bytes_equal(text_bytes(&again), text))
		abort();
	return 0;
}
