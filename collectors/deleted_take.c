/* Taking the data of deleted files: what is their own, zeros for the rest. See deleted.h. */
#include "collectors/deleted.h"

#include "bundle/name.h"
#include "core/array.h"

struct recovery { /* a deleted stream on its way into the bundle */
	struct deleted_files *d;
	const struct ntfs_entry *entry;
	const struct ntfs_stream *stream;
	struct ntfs_deleted_stream of; /* of the stream whose clusters hold the content */
	bool is_wof;
	struct ntfs_wof wof;
	struct deleted_runs runs;
	struct ntfs_deleted state;
	struct ntfs_bitmap *bitmap; /* borrowed */
	struct row_deleted deleted;
	uint64_t places; /* of a shadow copy: where it is read from */
	struct text member, path;
	bool is_orphan;
};

static void write_row(struct recovery *r, struct row *row)
{
	r->deleted.path = text_bytes(&r->path);
	row->path = text_bytes(&r->member);
	row->kind = r->stream->utf16.len ? "stream" : "file";
	row->size = r->stream->size;
	row->collection = r->d->collection;
	row->volume = r->d->volume;
	row->entry = r->entry;
	deleted_kept_row(r->d, row);
	row->name = ntfs_entry_name(r->entry);
	row->stream = r->stream;
	row->is_orphan = r->is_orphan;
	row->deleted = &r->deleted;
	row->is_sparse = row->place && r->runs.is_sparse;
	row->sparse = r->runs.at;
	row->sparse_count = r->runs.count;
	struct content content = {.is_wof = r->is_wof, .wof = r->wof};

	if (r->is_wof)
		content.packed_size = r->wof.packed->size;
	/* cppcheck-suppress autoVariables ; taken out again below */
	row->content = &content;
	row_put(row);
	row->content = NULL;
}

/* Nothing of it is stored, and that is no gap: what is gone is gone, and limits are what was asked for. */
static void leave(struct recovery *r, const char *why)
{
	struct err err = {0};
	struct row row = {.status = ROW_NOT_TAKEN, .why = &err};

	fail(&err, ERR_MISSING, "%s", why);
	collection_counting(r->d->collection)->skipped++;
	write_row(r, &row);
}

static void fail_recovery(struct recovery *r, const struct err *why)
{
	struct row row = {.status = ROW_NOT_TAKEN, .why = why, .is_left = r->d->collection->broken};

	collection_counting(r->d->collection)->failed++;
	write_row(r, &row);
	collection_note_problem(r->d->collection, text_bytes(&r->member), why);
}

/* Why not all of it is there. */
static void explain(const struct recovery *r, struct err *why)
{
	const struct ntfs_deleted *s = &r->state;

	if (r->deleted.result == NTFS_DELETED_FULL)
		return;
	if (s->is_resident || s->used + s->later + s->unknown + s->unkept + s->missing == 0)
		fail(why, ERR_DAMAGED, "its record is damaged or changed while it was read");
	else
		fail(why, ERR_MISSING,
		    "of %llu clusters %llu are its own, %llu were overwritten, %llu are unknown",
		    (unsigned long long)s->clusters, (unsigned long long)s->own,
		    (unsigned long long)(s->used + s->later),
		    (unsigned long long)(s->unknown + s->unkept + s->missing));
}

/* On a running system: whether the record is no more what it was. */
static bool record_changed(struct recovery *r)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry now = {0};
	struct ntfs_mft *mft = ntfs_volume_mft(r->d->volume->ntfs);

	if (!r->d->is_live)
		return false;
	ntfs_mft_forget(mft);
	return !ntfs_entry_load_head(mft, r->entry->record, &now, NULL) || now.in_use ||
	       now.sequence != r->entry->sequence || now.lsn != r->entry->lsn;
}

/* Of a shadow copy of a running Windows: whether what was read may be of two states, or it cannot be told. */
static bool has_moved(const struct recovery *r, struct err *why)
{
	uint64_t places;

	if (!r->d->volume->is_shadow)
		return false;
	if (!shadow_places(
		r->d->collection->plan->volumes, r->d->volume, r->of.stream, &places, why))
		return true;
	return places != r->places &&
	       !fail(why, ERR_DAMAGED, "a part of it was overwritten while it was read");
}

