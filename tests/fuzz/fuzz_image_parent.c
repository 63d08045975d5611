/* platform/image_parent.h: differencing VHD and VHDX disks. The input is what a VHDX keeps apart: 1 KiB of its head, the table of
 * regions, and the metadata, as a source that puts each where it belongs. */
#include "tests/fuzz/fuzz_target.h"
#include "platform/image_parent.h"

#include <stdlib.h>

#define HEAD    1024u
#define REGIONS 0x30000u /* 1 KiB, of which the copy is the same */

struct apart {
	struct source source;
	struct bytes bytes;
};

static uint8_t byte_at(const struct apart *apart, uint64_t at)
{
	uint64_t from = at;

	if (at >= REGIONS)
		from = at % 0x10000 + HEAD;
	return from < apart->bytes.len ? apart->bytes.at[from] : 0;
}

static bool apart_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	const struct apart *apart = (const struct apart *)self;

	(void)err;
	for (*got = 0; *got < len && offset + *got < self->size; ++*got)
		((uint8_t *)to)[*got] = byte_at(apart, offset + *got);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct apart apart = {
	    .source = {.size = 0x80000, .read = apart_read}, .bytes = {data, len}};
	CLEANUP(source_close) struct source *plain = source_of_bytes(apart.bytes);
	CLEANUP(text_free) struct text parent = {0};

	if (image_parent_of(&apart.source, &parent) && parent.len > 16384)
		abort();
	text_clear(&parent);
	if (plain && !image_parent_of(plain, &parent) && parent.len)
		abort();
	return 0;
}
