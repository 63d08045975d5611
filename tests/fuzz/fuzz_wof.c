/* A stream WofCompressedData: the algorithm, three bytes of content size, then the stream. */
#include "tests/fuzz/fuzz_target.h"
#include "core/source.h"
#include "formats/ntfs/wof.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t buffer[100000];
	struct source *source = NULL;

	if (len < 4)
		return 0;
	uint64_t size = (le32(data) >> 8) % (1u << 20);
	struct source *packed = source_of_bytes((struct bytes){data + 4, len - 4});

	if (!packed)
		return 0;
	if (!ntfs_wof_open_source(packed, data[0] & 3, size, &source, NULL)) {
		source_close(packed);
		return 0;
	}
	for (uint64_t at = 0; at < size;) {
		size_t got = 0;
		bool ok = source->read(source, at, buffer, sizeof(buffer), &got, NULL);

		if (got > sizeof(buffer) || (ok && got == 0))
			abort();
		at += got + (ok ? 0 : 4096);
	}
	source_close(source);
	return 0;
}