static void finish(struct recovery *r, const struct bundle_place *place, struct copy_result *copy)
{
	struct row row = {.place = place, .copy = copy};
	struct err why = {0};
	/* Packed bytes that make no sense are another's: an overwrite that left no other trace. */
	bool is_unkept = r->d->volume->is_shadow && copy->first.kind == ERR_MISSING;
	bool is_gap = place->padded || place->is_stale ||
		      (copy->bad_bytes && copy->first.kind != ERR_DAMAGED && !is_unkept);

	r->deleted.is_changed = has_moved(r, &why) || record_changed(r);
	r->deleted.result = r->state.result;
	if (r->deleted.result == NTFS_DELETED_FULL &&
	    (r->deleted.is_changed || is_gap || copy->bad_bytes))
		r->deleted.result = NTFS_DELETED_PARTIAL;
	if (!copy_explain(copy, place, &why) && why.kind == ERR_NONE)
		explain(r, &why);
	row.why = &why;
	row.status = r->deleted.result == NTFS_DELETED_FULL ? ROW_TAKEN : ROW_PARTIAL;
	row.is_gap = is_gap;
	collection_count_entry(r->d->collection, row.status == ROW_TAKEN, place);
	r->d->collection->deleted_bytes += r->stream->resident ? 0 : place->stored;
	write_row(r, &row);
	if (is_gap)
		collection_note_problem(r->d->collection, text_bytes(&r->member), &why);
}

static uint32_t owner_of(const struct recovery *r)
{
	const uint64_t parts[] = {r->entry->record, (uint64_t)(r->stream - r->entry->streams)};

	return claims_owner(parts, ARRAY_LEN(parts));
}

/* Sealed before an interruption, with its row. */
static bool keep(struct recovery *r)
{
	struct bundle_kept kept;

	if (!collection_kept(r->d->collection, text_string(&r->member), owner_of(r), &kept))
		return false;
	r->d->collection->deleted_bytes += r->stream->resident ? 0 : kept.stored;
	return true;
}

static void store(struct recovery *r, struct source *source)
{
	CLEANUP(copy_result_free) struct copy_result copy = {0};
	struct collection *collection = r->d->collection;
	struct bundle_member member = {
	    .name = text_string(&r->member), .identity = owner_of(r), .size = source->size};
	struct bundle_place place;
	struct err err = {0};

	if (r->entry->has_standard) {
		member.modified = r->entry->times.modified;
		member.accessed = r->entry->times.accessed;
		member.changed = r->entry->times.changed;
		member.created = r->entry->times.created;
	}
	if (copy_entry(collection, BUNDLE_FILES, &member, source, &copy, &place, &err)) {
		finish(r, &place, &copy);
		return;
	}
	fail_recovery(r, &err);
}

/* Two streams of one name, which only a damaged record has. */
static bool claim(struct recovery *r, struct err *err)
{
	return collection_claim(r->d->collection, &r->member, "again", owner_of(r), NULL, err);
}

static bool is_stopped(void *context)
{
	return collect_stopped(context);
}

/* Looks whether the drive has emptied its clusters (TRIM); content alone cannot tell zeros that were written. */
static void look_for_trim(struct recovery *r)
{
	struct ntfs_blank_counts counts = {0};
	bool is_suspect = r->d->trim.looks_trimmed;

	r->deleted.result = r->state.result;
	if (r->state.own + r->state.unknown == 0 || !is_suspect ||
	    !ntfs_deleted_blank(
		&r->of, r->bitmap, false, is_stopped, r->d->collection, &counts, NULL))
		return;
	r->deleted.is_blank_known = true;
	r->deleted.blank = counts.blank;
	if (counts.blank == 0)
		return;
	if (counts.blank < counts.clusters || counts.unread)
		r->state.result = NTFS_DELETED_PARTIAL;
	else if (r->state.own + r->state.unknown + r->state.unkept == r->state.clusters)
		r->state.result = NTFS_DELETED_TRIMMED;
	else
		r->state.result = NTFS_DELETED_OVERWRITTEN;
	r->deleted.result = r->state.result;
}

