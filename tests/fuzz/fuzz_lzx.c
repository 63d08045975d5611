/* One chunk of LZX: the first two bytes tell how much comes out. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/lzx.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 2)
		return 0;
	size_t room = le16(data) % (LZX_CHUNK + 1);
	uint8_t *out = malloc(room + 1);

	if (!out)
		return 0;
	(void)!lzx_decompress((struct bytes){.at = data + 2, .len = len - 2}, out, room, NULL);
	free(out);
	return 0;
}
