/* formats/vss/vss.h: a volume: its catalogue, every snapshot opened and read here and there. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/vss/vss.h"

#include <stdlib.h>

#define MOST 8u /* snapshots */

static void read_some(struct source *source)
{
	static uint8_t buffer[(size_t)3 << 14];
	size_t got = 0;

	for (unsigned i = 0; i < 8; i++) {
		uint64_t offset = source->size / 8 * i + i;

		got = 0;
		if (source->read(source, offset, buffer, sizeof(buffer), &got, NULL) &&
		    got < sizeof(buffer) && offset + got < source->size)
			abort(); /* short, and no reason given */
		if (got > sizeof(buffer))
			abort();
	}
	source_close(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(source_close) struct source *volume = source_of_bytes((struct bytes){data, len});
	CLEANUP(vss_close) struct vss *vss = NULL;

	if (!volume || !vss_open(volume, NULL, &vss, NULL))
		return 0;
	for (size_t i = 0; i < vss_count(vss) && i < MOST; i++) {
		struct source *source = NULL;

		if (vss_snapshot_open(vss, i, VSS_AS_WINDOWS, &source, NULL))
			read_some(source);
		if (vss_snapshot_open(vss, i, VSS_KEPT_ONLY, &source, NULL))
			read_some(source);
		(void)vss_is_same(vss, i, VSS_PRESENT, 0, len);
	}
	return 0;
}
