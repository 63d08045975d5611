/* The entries of a bundle against their rows, and members as sources. */
#include "bundle/reader_parts.h"

#include "core/array.h"
#include "bundle/tar_read.h"

#include <stdlib.h>

#define PIECE ((size_t)1 << 20)

struct wanted { /* a taken row of the set that is walked */
	uint64_t tar_at;
	uint32_t row;
};

struct walk {
	struct bundle_reader *reader;
	unsigned set;
	struct source *tar;
	struct wanted *wanted;
	size_t count, next; /* rows before `next` were met */
	uint32_t volume;    /* those before it were compared with where headers are */
	uint8_t *piece;
	struct hash *hash;
	uint64_t before, total; /* progress: bytes of the sets before, of all */
	bool good;
	struct err *first; /* problem */
};

static void walk_problem(struct walk *walk, const struct err *why)
{
	reader_problem(walk->reader, why);
	if (walk->good && walk->first)
		*walk->first = *why;
	walk->good = false;
}

static int compare_wanted(const void *a, const void *b)
{
	const struct wanted *left = a, *right = b;

	if (left->tar_at != right->tar_at)
		return left->tar_at < right->tar_at ? -1 : 1;
	return left->row < right->row ? -1 : left->row > right->row;
}

static bool list_wanted(struct walk *walk, struct err *err)
{
	const struct bundle_reader *reader = walk->reader;

	walk->wanted = malloc((reader->row_count + 1) * sizeof(*walk->wanted));
	if (!walk->wanted)
		return fail(err, ERR_MEMORY, "no memory for %zu rows", reader->row_count);
	for (size_t i = 0; i < reader->row_count; i++)
		if (reader->rows[i].taken && reader->rows[i].set == walk->set)
			walk->wanted[walk->count++] =
			    (struct wanted){reader->rows[i].tar_at, (uint32_t)i};
	qsort(walk->wanted, walk->count, sizeof(*walk->wanted), compare_wanted);
	return true;
}

static bool hash_entry(
    struct walk *walk, const struct tar_entry *entry, uint8_t digest[SHA256_LEN], struct err *err)
{
	for (uint64_t done = 0; done < entry->size;) {
		size_t want = entry->size - done < PIECE ? (size_t)(entry->size - done) : PIECE;

		if (!source_read_exact(walk->tar, entry->data_at + done, walk->piece, want, err))
			return false;
		hash_add(walk->hash, (struct bytes){walk->piece, want});
		done += want;
		if (!reader_progress(walk->reader, "entries", walk->before + entry->data_at + done,
			walk->total, err))
			return false;
	}
	hash_take(walk->hash, digest);
	return true;
}

/* The volumes that begin at or before `at`, where the first header behind their beginning is, say so (next_header). */
static void check_next_headers(struct walk *walk, uint64_t at)
{
	uint64_t begin, len, said = 0;
	char name[VOLUME_NAME_ROOM];

	for (; set_volume_extent(walk->tar, walk->volume, &begin, &len) && begin <= at;
	     walk->volume++) {
		struct err why = {0};

		if (set_volume_next_header(walk->tar, walk->volume, &said) && said == at)
			continue;
		volume_name_format(walk->set, walk->volume, name);
		fail(&why, ERR_DAMAGED,
		    "'%s' says that the next header is at byte %llu of the tar, not %llu", name,
		    (unsigned long long)said, (unsigned long long)at);
		walk_problem(walk, &why);
	}
}

/* Compares an entry with the row that names its place. */
static bool check_entry(
    struct walk *walk, const struct tar_entry *entry, size_t row_index, struct err *err)
{
	struct bundle_reader *reader = walk->reader;
	const struct row *row = &reader->row;
	uint8_t digest[SHA256_LEN];
	uint64_t at = 0, len = 0;

