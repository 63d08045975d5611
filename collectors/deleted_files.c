/* Deleted files: a list of all, and the data of those that are worth it. Page: docs/collectors/deleted-files.md. */
#include "collectors/deleted.h"

#include "platform/volume.h"

#include "bundle/name.h"
#include "core/tr.h"

#include <stdlib.h>

#define SHOW_EVERY 2048u /* records */
#define FREE_RESERVED \
	((uint64_t)256 << 20) /* bytes at the destination that deleted files leave alone */

static const char *const policy_words[] = {"priority", "none", "list", "all"};

bool collection_deleted_policy(const char *word, enum deleted_policy *out, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(policy_words); i++)
		if (strcmp(word, policy_words[i]) == 0) {
			*out = (enum deleted_policy)i;
			return true;
		}
	return fail(
	    err, ERR_USAGE, "--deleted takes none, list, priority or all, not '%.40s'", word);
}

const char *collection_deleted_word(enum deleted_policy policy)
{
	return policy_words[policy];
}

/* Whether the entry is a deleted file: a record not in use with a name or content. An extension record is one when no deleted file
 * has what is in it: its base record is another's by now, or gave it back. */
static bool is_deleted_file(const struct deleted_files *d, const struct ntfs_entry *entry)
{
	return !entry->in_use && (entry->name_count || entry->stream_count) &&
	       !(ntfs_entry_is_extension(entry) && ntfs_claims_tells(d->claims, entry->record));
}

void deleted_path(
    struct deleted_files *d, const struct ntfs_entry *entry, struct text *out, bool *is_orphan)
{
	const struct ntfs_name *name = ntfs_entry_name(entry);

	*is_orphan = true;
	if (name && ntfs_path(d->volume->paths, name, out, is_orphan, NULL))
		return;
	text_clear(out);
	text_adds(out, "$Orphan/");
	if (name)
		text_add_utf16(out, name->utf16);
	else
		text_addf(out, "record %llu", (unsigned long long)entry->record);
}

void deleted_member(const struct deleted_files *d, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, struct text *out)
{
	const struct ntfs_name *name = ntfs_entry_name(entry);

	text_addf(out, "deleted/%s/%llu-%u/", text_string(&d->volume->name),
	    (unsigned long long)entry->record, entry->sequence);
	if (name && name->utf16.len)
		bundle_name_add_utf16(out, name->utf16);
	else
		text_adds(out, "unnamed");
	if (stream->utf16.len) {
		text_addc(out, ':');
		bundle_name_add_utf16(out, stream->utf16);
	}
	if (stream_key(&d->keys, entry, stream) != stream_hash(stream->utf16))
		text_addf(out, "~%08lx", (unsigned long)stream_key(&d->keys, entry, stream));
}

const struct ntfs_stream *deleted_holder(struct deleted_files *d, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, bool *is_wof, struct ntfs_wof *wof)
{
	*is_wof = false;
	if (stream->utf16.len || !ntfs_wof_packed(entry))
		return stream;
	if (!ntfs_wof_find(d->volume->ntfs, entry, wof, is_wof, NULL))
		*is_wof = false; /* nobody can unpack it: both streams are taken as they lie */
	return *is_wof ? wof->packed : stream;
}

/* The first walk marks the deleted files; the others load no more than these. Without memory they load all. */
static bool is_marked(const struct deleted_files *d, uint64_t record)
{
	return !d->marks || d->marks[record / 8] >> record % 8 & 1;
}

static void mark(uint8_t *marks, uint64_t record)
{
	if (marks)
		marks[record / 8] |= (uint8_t)(1u << record % 8);
}

/* After the walk: of the extension records only those stay marked that no file has. */
static void settle_parts(struct deleted_files *d)
{
	uint64_t count = ntfs_mft_count(ntfs_volume_mft(d->volume->ntfs));

	for (uint64_t record = 0; d->marks && d->parts && record < count; record++) {
		if (!(d->parts[record / 8] >> record % 8 & 1))
			continue;
		if (ntfs_claims_tells(d->claims, record))
			d->marks[record / 8] &= (uint8_t) ~(1u << record % 8);
		else
			d->files++;
	}
}

/* What a shadow copy did not keep is no gap. */
static void report(struct deleted_files *d, const char *what, const struct err *why)
{
	CLEANUP(text_free) struct text name = {0};

	text_addf(&name, "deleted/%s%s", text_string(&d->volume->name), what);
	(d->volume->is_shadow && why->kind == ERR_MISSING ? collection_skip : collect_problem)(
	    d->collection, text_string(&name), why);
}

