/* The chain of hashes of meta/journal.jsonl. */
#include "fuzz_target.h"

#include "bundle/reader_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(source_close) struct source *journal = source_of_bytes((struct bytes){data, len});
	uint8_t head[SHA256_LEN] = {0};
	uint64_t number = 0;

	if (journal)
		(void)!reader_journal_follow(journal, &number, head, NULL);
	return 0;
}