	if (!reader_row(reader, row_index, err))
		return false;
	if (!bytes_equal(row->path, text_bytes(&entry->path)))
		return fail(err, ERR_DAMAGED, "the row at its place is of another entry");
	if (row->place.data_offset != entry->data_at || row->place.stored != entry->size)
		return fail(err, ERR_DAMAGED, "its row gives another place or size");
	if (!set_volume_extent(walk->tar, row->place.volume, &at, &len) || entry->header_at < at ||
	    entry->header_at - at >= len)
		return fail(err, ERR_DAMAGED, "its row gives another volume");
	if (row->is_sparse) {
		struct row_run *runs = NULL;
		size_t count;

		if (!row_sparse_map(row, &runs, &count, err))
			return false;
		free(runs);
	}
	if (!hash_entry(walk, entry, digest, err))
		return false;
	if (memcmp(digest, row->place.sha256, SHA256_LEN) != 0)
		return fail(err, ERR_DAMAGED, "its bytes are not those that its row tells of");
	return tar_padding_check(walk->tar, entry, err) &&
	       reader_check_header(walk->tar, entry, row, err);
}

static void name_entry(struct err *why, const struct tar_entry *entry)
{
	text_fail_in(why, text_bytes(&entry->path));
}

/* Rows that say to lie before `until` and were not met. */
static void report_missing(struct walk *walk, uint64_t until)
{
	while (walk->next < walk->count && walk->wanted[walk->next].tar_at < until) {
		struct err why = {0};

		if (reader_row(walk->reader, walk->wanted[walk->next].row, &why))
			fail(&why, ERR_DAMAGED, "'%.*s' is not where its row says, or has two rows",
			    text_cut(walk->reader->row.path, 120),
			    (const char *)walk->reader->row.path.at);
		walk_problem(walk, &why);
		walk->next++;
	}
}

/* An entry without a row must not stand for one that has one. */
static bool is_new_name(struct walk *walk, const struct tar_entry *entry, struct err *err)
{
	struct bundle_reader *reader = walk->reader;
	struct err why = {0};
	size_t row;

	if (bundle_row_find(reader, text_bytes(&entry->path), &row, &why)) {
		return !reader->rows[row].taken ||
		       fail(err, ERR_DAMAGED, "it is there twice, once without a row");
	}
	if (why.kind == ERR_MISSING)
		return true;
	*err = why;
	return false;
}

/* The entry that the end of the last sealed volume cuts off: it has no row yet. */
static void check_cut(struct walk *walk, const struct tar_entry *entry)
{
	struct err why = {0};

	check_next_headers(walk, tar_entry_end(entry));
	if (is_new_name(walk, entry, &why))
		return;
	name_entry(&why, entry);
	walk_problem(walk, &why);
}

/* False only when the walk must stop. */
static bool visit(struct walk *walk, const struct tar_entry *entry, bool last, struct err *err)
{
	struct err why = {0};

	report_missing(walk, entry->header_at);
	if (walk->next < walk->count && walk->wanted[walk->next].tar_at == entry->header_at) {
		if (check_entry(walk, entry, walk->wanted[walk->next++].row, &why))
			return true;
	} else if (last && !walk->reader->manifest.complete) {
		/* it was being written when the seal was made */
		if (is_new_name(walk, entry, &why))
			return true;
	} else {
		fail(&why, ERR_DAMAGED, "no row tells of it");
	}
	if (why.kind == ERR_STOPPED || why.kind == ERR_MEMORY) {
		*err = why;
		return false;
	}
	name_entry(&why, entry);
	walk_problem(walk, &why);
	hash_free(walk->hash);
	walk->hash = hash_new(HASH_SHA256);
	return walk->hash || fail(err, ERR_MEMORY, "no memory for hashing");
}

