/* A file as its MFT records tell it: base record, extensions, attributes joined. See ntfs.h. */
#include "formats/ntfs/entry_memory.h"

#include "core/array.h"
#include "formats/ntfs/extensions.h"
#include "formats/ntfs/file_name.h"
#include "formats/ntfs/limits.h"
#include "formats/ntfs/record.h"
#include "formats/ntfs/volume.h"

#include <stdlib.h>

/* Keeps the first that is met, with the record that it is in. */
static void keep_first(
    struct err *first, const struct ntfs_entry *entry, uint64_t record, const struct err *why)
{
	if (first->kind != ERR_NONE || why->kind == ERR_NONE)
		return;
	if (record == entry->record)
		*first = *why;
	else
		fail(first, why->kind, "extension record %llu: %s", (unsigned long long)record,
		    why->text);
}

static void note(struct ntfs_entry *entry, uint64_t record, const struct err *why)
{
	keep_first(&entry->damage, entry, record, why);
}

static void note_lost(struct ntfs_entry *entry, uint64_t record, const struct err *why)
{
	note(entry, record, why);
	keep_first(&entry->lost, entry, record, why);
}

static bool is_fatal(const struct err *why)
{
	return why->kind == ERR_MEMORY || why->kind == ERR_LIMIT;
}

/* Marks those of the record's attributes, the first of them at `next`, that a torn stride touches. Which attributes there are is not
 * known where a header, the end mark or an attribute list lies in one. */
static void mark_torn(struct ntfs_entry *entry, uint64_t record, struct bytes used,
    const struct ntfs_record *r, size_t next)
{
	size_t pos = r->attributes, start;
	struct ntfs_attribute attribute, *added;
	struct err why;
	bool found, lacks = false;

	while (pos < used.len) {
		start = pos;
		lacks = lacks || ntfs_record_is_torn(r, start, start + 8);
		if (!ntfs_attribute_next(used, &pos, &attribute, &found, NULL))
			continue;
		if (!found)
			break;
		added = &entry->memory->attributes.at[next++];
		added->torn = ntfs_record_is_torn(r, start, pos);
		lacks = lacks || (added->torn && added->type == NTFS_ATTRIBUTE_LIST);
	}
	if (!lacks)
		return;
	fail(&why, ERR_DAMAGED, "torn: its sectors were not written together");
	note_lost(entry, record, &why);
}

/* Adds all attributes of a fixed-up record. False only when out of memory or limits. */
static bool add_attributes(struct ntfs_entry *entry, uint64_t record, struct bytes used,
    const struct ntfs_record *r, struct err *err)
{
	struct ntfs_attributes *all = &entry->memory->attributes;
	size_t before = all->count;
	struct err why;

	why.kind = ERR_NONE; /* its text is long */
	all->lacks = false;
	if (!ntfs_attributes_add(all, used, r->attributes, &why, err))
		return false;
	if (all->lacks)
		note_lost(entry, record, &why);
	note(entry, record, &why);
	if (ntfs_record_is_torn(r, 0, used.len))
		mark_torn(entry, record, used, r, before);
	return true;
}

/* Sequence numbers count up when a record is freed, so a deleted file's are one ahead; 0 is skipped. */
static bool same_sequence(uint16_t now, uint16_t then, bool deleted)
{
	return now == then ||
	       (deleted && (now == (uint16_t)(then + 1) || (then == UINT16_MAX && now == 1)));
}

static bool load_extension(struct ntfs_mft *mft, struct ntfs_entry *entry,
    struct ntfs_reference where, struct err *why, struct err *err)
{
	uint8_t *block = ntfs_entry_block(entry->memory, err);
	struct ntfs_record r;
	struct err torn = {0};
	bool deleted = !entry->in_use;

	if (!block)
		return false;
	const uint8_t *raw = ntfs_mft_at(mft, where.record, why);

