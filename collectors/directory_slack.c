/* Collector "directory-slack": names that directories do not have any more. Page: docs/collectors/directory-slack.md. */
#include "collectors/row.h"
#include "collectors/shadows.h"
#include "collectors/slack_known.h"
#include "collectors/slack_state.h"
#include "collectors/state.h"

#include "core/tr.h"
#include "formats/ntfs/index_slack.h"

#define SHOW_EVERY  2048u             /* records */
#define LINES_BYTES ((size_t)8 << 20) /* of a part of the listing */
#define PARTS_MAX   128u              /* 1 GiB of names of one volume */
#define READ_TRIES  3u

struct directory_slack { /* of one volume */
	struct ntfs_slack_lister lister;
	struct collection *collection;
	struct collection_volume *volume;
	const struct ntfs_entry *directory; /* at work */
	struct text text;                   /* lines of the part at work */
	unsigned part;
	struct slack_known *known; /* NULL: the volume has no shadow copy here, or no memory */
	size_t of;                 /* the volume in the set, also of a shadow copy */
	/* Of a shadow copy: itself, its volume, the shadow copy made next; those that can be compared. */
	struct slack_state state, newer[2];
	uint64_t dropped; /* names over PARTS_MAX */
	uint64_t unkept;  /* places that the shadow copy did not keep */
	uint64_t damaged; /* places that could not be read */
	struct err first; /* the first of them */
};

static void flush(struct directory_slack *d)
{
	CLEANUP(text_free) struct text name = {0};
	struct source *source = source_of_bytes(text_bytes(&d->text));
	struct err err = {0};

	text_addf(&name, "deleted/%s/index-slack", text_string(&d->volume->name));
	if (d->part > 1)
		text_addf(&name, ".%03u", d->part);
	text_adds(&name, ".jsonl");
	if (source && text_ok(&d->text, &err)) {
		collect_source(d->collection, text_string(&name), source);
	} else {
		source_close(source);
		fail(&err, ERR_MEMORY, "no memory for the names in directory slack");
		collect_problem(d->collection, text_string(&name), &err);
	}
	d->part++;
	text_clear(&d->text);
}

static bool has_lone_surrogate(struct bytes utf16)
{
	for (size_t i = 0; i + 2 <= utf16.len; i += 2) {
		uint16_t unit = le16(utf16.at + i);
		bool is_pair = unit >= 0xd800 && unit < 0xdc00 && i + 4 <= utf16.len &&
			       (le16(utf16.at + i + 2) & 0xfc00) == 0xdc00;

		if (is_pair)
			i += 2;
		else if (unit >= 0xd800 && unit < 0xe000)
			return true;
	}
	return false;
}

static void add_name(struct json *json, const struct ntfs_name *name)
{
	json_utf16_field(json, "name", name->utf16);
	if (has_lone_surrogate(name->utf16))
		json_hex_field(json, "raw_name", name->utf16);
	json_unsigned_field(json, "name_space", name->name_space);
	json_time_field(json, "created", name->times.created);
	json_time_field(json, "modified", name->times.modified);
	json_time_field(json, "changed", name->times.changed);
	json_time_field(json, "accessed", name->times.accessed);
	json_unsigned_field(json, "size", name->size);
	json_unsigned_field(json, "allocated", name->allocated);
	json_unsigned_field(json, "attributes", name->attributes);
}

/* A reference, null where it was overwritten. */
static void add_reference(struct json *json, const char *record, const char *sequence,
    const struct ntfs_reference *reference)
{
	if (reference->record == 0 && reference->sequence == 0) {
		json_string_field(json, record, NULL);
		json_string_field(json, sequence, NULL);
		return;
	}
	json_unsigned_field(json, record, reference->record);
	json_unsigned_field(json, sequence, reference->sequence);
}

static void add_path(struct directory_slack *d, struct json *json, const struct ntfs_name *name)
{
	CLEANUP(text_free) struct text path = {0};
	struct ntfs_name named = *name;
	bool is_orphan = false;

	/* An overwritten parent can only have been the directory. */
	if (named.parent.record == 0 && named.parent.sequence == 0)
		named.parent =
		    (struct ntfs_reference){d->directory->record, d->directory->sequence};
	if (!ntfs_path(d->volume->paths, &named, &path, &is_orphan, NULL)) {
		text_clear(&path);
		text_adds(&path, "$Orphan/");
		text_add_utf16(&path, name->utf16);
		is_orphan = true;
	}
	json_bytes_field(json, "path", text_bytes(&path));
	if (is_orphan)
		json_bool_field(json, "orphan", true);
}