/* Where what comes next cannot be told from what is there, the next row tells it. Headers passed over are not asked for. */
static bool find_again(struct walk *walk, uint64_t *pos)
{
	uint64_t begin, len;

	report_missing(walk, *pos + 1);
	if (walk->next == walk->count)
		return false;
	*pos = walk->wanted[walk->next].tar_at;
	while (set_volume_extent(walk->tar, walk->volume, &begin, &len) && begin <= *pos)
		walk->volume++;
	return true;
}

/* What tar_next found wrong at `before`; false when nothing more can be found. */
static bool pass_over(struct walk *walk, uint64_t before, uint64_t *pos, struct err *why)
{
	fail_in(why, "'%s'", bundle_set_name(walk->set));
	walk_problem(walk, why);
	return *pos != before || find_again(walk, pos);
}

static bool walk_set(struct walk *walk, struct err *err)
{
	struct tar_entry entry = {0};
	uint64_t pos = 0;
	bool end = false, ok = true;

	while (ok && !end) {
		struct err why = {0};
		uint64_t before = pos;
		bool whole = tar_next(walk->tar, &pos, &entry, &end, &why);
		bool is_refused = !whole && pos != before && entry.path.len == 0;

		if (!whole &&
		    (is_refused || pos < walk->tar->size || walk->reader->manifest.complete)) {
			if (!pass_over(walk, before, &pos, &why))
				break;
			continue;
		}
		check_next_headers(walk, whole && end ? pos : entry.header_at);
		if (!whole)
			check_cut(walk, &entry);
		end = end || !whole;
		if (whole && !end)
			ok = visit(walk, &entry, pos >= walk->tar->size, err);
	}
	if (ok)
		report_missing(walk, UINT64_MAX);
	text_free(&entry.path);
	return ok;
}

/* same_as must lead to a row that has bytes. */
static bool check_same_as(struct bundle_reader *reader, struct err *err)
{
	bool good = true;

	for (size_t i = 0; i < reader->row_count; i++) {
		struct err why = {0};
		size_t holder;

		if (reader->rows[i].taken)
			continue;
		if (bundle_row_holder(reader, i, &holder, &why) || why.kind == ERR_MISSING)
			continue;
		if (!reader_row(reader, i, err))
			return false;
		if (why.kind == ERR_DAMAGED)
			fail(&why, ERR_DAMAGED,
			    "'%.*s' is said to be the same as an entry that is not there",
			    text_cut(reader->row.path, 120), (const char *)reader->row.path.at);
		reader_problem(reader, &why);
		if (good && err)
			*err = why;
		good = false;
	}
	return good;
}

static bool check_set(struct walk *walk, struct err *err)
{
	if (!reader_set(walk->reader, walk->set, &walk->tar, err))
		return false;
	walk->count = walk->next = 0;
	walk->volume = 1;
	bool ok = list_wanted(walk, err) && walk_set(walk, err);

	free(walk->wanted);
	walk->wanted = NULL;
	walk->before += walk->tar->size;
	return ok;
}

/* What the volumes of meta say of their first header; the rest of them was checked when the rows were read. */
static bool check_meta(struct walk *walk, struct err *err)
{
	struct tar_entry entry = {0};
	uint64_t pos = 0;
	bool end = false;

	if (!reader_set(walk->reader, BUNDLE_META, &walk->tar, err))
		return false;
	walk->set = BUNDLE_META;
	walk->volume = 1;
	while (!end && tar_next(walk->tar, &pos, &entry, &end, NULL))
		check_next_headers(walk, end ? pos : entry.header_at);
	text_free(&entry.path);
	return true;
}

void bundle_read_all(struct bundle_reader *reader)
{
	reader->reads_all = true;
	for (unsigned set = 0; set < BUNDLE_META; set++)
		if (reader->sets[set])
			set_read_ahead(reader->sets[set], UINT64_MAX);
}

