/* Log records one after the other, each with its length (16 bits), type and transaction (8 bits) in front: what they
 * mean. Their pages are fuzz_logfile's. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/ntfs/logfile_operation.h"
#include "formats/ntfs/logfile_decode.h"

#include <stdlib.h>

#define HEADER 4u

/* Too large to be given by the system for each run. */
static struct logfile_operations operations;

static uint64_t sum_of(struct bytes bytes)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < bytes.len; i++)
		sum += bytes.at[i];
	return sum;
}

static uint64_t take(void)
{
	struct logfile_operation op;
	struct err err = {0};
	uint64_t sum = 0;

	if (!logfile_operations_take(&operations, &op, &err))
		return 0;
	do {
		if (op.has & LOGFILE_HAS_NAME)
			sum += sum_of(op.name.utf16) + sum_of(op.old.utf16);
		if (op.has & LOGFILE_HAS_ATTRIBUTE)
			sum += sum_of(op.attribute_name);
		for (size_t i = 0; i < op.run_count; i++)
			sum += op.runs[i].lcn;
	} while (operations.changes.len && logfile_decode_change(&operations, &op));
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint64_t sum = 0;
	size_t at = 0;

	memset(&operations, 0, sizeof(operations));
	operations.layout = (struct logfile_layout){4096, 1024};
	operations.scout.is_over = true; /* there is no log to read ahead in */
	while (at + HEADER <= len) {
		struct logfile_record *record = &operations.record;
		size_t left = len - at - HEADER;
		size_t own = le16(data + at);

		*record = (struct logfile_record){
		    .lsn = 1000 + at,
		    .previous = data[at + 3] & 0x80 ? 1000 : 0,
		    .type = data[at + 2],
		    .transaction = data[at + 3] & 0x7f,
		    .data = {.at = data + at + HEADER, .len = own < left ? own : left},
		};
		at += HEADER + record->data.len;
		sum += take();
	}
	logfile_names_free(&operations.names);
	free(operations.runs.at);
	return sum == UINT64_MAX;
}