	if (!raw || !ntfs_record_take(raw, block, mft->record_size, &r, &torn, why)) {
		if (why->kind == ERR_MISSING) /* of a record that the list names, that is damage */
			why->kind = ERR_DAMAGED;
		return true;
	}
	if (r.base.record != entry->record ||
	    !same_sequence(entry->sequence, r.base.sequence, deleted)) {
		fail(why, ERR_DAMAGED, "belongs to another file (record %llu sequence %u)",
		    (unsigned long long)r.base.record, r.base.sequence);
		return true;
	}
	if (!same_sequence(r.sequence, where.sequence, deleted)) {
		fail(
		    why, ERR_DAMAGED, "has sequence number %u, not %u", r.sequence, where.sequence);
		return true;
	}
	note(entry, where.record, &torn);
	return add_attributes(
	    entry, where.record, (struct bytes){.at = block, .len = r.used}, &r, err);
}

/* Reads a non-resident attribute list through the volume into memory->list. */
static bool read_list(struct ntfs_mft *mft, struct ntfs_entry *entry,
    const struct ntfs_attribute *attribute, struct bytes *out, struct err *err)
{
	struct ntfs_entry_memory *m = entry->memory;
	CLEANUP(source_close) struct source *content = NULL;
	struct ntfs_stream stream = {.type = NTFS_ATTRIBUTE_LIST,
	    .size = attribute->size,
	    .initialized = attribute->initialized};

	if (attribute->size > NTFS_LIMIT_LIST || attribute->first_vcn != 0)
		return fail(err, ERR_DAMAGED, "attribute list of %llu bytes",
		    (unsigned long long)attribute->size);
	if (!array_grow(&m->list, &m->list_room, (size_t)attribute->size, 1, NTFS_LIMIT_LIST, err))
		return false;
	m->runs.count = 0;
	if (!ntfs_runs_add(&m->runs, attribute->mapping, 0, attribute->last_vcn + 1, err))
		return fail_in(err, "attribute list");
	stream.runs = m->runs.at;
	stream.run_count = m->runs.count;
	m->runs.count = 0;
	if (!ntfs_stream_open(mft->volume, entry, &stream, &content, err) ||
	    !source_read_exact(content, 0, m->list, (size_t)attribute->size, err))
		return fail_in(err, "attribute list");
	*out = (struct bytes){.at = m->list, .len = (size_t)attribute->size};
	return true;
}

static bool follow_list(struct ntfs_mft *mft, struct ntfs_entry *entry,
    const struct ntfs_attribute *list, struct err *err)
{
	struct bytes content = list->content;

	return (list->resident || read_list(mft, entry, list, &content, err)) &&
	       ntfs_attribute_list_parse(content, entry->record, &entry->memory->extensions, err);
}

static bool lies_before(const void *element, uint64_t record)
{
	return ((const struct ntfs_reference *)element)->record < record;
}

/* The record among `count`, sorted; NULL: it is none of them. */
static const struct ntfs_reference *find_reference(
    const struct ntfs_reference *at, size_t count, uint64_t record)
{
	size_t i = array_first_from(at, count, sizeof(*at), lies_before, record);

	return i < count && at[i].record == record ? &at[i] : NULL;
}

/* What a damaged list leads to, then those that it does not lead to and that name this file as their base. */
static bool follow_and_find(struct ntfs_mft *mft, struct ntfs_entry *entry,
    const struct ntfs_attribute *list, struct err *err)
{
	struct ntfs_references *all = &entry->memory->extensions;
	bool ok = follow_list(mft, entry, list, err);
	size_t listed = all->count, kept = all->count;
	struct err why;

	if (!ok && is_fatal(err))
		return false;
	if (!ntfs_extensions_find(mft, entry, all, &why) && (ok || is_fatal(&why)))
		ok = fail(err, why.kind, "%s", why.text);
	for (size_t i = listed; i < all->count; i++) {
		const struct ntfs_reference *same =
		    find_reference(all->at, listed, all->at[i].record);

		if (!same || same->sequence != all->at[i].sequence)
			all->at[kept++] = all->at[i];
	}
	all->count = kept;
	entry->memory->found = kept - listed;
	return ok;
}

/* Fills memory->extensions. The list of a bare $MFT may lie in clusters that are not there, that of a deleted file in
 * clusters that are others' now: then all records are taken that name this one as their base. */
