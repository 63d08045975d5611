/* Prints what formats/ntfs reads of a $LogFile, one tab-separated line each, for corpus/logfile.sh to compare with
 * others.
 *
 * logfile_dump records FILE    lsn(hex) live|stale update REDO UNDO transaction target vcn record_offset attribute_offset
 *                              sha256-less lengths of redo and undo data; or: lsn live|stale checkpoint length
 * Damage goes to standard error. */
#include "formats/ntfs/logfile.h"
#include "platform/file.h"

#include <stdio.h>
#include <string.h>

static void on_damage(
    struct logfile_listener *self, uint64_t offset, uint64_t len, const struct err *why)
{
	(void)self;
	fprintf(stderr, "at %llu, %llu bytes: %s\n", (unsigned long long)offset,
	    (unsigned long long)len, why->text);
}

static void print_record(const struct logfile_record *record)
{
	struct logfile_action action;
	struct err why = {0};

	printf("%llx\t%s\t", (unsigned long long)record->lsn, record->stale ? "stale" : "live");
	if (record->type != LOGFILE_UPDATE) {
		printf("checkpoint\t%zu\n", record->data.len);
		return;
	}
	if (!logfile_action_parse(record->data, &action, &why)) {
		printf("damaged\t%s\n", why.text);
		return;
	}
	printf("update\t%u\t%u\t%u\t%u\t%llu\t%u\t%u\t%u\t%zu\t%zu\n", action.redo, action.undo,
	    record->transaction, action.target, (unsigned long long)action.vcn, action.block,
	    action.record_offset, action.attribute_offset, action.redo_data.len,
	    action.undo_data.len);
}

int main(int argc, char **argv)
{
	CLEANUP(source_close) struct source *source = NULL;
	CLEANUP(logfile_close) struct logfile *log = NULL;
	struct logfile_listener listener = {.damage = on_damage};
	struct logfile_record record;
	struct err err = {0};

	if (argc != 3 || strcmp(argv[1], "records") != 0)
		return 64;
	if (!file_open(argv[2], &source, &err) || !logfile_open(source, &listener, &log, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return err.kind == ERR_MISSING ? 66 : 65;
	}
	while (logfile_next(log, &record, &err))
		print_record(&record);
	return err.kind != ERR_NONE;
}