/* What WOF packed is unpacked when its stream is whole. */
static bool open_content(struct recovery *r, struct source **out, struct err *err)
{
	CLEANUP(source_close) struct source *stored = NULL;

	if (!ntfs_deleted_open(&r->of, &r->state, r->d->is_live, &stored, err) ||
	    (r->d->volume->is_shadow && !shadow_places(r->d->collection->plan->volumes,
					    r->d->volume, r->of.stream, &r->places, err)))
		return false;
	if (!r->is_wof)
		return deleted_runs_open(&r->runs, &stored, out, err);
	if (!ntfs_wof_open_source(stored, r->wof.algorithm, r->wof.size, out, err))
		return false;
	stored = NULL;
	return true;
}

static void recover(struct recovery *r)
{
	CLEANUP(source_close) struct source *source = NULL;
	struct collection *collection = r->d->collection;
	struct err err = {0};

	if (!ntfs_deleted_judge(&r->of, r->bitmap, &r->state, &err)) {
		fail_recovery(r, &err);
		return;
	}
	look_for_trim(r);
	if (r->deleted.result == NTFS_DELETED_OVERWRITTEN) {
		leave(r, deleted_why(DELETED_GONE));
	} else if (deleted_is_unkept(&r->state)) {
		leave(r, deleted_why(DELETED_UNKEPT));
	} else if (r->deleted.result == NTFS_DELETED_TRIMMED) {
		leave(r, DELETED_EMPTIED);
	} else if (r->is_wof && r->deleted.result != NTFS_DELETED_FULL) {
		leave(
		    r, "packed by Windows (WOF): what is left is in its stream WofCompressedData");
	} else if (open_content(r, &source, &err)) {
		collection->progress.what = text_bytes(&r->member);
		store(r, source);
		collection->progress.what = (struct bytes){0};
	} else {
		fail_recovery(r, &err);
	}
}

/* Takes one stream, or says why not. */
static void take(struct deleted_files *d, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, struct ntfs_bitmap *bitmap, enum deleted_decision decision)
{
	const struct collection_plan *plan = d->collection->plan;
	struct err err = {0};
	struct recovery r = {.d = d,
	    .entry = entry,
	    .stream = stream,
	    .of = {d->volume->ntfs, d->claims, entry, stream},
	    .bitmap = bitmap};

	r.of.stream = deleted_holder(d, entry, stream, &r.is_wof, &r.wof);
	r.deleted.deleted_at = deleted_journal_time(d, entry);
	r.deleted.is_in_log = ntfs_claims_log_covers(d->claims, entry);

	deleted_runs_find(d, entry, stream, &r.runs);
	deleted_member(d, entry, stream, &r.member);
	deleted_path(d, entry, &r.path, &r.is_orphan);
	r.deleted.state = &r.state;
	collection_counting(r.d->collection)->expected++;
	if (r.member.failed || r.path.failed) {
		fail(&err, ERR_MEMORY, "no memory for its name");
		fail_recovery(&r, &err);
	} else if (decision != DELETED_TAKE) {
		if (ntfs_deleted_judge(&r.of, bitmap, &r.state, NULL))
			r.deleted.result = r.state.result;
		leave(&r, deleted_why(decision));
	} else if (!plan->writer) {
		plan->would_take(plan->context, text_bytes(&r.member), r.runs.bytes);
		collection_counting(r.d->collection)->taken++;
	} else if (!claim(&r, &err)) {
		fail_recovery(&r, &err);
	} else if (!keep(&r)) {
		recover(&r);
	}
	ntfs_deleted_free(&r.state);
	deleted_runs_free(&r.runs);
	text_free(&r.member);
	text_free(&r.path);
}

