/* Which deleted streams are taken. See deleted.h. */
#include "collectors/deleted.h"

#include "core/array.h"
#include "core/time.h"
#include "core/tr.h"

#include <stdlib.h>

#define WHEN_SHIFT 24 /* 2^24 ticks are 1.7 s: 32 bits reach from 1970 until 2198 */

/* When it was deleted, as far as that is known: after its last change. */
static uint32_t when_of(const struct deleted_files *d, const struct ntfs_entry *entry)
{
	uint64_t deleted = deleted_journal_time(d, entry);
	uint64_t when = deleted ? deleted : entry->times.changed;

	if (when < TIME_UNIX_EPOCH)
		return 0;
	when = (when - TIME_UNIX_EPOCH) >> WHEN_SHIFT;
	return when < UINT32_MAX ? (uint32_t)when : 0; /* no clock says that */
}

/* Whether anything of it is left; and what taking it stores. */
static enum deleted_decision what_is_left(struct deleted_files *d, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, uint64_t *bytes)
{
	CLEANUP(ntfs_deleted_free) struct ntfs_deleted state = {0};
	CLEANUP(deleted_runs_free) struct deleted_runs runs = {0};
	struct ntfs_deleted_stream of = {d->volume->ntfs, d->claims, entry, NULL};
	struct ntfs_wof wof;
	bool is_wof;

	of.stream = deleted_holder(d, entry, stream, &is_wof, &wof);
	if (!ntfs_deleted_judge(&of, d->bitmap, &state, NULL) ||
	    state.result == NTFS_DELETED_OVERWRITTEN)
		return DELETED_GONE;
	if (deleted_is_unkept(&state))
		return DELETED_UNKEPT;
	deleted_runs_find(d, entry, stream, &runs);
	*bytes = runs.bytes;
	return DELETED_TAKE;
}

static unsigned class_of(struct deleted_files *d, const struct ntfs_entry *entry)
{
	CLEANUP(text_free) struct text path = {0};
	bool is_orphan;

	deleted_path(d, entry, &path, &is_orphan);
	return path.failed ? DELETED_CLASS_NONE
			   : deleted_priority(&d->priorities, d->volume->letter, text_bytes(&path));
}

void deleted_plan_see(struct deleted_files *d, const struct ntfs_entry *entry)
{
	struct deleted_candidate one = {.record = (uint32_t)entry->record,
	    .sequence = entry->sequence,
	    .when = when_of(d, entry),
	    .priority = DELETED_CLASS_NONE};
	bool is_all = d->collection->deleted == DELETED_ALL;
	bool is_asked = false;

	if (d->collection->deleted == DELETED_LIST || entry->record > UINT32_MAX)
		return;
	for (size_t i = 0; i < entry->stream_count; i++) {
		if (entry->streams[i].resident || !hit_is_wanted(entry, &entry->streams[i]))
			continue;
		if (!is_asked)
			one.priority = (uint8_t)class_of(d, entry);
		is_asked = true;
		if (one.priority == DELETED_CLASS_NONE && !is_all)
			return;
		one.stream = d->keys.at[i];
		one.bytes = 0;
		one.decision = (uint8_t)what_is_left(d, entry, &entry->streams[i], &one.bytes);
		if (array_grow(
			&d->at, &d->room, d->count + 1, sizeof(one), DELETED_CANDIDATES_MAX, NULL))
			d->at[d->count++] = one;
		else
			d->dropped++;
	}
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_rank(const void *a, const void *b)
{
	const struct deleted_candidate *x = a;
	const struct deleted_candidate *y = b;

	if (x->priority != y->priority)
		return compare_numbers(x->priority, y->priority);
	if (x->when != y->when)
		return compare_numbers(y->when, x->when);
	if (x->record != y->record)
		return compare_numbers(x->record, y->record);
	return compare_numbers(x->stream, y->stream);
}

static int by_record(const void *a, const void *b)
{
	const struct deleted_candidate *x = a;
	const struct deleted_candidate *y = b;

	if (x->record != y->record)
		return compare_numbers(x->record, y->record);
	return compare_numbers(x->stream, y->stream);
}

void deleted_plan_rank(struct deleted_files *d)
{
	if (d->count)
		qsort(d->at, d->count, sizeof(*d->at), by_rank);
}

enum deleted_decision deleted_cap(uint64_t bytes, uint64_t file_cap, uint64_t *left)
{
	if (bytes > file_cap)
		return DELETED_FILE_CAP;
	if (bytes > *left)
		return DELETED_TOTAL_CAP;
	*left -= bytes;
	return DELETED_TAKE;
}

bool deleted_is_over(unsigned decision)
{
	return decision == DELETED_FILE_CAP || decision == DELETED_TOTAL_CAP;
}

void deleted_say_over(
    struct collection *collection, const struct text *volume, uint64_t count, uint64_t bytes)
{
	CLEANUP(text_free) struct text line = {0};
	CLEANUP(text_free) struct text size = {0};

	if (count == 0)
		return;
	text_add_size(&size, bytes);
	text_addf(&line,
	    tr("%s: %llu deleted files (%s) are left out: over --deleted-cap, or no room for them"),
	    text_string(volume), (unsigned long long)count, text_string(&size));
	progress_step(&collection->progress, text_string(&line));
}

void deleted_plan_decide(struct deleted_files *d)
{
	uint64_t left = d->cap, over = 0, over_bytes = 0;

	deleted_plan_rank(d);
	for (size_t i = 0; i < d->count; i++) {
		struct deleted_candidate *one = &d->at[i];

		if (one->decision == DELETED_TAKE)
			one->decision = (uint8_t)deleted_cap(one->bytes, d->file_cap, &left);
		over += deleted_is_over(one->decision);
		over_bytes += deleted_is_over(one->decision) ? one->bytes : 0;
	}
	deleted_say_over(d->collection, &d->volume->name, over, over_bytes);
	if (d->count)
		qsort(d->at, d->count, sizeof(*d->at), by_record);
}

enum deleted_decision deleted_plan_of(
    const struct deleted_files *d, const struct ntfs_entry *entry, const struct ntfs_stream *stream)
{
	struct deleted_candidate key = {
	    .record = (uint32_t)entry->record, .stream = stream_key(&d->keys, entry, stream)};
	const struct deleted_candidate *found =
	    d->count ? bsearch(&key, d->at, d->count, sizeof(key), by_record) : NULL;

	if (found && found->sequence == entry->sequence)
		return (enum deleted_decision)found->decision;
	if (d->collection->deleted == DELETED_LIST)
		return DELETED_LIST_ONLY;
	return d->dropped ? DELETED_TOO_MANY : DELETED_NOT_LISTED;
}

const char *deleted_why(enum deleted_decision decision)
{
	static const char *const words[DELETED_DECISIONS] = {
	    [DELETED_GONE] = "nothing of it is left",
	    [DELETED_UNKEPT] = "the shadow copy did not keep it",
	    [DELETED_NOT_LISTED] = "not on the priority list: --deleted all takes it",
	    [DELETED_LIST_ONLY] = "not asked for: --deleted list",
	    [DELETED_FILE_CAP] = "larger than one deleted file may be: a quarter of --deleted-cap",
	    [DELETED_TOTAL_CAP] =
		"no room for it: --deleted-cap, or what is free at the destination",
	    [DELETED_TOO_MANY] = "more deleted files than are looked at",
	};

	return words[decision];
}
