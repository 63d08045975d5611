/* The rows of a bundle: an index in memory, each row read from its meta volume when it is asked for. */
#include "bundle/reader_parts.h"

#include "core/array.h"

#include <stdlib.h>

/* FNV-1a (RFC 9923): spreads paths; equal hashes are compared byte by byte. */
uint64_t reader_path_hash(struct bytes path)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < path.len; i++)
		hash = (hash ^ path.at[i]) * 0x100000001b3u;
	return hash;
}

bool reader_set(struct bundle_reader *reader, unsigned set, struct source **out, struct err *err)
{
	struct set_plan plan = {
	    .store = reader->store,
	    .manifest = &reader->manifest,
	    .identities = &reader->identities,
	    .set = set,
	    .conveyor = set == BUNDLE_META ? NULL : reader->trust.conveyor,
	};

	if (reader->trust.unverified) {
		plan.problem = reader->watch.problem;
		plan.context = reader->watch.context;
	}
	if (!reader->sets[set]) {
		if (!set_open(&plan, &reader->sets[set], err))
			return false;
		if (reader->reads_all)
			set_read_ahead(reader->sets[set], UINT64_MAX);
	}
	*out = reader->sets[set];
	return true;
}

static int compare_hashes(const void *a, const void *b)
{
	const struct path_index *left = a, *right = b;

	if (left->hash != right->hash)
		return left->hash < right->hash ? -1 : 1;
	if (left->rank != right->rank)
		return left->rank < right->rank ? -1 : 1;
	return left->row < right->row ? -1 : left->row > right->row;
}

static bool has_bytes(const struct path_index *at)
{
	return at->rank != PATH_NOT_TAKEN;
}

/* Of by_path[first] and those behind it with the same hash, all with bytes or the same as one with bytes. */
static bool check_paths(struct bundle_reader *reader, size_t first, size_t count, struct err *err)
{
	if (count > READER_SAME_HASH)
		return fail(err, ERR_DAMAGED, "%zu paths of one hash, or one path as often", count);
	for (size_t i = first; i + 1 < first + count; i++) {
		CLEANUP(text_free) struct text path = {0};

		if (!reader_row(reader, reader->by_path[i].row, err))
			return false;
		text_add(&path, reader->row.path);
		for (size_t j = i + 1; text_ok(&path, err) && j < first + count; j++) {
			if (!reader_row(reader, reader->by_path[j].row, err))
				return false;
			if (bytes_equal(reader->row.path, text_bytes(&path)))
				return fail(err, ERR_DAMAGED,
				    "'%.*s' is there twice: a path means one entry",
				    text_cut(text_bytes(&path), 120), text_string(&path));
		}
		if (path.failed)
			return false;
	}
	return true;
}

/* No two rows give content to one path: unpacked by one reader or another, it would be the one or the other. */
static bool check_all_paths(struct bundle_reader *reader, struct err *err)
{
	for (size_t i = 0, count; i < reader->row_count; i += count) {
		const struct path_index *at = &reader->by_path[i];

		for (count = 1; i + count < reader->row_count && at[count].hash == at->hash &&
				has_bytes(&at[count]);)
			count++;
		if (count > 1 && !check_paths(reader, i, count, err))
			return false;
	}
	return true;
}

/* Marks what a run left behind when it ended and a later one told of anew. Paths are compared by their hash alone: for
 * what is not in the bundle that will do. Returns how many. */
static size_t mark_left(struct bundle_reader *reader)
{
	size_t count = 0;

	for (size_t i = 0, first = 0; i < reader->row_count; i++) {
		const struct path_index *at = &reader->by_path[i];
		struct row_index *row = &reader->rows[at->row];
		bool is_last = i + 1 == reader->row_count || at[1].hash != at->hash;

		first = at->hash == reader->by_path[first].hash ? first : i;
		row->is_left = row->is_left && (!is_last || has_bytes(&reader->by_path[first]));
		count += row->is_left;
	}
	return count;
}

/* Takes them out; the rows behind each move up. */
static bool drop_left(struct bundle_reader *reader, struct err *err)
{
	CLEANUP(free_memory) uint32_t *moved = NULL;
	size_t rows = 0, paths = 0;

	if (mark_left(reader) == 0)
		return true;
	moved = calloc(reader->row_count, sizeof(*moved));
	if (!moved)
		return fail(err, ERR_MEMORY, "no memory for %zu rows", reader->row_count);
	for (size_t i = 0; i < reader->row_count; i++) {
		struct path_index at = reader->by_path[i];

		if (!reader->rows[at.row].is_left)
			reader->by_path[paths++] = at;
	}
	for (size_t i = 0; i < reader->row_count; i++) {
		moved[i] = (uint32_t)rows;
		if (!reader->rows[i].is_left)
			reader->rows[rows++] = reader->rows[i];
	}
	for (size_t i = 0; i < paths; i++)
		reader->by_path[i].row = moved[reader->by_path[i].row];
	reader->row_count = rows;
	return true;
}

