/* Every record of an MFT, used or deleted, as lines: one for its $STANDARD_INFORMATION and all that is said of the
 * whole file, one for each of its names. */
#include "analysis/attribute_fields.h"
#include "analysis/slack_records.h"
#include "analysis/timeline_walk.h"
#include "core/array.h"

#include <stdlib.h>

#define ASK_EVERY 4096u /* records between two questions whether to go on */
/* Names times streams of one record: above it only the first name's line tells the streams, so that a forged
 * record of a hundred thousand of each does not become gigabytes. Windows: 1024 names, few streams. */
#define STREAMS_TOLD ((uint64_t)1 << 16)
#define BITS_MAX     ((uint64_t)1 << 27) /* records: 16 MiB of bits, twice */
#define WAITING_MAX  ((size_t)1 << 16) /* of each kind; what comes after them is written at once */
#define NAMES_PAIRED 4096u /* with more names none is looked for its 8.3 name: each has its line */

/* The owners that $Secure told lately: a volume has few, each of thousands of files. */
#define OWNERS     64u
#define OWNER_ROOM 200u /* more than a SID of 15 parts */

struct owner {
	uint32_t security_id; /* 0: of a descriptor in the record itself, or empty */
	uint32_t len;
	uint8_t sid[OWNER_ROOM];
};

#define OWN_ROOM 512u

struct own_descriptor { /* the last one that lay in a record itself: its neighbours have the same */
	size_t len;     /* 0: none */
	uint8_t at[OWN_ROOM];
	struct owner owner;
};

struct waiting { /* records that are written when the others have been seen */
	uint64_t *at;
	size_t count, room;
};

struct walk {
	struct timeline *timeline;
	struct ntfs_mft *mft;
	struct ntfs_paths *paths;
	struct ntfs_entry entry; /* the record at work */
	struct ntfs_entry base;  /* of an extension record */
	struct text path;
	const struct ntfs_name *path_of; /* the name whose path it is, of the record at work */
	bool is_orphan;                  /* that path */
	struct text short_name;
	struct ntfs_secure *secure; /* NULL: not at hand */
	struct owner owners[OWNERS];
	struct own_descriptor own;
	struct text attributes;
	struct timeline_field fields[2 + ATTRIBUTE_FIELDS_MAX];
	struct slack_records *slack;
	uint8_t *
	    told; /* a bit for each record: an extension of a file that has told all of it; NULL: none */
	uint8_t *used_parts;  /* the same: an extension record in use, which waits for its file */
	struct waiting files; /* of a bare $MFT, whose other records are known at its end only */
	struct waiting
	    parts; /* extension records that are not in use: their file, which may come later, may tell of them */
	bool is_end; /* no part waits any more */
};

static void walk_free_at(struct walk *walk)
{
	free(walk->told);
	free(walk->used_parts);
	free(walk->files.at);
	free(walk->parts.at);
	ntfs_entry_free(&walk->entry);
	ntfs_entry_free(&walk->base);
	text_free(&walk->path);
	text_free(&walk->short_name);
	text_free(&walk->attributes);
	ntfs_secure_close(walk->secure);
	slack_records_free(walk->slack);
}

static bool same_reference(struct ntfs_reference a, struct ntfs_reference b)
{
	return a.record == b.record && a.sequence == b.sequence;
}

/* The first name in that name space in that directory. */
static const struct ntfs_name *find_name(
    const struct ntfs_entry *entry, uint8_t name_space, struct ntfs_reference parent)
{
	for (size_t i = 0; i < entry->name_count; i++)
		if (entry->names[i].name_space == name_space &&
		    same_reference(entry->names[i].parent, parent))
			return &entry->names[i];
	return NULL;
}

/* The 8.3 name that goes with a Win32 name: in the same directory, in the DOS name space. */
static const struct ntfs_name *find_short(
    const struct ntfs_entry *entry, const struct ntfs_name *name)
{
	if (name->name_space != NTFS_NAME_WIN32 || entry->name_count > NAMES_PAIRED)
		return NULL;
	return find_name(entry, NTFS_NAME_DOS, name->parent);
}

/* Whether a DOS name is told of in the line of its Win32 name. */
static bool is_told(const struct ntfs_entry *entry, const struct ntfs_name *name)
{
	if (name->name_space != NTFS_NAME_DOS || entry->name_count > NAMES_PAIRED)
		return false;
	const struct ntfs_name *long_name = find_name(entry, NTFS_NAME_WIN32, name->parent);

	return long_name && find_short(entry, long_name) == name &&
	       memcmp(&long_name->times, &name->times, sizeof(name->times)) == 0;
}

