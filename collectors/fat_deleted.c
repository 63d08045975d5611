/* Deleted files of a FAT or exFAT volume: the list, and the data of those that are worth it, by the same policy as on
 * NTFS. Page: docs/collectors/deleted-files.md. See state.h. */
#include "bundle/name.h"
#include "collectors/deleted.h"
#include "collectors/fat_row.h"
#include "core/array.h"
#include "core/tr.h"

#include <stdlib.h>

#define LIST_BYTES ((size_t)64 << 20)
#define PIECE      ((size_t)4096)

struct candidate {
	uint64_t place, bytes, when;
	uint8_t priority, decision;
};

enum pass { PLAN, LIST, TAKE_DATA };

struct fat_deleted {
	struct fat_walker walker;
	struct collection *collection;
	struct collection_volume *volume;
	struct matcher priorities;
	struct trim trim;
	enum pass pass;
	struct candidate *at; /* by rank, then by place */
	size_t count, room;
	uint64_t dropped, files;
	uint64_t cap, file_cap;
	struct text list;
	struct text member;
	uint64_t list_dropped;
	uint64_t met;           /* TAKE_DATA: of the candidates */
	struct fat_gaps unread; /* places that could not be read, in any pass */
};

static int by_rank(const void *a, const void *b)
{
	const struct candidate *x = a;
	const struct candidate *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	if (x->when != y->when)
		return x->when > y->when ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

static int by_place(const void *a, const void *b)
{
	const struct candidate *x = a;
	const struct candidate *y = b;

	return (x->place > y->place) - (x->place < y->place);
}

/* Its first cluster is a sample of what the drive has done to deleted files. */
static void see_trim(struct fat_deleted *d, const struct fat_entry *entry)
{
	const struct fat_geometry *geometry = fat_volume_geometry(d->volume->fat);
	uint64_t cluster = entry->cluster;
	bool is_free = false;

	if (entry->size == 0 || entry->valid_size == 0 || entry->is_high_lost ||
	    cluster < FAT_FIRST_CLUSTER ||
	    !fat_cluster_is_free(d->volume->fat, entry->cluster, &is_free, NULL) || !is_free)
		return;
	trim_see(&d->trim, geometry->data + (cluster - FAT_FIRST_CLUSTER) * geometry->cluster_size);
}

/* Of its bytes those that the image has. */
static uint64_t bytes_there(
    const struct fat_deleted *d, const struct fat_entry *entry, const struct fat_recovered *left)
{
	uint64_t absent =
	    (uint64_t)left->absent * fat_volume_geometry(d->volume->fat)->cluster_size;

	return entry->size > absent ? entry->size - absent : 0;
}

static bool plan(struct fat_deleted *d, const struct fat_entry *entry, struct err *err)
{
	struct fat_recovered left;
	struct candidate one = {.place = entry->place, .when = entry->modified.ticks};
	unsigned class = deleted_priority(&d->priorities, d->volume->letter, entry->path);

	d->files++;
	see_trim(d, entry);
	if (entry->size == 0 || entry->is_slack || d->collection->deleted == DELETED_LIST ||
	    (class == DELETED_CLASS_NONE && d->collection->deleted != DELETED_ALL))
		return true;
	if (!fat_recovery_of(d->volume->fat, entry, &left, err))
		return false;
	one.bytes = bytes_there(d, entry, &left);
	one.priority = (uint8_t) class;
	one.decision = left.result == FAT_RECOVERY_OVERWRITTEN ? DELETED_GONE : DELETED_TAKE;
	if (array_grow(&d->at, &d->room, d->count + 1, sizeof(one), DELETED_CANDIDATES_MAX, NULL))
		d->at[d->count++] = one;
	else
		d->dropped++;
	return true;
}

static void decide(struct fat_deleted *d)
{
	uint64_t left = d->cap, over = 0, over_bytes = 0;

	if (d->count)
		qsort(d->at, d->count, sizeof(*d->at), by_rank);
	for (size_t i = 0; i < d->count; i++) {
		struct candidate *one = &d->at[i];

		if (one->decision == DELETED_TAKE)
			one->decision = (uint8_t)deleted_cap(one->bytes, d->file_cap, &left);
		over += deleted_is_over(one->decision);
		over_bytes += deleted_is_over(one->decision) ? one->bytes : 0;
	}
	deleted_say_over(d->collection, &d->volume->name, over, over_bytes);
	if (d->count)
		qsort(d->at, d->count, sizeof(*d->at), by_place);
}

static const struct candidate *find(const struct fat_deleted *d, const struct fat_entry *entry)
{
	struct candidate key = {.place = entry->place};

	return d->count ? bsearch(&key, d->at, d->count, sizeof(key), by_place) : NULL;
}

static bool list(struct fat_deleted *d, const struct fat_entry *entry, struct err *err)
{
	struct json json = {.to = &d->list};
	struct fat_recovered left = {0};
	bool has_left = entry->kind == FAT_ENTRY_FILE || entry->kind == FAT_ENTRY_DIRECTORY;
	size_t len = d->list.len;

	if (has_left && !fat_recovery_of(d->volume->fat, entry, &left, err))
		return false;
	fat_row_list(&json, fat_volume_geometry(d->volume->fat), entry, has_left ? &left : NULL);
	text_addc(&d->list, '\n');
	if (d->list.failed) {
		d->list.failed = false;
		d->list.len = len;
		d->list_dropped++;
	}
	return true;
}

static void write_row(struct fat_deleted *d, const struct fat_entry *entry, struct row *row)
{
	row->path = text_bytes(&d->member);
	row->kind = "file";
	row->read = "raw";
	row->collection = d->collection;
	row->volume = d->volume;
	row->fat = entry;
	row_put(row);
}

static void leave(
    struct fat_deleted *d, const struct fat_entry *entry, struct row *row, const char *reason)
{
	struct err why = {0};

	fail(&why, ERR_MISSING, "%s", reason);
	row->status = ROW_NOT_TAKEN;
	/* cppcheck-suppress autoVariables ; taken out again below */
	row->why = &why;
	row->size = entry->size;
	collection_counting(d->collection)->skipped++;
	write_row(d, entry, row);
	row->why = NULL;
}

static void fail_taking(struct fat_deleted *d, const struct fat_entry *entry, const struct err *why)
{
	struct row row = {.status = ROW_NOT_TAKEN,
	    .why = why,
	    .is_left = d->collection->broken,
	    .size = entry->size};

	collection_counting(d->collection)->failed++;
	write_row(d, entry, &row);
	collection_note_problem(d->collection, text_bytes(&d->member), why);
}

static void finish(
    struct fat_deleted *d, const struct fat_entry *entry, struct row *row, const struct err *damage)
{
	const struct fat_recovered *left = &row->fat_left->recovered;
	const struct bundle_place *place = row->place;
	struct err why = *damage;
	bool is_gap = copy_explain(row->copy, place, &why);

	if (!is_gap && left->unknown)
		fail(&why, ERR_MISSING,
		    "of %llu clusters %llu are its own, %llu were overwritten, %llu are unknown",
		    (unsigned long long)left->clusters, (unsigned long long)left->good,
		    (unsigned long long)left->clusters - left->good - left->unknown,
		    (unsigned long long)left->unknown);
	else if (!is_gap && left->is_doubtful && left->good == left->clusters)
		fail(&why, ERR_MISSING,
		    "its %u clusters are free, but half of the number of the first is lost: it "
		    "may have begun elsewhere",
		    left->clusters);
	else if (!is_gap && left->result != FAT_RECOVERY_FULL && left->good == left->clusters)
		fail(&why, ERR_MISSING,
		    "its %u clusters are free, but who had them since is not known",
		    left->clusters);
	else if (!is_gap && left->result != FAT_RECOVERY_FULL)
		fail(
		    &why, ERR_MISSING, "of %u clusters %u are its own", left->clusters, left->good);
	/* cppcheck-suppress autoVariables ; taken out again below */
	row->why = &why;
	row->status = why.kind == ERR_NONE ? ROW_TAKEN : ROW_PARTIAL;
	row->is_gap = is_gap;
	collection_count_entry(d->collection, row->status == ROW_TAKEN, place);
	d->collection->deleted_bytes += place->stored;
	write_row(d, entry, row);
	row->why = NULL;
	if (is_gap)
		collection_note_problem(d->collection, text_bytes(&d->member), &why);
}

static void store(struct fat_deleted *d, const struct fat_entry *entry, struct row *row,
    struct source *source, const struct err *damage)
{
	CLEANUP(copy_result_free) struct copy_result copy = {0};
	struct bundle_member member = {
	    .name = text_string(&d->member), .identity = entry->place, .size = source->size};
	struct bundle_place place;
	struct err err = {0};

	fat_row_times(entry, &member);
	row->size = source->size;
	/* cppcheck-suppress autoVariables ; taken out again below */
	row->copy = &copy;
	/* cppcheck-suppress autoVariables ; taken out again below */
	row->place = &place;
	if (copy_entry(d->collection, BUNDLE_FILES, &member, source, &copy, &place, &err)) {
		finish(d, entry, row, damage);
	} else {
		fail_taking(d, entry, &err);
	}
	row->copy = NULL;
	row->place = NULL;
}

/* Whether a stretch of the content, a cluster's, holds one byte throughout; false with *is_unread where it cannot be read. */
static bool is_emptied(
    struct fat_deleted *d, struct source *source, uint64_t at, uint64_t len, bool *is_unread)
{
	uint8_t piece[PIECE];
	uint8_t first = 0;

	for (uint64_t done = 0; done < len; done += sizeof(piece)) {
		size_t part = len - done < sizeof(piece) ? (size_t)(len - done) : sizeof(piece);

		*is_unread = collect_stopped(d->collection) ||
			     !source_read_exact(source, at + done, piece, part, NULL);
		if (done == 0)
			first = piece[0];
		if (*is_unread || piece[0] != first || !trim_is_blank(piece, part))
			return false;
	}
	return true;
}

/* On a volume that looks trimmed, the clusters of a file that are its own tell what TRIM left of it. */
static void look_for_trim(struct fat_deleted *d, const struct fat_entry *entry,
    struct source *source, struct row_fat_left *left)
{
	uint64_t size = source->size < entry->valid_size ? source->size : entry->valid_size;
	uint32_t cluster = fat_volume_geometry(d->volume->fat)->cluster_size;
	struct fat_recovered *recovered = &left->recovered;
	uint32_t looked = 0;
	size_t next = 0; /* of the lost ranges, the first that does not end before */

	if (!d->trim.looks_trimmed || recovered->good == 0)
		return;
	for (uint64_t at = 0; at < size; at += cluster) {
		bool is_unread = false;

		while (
		    next < left->lost_count && left->lost[next].offset + left->lost[next].len <= at)
			next++;
		if (next < left->lost_count && left->lost[next].offset <= at)
			continue;
		looked++;
		left->blank += is_emptied(
		    d, source, at, size - at < cluster ? size - at : cluster, &is_unread);
		if (collect_stopped(d->collection))
			return;
	}
	left->is_blank_known = true;
	if (left->blank == 0)
		return;
	if (left->blank < looked)
		recovered->result = FAT_RECOVERY_PARTIAL;
	else
		recovered->result = recovered->good + recovered->unknown == recovered->clusters
					? FAT_RECOVERY_TRIMMED
					: FAT_RECOVERY_OVERWRITTEN;
}

/* Sealed before an interruption, with its row. */
static bool keep(struct fat_deleted *d, const struct fat_entry *entry)
{
	struct bundle_kept kept;

	if (!collection_kept(d->collection, text_string(&d->member), entry->place, &kept))
		return false;
	d->collection->deleted_bytes += kept.stored;
	return true;
}

static void take(struct fat_deleted *d, const struct fat_entry *entry, const struct candidate *one)
{
	CLEANUP(source_close) struct source *source = NULL;
	CLEANUP(free_memory) struct range *lost = NULL;
	const struct collection_plan *asked = d->collection->plan;
	struct row_fat_left left = {.path = entry->path};
	struct row row = {.fat_left = &left};
	struct err err = {0}, damage = {0};

	collection_counting(d->collection)->expected++;
	if (!fat_recovery_of(d->volume->fat, entry, &left.recovered, &err)) {
		fail_taking(d, entry, &err);
	} else if (one->decision != DELETED_TAKE) {
		leave(d, entry, &row, deleted_why((enum deleted_decision)one->decision));
	} else if (!asked->writer) {
		asked->would_take(asked->context, text_bytes(&d->member), entry->size);
		collection_counting(d->collection)->taken++;
	} else if (keep(d, entry)) {
		return;
	} else if (!fat_deleted_open(d->volume->fat, entry, &source, &lost, &left.lost_count,
		       &left.found, &damage, &err)) {
		if (err.kind == ERR_DAMAGED && entry->cluster == 0)
			leave(d, entry, &row, err.text);
		else
			fail_taking(d, entry, &err);
	} else {
		left.lost = lost;
		look_for_trim(d, entry, source, &left);
		if (left.recovered.result == FAT_RECOVERY_TRIMMED ||
		    left.recovered.result == FAT_RECOVERY_OVERWRITTEN) {
			leave(d, entry, &row,
			    left.recovered.result == FAT_RECOVERY_TRIMMED
				? DELETED_EMPTIED
				: deleted_why(DELETED_GONE));
			return;
		}
		d->collection->progress.what = text_bytes(&d->member);
		store(d, entry, &row, source, &damage);
		d->collection->progress.what = (struct bytes){0};
	}
}

static bool take_data(struct fat_deleted *d, const struct fat_entry *entry, struct err *err)
{
	const struct candidate *one = find(d, entry);

	if (!one)
		return true;
	d->met++;
	text_clear(&d->member);
	text_addf(&d->member, "deleted/%s/%llu-0/", text_string(&d->volume->name),
	    (unsigned long long)entry->number);
	bundle_name_add_path(&d->member, entry->name);
	if (!text_ok(&d->member, err))
		return false;
	take(d, entry, one);
	return true;
}

static bool look(struct fat_walker *self, const struct fat_entry *entry, struct err *err)
{
	struct fat_deleted *d = (struct fat_deleted *)self;

	if (collect_stopped(d->collection))
		return fail(err, ERR_STOPPED, "stopped");
	if (!entry->is_deleted)
		return true;
	if (d->pass == LIST)
		return list(d, entry, err);
	if (entry->kind != FAT_ENTRY_FILE)
		return true;
	return d->pass == PLAN ? plan(d, entry, err) : take_data(d, entry, err);
}

/* What is damaged but can be read was told of by the walk for files in use. */
static void note_unread(struct fat_walker *self, uint64_t place, const struct err *why)
{
	if (why->kind == ERR_IO)
		fat_gaps_note(&((struct fat_deleted *)self)->unread, place, why);
}

static void report(struct fat_deleted *d, const struct err *why)
{
	CLEANUP(text_free) struct text name = {0};

	text_addf(&name, "deleted/%s", text_string(&d->volume->name));
	collect_problem(d->collection, text_string(&name), why);
}

static bool pass(struct fat_deleted *d, enum pass which)
{
	struct err err = {0};

	d->pass = which;
	if (fat_walk(d->volume->fat, &d->walker, &err))
		return true;
	if (err.kind != ERR_STOPPED)
		report(d, &err);
	return false;
}

static void add_head(struct fat_deleted *d)
{
	struct json json = {.to = &d->list};

	json_begin(&json);
	deleted_head(&json, d->collection, d->volume, d->cap, d->file_cap);
	json_unsigned_field(&json, "files", d->files);
	trim_write(&json, &d->trim, "other copies");
	json_string_field(&json, "earlier_owner",
	    "unknowable: an overwrite by a file whose own entry is gone leaves no trace");
	json_end(&json);
	text_addc(&d->list, '\n');
}

static void store_list(struct fat_deleted *d)
{
	CLEANUP(text_free) struct text name = {0};
	struct source *source = source_of_bytes(text_bytes(&d->list));
	struct err err = {0};

	text_addf(&name, "deleted/%s/files.jsonl", text_string(&d->volume->name));
	if (!source) {
		fail(&err, ERR_MEMORY, "no memory for the list of deleted files");
		report(d, &err);
		return;
	}
	collect_source(d->collection, text_string(&name), source);
	if (d->list_dropped) {
		fail(&err, ERR_LIMIT, "%llu deleted files over the limit are not listed",
		    (unsigned long long)d->list_dropped);
		report(d, &err);
	}
}

/* Candidates that did not have their turn: after a stop, or because their directory cannot be read any more. */
static void report_rest(struct fat_deleted *d)
{
	CLEANUP(text_free) struct text name = {0};
	struct collection_counts *counts = collection_counting(d->collection);
	uint64_t rest = d->count - d->met;
	struct err err = {0};

	if (rest == 0)
		return;
	if (!collect_stopped(d->collection)) {
		fat_gaps_not_found(&d->unread, rest, d->count, &err);
		report(d, &err);
		return;
	}
	counts->expected += rest;
	counts->failed += rest;
	text_addf(&name, "deleted/%s", text_string(&d->volume->name));
	fail(&err, ERR_STOPPED, "%zu deleted files and streams were left", (size_t)rest);
	collection_note(d->collection, text_string(&name), &err);
}

static void report_gaps(struct fat_deleted *d)
{
	struct err err = {0};

	if (fat_gaps_tell(&d->unread, &err))
		report(d, &err);
	if (d->dropped) {
		fail(&err, ERR_LIMIT, "%llu files over the limit of %zu were not looked at",
		    (unsigned long long)d->dropped, DELETED_CANDIDATES_MAX);
		report(d, &err);
	}
}

static void run(struct fat_deleted *d)
{
	CLEANUP(text_free) struct text title = {0};
	struct err err = {0};

	text_addf(&title, tr("Looking for deleted files on %s"), text_string(&d->volume->name));
	progress_step(&d->collection->progress, text_string(&title));
	if (!deleted_priorities(&d->priorities, &err)) {
		report(d, &err);
		return;
	}
	if (!pass(d, PLAN))
		return;
	deleted_caps(d->collection, &d->cap, &d->file_cap);
	decide(d);
	trim_judge(
	    &d->trim, d->collection, d->volume, fat_volume_geometry(d->volume->fat)->cluster_size);
	trim_say(&d->trim, d->collection, text_string(&d->volume->name));
	d->list.ceiling = LIST_BYTES;
	add_head(d);
	DISCARD(pass(d, LIST)); /* what it says was reported */
	if (!collect_stopped(d->collection)) {
		store_list(d);
		DISCARD(d->count && pass(d, TAKE_DATA));
	}
	report_rest(d);
	report_gaps(d);
}

void collection_fat_deleted(struct collection *collection, size_t volume)
{
	struct fat_deleted d = {
	    .walker = {.each = look, .damage = note_unread},
	    .collection = collection,
	    .volume = &collection->plan->volumes->at[volume],
	};

	run(&d);
	matcher_free(&d.priorities);
	text_free(&d.list);
	text_free(&d.member);
	free(d.at);
}
