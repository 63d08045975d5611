/* What the meta set holds: the rows, put into the index, and the newest of each other file. Under --unverified what is wrong costs itself
 * alone: a name, a row, a file of meta, the frame that does not open. */
#include "bundle/reader_parts.h"

#include "core/array.h"
#include "bundle/lines.h"

#include <stdio.h>

static const char meta_prefix[] = "meta/";
static const char rows_prefix[] = "meta/entries.";
static const char rows_suffix[] = ".jsonl";

/* Whether what was found wrong is only said. */
bool reader_go_on(struct bundle_reader *reader, struct err *why, struct err *err)
{
	if (!reader->trust.unverified || why->kind == ERR_MEMORY) {
		if (err)
			*err = *why;
		return false;
	}
	reader_problem(reader, why);
	*why = (struct err){0};
	return true;
}

/* The same of meta. */
static bool forgive(struct bundle_reader *reader, struct err *why, struct err *err)
{
	if (reader->trust.unverified && why->kind != ERR_MEMORY)
		fail_in(why, "'meta'");
	return reader_go_on(reader, why, err);
}

struct part { /* of meta, in which rows are */
	uint64_t at, end;
	bool is_cut;  /* the first line is the rest of one */
	bool is_lost; /* what else may be in it nobody knows: its header is gone */
	bool is_long; /* a line in it is too long: `at` lies in that line */
};

static bool add_row(struct bundle_reader *reader, const struct part *part, struct bytes line,
    uint64_t at, struct err *err)
{
	CLEANUP(row_free) struct row row = {0};
	struct err why = {0};
	bool is_row = row_parse(line, &row, &why);

	if (why.kind == ERR_MEMORY) {
		*err = why;
		return false;
	}
	if (part->is_lost && (!is_row || row.status.len == 0))
		return true;
	if (!is_row) {
		fail_in(&why, "a row at byte %llu of 'meta'", (unsigned long long)at);
		reader_problem(reader, &why);
		reader->rows_damaged = true;
		return true;
	}
	size_t room = reader->row_room;

	if (!array_grow(&reader->rows, &reader->row_room, reader->row_count + 1,
		sizeof(*reader->rows), reader->rows_most, err) ||
	    !array_grow(&reader->by_path, &room, reader->row_count + 1, sizeof(*reader->by_path),
		reader->rows_most, err))
		return false;
	reader->by_path[reader->row_count] = (struct path_index){.hash = reader_path_hash(row.path),
	    .row = (uint32_t)reader->row_count,
	    .rank = row.taken         ? PATH_TAKEN
		    : row.same_as.len ? PATH_SAME_AS
				      : PATH_NOT_TAKEN};
	reader->rows[reader->row_count++] = (struct row_index){
	    .at = at,
	    .len = (uint32_t)line.len,
	    .taken = row.taken,
	    .is_left = row.is_left && !row.taken,
	    .tar_at = row.place.tar_offset,
	    .set = (uint8_t)row.place.set,
	};
	return true;
}

/* Where the bytes from `at` on can be read until, `end` at most. */
static uint64_t readable_until(struct source *meta, uint64_t at, uint64_t end, struct err *why)
{
	uint8_t piece[4096];

	while (at < end) {
		size_t want = end - at < sizeof(piece) ? (size_t)(end - at) : sizeof(piece);
		size_t got = 0;
		bool ok = meta->read(meta, at, piece, want, &got, why);

		at += got;
		if (!ok || got < want)
			break;
	}
	return at;
}

static bool add_part(
    struct bundle_reader *reader, struct source *meta, struct part *part, struct err *err)
{
	struct err why = {0};
	CLEANUP(lines_free)
	struct lines lines = {
	    .source = meta, .at = part->at, .end = part->end, .ceiling = ROW_BYTES};