/* Sets the bit of a record of the MFT. False: there is no memory for it. */
static bool set_bit(const struct walk *walk, uint8_t **bits, uint64_t record)
{
	uint64_t at = record - ntfs_mft_first(walk->mft);
	uint64_t records = ntfs_mft_count(walk->mft);

	if (record < ntfs_mft_first(walk->mft) || at >= records || records >= BITS_MAX)
		return false;
	if (!*bits)
		*bits = calloc((size_t)(records / 8) + 1, 1);
	if (!*bits)
		return false;
	(*bits)[at / 8] |= (uint8_t)(1u << at % 8);
	return true;
}

/* Notes the extension records of a file. Those of a deleted one do not know it by its sequence number. */
static void note_parts(struct walk *walk)
{
	const struct ntfs_reference *parts;
	size_t count = ntfs_entry_parts(&walk->entry, &parts);

	for (size_t i = 0; i < count; i++)
		DISCARD(set_bit(walk, &walk->told,
		    parts[i].record)); /* one of too many tells for itself, too */
}

static bool has_bit(const struct walk *walk, const uint8_t *bits, uint64_t record)
{
	uint64_t at = record - ntfs_mft_first(walk->mft);

	return bits && bits[at / 8] >> at % 8 & 1;
}

/* Whether an extension record belongs to a base record by the headers of both, or some file has told all of it. */
static bool is_claimed(struct walk *walk, bool *claimed, struct err *err)
{
	struct ntfs_reference base = walk->entry.base;
	struct err why = {0};

	*claimed = false;
	if (base.record == walk->entry.record)
		return true;
	if (!ntfs_entry_load_head(walk->mft, base.record, &walk->base, &why)) {
		if (!timeline_is_fatal(&why))
			return true;
		*err = why;
		return false;
	}
	/* One that a file in use gave back tells of an earlier time: the file does not speak for it. */
	*claimed = walk->base.sequence == base.sequence && !walk->base.base.record &&
		   !walk->base.base.sequence && (walk->entry.in_use || !walk->base.in_use);
	*claimed =
	    *claimed || (!walk->entry.in_use && has_bit(walk, walk->told, walk->entry.record));
	return true;
}

static bool make_path(
    struct walk *walk, const struct ntfs_name *name, struct timeline_line *line, struct err *err)
{
	line->is_same_path = name && walk->path_of == name;
	if (!line->is_same_path) {
		text_clear(&walk->path);
		text_add(&walk->path, text_bytes(&walk->timeline->prefix));
		walk->is_orphan = false;
		walk->path_of = name;
		if (!name)
			text_addf(&walk->path, TIMELINE_UNNAMED_PATH "%llu",
			    (unsigned long long)walk->entry.record);
		else if (walk->entry.record == 5 && name->parent.record == 5)
			text_addc(&walk->path, '.');
		else if (!ntfs_path(walk->paths, name, &walk->path, &walk->is_orphan, err))
			return false;
	}
	line->path = text_bytes(&walk->path);
	line->prefix_len = walk->timeline->prefix.len;
	line->is_orphan = walk->is_orphan;
	return text_ok(&walk->path, err);
}

/* What all lines of the record say. */
static struct timeline_line begin_line(const struct ntfs_entry *entry, const char *set)
{
	return (struct timeline_line){
	    .kind = "file",
	    .set = set,
	    .has = TIMELINE_FILE | TIMELINE_DELETED | TIMELINE_ORPHAN | TIMELINE_DIRECTORY,
	    .file = {entry->record, entry->sequence},
	    .is_deleted = !entry->in_use,
	    .is_directory = entry->is_directory,
	    .entry = entry,
	};
}

static void tell_data(struct timeline_line *line, const struct ntfs_stream *data)
{
	if (!data)
		return;
	line->has |= TIMELINE_SIZE;
	line->size = data->size;
	if (data->resident)
		return;
	line->has |= TIMELINE_ALLOCATED;
	line->allocated = data->allocated;
}

static void tell_standard(struct timeline_line *line, const struct ntfs_entry *entry)
{
	if (!entry->has_standard)
		return;
	line->has |= TIMELINE_TIMES | TIMELINE_ATTRIBUTES | TIMELINE_OWNER | TIMELINE_SECURITY |
		     TIMELINE_USN;
	line->times = &entry->times;
	line->attributes = entry->attributes;
	line->owner_id = entry->owner_id;
	line->security_id = entry->security_id;
	line->usn = entry->usn;
}

