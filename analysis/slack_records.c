/* Names in directory slack as lines. See slack_records.h. */
#include "analysis/slack_records.h"

#include "bundle/lines.h"

#include <stdlib.h>

#define LINE_MAX_BYTES ((size_t)1 << 20) /* of a listing */
#define LISTING_NAME   "index-slack.jsonl"
#define DIRECTORY_FLAG 0x10000000u /* in the attributes of a $FILE_NAME */

struct slack_records {
	struct ntfs_slack_lister lister;
	struct timeline *timeline;
	struct timeline_evidence *evidence;
	struct ntfs_index_slack *carver;    /* NULL: there is a listing */
	const struct ntfs_entry *directory; /* at work */
	struct text path, scratch;
	struct lines lines;     /* of the listing */
	unsigned part;          /* of the listing, 0: none was opened */
	bool at_end;            /* of the listing */
	bool has_next;          /* next was read and not written */
	struct slack_told next; /* its path lies in scratch */
	uint64_t damaged;       /* places that could not be read */
	struct err first;       /* the first of them */
};

void slack_records_free(struct slack_records *records)
{
	if (!records)
		return;
	ntfs_index_slack_free(records->carver);
	lines_free(&records->lines);
	text_free(&records->path);
	text_free(&records->scratch);
	free(records);
}

static void note(struct slack_records *r, const struct err *why)
{
	if (r->damaged++ == 0)
		r->first = *why;
}

/* Writes a name as a line. r->path is made anew. */
static bool write_told(struct slack_records *r, const struct slack_told *told, struct err *err)
{
	const struct timeline_field fields[] = {
	    {.key = "where", .type = FIELD_TEXT, .bytes = bytes_of(told->where)},
	    {.key = "live", .type = FIELD_TEXT, .bytes = bytes_of(told->live)},
	    {.key = "directory_record", .type = FIELD_NUMBER, .number = told->directory},
	    {.key = "offset", .type = FIELD_NUMBER, .number = told->offset},
	    {.key = "block", .type = FIELD_NUMBER, .number = told->block},
	};
	struct timeline_line line = {
	    .kind = "slack",
	    .set = "fn",
	    .label = "slack",
	    .has = TIMELINE_TIMES | TIMELINE_ORPHAN | TIMELINE_DIRECTORY | TIMELINE_SIZE |
		   TIMELINE_ALLOCATED | TIMELINE_ATTRIBUTES,
	    .prefix_len = r->timeline->prefix.len,
	    .name_type = timeline_name_space(told->name_space),
	    .file = told->file,
	    .parent = told->parent,
	    .is_orphan = told->is_orphan,
	    .is_directory = told->attributes & DIRECTORY_FLAG,
	    .times = &told->times,
	    .size = told->size,
	    .allocated = told->allocated,
	    .attributes = told->attributes & ~DIRECTORY_FLAG,
	    .fields = fields,
	    .field_count = ARRAY_LEN(fields) - !told->has_block,
	};

	if (told->file.record || told->file.sequence)
		line.has |= TIMELINE_FILE;
	if (told->parent.record || told->parent.sequence)
		line.has |= TIMELINE_PARENT;
	text_clear(&r->path);
	text_add(&r->path, text_bytes(&r->timeline->prefix));
	text_add(&r->path, told->path);
	if (!text_ok(&r->path, err))
		return false;
	line.path = text_bytes(&r->path);
	timeline_write(r->timeline, &line);
	return true;
}

static bool each(struct ntfs_slack_lister *lister, const struct ntfs_slack *slack, struct err *err)
{
	struct slack_records *r = (struct slack_records *)lister;
	struct ntfs_name name = slack->name;
	struct slack_told told = {
	    .name_space = name.name_space,
	    .file = slack->file,
	    .parent = name.parent,
	    .times = name.times,
	    .size = name.size,
	    .allocated = name.allocated,
	    .attributes = name.attributes,
	    .directory = r->directory->record,
	    .where = ntfs_slack_word(slack->place),
	    .live = ntfs_slack_live_word(slack->live),
	    .has_block = slack->has_block,
	    .block = slack->block,
	    .offset = slack->offset,
	};

	/* An overwritten parent can only have been the directory. */
	if (name.parent.record == 0 && name.parent.sequence == 0)
		name.parent = (struct ntfs_reference){r->directory->record, r->directory->sequence};
	text_clear(&r->scratch);
	if (!ntfs_path(r->evidence->paths, &name, &r->scratch, &told.is_orphan, err))
		return false;
	told.path = text_bytes(&r->scratch);
	return write_told(r, &told, err);
}