	for (;;) {
		struct bytes line;
		uint64_t at = 0;

		if (!lines_next(&lines, &line, &at, &why)) {
			part->is_long = why.kind == ERR_LIMIT && lines.at > part->at;
			part->at = lines.at;
			if (err)
				*err = why;
			return false;
		}
		if (!line.at)
			return true;
		if (!part->is_cut && line.len && !add_row(reader, part, line, at, err))
			return false;
		part->is_cut = false;
	}
}

/* The same, beyond lines that are too long. No other limit is passed by: too many rows are so each time. */
static bool add_lines(
    struct bundle_reader *reader, struct source *meta, struct part *part, struct err *err)
{
	struct err why = {0};

	while (!add_part(reader, meta, part, &why)) {
		reader->rows_damaged = true;
		if (!part->is_long || part->at >= part->end || !forgive(reader, &why, &why))
			break;
		part->is_cut = true;
		part->is_long = false;
	}
	if (err && why.kind != ERR_NONE)
		*err = why;
	return why.kind == ERR_NONE;
}

/* Part by part around what cannot be read. */
static bool add_parts(
    struct bundle_reader *reader, struct source *meta, const struct part *all, struct err *err)
{
	bool is_cut = all->is_cut;

	for (uint64_t at = all->at; at < all->end; is_cut = true) {
		struct err why = {0};
		uint64_t good = readable_until(meta, at, all->end, &why);
		struct part part = {
		    .at = at, .end = good, .is_cut = is_cut, .is_lost = all->is_lost};

		if (!add_lines(reader, meta, &part, err))
			return false;
		if (good == all->end)
			break;
		reader->rows_damaged = true;
		if (!all->is_lost && !forgive(reader, &why, err))
			return false;
		at = set_frame_after(meta, good);
	}
	return true;
}

static bool add_rows(struct bundle_reader *reader, struct source *meta,
    const struct tar_entry *entry, struct err *err)
{
	struct part part = {.at = entry->data_at, .end = entry->data_at + entry->size};

	return reader->trust.unverified ? add_parts(reader, meta, &part, err)
					: add_part(reader, meta, &part, err);
}

/* Keeps the newest of each name. */
static bool add_meta(struct bundle_reader *reader, const struct tar_entry *entry, struct err *err)
{
	struct meta_file file = {.at = entry->data_at, .size = entry->size};
	const char *name = text_string(&entry->path) + sizeof(meta_prefix) - 1;

	if ((size_t)snprintf(file.name, sizeof(file.name), "%s", name) >= sizeof(file.name))
		return fail(err, ERR_LIMIT, "a name in meta/ of more than %zu bytes",
		    sizeof(file.name) - 1);
	for (size_t i = 0; i < reader->meta_count; i++) {
		if (strcmp(reader->metas[i].name, file.name) == 0) {
			reader->metas[i] = file;
			return true;
		}
	}
	if (!array_grow(&reader->metas, &reader->meta_room, reader->meta_count + 1,
		sizeof(*reader->metas), READER_META_FILES, err))
		return false;
	reader->metas[reader->meta_count++] = file;
	return true;
}

/* The number of "meta/entries.NNN.jsonl"; 0 when it is another file. Each has its own, rising: none hides another. */
static bool rows_number(const struct text *path, uint32_t last, uint32_t *out, struct err *err)
{
	size_t head = sizeof(rows_prefix) - 1;
	const char *at = text_string(path);
	uint32_t number = 0;

	*out = 0;
	if (path->len < head || memcmp(at, rows_prefix, head) != 0)
		return true;
	if (path->len == head + 3 + sizeof(rows_suffix) - 1 &&
	    strcmp(at + head + 3, rows_suffix) == 0)
		for (size_t i = 0; i < 3; i++) {
			if (at[head + i] < '0' || at[head + i] > '9')
				break;
			number = number * 10 + (uint32_t)(at[head + i] - '0');
		}
	*out = number;
	return number > last ||
	       fail(err, ERR_DAMAGED, "'%.60s' does not follow 'entries.%03lu.jsonl'", at,
		   (unsigned long)last);
}