/* The record's own descriptor; NULL: $Secure has it (ntfs_secure_of asks it first, too). */
static const struct ntfs_stream *own_descriptor_of(const struct ntfs_entry *entry)
{
	if (entry->security_id != 0)
		return NULL;
	for (size_t i = 0; i < entry->stream_count; i++)
		if (entry->streams[i].type == NTFS_SECURITY_DESCRIPTOR)
			return &entry->streams[i];
	return NULL;
}

/* Where the owner is kept, known already or about to be; NULL: nowhere. */
static struct owner *find_owner(struct walk *walk, bool *is_known)
{
	const struct ntfs_entry *entry = &walk->entry;
	const struct ntfs_stream *own = own_descriptor_of(entry);
	struct owner *kept = &walk->owners[entry->security_id % OWNERS];

	if (!own) {
		*is_known = kept->security_id == entry->security_id;
		kept->security_id = entry->security_id;
		return entry->has_standard && entry->security_id != 0 ? kept : NULL;
	}
	struct bytes last = {walk->own.at, walk->own.len};

	if (!own->resident || own->content.len > OWN_ROOM || own->content.len == 0)
		return NULL;
	*is_known = bytes_equal(own->content, last);
	if (!*is_known)
		memcpy(walk->own.at, own->content.at, own->content.len);
	walk->own.len = own->content.len;
	return &walk->own.owner;
}

/* The SID of the owner, empty when it cannot be told. */
static struct bytes owner_of(struct walk *walk)
{
	struct ntfs_security security;
	bool is_known = false;
	struct owner *kept = find_owner(walk, &is_known);

	if (kept && is_known)
		return (struct bytes){kept->sid, kept->len};
	bool found = ntfs_secure_of(walk->secure, &walk->entry, &security, NULL);
	struct bytes sid = found ? security.owner : (struct bytes){0};

	if (kept && sid.len <= OWNER_ROOM) {
		kept->len = (uint32_t)sid.len;
		if (sid.len)
			memcpy(kept->sid, sid.at, sid.len);
	} else if (kept) {
		kept->security_id = 0;
		walk->own.len = 0;
	}
	return sid;
}

/* What only lines of records have. What cannot be told has no key. */
static void tell_more(struct walk *walk, struct timeline_line *line)
{
	struct bytes owner = walk->secure ? owner_of(walk) : (struct bytes){0};

	line->fields = walk->fields;
	if (owner.len)
		walk->fields[line->field_count++] =
		    (struct timeline_field){.key = "owner_sid", .type = FIELD_TEXT, .bytes = owner};
	if (walk->entry.is_case_sensitive)
		walk->fields[line->field_count++] = (struct timeline_field){
		    .key = "case_sensitive", .type = FIELD_BOOL, .number = true};
	line->field_count +=
	    attribute_fields(&walk->entry, &walk->attributes, walk->fields + line->field_count);
}

/* The line of the record: its path is that of its best name. */
static bool write_file(struct walk *walk, struct err *err)
{
	const struct ntfs_entry *entry = &walk->entry;
	struct timeline_line line = begin_line(entry, "si");

	line.has |= TIMELINE_LINKS | TIMELINE_LSN;
	line.links = entry->links;
	line.lsn = entry->lsn;
	tell_data(&line, timeline_data(entry));
	tell_standard(&line, entry);
	tell_more(walk, &line);
	line.hints = hints_of(entry);
	line.reparse_tag = timeline_reparse_tag(entry);
	if (ntfs_entry_is_extension(entry)) {
		line.has |= TIMELINE_BASE;
		line.base = entry->base;
	}
	if (entry->damage.kind != ERR_NONE)
		line.damage = entry->damage.text;
	line.lists_streams = line.repeats_streams = true;
	if (!make_path(walk, ntfs_entry_name(entry), &line, err))
		return false;
	timeline_write(walk->timeline, &line);
	return true;
}

static bool write_name(
    struct walk *walk, const struct ntfs_name *name, bool is_first, struct err *err)
{
	const struct ntfs_entry *entry = &walk->entry;
	const struct ntfs_name *short_name = find_short(entry, name);
	struct timeline_line line = begin_line(entry, "fn");