void deleted_take_resident(struct deleted_files *d, const struct ntfs_entry *entry)
{
	for (size_t i = 0; i < entry->stream_count; i++) {
		if (!entry->streams[i].resident || !hit_is_wanted(entry, &entry->streams[i]))
			continue;
		if (collect_stopped(d->collection))
			return;
		if (d->resident >= DELETED_RESIDENT_MAX) {
			d->resident_left++;
			continue;
		}
		d->resident++;
		take(d, entry, &entry->streams[i], d->bitmap, DELETED_TAKE);
	}
}

/* Of a file with many streams not for each of them. */
static bool load_candidate(struct deleted_files *d, const struct deleted_candidate *one,
    struct ntfs_entry *entry, struct err *err)
{
	if (!d->is_live && entry->stream_count && entry->record == one->record &&
	    entry->sequence == one->sequence)
		return true;
	if (deleted_load(d, one->record, entry, err) && !entry->in_use &&
	    entry->sequence == one->sequence && stream_keys_make(&d->keys, entry, err)) {
		ntfs_deleted_give_sizes(d->volume->ntfs, entry);
		return true;
	}
	ntfs_entry_free(entry);
	return false;
}

static void take_candidate(
    struct deleted_files *d, const struct deleted_candidate *one, struct ntfs_entry *entry)
{
	CLEANUP(ntfs_bitmap_close) struct ntfs_bitmap *fresh = NULL;
	const struct ntfs_stream *stream = NULL;
	struct err err = {0};

	/* What is free may have got an owner since the walk. */
	if (d->is_live) {
		ntfs_mft_forget(ntfs_volume_mft(d->volume->ntfs));
		if (!ntfs_bitmap_open(d->volume->ntfs, &fresh, NULL))
			fresh = NULL;
	}
	if (load_candidate(d, one, entry, &err))
		stream = stream_of_key(&d->keys, entry, one->stream);
	if (!stream || stream->resident) {
		CLEANUP(text_free) struct text what = {0};

		text_addf(&what, "deleted/%s/%lu-%u", text_string(&d->volume->name),
		    (unsigned long)one->record, one->sequence);
		if (err.kind != ERR_NONE && err.kind != ERR_MISSING) {
			collect_problem(d->collection, text_string(&what), &err);
			return;
		}
		fail(&err, ERR_MISSING, "its record was used anew before it was its turn");
		collection_skip(d->collection, text_string(&what), &err);
		return;
	}
	take(
	    d, entry, stream, d->is_live ? fresh : d->bitmap, (enum deleted_decision)one->decision);
}

/* Those that are left out without a row of their own. */
static void leave_rest(struct deleted_files *d, uint64_t count)
{
	CLEANUP(text_free) struct text what = {0};
	struct collection_counts *counts = collection_counting(d->collection);
	struct err err = {0};

	text_addf(&what, "deleted/%s", text_string(&d->volume->name));
	fail(&err, ERR_LIMIT, "%llu more deleted files are left out: see files.jsonl",
	    (unsigned long long)count);
	collection_skip(d->collection, text_string(&what), &err);
	counts->expected += count - 1;
	counts->skipped += count - 1;
}

void deleted_take_planned(struct deleted_files *d)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	CLEANUP(text_free) struct text what = {0};
	struct collection_counts *counts = collection_counting(d->collection);
	struct err err = {0};
	uint64_t left = 0;
	size_t i = 0;

	deleted_plan_rank(d);
	for (; i < d->count && !collect_stopped(d->collection); i++)
		if (d->at[i].decision == DELETED_TAKE || left++ < DELETED_LEFT_ROWS_MAX)
			take_candidate(d, &d->at[i], &entry);
	left = d->resident_left + (left > DELETED_LEFT_ROWS_MAX ? left - DELETED_LEFT_ROWS_MAX : 0);
	if (left)
		leave_rest(d, left);
	if (i == d->count)
		return;
	counts->expected += d->count - i;
	counts->failed += d->count - i;
	text_addf(&what, "deleted/%s", text_string(&d->volume->name));
	fail(&err, ERR_STOPPED, "%zu deleted files and streams were left", d->count - i);
	collection_note(d->collection, text_string(&what), &err);
}
