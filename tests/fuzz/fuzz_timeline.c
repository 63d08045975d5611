/* The timeline of a bare $MFT, a journal or a small volume with its shadow copies, in one of the formats: the last byte says which. */
#include "tests/fuzz/fuzz_target.h"
#include "analysis/timeline.h"

#include <stdlib.h>

static bool write_nowhere(struct sink *self, struct bytes data, struct err *err)
{
	(void)self;
	(void)data;
	(void)err;
	return true;
}

static void write_one(const char *format, struct source *source)
{
	struct sink nowhere = {.write = write_nowhere};
	CLEANUP(timeline_free) struct timeline *timeline = NULL;
	struct timeline_totals totals;
	struct err err = {0};
	const struct vss_choice shadows = {.all = true};
	bool ok = timeline_new(&nowhere, format, &timeline, &err) &&
		  timeline_shadows(timeline, &shadows, &err);

	switch (ok ? timeline_probe(source, &err) : TIMELINE_UNKNOWN) {
	case TIMELINE_UNKNOWN:
		return;
	case TIMELINE_VOLUME:
		ok = timeline_add_volume(timeline, source, &err);
		break;
	case TIMELINE_FAT:
		ok = timeline_add_fat(timeline, source, &err);
		break;
	case TIMELINE_MFT:
		ok = timeline_add_files(
		    timeline, &(struct timeline_files){.mft = source, .journal = source}, &err);
		break;
	case TIMELINE_LOGFILE:
		ok = timeline_add_files(timeline, &(struct timeline_files){.log = source}, &err);
		break;
	case TIMELINE_JOURNAL:
		ok =
		    timeline_add_files(timeline, &(struct timeline_files){.journal = source}, &err);
		break;
	}
	if (!timeline_finish(timeline, &totals, &err) && ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const formats[] = {"jsonl", "csv", "bodyfile", "timesketch"};
	CLEANUP(source_close)
	struct source *source = source_of_bytes((struct bytes){.at = data, .len = len});

	if (source && len > 0)
		write_one(formats[data[len - 1] % ARRAY_LEN(formats)], source);
	return 0;
}