static bool check_meta_volumes(struct bundle_reader *reader, struct err *err)
{
	for (size_t i = 0; i < reader->manifest.file_count; i++) {
		struct volume_name volume;
		struct err why = {0};

		if (!volume_name_parse(bytes_of(reader->manifest.files[i].name), &volume) ||
		    volume.set != BUNDLE_META || volume.is_part ||
		    reader_check_file(reader, i, &why))
			continue;
		if (!reader->trust.unverified) {
			if (err)
				*err = why;
			return false;
		}
		reader_problem(reader, &why);
	}
	return true;
}

bool bundle_open_content(struct bundle_reader *reader, struct err *err)
{
	struct source *meta;
	struct err why = {0};

	if (reader->has_content)
		return true;
	if (reader->identities.count == 0)
		return fail(err, ERR_USAGE, "an identity file is needed to open the bundle");
	if (!check_meta_volumes(reader, err) || !reader_set(reader, BUNDLE_META, &meta, err) ||
	    !set_open_all(meta, err))
		return false;
	if (!reader_load_meta(reader, meta, err))
		return false;
	if (reader->row_count)
		qsort(reader->by_path, reader->row_count, sizeof(*reader->by_path), compare_hashes);
	if (!check_all_paths(reader, &why) && !reader_go_on(reader, &why, err))
		return false;
	if (!drop_left(reader, err))
		return false;
	reader->has_content = true;
	return true;
}

size_t bundle_row_count(const struct bundle_reader *reader)
{
	return reader->row_count;
}

bool reader_row(struct bundle_reader *reader, size_t index, struct err *err)
{
	const struct row_index *at = &reader->rows[index];
	struct text *bytes = &reader->row_bytes;
	struct source *meta;

	row_free(&reader->row);
	if (!reader_set(reader, BUNDLE_META, &meta, err))
		return false;
	if (bytes->room <= at->len) {
		char *grown = realloc(bytes->at, (size_t)at->len + 1);

		if (!grown)
			return fail(err, ERR_MEMORY, "no memory for a row");
		bytes->at = grown;
		bytes->room = (size_t)at->len + 1;
	}
	bytes->len = at->len;
	bytes->at[at->len] = 0;
	return source_read_exact(meta, at->at, bytes->at, at->len, err) &&
	       row_parse(text_bytes(bytes), &reader->row, err);
}

bool bundle_row_at(
    struct bundle_reader *reader, size_t index, struct bundle_row_view *out, struct err *err)
{
	if (index >= reader->row_count)
		return fail(err, ERR_MISSING, "there is no row %zu", index);
	if (!reader_row(reader, index, err))
		return false;
	*out = (struct bundle_row_view){
	    .path = reader->row.path,
	    .json = text_bytes(&reader->row_bytes),
	    .taken = reader->row.taken,
	    .is_sparse = reader->row.is_sparse,
	    .same_as = reader->row.same_as,
	    .size = reader->row.size,
	    .place = reader->row.place,
	};
	return true;
}

bool bundle_row_find(
    struct bundle_reader *reader, struct bytes path, size_t *index, struct err *err)
{
	uint64_t hash = reader_path_hash(path);
	size_t low = 0, high = reader->row_count, found = SIZE_MAX;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (reader->by_path[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	/* Of several rows of one path the one with bytes counts, and stands first. */
	for (size_t looked = 0;
	     found == SIZE_MAX && low < reader->row_count && reader->by_path[low].hash == hash;
	     low++) {
		size_t row = reader->by_path[low].row;

		if (looked++ == READER_SAME_HASH)
			return fail(err, ERR_LIMIT, "%d paths of one hash", READER_SAME_HASH);
		if (!reader_row(reader, row, err))
			return false;
		if (bytes_equal(reader->row.path, path))
			found = row;
	}
	if (found == SIZE_MAX)
		return fail(err, ERR_MISSING, "no row tells of it");
	*index = found;
	return true;
}

bool bundle_meta_open(
    struct bundle_reader *reader, const char *name, struct source **out, struct err *err)
{
	struct source *meta;

	for (size_t i = 0; i < reader->meta_count; i++) {
		const struct meta_file *file = &reader->metas[i];

		if (strcmp(file->name, name) != 0)
			continue;
		if (!reader_set(reader, BUNDLE_META, &meta, err))
			return false;
		*out = source_window(meta, file->at, file->size, false);
		return *out || fail(err, ERR_MEMORY, "no memory for 'meta/%s'", name);
	}
	return fail(err, ERR_MISSING, "there is no 'meta/%s'", name);
}

const char *bundle_meta_name(const struct bundle_reader *reader, size_t index)
{
	return index < reader->meta_count ? reader->metas[index].name : NULL;
}
