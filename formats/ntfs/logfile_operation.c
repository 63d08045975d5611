/* The walk over operations. See logfile_operation.h. */
#include "formats/ntfs/logfile_decode.h"

#include <stdlib.h>

#define CLUSTER_MIN 512u
#define CLUSTER_MAX (2u << 20)

static const char *const words[] = {
    [LOGFILE_FILE_CREATED] = "file_created",
    [LOGFILE_FILE_DELETED] = "file_deleted",
    [LOGFILE_RECORD_BEFORE] = "record_before",
    [LOGFILE_RECORD_WRITTEN] = "record_written",
    [LOGFILE_ATTRIBUTE_CREATED] = "attribute_created",
    [LOGFILE_ATTRIBUTE_DELETED] = "attribute_deleted",
    [LOGFILE_TIMES_SET] = "times_set",
    [LOGFILE_VALUE_WRITTEN] = "value_written",
    [LOGFILE_STREAM_WRITTEN] = "stream_written",
    [LOGFILE_SIZES_SET] = "sizes_set",
    [LOGFILE_RUNS_WRITTEN] = "runs_written",
    [LOGFILE_NAME_ADDED] = "name_added",
    [LOGFILE_NAME_REMOVED] = "name_removed",
    [LOGFILE_RENAMED] = "renamed",
    [LOGFILE_MOVED] = "moved",
    [LOGFILE_ENTRY_WRITTEN] = "entry_written",
    [LOGFILE_CLUSTERS_ALLOCATED] = "clusters_allocated",
    [LOGFILE_CLUSTERS_FREED] = "clusters_freed",
    [LOGFILE_RECORDS_ALLOCATED] = "records_allocated",
    [LOGFILE_RECORDS_FREED] = "records_freed",
    [LOGFILE_CHANGE_WRITTEN] = "change_written",
};

const char *logfile_what_name(enum logfile_what what)
{
	return (size_t)what < ARRAY_LEN(words) ? words[what] : NULL;
}

static bool is_cluster_size(uint32_t size)
{
	return size >= CLUSTER_MIN && size <= CLUSTER_MAX && (size & (size - 1)) == 0;
}

static void learn_checkpoint(struct logfile_operations *ops, const struct logfile_record *record)
{
	struct logfile_checkpoint checkpoint;

	if (!ops->layout.cluster_size &&
	    logfile_checkpoint_parse(record->data, &checkpoint, NULL) &&
	    is_cluster_size(checkpoint.cluster_size))
		ops->layout.cluster_size = checkpoint.cluster_size;
}

static void learn_ahead(struct logfile_operations *ops, const struct logfile_record *record)
{
	struct logfile_ahead *ahead = &ops->ahead[record->stale];
	struct logfile_action action;

	if (record->type != LOGFILE_UPDATE || ahead->is_whole ||
	    !logfile_action_parse(record->data, &action, NULL))
		return;
	/* A dump of names is of the keys of the dump before it. */
	if (record->after_gap)
		logfile_opens_miss(&ahead->opens, record->lsn);
	if (action.redo != LOGFILE_ATTRIBUTE_TABLE && action.redo != LOGFILE_NAME_TABLE)
		return;
	logfile_opens_learn(&ahead->opens, record->lsn, &action);
	ahead->is_whole = action.redo == LOGFILE_NAME_TABLE;
}

/* Reads on until the first tables of the ring are known: the records before them need them, too. */
static bool look_ahead(struct logfile_operations *ops, struct err *err)
{
	struct logfile_record record;
	struct err why = {0};

	logfile_rewind(ops->log, NULL);
	while (!(ops->ahead[false].is_whole && ops->layout.cluster_size) &&
	       logfile_next(ops->log, &record, &why)) {
		if (record.type == LOGFILE_CHECKPOINT)
			learn_checkpoint(ops, &record);
		learn_ahead(ops, &record);
	}
	logfile_rewind(ops->log, &ops->own);
	ops->has_missed = false;
	if (why.kind == ERR_NONE)
		return true;
	*err = why;
	return false;
}

static void on_damage(
    struct logfile_listener *self, uint64_t offset, uint64_t len, const struct err *why)
{
	struct logfile_operations *ops = (struct logfile_operations *)self;

	ops->has_missed = true;
	if (ops->listener && ops->listener->damage)
		ops->listener->damage(ops->listener, offset, len, why);
}

bool logfile_operations_open(struct source *source, const struct logfile_layout *layout,
    struct logfile_listener *listener, struct logfile_operations **out, struct err *err)
{
	CLEANUP(logfile_operations_close)
	struct logfile_operations *ops = calloc(1, sizeof(*ops));

	if (!ops)
		return fail(err, ERR_MEMORY, "no memory to read a log");
	ops->own.damage = on_damage;
	ops->listener = listener;
	if (layout)
		ops->layout = *layout;
	if (!logfile_open(source, &ops->own, &ops->log, err) || !look_ahead(ops, err))
		return false;
	ops->opens = ops->ahead[false].opens;
	ops->source = source;
	*out = TAKE(ops);
	return true;
}

const struct logfile_restart *logfile_operations_restart(
    const struct logfile_operations *operations)
{
	return logfile_restart(operations->log);
}

void logfile_operations_close(struct logfile_operations *ops)
{
	if (!ops)
		return;
	if (ops->log)
		logfile_close(ops->log);
	if (ops->scout.log)
		logfile_close(ops->scout.log);
	logfile_names_free(&ops->names);
	free(ops->runs.at);
	free(ops);
}

