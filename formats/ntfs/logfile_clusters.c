/* See logfile_clusters.h. */
#include "formats/ntfs/logfile_clusters.h"

#include "core/array.h"
#include "formats/ntfs/logfile_operation.h"

#include <stdlib.h>

#define LOG_RECORD 2u
/* One action is about one page of $Bitmap: more bits are a lie. It bounds where to look, too. */
#define COUNT_MAX ((uint64_t)1 << 15)
#define LOOK_MAX   \
	((size_t)1 \
	    << 12) /* grants that reach a cluster, or lie one behind the other, for one question */

struct logfile_grant { /* or the end of one */
	uint64_t lsn;
	uint64_t first, count; /* clusters */
	uint64_t reach;        /* how far this one and those before it go at most */
};

struct grants {
	struct logfile_grant *at;
	size_t count, room;
};

struct logfile_clusters {
	struct grants given, freed;
	uint64_t since, until;
};

struct load {
	struct logfile_listener base;
	struct logfile_clusters *clusters;
	bool broken; /* damage since the last operation */
};

static void on_damage(
    struct logfile_listener *self, uint64_t offset, uint64_t len, const struct err *why)
{
	struct load *load = (struct load *)self;

	(void)offset;
	(void)len;
	(void)why;
	load->broken = true;
}

/* Makes room by forgetting the older half. */
static bool make_room(struct logfile_clusters *c, struct grants *list, struct err *err)
{
	if (list->count >= LOGFILE_GRANTS) {
		size_t kept = LOGFILE_GRANTS / 2;

		if (c->since < list->at[list->count - kept].lsn)
			c->since = list->at[list->count - kept].lsn;
		memmove(list->at, list->at + list->count - kept, kept * sizeof(*list->at));
		list->count = kept;
	}
	return array_grow(
	    &list->at, &list->room, list->count + 1, sizeof(*list->at), LOGFILE_GRANTS, err);
}

static bool keep(struct logfile_clusters *c, const struct logfile_operation *op, struct err *err)
{
	struct grants *list = op->what == LOGFILE_CLUSTERS_ALLOCATED ? &c->given : &c->freed;

	if ((op->what != LOGFILE_CLUSTERS_ALLOCATED && op->what != LOGFILE_CLUSTERS_FREED) ||
	    op->count > COUNT_MAX || op->first > UINT64_MAX - COUNT_MAX)
		return true;
	if (!make_room(c, list, err))
		return false;
	list->at[list->count++] =
	    (struct logfile_grant){.lsn = op->record->lsn, .first = op->first, .count = op->count};
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct logfile_grant *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->lsn < y->lsn ? -1 : x->lsn > y->lsn;
}

static void put_in_order(struct grants *list)
{
	uint64_t reach = 0;

	if (list->count)
		qsort(list->at, list->count, sizeof(*list->at), compare);
	for (size_t i = 0; i < list->count; i++) {
		uint64_t end = list->at[i].first + list->at[i].count;

		reach = end > reach ? end : reach;
		list->at[i].reach = reach;
	}
}

/* Bits of a bitmap that may be $Bitmap. */
static bool is_unknown(const struct logfile_operation *op)
{
	if (!op->action || op->action->redo != LOGFILE_SET_BITS)
		return false;
	if (op->what == LOGFILE_OTHER)
		return !(op->has & LOGFILE_HAS_ATTRIBUTE);
	return op->what == LOGFILE_CLUSTERS_ALLOCATED && op->count > COUNT_MAX;
}

static bool is_whole(const struct logfile_restart *restart, uint64_t last)
{
	return restart->present && last >= restart->current_lsn;
}

/* The newest LSN that the log can have given out: a volume in use may have been read a little later than its log, but not a
 * whole round later. */
static uint64_t newest(const struct logfile_restart *restart, uint64_t last)
{
	uint64_t known = restart->current_lsn > last ? restart->current_lsn : last;
	uint64_t round;

	if (!restart->present)
		return UINT64_MAX;
	round = UINT64_C(1) << (64 - restart->sequence_bits); /* 8 to 60 */
	return known > UINT64_MAX - round ? UINT64_MAX : known + round;
}

/* What pages left of an earlier log grant was before or after anything here, nobody knows: no more than that there was another
 * owner, as where a grant ended. */
static bool demote_older_log(struct logfile_clusters *c, struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->given.count; i++) {
		struct logfile_grant grant = c->given.at[i];

		if (grant.lsn <= c->until) {
			c->given.at[kept++] = grant;
			continue;
		}
		if (!make_room(c, &c->freed, err))
			return false;
		c->freed.at[c->freed.count++] = grant;
	}
	c->given.count = kept;
	return true;
}

