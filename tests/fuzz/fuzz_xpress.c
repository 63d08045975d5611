/* Xpress: the first three bytes tell how much comes out. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/huffman.h"
#include "formats/xpress.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 3)
		return 0;
	size_t room = le16(data) + (data[2] & 1 ? 65536u : 0);
	struct bytes in = {.at = data + 3, .len = len - 3};
	uint8_t *out = malloc(room + 1);
	size_t got = 0;

	if (!out)
		return 0;
	(void)!xpress_decompress(in, out, room, &got, NULL);
	if (got > room)
		abort();
	free(out);
	return 0;
}