static bool find_extensions(struct ntfs_mft *mft, struct ntfs_entry *entry,
    const struct ntfs_attribute *list, struct err *err)
{
	struct ntfs_entry_memory *m = entry->memory;

	if (!list->resident && !mft->volume && m->quick && !ntfs_extensions_known(mft)) {
		m->left = true;
		return true;
	}
	if (m->by_base && entry->in_use)
		return follow_and_find(mft, entry, list, err);
	if (!list->resident && (!mft->volume || m->by_base))
		return ntfs_extensions_find(mft, entry, &m->extensions, err);
	return follow_list(mft, entry, list, err);
}

/* Whether the list names this one in vain, and it is there all the same. */
static bool is_found(const struct ntfs_entry_memory *m, size_t index)
{
	size_t listed = m->extensions.count - m->found;

	return index < listed &&
	       find_reference(m->extensions.at + listed, m->found, m->extensions.at[index].record);
}

static bool load_extensions(
    struct ntfs_mft *mft, struct ntfs_entry *entry, struct ntfs_attribute list, struct err *err)
{
	struct ntfs_entry_memory *m = entry->memory;
	size_t bad_count = 0, kept = 0;
	struct err why = {0};

	if (!find_extensions(mft, entry, &list, &why)) {
		if (is_fatal(&why))
			return fail(err, why.kind, "%s", why.text);
		m->lost = true;
		note_lost(entry, entry->record, &why);
	}
	for (size_t i = 0; i < m->extensions.count; i++) {
		struct ntfs_reference where = m->extensions.at[i];
		struct err bad = {0};

		if (bad_count >= NTFS_LIMIT_BAD_EXTENSIONS && i < m->extensions.count - m->found)
			continue;
		if (!load_extension(mft, entry, where, &bad, err))
			return false;
		if (bad.kind != ERR_NONE) {
			bad_count++;
			m->lost = true;
			(is_found(m, i) ? note : note_lost)(entry, where.record, &bad);
			continue;
		}
		m->extensions.at[kept++] = where;
	}
	m->extensions.count = kept;
	return true;
}

static bool add_extensions(struct ntfs_mft *mft, struct ntfs_entry *entry, struct err *err)
{
	const struct ntfs_entry_memory *m = entry->memory;
	size_t own = m->attributes.count;

	/* Only a base record's list counts. Loading moves memory->attributes: pass a copy. */
	for (size_t i = 0; i < own; i++)
		if (m->attributes.at[i].type == NTFS_ATTRIBUTE_LIST)
			return load_extensions(mft, entry, m->attributes.at[i], err);
	return true;
}

static void parse_standard(struct ntfs_entry *entry, const struct ntfs_attribute *attribute)
{
	struct bytes c = attribute->content;

	if (entry->has_standard)
		return;
	if (!attribute->resident || c.len < 36) {
		struct err why;

		fail(&why, ERR_DAMAGED, "$STANDARD_INFORMATION of %zu bytes", c.len);
		note(entry, entry->record, &why);
		return;
	}
	entry->has_standard = true;
	entry->times = ntfs_times_parse(c.at);
	entry->attributes = le32(c.at + 32);
	/* Windows 10 keeps flags where the number of a version was meant to be, which nobody ever wrote. */
	entry->is_case_sensitive = entry->is_directory && c.len >= 48 && le32(c.at + 40) & 1;
	/* 72 bytes since NTFS 3.0, 48 before. */
	if (c.len >= 72) {
		entry->owner_id = le32(c.at + 48);
		entry->security_id = le32(c.at + 52);
		entry->usn = le64(c.at + 64);
	}
}

static bool add_name(
    struct ntfs_entry *entry, const struct ntfs_attribute *attribute, struct err *err)
{
	struct ntfs_entry_memory *m = entry->memory;
	struct ntfs_name *name;
	struct err why;

	if (!array_grow(&entry->names, &m->name_room, entry->name_count + 1, sizeof(*entry->names),
		NTFS_LIMIT_ATTRIBUTES, err))
		return fail_in(err, "names");
	name = &entry->names[entry->name_count];
	if (!ntfs_file_name_parse(attribute->content, name, &why)) {
		note_lost(entry, entry->record, &why);
		return true;
	}
	name->id = attribute->id;
	entry->name_count++;
	return true;
}