/* Deleted files that the first walk could read and a later one could not. */
static void report_unread(struct deleted_files *d, uint64_t count, const struct err *first)
{
	struct err err = {0};

	if (count == 0)
		return;
	fail(&err, first->kind, "%llu records of the file table could not be read: %.150s",
	    (unsigned long long)count, first->text);
	report(d, "", &err);
}

/* One way through the file table, or through its deleted files. False: stopped. */
static bool walk(struct deleted_files *d, bool only_marked,
    void (*see)(struct deleted_files *, void *context, const struct ntfs_entry *entry),
    void *context)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	const struct volume_set *set = d->collection->plan->volumes;
	uint64_t count = ntfs_mft_count(ntfs_volume_mft(d->volume->ntfs));
	uint64_t unread = 0;
	struct err first = {0};

	for (uint64_t record = 0; record < count; record++) {
		struct err err = {0};

		if (record % SHOW_EVERY == 0) {
			if (collect_stopped(d->collection))
				return false;
			progress_part(
			    &d->collection->progress, text_string(&d->title), record, count);
		}
		if (only_marked ? !is_marked(d, record)
				: !shadow_read_ahead(set, d->volume, record, &err)) {
			if (err.kind != ERR_NONE && unread++ == 0)
				first = err;
			continue;
		}
		if (only_marked ? deleted_load(d, record, &entry, &err)
				: hit_load(d->volume, record, &entry, &err)) {
			ntfs_deleted_give_sizes(d->volume->ntfs, &entry);
			see(d, context, &entry);
		} else if (only_marked && d->marks && unread++ == 0) {
			first = err;
		}
	}
	report_unread(d, unread, &first);
	return true;
}

static void see_claims(struct deleted_files *d, void *first, const struct ntfs_entry *entry)
{
	ntfs_claims_see(d->claims, entry);
	if (!first || entry->in_use)
		return;
	d->unused++;
	if (!is_deleted_file(d, entry)) {
		d->empty += !ntfs_entry_is_extension(entry);
		return;
	}
	if (deleted_is_newer_too(d, entry)) {
		d->newer++;
		return;
	}
	mark(d->marks, entry->record);
	if (ntfs_entry_is_extension(entry)) {
		mark(d->parts, entry->record);
		return;
	}
	d->files++;
	for (size_t i = 0; i < entry->stream_count; i++)
		if (hit_is_wanted(entry, &entry->streams[i]) && !entry->streams[i].resident)
			deleted_trim_see(d, &entry->streams[i]);
}

static bool is_at_hand(struct deleted_files *d, const struct ntfs_entry *entry)
{
	struct err err = {0};

	if (!is_deleted_file(d, entry) || (!d->marks && deleted_is_newer_too(d, entry)))
		return false;
	if (stream_keys_make(&d->keys, entry, &err))
		return true;
	report(d, "", &err);
	return false;
}

static void see_plan(struct deleted_files *d, void *context, const struct ntfs_entry *entry)
{
	(void)context;
	if (is_at_hand(d, entry))
		deleted_plan_see(d, entry);
}

static void see_list(struct deleted_files *d, void *list, const struct ntfs_entry *entry)
{
	if (collect_stopped(d->collection) || !is_at_hand(d, entry))
		return;
	deleted_list_add(list, entry);
	if (d->collection->deleted != DELETED_LIST)
		deleted_take_resident(d, entry);
}

/* Who owns which cluster. False: stopped. */
static bool claim(struct deleted_files *d)
{
	uint64_t count = ntfs_mft_count(ntfs_volume_mft(d->volume->ntfs));
	bool first = true;

	if (count < DELETED_MARKS_MAX)
		d->marks = calloc((size_t)(count / 8) + 1, 1);
	if (d->marks)
		d->parts = calloc((size_t)(count / 8) + 1, 1);
	for (;;) {
		if (!walk(d, false, see_claims, first ? d : NULL))
			return false;
		if (first)
			settle_parts(d);
		first = false;
		if (!ntfs_claims_settle(d->claims))
			return true;
	}
}

/* What deleted files may take: as asked for, but never what other evidence may still need. */
void deleted_caps(const struct collection *collection, uint64_t *cap, uint64_t *file_cap)
{
	const struct collection_plan *plan = collection->plan;
	struct collection_counts totals;

	collection_totals(collection, &totals);
	*cap = plan->deleted_cap                    ? plan->deleted_cap
	       : collection->deleted == DELETED_ALL ? DELETED_CAP_ALL
						    : DELETED_CAP;
	*file_cap = *cap / DELETED_FILE_SHARE;
	*cap -= collection->deleted_bytes < *cap ? collection->deleted_bytes : *cap;
	if (plan->free_bytes != UINT64_MAX) {
		uint64_t used = totals.bytes + FREE_RESERVED;
		uint64_t room = plan->free_bytes > used ? plan->free_bytes - used : 0;

		*cap = *cap < room ? *cap : room;
	}
}