static bool load_all(struct load *load, struct logfile_operations *operations, struct err *err)
{
	struct logfile_clusters *c = load->clusters;
	struct logfile_operation op;
	uint64_t last = 0;
	struct err why = {0};

	while (logfile_operations_next(operations, &op, &why)) {
		if (op.record->stale)
			c->since = UINT64_MAX;
		else if (is_unknown(&op))
			c->since = op.record->lsn + 1;
		else if (load->broken || op.record->after_gap)
			c->since = op.record->lsn;
		else if (c->since == UINT64_MAX)
			c->since = op.record->lsn;
		load->broken = false;
		last = op.record->stale ? last : op.record->lsn;
		if (!keep(c, &op, err))
			return false;
	}
	c->until = newest(logfile_operations_restart(operations), last);
	if (!demote_older_log(c, err))
		return false;
	put_in_order(&c->given);
	put_in_order(&c->freed);
	/* Its newest records are lost, or nobody knows whether: so it tells of no file that nothing came after. */
	if (!is_whole(logfile_operations_restart(operations), last))
		c->since = UINT64_MAX;
	if (why.kind == ERR_NONE)
		return true;
	*err = why;
	return false;
}

bool logfile_clusters_load_from(
    struct source *source, uint32_t cluster_size, struct logfile_clusters **out, struct err *err)
{
	CLEANUP(logfile_clusters_free)
	struct logfile_clusters *clusters = calloc(1, sizeof(*clusters));
	CLEANUP(logfile_operations_close) struct logfile_operations *operations = NULL;
	struct logfile_layout layout = {.cluster_size = cluster_size};
	struct load load = {.base = {.damage = on_damage}, .clusters = clusters};
	struct err why = {0};

	if (!clusters)
		return fail(err, ERR_MEMORY, "no memory for the clusters of a log");
	clusters->since = UINT64_MAX;
	clusters->until = UINT64_MAX; /* without a log nothing tells of two */
	if (logfile_operations_open(source, &layout, &load.base, &operations, &why)) {
		load.broken = false;
		if (!load_all(&load, operations, err))
			return false;
	} else if (why.kind == ERR_MEMORY) {
		*err = why;
		return false;
	}
	*out = TAKE(clusters);
	return true;
}

bool logfile_clusters_load(
    struct ntfs_volume *volume, struct logfile_clusters **out, struct err *err)
{
	static const uint8_t nothing[1];
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	CLEANUP(source_close) struct source *source = NULL;
	const struct ntfs_stream *stream = NULL;
	struct err why = {0};

	if (ntfs_entry_load(ntfs_volume_mft(volume), LOG_RECORD, &entry, &why))
		stream = ntfs_entry_stream(&entry, NTFS_DATA, (struct bytes){0});
	if (stream && !ntfs_stream_open(volume, &entry, stream, &source, &why))
		source = NULL;
	if (!source)
		source = source_of_bytes((struct bytes){nothing, 0});
	if (!source || why.kind == ERR_MEMORY)
		return fail(err, ERR_MEMORY, "no memory for the clusters of a log");
	return logfile_clusters_load_from(
	    source, ntfs_volume_geometry(volume)->cluster_size, out, err);
}

void logfile_clusters_free(struct logfile_clusters *clusters)
{
	if (!clusters)
		return;
	free(clusters->given.at);
	free(clusters->freed.at);
	free(clusters);
}

uint64_t logfile_clusters_since(const struct logfile_clusters *clusters)
{
	return clusters->since;
}

uint64_t logfile_clusters_until(const struct logfile_clusters *clusters)
{
	return clusters->until;
}

static bool reaches_no_further(const void *element, uint64_t cluster)
{
	const struct logfile_grant *one = element;

	return one->reach <= cluster;
}

static uint64_t look(
    const struct grants *list, uint64_t first, uint64_t count, uint64_t lsn, bool *is_there)
{
	uint64_t end = count > UINT64_MAX - first ? UINT64_MAX : first + count;
	size_t start =
	    array_first_from(list->at, list->count, sizeof(*list->at), reaches_no_further, first);

	*is_there = false;
	for (size_t i = start; i < list->count && list->at[i].first < end; i++) {
		const struct logfile_grant *grant = &list->at[i];
		uint64_t behind = grant->first + grant->count;

		if (i - start >= LOOK_MAX) /* so far none */
			return grant->first > first ? grant->first - first : 0;
		if (grant->lsn <= lsn || behind <= first)
			continue;
		if (grant->first > first)
			return grant->first - first;
		*is_there = true;
		return behind < end ? behind - first : end - first;
	}
	return end - first;
}

uint64_t logfile_clusters_given_after(
    const struct logfile_clusters *c, uint64_t first, uint64_t count, uint64_t lsn, bool *given)
{
	return look(&c->given, first, count, lsn, given);
}

uint64_t logfile_clusters_freed_after(
    const struct logfile_clusters *c, uint64_t first, uint64_t count, uint64_t lsn, bool *freed)
{
	return look(&c->freed, first, count, lsn, freed);
}