static bool read_attributes(struct ntfs_mft *mft, struct ntfs_entry *entry, struct err *err)
{
	const struct ntfs_entry_memory *m = entry->memory;

	for (size_t i = 0; i < m->attributes.count; i++) {
		if (m->attributes.at[i].type == NTFS_STANDARD_INFORMATION)
			parse_standard(entry, &m->attributes.at[i]);
		else if (m->attributes.at[i].type == NTFS_FILE_NAME &&
			 !add_name(entry, &m->attributes.at[i], err))
			return false;
	}
	return ntfs_streams_join(
	    entry, mft->volume ? ntfs_volume_geometry(mft->volume)->cluster_size : 0, err);
}

/* The header alone. *out is the record, fixed up. */
static bool load_head(struct ntfs_mft *mft, uint64_t record, struct ntfs_entry *entry,
    struct ntfs_record *r, struct bytes *out, struct err *err)
{
	uint8_t *block = ntfs_entry_block(entry->memory, err);

	const uint8_t *raw = block ? ntfs_mft_at(mft, record, err) : NULL;

	if (block && entry->memory->quick && !mft->volume && !ntfs_extensions_known(mft)) {
		struct err why;

		if (!ntfs_extensions_see(mft, record, raw, &why))
			return fail(err, why.kind, "%s", why.text);
	}
	if (!raw || !ntfs_record_take(raw, block, mft->record_size, r, &entry->damage, err))
		return false;
	entry->record = record;
	entry->sequence = r->sequence;
	entry->in_use = r->flags & NTFS_RECORD_IN_USE;
	entry->is_directory = r->flags & NTFS_RECORD_DIRECTORY;
	entry->base = r->base;
	entry->links = r->links;
	entry->lsn = r->lsn;
	*out = (struct bytes){.at = block, .len = r->used};
	return true;
}

static bool load_parts(
    struct ntfs_mft *mft, uint64_t record, struct ntfs_entry *entry, struct err *err)
{
	struct ntfs_record r;
	struct bytes used;

	if (!load_head(mft, record, entry, &r, &used, err) ||
	    !add_attributes(entry, record, used, &r, err))
		return false;
	bool is_base = r.base.record == 0 && r.base.sequence == 0;

	if (is_base && !add_extensions(mft, entry, err))
		return false;
	return read_attributes(mft, entry, err);
}

/* Empties the entry but keeps its memory. The text of a damage that there is none of need not be cleared. */
static void clear(struct ntfs_entry *entry)
{
	memset(entry, 0, offsetof(struct ntfs_entry, names));
	entry->name_count = 0;
	entry->stream_count = 0;
	entry->damage.kind = ERR_NONE;
	entry->damage.os_code = 0;
	entry->damage.text[0] = 0;
	entry->lost.kind = ERR_NONE;
}

/* Whether the file lacks something that extension records may hold which its list does not lead to: of a deleted file a
 * list in clusters, which may be others' by now. $MFT itself, of which it is not known yet where all records are, does
 * without. */
static bool lacks_parts(const struct ntfs_mft *mft, const struct ntfs_entry *entry)
{
	const struct ntfs_entry_memory *m = entry->memory;
	bool has_list = false;
	bool lacks = m->lost || entry->name_count == 0;

	for (size_t i = 0; i < entry->stream_count; i++)
		lacks = lacks || entry->streams[i].incomplete;
	if (!lacks || !mft->volume || m->by_base || entry->record == 0)
		return false;
	for (size_t i = 0; i < m->attributes.count; i++)
		has_list = has_list || (m->attributes.at[i].type == NTFS_ATTRIBUTE_LIST &&
					   (entry->in_use || !m->attributes.at[i].resident));
	return has_list;
}

/* by_base: with the parts that name it as their base. */
static bool load_again(
    struct ntfs_mft *mft, uint64_t record, struct ntfs_entry *entry, bool by_base, struct err *err)
{
	struct ntfs_entry_memory *m = entry->memory;

	clear(entry);
	ntfs_entry_memory_reset(m, mft->record_size);
	m->by_base = by_base;
	bool ok = load_parts(mft, record, entry, err);

