/* The content of $EA; its start as an $OBJECT_ID. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/ntfs/ea.h"
#include "formats/ntfs/object_id.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes content = {data, len};
	struct ntfs_object_id id;
	struct ntfs_ea ea;
	bool found = true;
	size_t pos = 0;
	size_t used = 0;

	if (ntfs_object_id_parse(content, &id, NULL) && id.domain && id.domain + 16 > data + len)
		abort();
	while (found && ntfs_ea_next(content, &pos, &ea, &found, NULL))
		if (found)
			used += 9 + ea.name.len + ea.value.len;
	if (used > len || pos > len)
		abort();
	return 0;
}