static void list(struct deleted_files *d)
{
	struct deleted_list lines;

	deleted_list_begin(&lines, d);
	DISCARD(walk(d, true, see_list, &lines)); /* what there is of it is still written */
	deleted_list_end(&lines);
}

/* Windows writes $Bitmap late: on a running system the file system is asked for its own. Where it does not say, $Bitmap on the disk has to do. */
static void ask_live(struct deleted_files *d)
{
	struct err why = {0};

	if (!d->is_live || d->volume->disk)
		return;
	if (volume_bitmap_open(text_string(&d->volume->path), &d->live, &why))
		ntfs_volume_set_live_bitmap(d->volume->ntfs, d->live);
	collection_journal(d->collection, "live-bitmap", text_string(&d->volume->name),
	    d->live ? "asked of the file system" : why.text);
}

/* What $LogFile tells by now. */
static void load_log(struct deleted_files *d)
{
	struct logfile_clusters *log = NULL;
	struct err err = {0};

	if (!logfile_clusters_load(d->volume->ntfs, &log, &err)) {
		report(d, "", &err);
		return;
	}
	ntfs_claims_set_log(d->claims, log);
	logfile_clusters_free(d->log);
	d->log = log;
}

static void run(struct deleted_files *d)
{
	struct err err = {0};

	ask_live(d);

	if (!ntfs_bitmap_open(d->volume->ntfs, &d->bitmap, &err)) {
		d->bitmap = NULL;
		report(d, "", &err);
	}
	if (!ntfs_claims_new(d->volume->ntfs, d->bitmap, &d->claims, &err) ||
	    !deleted_priorities(&d->priorities, &err)) {
		report(d, "", &err);
		return;
	}
	if (d->is_live)
		ntfs_claims_set_live(d->claims);
	deleted_kept_ask(d);
	load_log(d);
	if (!claim(d))
		return;
	if (d->is_live) /* it went on meanwhile */
		load_log(d);
	deleted_journal_read(d);
	deleted_caps(d->collection, &d->cap, &d->file_cap);
	deleted_trim_judge(d);
	if (d->collection->deleted != DELETED_LIST && !walk(d, true, see_plan, NULL))
		return;
	deleted_plan_decide(d);
	trim_say(&d->trim, d->collection, text_string(&d->volume->name));
	list(d);
	d->volume->has_deleted_list = !collect_stopped(d->collection);
	deleted_take_planned(d);
	if (d->dropped) {
		fail(&err, ERR_LIMIT, "%llu streams over the limit of %zu were not looked at",
		    (unsigned long long)d->dropped, DELETED_CANDIDATES_MAX);
		report(d, "", &err);
	}
	if (d->bitmap && ntfs_bitmap_damage(d->bitmap)->kind != ERR_NONE)
		report(d, "", ntfs_bitmap_damage(d->bitmap));
}

static void run_volume(struct collection *collection, size_t volume)
{
	struct deleted_files *d = calloc(1, sizeof(*d));
	struct err err = {0};

	if (!d) {
		fail(&err, ERR_MEMORY, "no memory for deleted files");
		collect_problem(collection, "deleted", &err);
		return;
	}
	d->collection = collection;
	d->volume = &collection->plan->volumes->at[volume];
	d->is_live = d->volume->is_live && !d->volume->is_shadow;
	text_addf(&d->title, tr("Looking for deleted files on %s"), text_string(&d->volume->name));
	run(d);
	deleted_newer_end(d);
	ntfs_claims_free(d->claims);
	logfile_clusters_free(d->log);
	ntfs_bitmap_close(d->bitmap);
	ntfs_volume_set_live_bitmap(d->volume->ntfs, NULL);
	source_close(d->live);
	matcher_free(&d->priorities);
	text_free(&d->title);
	stream_keys_free(&d->keys);
	free(d->deletions);
	free(d->marks);
	free(d->parts);
	free(d->at);
	free(d);
}

const struct collector collect_deleted_files = {
    .name = "deleted-files",
    .summary = "deleted files: a list, and what is left of their data",
    .kind = KIND_FILE_SYSTEM,
    .volatility = 2000, /* after all that is surely there: docs/collectors/deleted-files.md */
    .needs = NEEDS_VOLUME | NEEDS_ADMIN,
    .run_volume = run_volume,
};