	m->by_base = false;
	return ok;
}

static bool load(struct ntfs_mft *mft, uint64_t record, struct ntfs_entry *entry, struct err *err)
{
	struct err why; /* of load_again alone */

	if (!load_parts(mft, record, entry, err))
		return false;
	if (!lacks_parts(mft, entry) || load_again(mft, record, entry, true, &why))
		return true;
	if (why.kind != ERR_LIMIT) {
		if (err)
			*err = why;
		return false;
	}
	/* Anybody may have made so many: the file keeps what it has without them. */
	if (!load_again(mft, record, entry, false, err))
		return false;
	why.kind = ERR_DAMAGED;
	note_lost(entry, record, &why);
	return true;
}

static bool prepare(struct ntfs_mft *mft, struct ntfs_entry *entry, struct err *err)
{
	clear(entry);
	if (!entry->memory)
		entry->memory = calloc(1, sizeof(*entry->memory));
	if (!entry->memory)
		return fail(err, ERR_MEMORY, "no memory for an MFT entry");
	ntfs_entry_memory_reset(entry->memory, mft->record_size);
	return true;
}

static bool load_or_clear(
    struct ntfs_mft *mft, uint64_t record, struct ntfs_entry *entry, struct err *err)
{
	if (!load(mft, record, entry, err)) {
		clear(entry);
		return fail_in(err, "MFT record %llu", (unsigned long long)record);
	}
	if (mft->zero && record == 0 && entry->damage.kind == ERR_NONE)
		fail(&entry->damage, ERR_DAMAGED, "damaged; this is its copy in $MFTMirr");
	return true;
}

bool ntfs_entry_load(
    struct ntfs_mft *mft, uint64_t record, struct ntfs_entry *entry, struct err *err)
{
	return prepare(mft, entry, err) && load_or_clear(mft, record, entry, err);
}

bool ntfs_entry_load_quick(
    struct ntfs_mft *mft, uint64_t record, struct ntfs_entry *entry, bool *whole, struct err *err)
{
	if (!prepare(mft, entry, err))
		return false;
	entry->memory->quick = true;
	bool loaded = load_or_clear(mft, record, entry, err);

	*whole = !entry->memory->left;
	return loaded;
}

bool ntfs_entry_load_head(
    struct ntfs_mft *mft, uint64_t record, struct ntfs_entry *entry, struct err *err)
{
	struct ntfs_record r;
	struct bytes used;

	if (!prepare(mft, entry, err))
		return false;
	if (load_head(mft, record, entry, &r, &used, err))
		return true;
	clear(entry);
	return fail_in(err, "MFT record %llu", (unsigned long long)record);
}

void ntfs_entry_free(struct ntfs_entry *entry)
{
	free(entry->names);
	free(entry->streams);
	ntfs_entry_memory_free(entry->memory);
	*entry = (struct ntfs_entry){0};
}

size_t ntfs_entry_parts(const struct ntfs_entry *entry, const struct ntfs_reference **out)
{
	if (!entry->memory || entry->memory->dropped)
		return 0;
	*out = entry->memory->extensions.at;
	return entry->memory->extensions.count;
}

const struct ntfs_name *ntfs_entry_name(const struct ntfs_entry *entry)
{
	const struct ntfs_name *best = NULL;

	for (size_t i = 0; i < entry->name_count; i++) {
		const struct ntfs_name *name = &entry->names[i];

		if (name->name_space != NTFS_NAME_DOS)
			return name;
		if (!best)
			best = name;
	}
	return best;
}

static bool same_utf16(struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i + 2 <= a.len; i += 2) {
		uint16_t x = le16(a.at + i);
		uint16_t y = le16(b.at + i);

		if (x != y && text_fold(x) != text_fold(y))
			return false;
	}
	return true;
}

const struct ntfs_stream *ntfs_entry_stream(
    const struct ntfs_entry *entry, uint32_t type, struct bytes utf16)
{
	for (size_t i = 0; i < entry->stream_count; i++)
		if (entry->streams[i].type == type && same_utf16(entry->streams[i].utf16, utf16))
			return &entry->streams[i];
	return NULL;
}