bool bundle_check_entries(struct bundle_reader *reader, struct err *err)
{
	struct err first = {0};
	struct walk walk = {.reader = reader, .good = true, .first = &first};
	bool ok = true;

	bundle_read_all(reader);
	for (unsigned set = 0; ok && set < BUNDLE_META; set++) {
		ok = reader_set(reader, set, &walk.tar, err) && set_open_all(walk.tar, err);
		walk.total += ok ? walk.tar->size : 0;
	}
	walk.piece = malloc(PIECE);
	walk.hash = hash_new(HASH_SHA256);
	if (ok && (!walk.piece || !walk.hash))
		ok = fail(err, ERR_MEMORY, "no memory for checking entries");
	for (unsigned set = 0; ok && set < BUNDLE_META; set++) {
		walk.set = set;
		ok = check_set(&walk, err);
	}
	ok = ok && check_meta(&walk, err);
	free(walk.piece);
	hash_free(walk.hash);
	if (!ok)
		return false;
	if (reader->rows_damaged && walk.good)
		walk.good = fail(&first, ERR_DAMAGED, "rows in 'meta' could not be read");
	if (!walk.good) {
		if (err)
			*err = first;
		return false;
	}
	return check_same_as(reader, err);
}

bool bundle_row_holder(struct bundle_reader *reader, size_t index, size_t *holder, struct err *err)
{
	CLEANUP(text_free) struct text same_as = {0};
	struct err why = {0};

	if (index >= reader->row_count)
		return fail(err, ERR_MISSING, "there is no row %zu", index);
	if (reader->rows[index].taken) {
		*holder = index;
		return true;
	}
	if (!reader_row(reader, index, err))
		return false;
	if (reader->row.same_as.len == 0)
		return fail(err, ERR_MISSING, "it was not taken");
	text_add(&same_as, reader->row.same_as);
	if (!text_ok(&same_as, err))
		return false;
	if (bundle_row_find(reader, text_bytes(&same_as), &index, &why) &&
	    reader->rows[index].taken) {
		*holder = index;
		return true;
	}
	if (why.kind == ERR_NONE || why.kind == ERR_MISSING)
		return fail(err, ERR_DAMAGED, "the entry that holds its bytes is not there");
	if (err)
		*err = why;
	return false;
}

/* The volume that its row names, or one behind it where it goes on, may not have opened; that is then why. */
static void not_there(const struct bundle_reader *reader, const struct bundle_place *place,
    const struct source *tar, struct err *err)
{
	char name[VOLUME_NAME_ROOM];
	uint32_t index = place->volume;
	uint64_t at, len;

	while (set_volume_extent(tar, index, &at, &len))
		index++;
	volume_name_format(place->set, index, name);
	if (index && manifest_find(&reader->manifest, bytes_of(name))) {
		fail(err, ERR_DAMAGED, "it lies in '%s', which does not open", name);
		return;
	}
	fail(err, ERR_DAMAGED, "its row places it behind the end of '%s'",
	    bundle_set_name(place->set));
}

bool reader_place(struct bundle_reader *reader, const struct bundle_place *place,
    struct source **out, struct err *err)
{
	struct source *tar;

	if (!reader_set(reader, place->set, &tar, err) ||
	    !set_need(tar, place->volume, place->data_offset + place->stored, err))
		return false;
	if (place->data_offset > tar->size || place->stored > tar->size - place->data_offset) {
		not_there(reader, place, tar, err);
		return false;
	}
	*out = tar;
	return true;
}

bool bundle_member_open(
    struct bundle_reader *reader, size_t index, struct source **out, struct err *err)
{
	struct source *tar;

	if (!bundle_row_holder(reader, index, &index, err) || !reader_row(reader, index, err))
		return false;
	const struct bundle_place *place = &reader->row.place;

	if (!reader_place(reader, place, &tar, err))
		return false;
	if (!reader->reads_all)
		set_read_ahead(tar, place->data_offset + place->stored);
	*out = source_window(tar, place->data_offset, place->stored, false);
	return *out || fail(err, ERR_MEMORY, "no memory for a member");
}
