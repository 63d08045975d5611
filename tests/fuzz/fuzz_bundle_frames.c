/* The plaintext of a volume: header, seek table, every frame of it. */
#include "fuzz_target.h"

#include "bundle/unpack.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(source_close) struct source *plain = source_of_bytes((struct bytes){data, len});
	CLEANUP(unpack_index_free) struct unpack_index index = {0};
	CLEANUP(unpack_free) struct unpack *unpack = NULL;
	uint8_t *to = malloc(FRAMES_INPUT_MAX);

	if (plain && to && unpack_new(&unpack, NULL) && unpack_index_read(plain, &index, NULL))
		for (size_t i = 0; i < index.table.count; i++)
			(void)!unpack_frame(unpack, plain, &index.table.at[i], to, NULL);
	free(to);
	return 0;
}
