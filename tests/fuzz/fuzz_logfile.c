/* A $LogFile or a piece of one: restart pages, record pages, their records. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/ntfs/logfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(source_close)
	struct source *source = source_of_bytes((struct bytes){.at = data, .len = len});
	CLEANUP(logfile_close) struct logfile *log = NULL;
	struct logfile_record record;
	struct logfile_action action;
	struct err err = {0};
	uint64_t sum = 0;

	if (!source || !logfile_open(source, NULL, &log, &err))
		return 0;
	while (logfile_next(log, &record, &err)) {
		for (size_t i = 0; i < record.data.len; i++)
			sum += record.data.at[i];
		if (!logfile_action_parse(record.data, &action, &err))
			continue;
		for (size_t i = 0; i < action.redo_data.len; i++)
			sum += action.redo_data.at[i];
		for (size_t i = 0; i < action.undo_data.len; i++)
			sum += action.undo_data.at[i];
	}
	return sum == UINT64_MAX;
}
