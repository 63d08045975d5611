/* Paths of a journal by an MFT, both forged: how many records of 1 KiB the MFT has, they, the journal. */
#include "tests/fuzz/fuzz_target.h"
#include "analysis/timeline.h"

#include <stdlib.h>

#define RECORD 1024u

static bool write_nowhere(struct sink *self, struct bytes data, struct err *err)
{
	(void)self;
	(void)data;
	(void)err;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sink nowhere = {.write = write_nowhere};
	CLEANUP(timeline_free) struct timeline *timeline = NULL;
	struct timeline_totals totals;
	struct err err = {0};

	if (len < 1 || len - 1 < (size_t)data[0] * RECORD)
		return 0;
	struct bytes mft_bytes = {.at = data + 1, .len = (size_t)data[0] * RECORD};
	struct bytes usn_bytes = {
	    .at = mft_bytes.at + mft_bytes.len, .len = len - 1 - mft_bytes.len};
	CLEANUP(source_close) struct source *mft = source_of_bytes(mft_bytes);
	CLEANUP(source_close) struct source *journal = source_of_bytes(usn_bytes);
	struct timeline_files files = {.mft = mft, .journal = journal};

	if (!mft || !journal || !timeline_new(&nowhere, "jsonl", &timeline, &err))
		return 0;
	bool ok = timeline_add_files(timeline, &files, &err);

	if (!timeline_finish(timeline, &totals, &err) && ok)
		abort();
	return 0;
}