struct loading {
	struct bundle_reader *reader;
	struct source *meta;
	struct tar_entry entry;
	uint32_t rows;  /* number of the last file of rows */
	bool is_lost;   /* where the next header is must be searched for */
	uint64_t known; /* the end of the last entry whose header was there */
};

static bool begins(const struct text *path, const char *prefix)
{
	return path->len > strlen(prefix) && memcmp(path->at, prefix, strlen(prefix)) == 0;
}

/* What is wrong around a file does not keep its rows out under --unverified. */
static bool take_file(struct loading *loading, struct err *err)
{
	const struct tar_entry *entry = &loading->entry;
	struct bundle_reader *reader = loading->reader;
	uint32_t number = 0;
	struct err why = {0};

	if (!tar_padding_check(loading->meta, entry, &why)) {
		text_fail_in(&why, text_bytes(&entry->path));
		if (!forgive(reader, &why, err))
			return false;
	}
	if (!rows_number(&entry->path, loading->rows, &number, &why) && !forgive(reader, &why, err))
		return false;
	loading->rows = number > loading->rows ? number : loading->rows;
	if (begins(&entry->path, rows_prefix))
		return add_rows(reader, loading->meta, entry, err);
	return add_meta(reader, entry, &why) || forgive(reader, &why, err);
}

/* The next place where a header may be. */
static uint64_t next_place(struct source *meta, uint64_t at)
{
	uint64_t next = at / TAR_BLOCK * TAR_BLOCK + TAR_BLOCK;
	uint8_t byte;

	if (next < meta->size && !source_read_exact(meta, next, &byte, 1, NULL))
		next = (set_frame_after(meta, next) + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	return next;
}

/* What tar_next said of the place at `before`. A name that is refused costs nothing else. */
static bool pass_over(
    struct loading *loading, uint64_t before, uint64_t *pos, struct err *why, struct err *err)
{
	struct bundle_reader *reader = loading->reader;

	if (!loading->is_lost && !forgive(reader, why, err))
		return false;
	if (*pos != before) {
		loading->known = *pos;
		return true;
	}
	loading->is_lost = true;
	reader->rows_damaged = true;
	*pos = next_place(loading->meta, before);
	return true;
}

/* The rows of a file whose header is gone are rows all the same. */
static bool add_lost(struct loading *loading, uint64_t until, struct err *err)
{
	const struct part part = {
	    .at = loading->known, .end = until, .is_cut = true, .is_lost = true};

	return !loading->is_lost || add_parts(loading->reader, loading->meta, &part, err);
}

/* Only what is ours ends a search. */
static bool visit(struct loading *loading, uint64_t before, uint64_t *pos, struct err *err)
{
	struct err why = {0};

	if (begins(&loading->entry.path, meta_prefix)) {
		if (!add_lost(loading, before, err))
			return false;
		loading->is_lost = false;
		loading->known = *pos;
		return take_file(loading, err);
	}
	if (loading->is_lost) {
		*pos = next_place(loading->meta, before);
		return true;
	}
	fail(&why, ERR_DAMAGED, "something else than meta/ among the rows");
	return forgive(loading->reader, &why, err);
}

bool reader_load_meta(struct bundle_reader *reader, struct source *meta, struct err *err)
{
	struct loading loading = {.reader = reader, .meta = meta};
	uint64_t pos = 0;
	bool end = false, ok = true;

	while (ok && !end) {
		struct err why = {0};
		uint64_t before = pos;

		if (!tar_next(meta, &pos, &loading.entry, &end, &why))
			ok = pass_over(&loading, before, &pos, &why, err);
		else if (!end)
			ok = visit(&loading, before, &pos, err);
	}
	text_free(&loading.entry.path);
	ok = ok && add_lost(&loading, meta->size, err);
	return ok || fail_in(err, "'meta'");
}
