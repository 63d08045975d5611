/* Prints what formats/ntfs reads of a $LogFile, one tab-separated line each, for corpus/logfile.sh to compare with
 * others.
 *
 * logfile_dump records FILE    lsn(hex) live|stale update REDO UNDO transaction target vcn record_offset attribute_offset
 *                              lengths of redo and undo data; or: lsn live|stale checkpoint length
 * logfile_dump operations FILE lsn(hex) live|stale transaction(hex) word record-sequence parent/name; then old name, times …
 * Damage goes to standard error. */
#include "core/time.h"
#include "formats/ntfs/logfile_operation.h"
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

static void print_name(const char *before, const struct ntfs_name *name)
{
	CLEANUP(text_free) struct text text = {0};

	text_add_utf16(&text, name->utf16);
	printf("%s%llu-%u/%s", before, (unsigned long long)name->parent.record,
	    name->parent.sequence, text_string(&text));
}

static void print_operation(const struct logfile_operation *op)
{
	const char *word = logfile_what_name(op->what);
	char time[TIME_ISO_ROOM];

	printf("%llx\t%s\t%llx\t%s%s", (unsigned long long)op->record->lsn,
	    op->record->stale ? "stale" : "live", (unsigned long long)op->transaction,
	    op->is_rollback ? "rollback:" : "", word ? word : "-");
	if (!word && op->action)
		printf(" %u/%u", op->action->redo, op->action->undo);
	if (op->has & LOGFILE_HAS_FILE)
		printf("\t%llu", (unsigned long long)op->file.record);
	if (op->has & LOGFILE_HAS_SEQUENCE)
		printf("-%u", op->file.sequence);
	if (op->has & (LOGFILE_HAS_NAME | LOGFILE_HAS_PARENT))
		print_name(op->has & LOGFILE_NAME_LEARNED ? "\tlearned:" : "\t", &op->name);
	if (op->old.utf16.len)
		print_name("\twas ", &op->old);
	if (op->has & LOGFILE_HAS_TIMES) {
		time_iso(op->times.created, time);
		printf("\tcreated %s", time);
	}
	if (op->has & LOGFILE_HAS_NAME_TIMES) {
		time_iso(op->name.times.modified, time);
		printf("\tname modified %s", time);
	}
	if (op->has & LOGFILE_HAS_SIZES)
		printf("\tsize %llu", (unsigned long long)op->size);
	if (op->has & LOGFILE_HAS_ATTRIBUTE)
		printf("\tattribute %x", op->attribute_type);
	if (op->has & LOGFILE_HAS_RANGE)
		printf("\t%llu+%llu", (unsigned long long)op->first, (unsigned long long)op->count);
	if (op->change)
		printf("\tusn %llu reason %x", (unsigned long long)op->change->usn,
		    op->change->reason);
	printf("\n");
}

static int dump_operations(struct source *source, struct logfile_listener *listener)
{
	CLEANUP(logfile_operations_close) struct logfile_operations *operations = NULL;
	struct logfile_operation operation;
	struct err err = {0};

	if (logfile_operations_open(source, NULL, listener, &operations, &err))
		while (logfile_operations_next(operations, &operation, &err))
			print_operation(&operation);
	return err.kind != ERR_NONE;
}

int main(int argc, char **argv)
{
	CLEANUP(source_close) struct source *source = NULL;
	CLEANUP(logfile_close) struct logfile *log = NULL;
	struct logfile_listener listener = {.damage = on_damage};
	struct logfile_record record;
	struct err err = {0};

	if (argc != 3)
		return 64;
	if (strcmp(argv[1], "operations") == 0 && file_open(argv[2], &source, &err))
		return dump_operations(source, &listener);
	if (!file_open(argv[2], &source, &err) || !logfile_open(source, &listener, &log, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return err.kind == ERR_MISSING ? 66 : 65;
	}
	while (logfile_next(log, &record, &err))
		print_record(&record);
	return err.kind != ERR_NONE;
}