static void on_scout_damage(
    struct logfile_listener *self, uint64_t offset, uint64_t len, const struct err *why)
{
	(void)offset;
	(void)len;
	(void)why;
	((struct logfile_scout *)self)->has_missed = true;
}

/* The next record to look at, of those from that LSN on; false: there is none of this ring. */
static bool scout_next(struct logfile_operations *ops, uint64_t from, struct err *err)
{
	struct logfile_scout *scout = &ops->scout;

	while (!scout->is_over) {
		if (scout->has_record && scout->record.lsn >= from)
			return scout->record.stale == ops->record.stale;
		scout->has_record = logfile_next(scout->log, &scout->record, err);
		scout->is_over = !scout->has_record;
	}
	return false;
}

/* Learns from the record at hand; has_table: the table of attributes is known that a table of names belongs to. True: that is
 * all of this dump. */
static bool scout_learn(struct logfile_operations *ops, bool *has_table)
{
	struct logfile_scout *scout = &ops->scout;
	const struct logfile_record *record = &scout->record;
	struct logfile_action action = {0};
	bool is_update =
	    record->type == LOGFILE_UPDATE && logfile_action_parse(record->data, &action, NULL);
	bool is_table = is_update && action.redo == LOGFILE_ATTRIBUTE_TABLE;
	bool is_names = is_update && action.redo == LOGFILE_NAME_TABLE;

	if (*has_table && (is_table || record->after_gap || scout->has_missed))
		return true; /* and it stays at hand */
	if (is_table || (*has_table && is_names))
		logfile_opens_learn(&ops->opens, record->lsn, &action);
	if (is_table)
		scout->dumped = record->lsn;
	is_names = is_names && *has_table;
	*has_table = *has_table || is_table;
	scout->has_missed = false;
	scout->has_record = false;
	return is_names;
}

/* The next dump tells what was open before it and since when, be it from before a gap or in it: the records from there on need
 * that. */
static bool learn_behind(struct logfile_operations *ops, uint64_t from, struct err *err)
{
	struct logfile_scout *scout = &ops->scout;
	bool has_table = false, is_whole = scout->dumped >= from;
	struct err why = {0};

	scout->base.damage = on_scout_damage;
	if (!scout->log && !scout->is_over &&
	    !logfile_open(ops->source, &scout->base, &scout->log, &why))
		scout->is_over = true;
	while (!is_whole && scout_next(ops, from, &why))
		is_whole = scout_learn(ops, &has_table);
	if (why.kind != ERR_MEMORY)
		return true;
	*err = why;
	return false;
}

/* Between what is left of an earlier ring and this one, other attributes were opened. */
static bool notice_ring(struct logfile_operations *ops, struct err *err)
{
	bool is_other = ops->was_stale != ops->record.stale || !ops->has_begun;
	bool ok = true;

	if (ops->was_stale != ops->record.stale) {
		ops->opens = ops->ahead[ops->record.stale].opens;
		ops->has_missed = true;
	}
	if (ops->has_missed || ops->record.after_gap) {
		logfile_names_miss(&ops->names);
		logfile_index_miss(&ops->index);
		logfile_opens_miss(&ops->opens, ops->record.lsn);
		logfile_transactions_miss(&ops->transactions, ops->record.lsn);
		ok = is_other || learn_behind(ops, ops->record.lsn, err);
	}
	ops->has_missed = false;
	ops->has_begun = true;
	ops->was_stale = ops->record.stale;
	return ok;
}

static bool is_table(uint16_t code)
{
	return code >= LOGFILE_OPEN_ATTRIBUTE && code <= LOGFILE_TRANSACTION_TABLE;
}

bool logfile_operations_take(
    struct logfile_operations *ops, struct logfile_operation *out, struct err *err)
{
	struct err why = {0};

	*out = (struct logfile_operation){.record = &ops->record};

	if (!notice_ring(ops, err))
		return false;
	ops->transaction = NULL;
	if (ops->record.type != LOGFILE_UPDATE) {
		learn_checkpoint(ops, &ops->record);
		return true;
	}
	if (!logfile_action_parse(ops->record.data, &ops->action, &why)) {
		logfile_transactions_pass(&ops->transactions, &ops->record);
		on_damage(&ops->own, ops->record.offset, ops->record.data.len, &why);
		return true;
	}
	out->action = &ops->action;
	if (is_table(ops->action.redo)) {
		logfile_transactions_pass(&ops->transactions, &ops->record);
		logfile_opens_learn(&ops->opens, ops->record.lsn, &ops->action);
		return true;
	}
	ops->transaction = logfile_transactions_of(&ops->transactions, &ops->record);
	out->transaction = ops->transaction->first;
	if (!logfile_decode(ops, out, err))
		return false;
	if (ops->action.redo == LOGFILE_FORGET)
		logfile_transaction_end(ops->transaction);
	return true;
}

bool logfile_operations_next(
    struct logfile_operations *ops, struct logfile_operation *out, struct err *err)
{
	if (ops->changes.len) {
		*out = (struct logfile_operation){.record = &ops->record};
		out->action = &ops->action;
		out->transaction = ops->transaction ? ops->transaction->first : 0;
		if (logfile_decode_change(ops, out))
			return true;
	}
	return logfile_next(ops->log, &ops->record, err) && logfile_operations_take(ops, out, err);
}