static void add_place(
    const struct directory_slack *d, struct json *json, const struct ntfs_slack *slack)
{
	json_unsigned_field(json, "directory_record", d->directory->record);
	json_unsigned_field(json, "directory_sequence", d->directory->sequence);
	json_string_field(json, "where", ntfs_slack_word(slack->place));
	if (slack->has_block)
		json_unsigned_field(json, "block", slack->block);
	json_unsigned_field(json, "offset", slack->offset);
	json_string_field(json, "live", ntfs_slack_live_word(slack->live));
}

static bool add_line(
    struct ntfs_slack_lister *lister, const struct ntfs_slack *slack, struct err *err)
{
	struct directory_slack *d = (struct directory_slack *)lister;
	struct json json = {.to = &d->text};

	if (d->part > PARTS_MAX) {
		d->dropped++;
		return true;
	}
	if (d->known && !slack_known_is_new(d->known, d->of, slack) && d->volume->is_shadow)
		return true;
	json_begin(&json);
	add_path(d, &json, &slack->name);
	add_name(&json, &slack->name);
	add_reference(&json, "record", "sequence", &slack->file);
	add_reference(&json, "parent_record", "parent_sequence", &slack->name.parent);
	add_place(d, &json, slack);
	json_end(&json);
	text_addc(&d->text, '\n');
	if (d->text.failed || d->text.len >= LINES_BYTES)
		flush(d);
	return !collect_stopped(d->collection) || fail(err, ERR_STOPPED, "stopped");
}

static void note_damage(struct ntfs_slack_lister *lister, const struct err *why)
{
	struct directory_slack *d = (struct directory_slack *)lister;

	if (d->volume->is_shadow && why->kind == ERR_MISSING)
		d->unkept++;
	else if (d->damaged++ == 0)
		d->first = *why;
}

/* Most records are no directories, which their head tells. */
static bool load_directory(struct directory_slack *d, uint64_t record, struct ntfs_entry *entry)
{
	struct ntfs_mft *mft = ntfs_volume_mft(d->volume->ntfs);
	struct err err = {0};
	bool ok = ntfs_entry_load_head(mft, record, entry, &err);

	/* Damaged ones the walk has told of; it may have read this one. */
	if (!ok && err.kind != ERR_IO)
		return false;
	if (ok && (!entry->is_directory || ntfs_entry_is_extension(entry)))
		return false;
	if (!hit_load(d->volume, record, entry, &err)) {
		note_damage(&d->lister, &err);
		return false;
	}
	return entry->is_directory && !ntfs_entry_is_extension(entry);
}

/* What a newer state has the same, its listing tells of. */
static bool is_in_newer(struct directory_slack *d, const struct ntfs_entry *entry)
{
	const struct volume_set *set = d->collection->plan->volumes;

	for (size_t i = 0; i < ARRAY_LEN(d->newer); i++)
		if (d->newer[i].data &&
		    slack_state_is_same(set->at[d->of].vss, &d->state, &d->newer[i], entry))
			return true;
	return false;
}

/* Of a shadow copy of a running Windows again while blocks of it were overwritten meanwhile: names that it tells twice are
 * known. False: stopped, or no memory. */
static bool list_directory(struct directory_slack *d, struct ntfs_index_slack *slack,
    struct ntfs_entry *entry, struct err *err)
{
	const struct volume_set *set = d->collection->plan->volumes;
	uint64_t record = entry->record;

	for (unsigned tries = 0; tries < READ_TRIES; tries++) {
		struct err why = {0};
		bool changed = false;

		if (!ntfs_index_slack_list(slack, entry, &d->lister, err))
			return false;
		if (!d->volume->is_shadow)
			return true;
		if (!shadow_refresh(set, d->volume, &changed, &why)) {
			note_damage(&d->lister, &why);
			return true;
		}
		if (!changed)
			return true;
		ntfs_mft_forget(ntfs_volume_mft(d->volume->ntfs));
		if (!load_directory(d, record, entry))
			return true;
	}
	return true;
}

/* One way through the file table, in its order. */
static void look(struct directory_slack *d, struct ntfs_index_slack *slack, const char *title)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	struct ntfs_mft *mft = ntfs_volume_mft(d->volume->ntfs);
	uint64_t count = ntfs_mft_count(mft);
	struct err err = {0};

	for (uint64_t record = 0; record < count; record++) {
		if (record % SHOW_EVERY == 0) {
			if (collect_stopped(d->collection))
				return;
			progress_part(&d->collection->progress, title, record, count);
		}
		if (!shadow_read_ahead(d->collection->plan->volumes, d->volume, record, &err))
			note_damage(&d->lister, &err);
		if (!load_directory(d, record, &entry) || is_in_newer(d, &entry))
			continue;
		/* cppcheck-suppress autoVariables ; not used behind the end of this function */
		d->directory = &entry;
		if (!list_directory(d, slack, &entry, &err)) {
			if (err.kind != ERR_STOPPED)
				note_damage(&d->lister, &err);
			return;
		}
	}
}

