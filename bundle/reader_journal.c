/* The journal's chain: each line carries its number and the hash of the line before, and the MANIFEST the hash of the
 * last, so that none can be left out, added or changed. */
#include "bundle/document.h"
#include "bundle/lines.h"
#include "bundle/reader_parts.h"

#include <stdio.h>

#define RUNS_MAX 999u

static bool check_line(
    struct bytes line, uint64_t number, const uint8_t head[SHA256_LEN], struct err *err)
{
	char previous[SHA256_HEX_ROOM];
	CLEANUP(yyjson_doc_free)
	yyjson_doc *document = yyjson_read((const char *)line.at, line.len, 0);
	yyjson_val *root = yyjson_doc_get_root(document);

	if (document && !document_check_keys(document, err))
		return false;
	hash_hex((struct bytes){head, SHA256_LEN}, previous);
	if (yyjson_get_uint(yyjson_obj_get(root, "number")) != number ||
	    !yyjson_equals_str(yyjson_obj_get(root, "previous"), previous))
		return fail(err, ERR_DAMAGED,
		    "line %llu does not follow the one before it: a line there was changed, "
		    "moved, added or left out",
		    (unsigned long long)number);
	return true;
}

bool reader_journal_follow(
    struct source *journal, uint64_t *number, uint8_t head[SHA256_LEN], struct err *err)
{
	CLEANUP(lines_free)
	struct lines lines = {.source = journal, .end = journal->size, .ceiling = ROW_BYTES};

	for (;;) {
		struct bytes line;
		uint64_t at = 0;

		if (!lines_next(&lines, &line, &at, err))
			return false;
		if (!line.at)
			return true;
		if (!check_line(line, *number + 1, head, err))
			return false;
		(*number)++;
		hash_sha256(line, head);
	}
}

/* Every run after an interruption has a journal of its own, which goes on where the sealed one before it ends. */
static bool walk_run(struct bundle_reader *reader, unsigned run, uint64_t *number,
    uint8_t head[SHA256_LEN], struct err *err)
{
	CLEANUP(source_close) struct source *journal = NULL;
	char name[32] = "journal.jsonl";
	struct err why = {0};

	if (run > 1)
		snprintf(name, sizeof(name), "journal.%03u.jsonl", run);
	if (bundle_meta_open(reader, name, &journal, &why))
		return reader_journal_follow(journal, number, head, err) ||
		       fail_in(err, "'meta/%s'", name);
	if (why.kind == ERR_MISSING)
		return true;
	*err = why;
	return false;
}

bool bundle_check_journal(struct bundle_reader *reader, struct err *err)
{
	uint8_t head[SHA256_LEN] = {0};
	uint64_t number = 0;

	for (unsigned run = 1; run <= RUNS_MAX; run++)
		if (!walk_run(reader, run, &number, head, err))
			return false;
	if (memcmp(head, reader->manifest.journal_head, SHA256_LEN) != 0)
		return fail(err, ERR_DAMAGED, "'meta/journal.jsonl' is not the one that '%s' names",
		    MANIFEST_NAME);
	return true;
}