	line.has |= TIMELINE_PARENT | TIMELINE_TIMES;
	line.name = name;
	line.name_type = timeline_name_space(name->name_space);
	line.parent = name->parent;
	line.times = &name->times;
	line.repeats_streams =
	    is_first || (uint64_t)entry->name_count * entry->stream_count <= STREAMS_TOLD;
	if (!make_path(walk, name, &line, err))
		return false;
	if (short_name) {
		text_clear(&walk->short_name);
		text_add_utf16(&walk->short_name, short_name->utf16);
		line.short_name = text_bytes(&walk->short_name);
	}
	timeline_write(walk->timeline, &line);
	walk->timeline->totals.names++;
	return true;
}

/* Remembers the record at work for the end of the walk; false: there is no room. */
static bool wait_in(struct waiting *waiting, const struct ntfs_entry *entry)
{
	struct err no_room;

	if (waiting->count == WAITING_MAX ||
	    !array_grow(&waiting->at, &waiting->room, waiting->count + 1, sizeof(*waiting->at),
		WAITING_MAX, &no_room))
		return false;
	waiting->at[waiting->count++] = entry->record;
	return true;
}

/* The lines of the record at work, whatever others tell. */
static bool write_lines(struct walk *walk, struct err *err)
{
	const struct ntfs_entry *entry = &walk->entry;
	bool any = false;

	note_parts(walk);
	if ((!walk->timeline->format->by_names || entry->name_count == 0) && !write_file(walk, err))
		return false;
	for (size_t i = 0; i < entry->name_count; i++) {
		if (is_told(entry, &entry->names[i]))
			continue;
		if (!write_name(walk, &entry->names[i], !any, err))
			return false;
		any = true;
	}
	return slack_records_see(walk->slack, entry, err);
}

static bool write_record(struct walk *walk, struct err *err)
{
	const struct ntfs_entry *entry = &walk->entry;
	bool is_part = ntfs_entry_is_extension(entry);
	bool claimed = false;

	if (is_part && !entry->in_use && !walk->is_end && wait_in(&walk->parts, entry))
		return true;
	walk->timeline->totals.records++;
	if (is_part && entry->in_use && set_bit(walk, &walk->used_parts, entry->record))
		return true;
	walk->path_of = NULL;
	/* What is below it mostly comes later: then it need not be read again. */
	if (!ntfs_paths_learn(walk->paths, entry, err))
		return false;
	if (is_part && !is_claimed(walk, &claimed, err))
		return false;
	return claimed || write_lines(walk, err);
}

/* A record that gives nothing: a line of damage, unless it was never used. */
static bool skip_record(struct walk *walk, uint64_t index, struct err *why, struct err *err)
{
	uint32_t size = ntfs_mft_record_size(walk->mft);

	ntfs_mft_doubt(walk->mft, ntfs_mft_first(walk->mft) + index, why);
	if (timeline_is_fatal(why)) {
		*err = *why;
		return false;
	}
	if (why->kind != ERR_MISSING)
		timeline_damaged(walk->timeline, TIMELINE_MFT_NAME, index * size, size, why);
	return true;
}

static bool load_and_write(struct walk *walk, uint64_t record, struct err *err)
{
	struct err why;

	if (!ntfs_entry_load(walk->mft, record, &walk->entry, &why))
		return skip_record(walk, record - ntfs_mft_first(walk->mft), &why, err);
	return write_record(walk, err);
}

static bool write_later(struct walk *walk, struct err *err)
{
	return wait_in(&walk->files, &walk->entry) || load_and_write(walk, walk->entry.record, err);
}

static bool write_waiting(struct walk *walk, const struct waiting *waiting, struct err *err)
{
	for (size_t i = 0; i < waiting->count; i++)
		if (!load_and_write(walk, waiting->at[i], err))
			return false;
	return true;
}

/* One in use that no file told of. Where its base is that file by its header, somebody took it out of the list. */
static bool write_untold(struct walk *walk, uint64_t record, struct err *err)
{
	uint64_t index = record - ntfs_mft_first(walk->mft);
	uint32_t size = ntfs_mft_record_size(walk->mft);
	bool claimed = false;
	struct err why;

	if (!ntfs_entry_load(walk->mft, record, &walk->entry, &why))
		return skip_record(walk, index, &why, err);
	walk->path_of = NULL;
	if (!is_claimed(walk, &claimed, err))
		return false;
	if (claimed) {
		fail(&why, ERR_DAMAGED, "in use, but its file does not tell of it");
		timeline_damaged(walk->timeline, TIMELINE_MFT_NAME, index * size, size, &why);
		if (walk->entry.damage.kind == ERR_NONE)
			walk->entry.damage = why;
	}
	return write_lines(walk, err);
}

