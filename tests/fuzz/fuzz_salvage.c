/* bundle/salvage_volume.h: the plaintext of a volume, damaged in any way, and the tar in it. (Decryption: fuzz_age.) */
#include "fuzz_target.h"

#include "bundle/salvage_volume.h"
#include "bundle/tar_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct unpack *unpacker;
	CLEANUP(source_close) struct source *plain = source_of_bytes((struct bytes){data, len});
	struct salvage_volume volume = {.index = 1};

	if (!plain || (!unpacker && !unpack_new(&unpacker, NULL)))
		return 0;
	if (salvage_volume_scan(&volume, plain, unpacker, 0, NULL))
		for (size_t i = 0; i < volume.count; i++)
			if (volume.frames[i].at + volume.frames[i].packed > len)
				__builtin_trap();
	salvage_volume_free(&volume);
	return 0;
}