static void damage(struct ntfs_slack_lister *lister, const struct err *why)
{
	note((struct slack_records *)lister, why);
}

bool slack_records_new(struct timeline *timeline, struct timeline_evidence *evidence,
    struct slack_records **out, struct err *err)
{
	CLEANUP(slack_records_free) struct slack_records *r = calloc(1, sizeof(*r));
	bool has_listing = evidence->files && evidence->files->slack;

	if (!r)
		return fail(err, ERR_MEMORY, "no memory to look for slack");
	r->lister = (struct ntfs_slack_lister){.each = each, .damage = damage};
	r->timeline = timeline;
	r->evidence = evidence;
	if (!has_listing && !ntfs_index_slack_new(evidence->mft, &r->carver, err))
		return false;
	*out = TAKE(r);
	return true;
}

/* Opens the next part of the listing; at_end when there is none. */
static bool next_part(struct slack_records *r, struct err *err)
{
	const struct timeline_files *files = r->evidence->files;
	struct source *source = NULL;

	lines_free(&r->lines);
	r->lines = (struct lines){0};
	if (!files->slack(files->slack_context, ++r->part, &source, err))
		return false;
	r->at_end = !source;
	if (source)
		r->lines = (struct lines){
		    .source = source, .end = source->size, .ceiling = LINE_MAX_BYTES};
	return true;
}

/* Reads the next name of the listing to r->next. A line that cannot be read is damage of its own. */
static bool read_next(struct slack_records *r, struct err *err)
{
	while (!r->has_next && !r->at_end) {
		struct bytes line = {0};
		struct err why = {0};
		uint64_t at = 0;

		if (r->part == 0 || !r->lines.source) {
			if (!next_part(r, err))
				return false;
			continue;
		}
		if (!lines_next(&r->lines, &line, &at, &why)) {
			if (timeline_is_fatal(&why))
				return fail(err, why.kind, "%s", why.text);
			timeline_damaged(r->timeline, LISTING_NAME, at, 0, &why);
			r->lines.source = NULL;
		} else if (!line.at) {
			r->lines.source = NULL;
		} else if (slack_told_parse(line, &r->scratch, &r->next, &why)) {
			r->has_next = true;
		} else {
			timeline_damaged(r->timeline, LISTING_NAME, at, line.len, &why);
		}
	}
	return true;
}

/* Writes the names of the listing that lie in directories up to this record. */
static bool write_listing(struct slack_records *r, uint64_t record, struct err *err)
{
	for (;;) {
		if (!read_next(r, err))
			return false;
		if (!r->has_next || r->next.directory > record)
			return true;
		if (!write_told(r, &r->next, err))
			return false;
		r->has_next = false;
	}
}

bool slack_records_see(struct slack_records *r, const struct ntfs_entry *entry, struct err *err)
{
	if (!entry->is_directory || ntfs_entry_is_extension(entry))
		return true;
	if (!r->carver)
		return write_listing(r, entry->record, err);
	r->directory = entry;
	return ntfs_index_slack_list(r->carver, entry, &r->lister, err);
}

bool slack_records_end(struct slack_records *r, struct err *err)
{
	struct err why = {0};

	if (!r->carver && !write_listing(r, UINT64_MAX, err))
		return false;
	if (r->damaged == 0)
		return true;
	fail(&why, r->first.kind, "%llu directories not looked through for slack: %.150s",
	    (unsigned long long)r->damaged, r->first.text);
	timeline_damaged(r->timeline, TIMELINE_MFT_NAME, 0, 0, &why);
	return true;
}