/* The extension records in use that waited and that nobody told of. */
static bool write_used_parts(struct walk *walk, struct err *err)
{
	uint64_t first = ntfs_mft_first(walk->mft);
	uint64_t count = walk->used_parts ? ntfs_mft_count(walk->mft) : 0;
	uint32_t size = ntfs_mft_record_size(walk->mft);
	uint64_t written = 0;

	for (uint64_t i = 0; i < count; i++) {
		if (!has_bit(walk, walk->used_parts, first + i) ||
		    has_bit(walk, walk->told, first + i))
			continue;
		if (written++ % ASK_EVERY == 0 &&
		    !timeline_goes_on(walk->timeline, i * size, count * size, err))
			return false;
		if (!write_untold(walk, first + i, err))
			return false;
	}
	return true;
}

bool mft_records_learn(
    struct timeline *timeline, struct timeline_evidence *evidence, struct err *err)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	struct ntfs_mft *mft = evidence->mft;
	uint64_t count = mft ? ntfs_mft_count(mft) : 0;
	bool whole;

	for (uint64_t i = 0; i < count; i++) {
		struct err why = {0};

		if (i % ASK_EVERY == 0 && !timeline_goes_on(timeline, 0, 1, err))
			return false;
		if (ntfs_entry_load_quick(mft, ntfs_mft_first(mft) + i, &entry, &whole, &why)) {
			if (whole && !ntfs_paths_learn(evidence->paths, &entry, err))
				return false;
		} else if (timeline_is_fatal(&why)) {
			*err = why;
			return false;
		}
	}
	return true;
}

/* A file of records that ends inside one was cut. */
static void check_end(
    struct timeline *timeline, const struct timeline_evidence *evidence, uint32_t size)
{
	uint64_t total = evidence->files ? evidence->files->mft->size : 0;
	uint64_t rest = total % size;
	struct err why = {0};

	if (rest == 0)
		return;
	fail(&why, ERR_DAMAGED, "ends after %llu of the %u bytes of a record",
	    (unsigned long long)rest, size);
	timeline_damaged(timeline, TIMELINE_MFT_NAME, total - rest, rest, &why);
}

/* What goes with the records. */
static bool open_others(struct walk *walk, struct timeline_evidence *evidence, struct err *err)
{
	const struct timeline_files *files = evidence->files;
	bool has_fields = !walk->timeline->format->by_names;

	if (has_fields && evidence->volume &&
	    !ntfs_secure_open(evidence->volume, &walk->secure, err))
		return false;
	if (has_fields && files && files->secure &&
	    !ntfs_secure_open_sds(files->secure, &walk->secure, err))
		return false;
	return slack_records_new(walk->timeline, evidence, &walk->slack, err);
}

bool mft_records_write(
    struct timeline *timeline, struct timeline_evidence *evidence, struct err *err)
{
	struct ntfs_mft *mft = evidence->mft;
	CLEANUP(walk_free)
	struct walk walk = {.timeline = timeline, .mft = mft, .paths = evidence->paths};

	if (!mft)
		return true;
	if (!open_others(&walk, evidence, err))
		return false;
	uint64_t first = ntfs_mft_first(mft);
	uint64_t count = ntfs_mft_count(mft);
	uint32_t size = ntfs_mft_record_size(mft);

	struct err why;
	bool whole;

	for (uint64_t i = 0; i < count; i++) {
		if (i % ASK_EVERY == 0 && !timeline_goes_on(timeline, i * size, count * size, err))
			return false;
		if (!ntfs_entry_load_quick(mft, first + i, &walk.entry, &whole, &why)) {
			if (!skip_record(&walk, i, &why, err))
				return false;
		} else if (!(whole ? write_record(&walk, err) : write_later(&walk, err))) {
			return false;
		}
	}
	if (!write_waiting(&walk, &walk.files, err))
		return false;
	walk.is_end = true;
	if (!write_used_parts(&walk, err) || !write_waiting(&walk, &walk.parts, err))
		return false;
	check_end(timeline, evidence, size);
	return slack_records_end(walk.slack, err) &&
	       timeline_goes_on(timeline, count * size, count * size, err);
}
