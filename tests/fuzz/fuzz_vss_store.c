/* formats/vss/map.h: block lists: the bytes are descriptors, 32 bytes each. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/vss/map.h"

#include <stdlib.h>

#define PIECE ((size_t)508 * VSS_DESCRIPTOR_LEN) /* as in one block of the list */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct vss_map map = {0};

	for (size_t at = 0; at < len; at += PIECE)
		if (!vss_map_add(&map,
			(struct bytes){data + at, len - at < PIECE ? len - at : PIECE}, 4096, NULL))
			break;
	if (vss_map_finish(&map, NULL))
		for (size_t i = 0; i < map.count; i++) {
			uint64_t block = vss_entry_block(&map.at[i]);

			if (vss_map_find(&map, block) != i)
				abort(); /* not sorted, or twice */
			if (vss_entry_kind(&map.at[i]) == VSS_ENTRY_CANCEL)
				abort();
		}
	vss_map_free(&map);
	return 0;
}