static void report(struct directory_slack *d)
{
	CLEANUP(text_free) struct text where = {0};
	struct err err = {0};

	text_addf(&where, "deleted/%s/index-slack.jsonl", text_string(&d->volume->name));
	if (d->dropped) {
		fail(&err, ERR_LIMIT, "%llu names over the limit of %u parts were left out",
		    (unsigned long long)d->dropped, PARTS_MAX);
		collect_problem(d->collection, text_string(&where), &err);
	}
	if (d->damaged) {
		fail(&err, d->first.kind, "%llu times: %.200s", (unsigned long long)d->damaged,
		    d->first.text);
		collect_problem(d->collection, text_string(&where), &err);
	}
	/* Free in the shadow copy: Windows chose so. */
	if (d->unkept) {
		fail(&err, ERR_MISSING, "%llu times: %.200s", (unsigned long long)d->unkept,
		    "the shadow copy did not keep it");
		collection_skip(d->collection, text_string(&where), &err);
	}
}

static bool has_shadows(const struct volume_set *set, size_t volume)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->at[i].is_shadow && set->at[i].shadow_of == volume)
			return true;
	return false;
}

/* Opens what a shadow copy is compared with: its volume, and the shadow copy made next, as far as they have a listing. */
static void open_states(struct directory_slack *d)
{
	const struct volume_set *set = d->collection->plan->volumes;
	struct collection_volume *base = &set->at[d->of], *next = NULL;

	for (size_t i = 0; i < set->count; i++)
		if (set->at[i].is_shadow && set->at[i].has_slack_list &&
		    shadow_is_newer(set, &set->at[i], d->volume) &&
		    (!next || set->at[i].shadow_index < next->shadow_index))
			next = &set->at[i];
	if (!slack_state_open(d->volume, &d->state))
		return;
	if (base->has_slack_list)
		DISCARD(slack_state_open(base, &d->newer[0])); /* else all is looked through */
	if (next)
		DISCARD(slack_state_open(next, &d->newer[1]));
}

/* What was told is remembered only where there is somebody to tell it again. */
static void remember(struct directory_slack *d)
{
	const struct volume_set *set = d->collection->plan->volumes;

	d->of = d->volume->is_shadow ? d->volume->shadow_of : (size_t)(d->volume - set->at);
	if (!has_shadows(set, d->of))
		return;
	if (!d->collection->slack)
		d->collection->slack = slack_known_new();
	d->known = d->collection->slack;
	if (d->volume->is_shadow)
		open_states(d);
}

static void run_volume(struct collection *collection, size_t volume)
{
	CLEANUP(ntfs_index_slack_free) struct ntfs_index_slack *slack = NULL;
	CLEANUP(text_free) struct text title = {0};
	struct directory_slack d = {
	    .lister = {.each = add_line, .damage = note_damage},
	    .collection = collection,
	    .volume = &collection->plan->volumes->at[volume],
	    .part = 1,
	};
	struct err err = {0};

	if (!collection->plan->writer) {
		flush(&d); /* a dry run tells its name */
		return;
	}
	if (!ntfs_index_slack_new(ntfs_volume_mft(d.volume->ntfs), &slack, &err)) {
		collect_problem(collection, text_string(&d.volume->name), &err);
		return;
	}
	text_addf(
	    &title, tr("Looking for names in directory slack on %s"), text_string(&d.volume->name));
	remember(&d);
	look(&d, slack, text_string(&title));
	if (d.text.len || d.part == 1)
		flush(&d);
	d.volume->has_slack_list = !collect_stopped(collection);
	report(&d);
	slack_state_close(&d.state);
	slack_state_close(&d.newer[0]);
	slack_state_close(&d.newer[1]);
	text_free(&d.text);
}

const struct collector collect_directory_slack = {
    .name = "directory-slack",
    .summary = "names that directories do not have any more",
    .kind = KIND_FILE_SYSTEM,
    .volatility = 1500, /* reads many small pieces: after all files that are surely there */
    .needs = NEEDS_VOLUME | NEEDS_ADMIN,
    .run_volume = run_volume,
};
