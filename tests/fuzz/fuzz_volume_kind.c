/* The first sectors of any volume. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/volume_kind.h"
#include "formats/volume_proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(source_close)
	struct source *source = source_of_bytes((struct bytes){.at = data, .len = len});
	enum volume_kind kind;
	struct err err = {0};

	if (source && volume_kind_of(source, &kind, &err))
		(void)volume_kind_name(kind);
	if (source && len >= 512)
		(void)volume_proof_backup(source, (struct bytes){.at = data, .len = len});
	return 0;
}
