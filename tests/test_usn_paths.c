/* formats/ntfs/usn_paths against a model: a file system that makes, renames, moves and deletes at random, keeps a journal
 * and knows at each record what the true path is. */
#include "tests/unit.h"

#include "core/array.h"
#include "formats/ntfs/limits.h"
#include "formats/ntfs/usn_paths.h"
#include "tests/fixture_mft.h"

#include <stdlib.h>

#define RECORDS   160u /* of the model's MFT */
#define FIRST     16u  /* that files use */
#define ROOT      5u
#define CHANGES   3000u
#define JOURNAL   ((size_t)CHANGES * 128)
#define PATH_ROOM 1024u
#define DIRECTORY 0x10u

enum reason {
	CREATED = 0x100,
	DELETED = 0x200,
	OLD_NAME = 0x1000,
	NEW_NAME = 0x2000,
	WRITTEN = 0x2,
	CLOSED = 0x80000000u,
};

struct node { /* a record of the model's MFT */
	uint16_t sequence;
	bool is_used, is_directory, was_used;
	uint32_t parent;
	uint64_t parent_reference;
	char name[24];
};

struct model {
	struct node nodes[RECORDS];
	uint8_t *journal;
	size_t used;   /* bytes of it */
	uint64_t base; /* USN of its first byte */
	char (*truth)[PATH_ROOM];
	size_t *ends; /* where each record ends */
	size_t count;
	uint64_t seed;
};

static uint32_t draw(struct model *model, uint32_t below)
{
	model->seed = model->seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(model->seed >> 33) % below;
}

static uint64_t reference(const struct model *model, uint32_t record)
{
	return record | (uint64_t)model->nodes[record].sequence << 48;
}

static void true_path(const struct model *model, uint32_t record, char out[PATH_ROOM])
{
	char path[PATH_ROOM] = "";

	while (record != ROOT) {
		char longer[2 * PATH_ROOM];

		snprintf(longer, sizeof(longer), *path ? "%s/%s" : "%s%s",
		    model->nodes[record].name, path);
		assert_true(strlen(longer) < PATH_ROOM);
		memcpy(path, longer, strlen(longer) + 1);
		record = model->nodes[record].parent;
	}
	memcpy(out, path, PATH_ROOM);
}

/* A record of version 2 (docs/formats/usn.md) of how the node is now. */
static void note(struct model *model, uint32_t record, uint32_t reason)
{
	const struct node *node = &model->nodes[record];
	size_t name_len = 2 * strlen(node->name);
	size_t len = (60 + name_len + 7) / 8 * 8;
	uint64_t usn = model->base + model->used;

	if (usn / USN_PAGE != (usn + len - 1) / USN_PAGE)
		model->used += USN_PAGE - (size_t)(usn % USN_PAGE);
	if (model->count == CHANGES)
		return;
	assert_true(model->used + len <= JOURNAL);
	uint8_t *at = model->journal + model->used;

	put_le32(at, (uint32_t)len);
	put_le16(at + 4, 2);
	put_le64(at + 8, reference(model, record));
	put_le64(at + 16, node->parent_reference);
	put_le64(at + 24, model->base + model->used);
	put_le64(at + 32, FIXTURE_STAMP);
	put_le32(at + 40, reason);
	put_le32(at + 52, node->is_directory ? DIRECTORY : 0x20);
	put_le16(at + 56, (uint16_t)name_len);
	put_le16(at + 58, 60);
	for (size_t i = 0; i < name_len / 2; i++)
		put_le16(at + 60 + 2 * i, (uint8_t)node->name[i]);
	model->used += len;
	model->ends[model->count] = model->used;
	true_path(model, record, model->truth[model->count++]);
}

static bool is_below(const struct model *model, uint32_t record, uint32_t above)
{
	while (record != ROOT && record != above)
		record = model->nodes[record].parent;
	return record == above;
}

/* A directory that is there; the root often. */
static uint32_t any_directory(struct model *model)
{
	uint32_t record = draw(model, RECORDS);

	return record >= FIRST && model->nodes[record].is_used && model->nodes[record].is_directory
		   ? record
		   : ROOT;
}

static void put_in(struct model *model, uint32_t record, uint32_t parent)
{
	struct node *node = &model->nodes[record];

	node->parent = parent;
	node->parent_reference = reference(model, parent);
	/* Few names, so that they come again elsewhere. */
	snprintf(node->name, sizeof(node->name), "%c%.*u", (char)('a' + draw(model, 20)),
	    (int)(1 + draw(model, 9)), draw(model, 3));
}

static void create(struct model *model, uint32_t record)
{
	struct node *node = &model->nodes[record];

	put_in(model, record, any_directory(model));
	node->is_used = node->was_used = true;
	node->is_directory = draw(model, 3) != 0;
	note(model, record, CREATED);
	if (draw(model, 2))
		note(model, record, CREATED | CLOSED);
}

static void move(struct model *model, uint32_t record)
{
	uint32_t to = draw(model, 2) ? model->nodes[record].parent : any_directory(model);

	if (is_below(model, to, record))
		return;
	note(model, record, OLD_NAME);
	put_in(model, record, to);
	note(model, record, NEW_NAME);
	if (draw(model, 2))
		note(model, record, NEW_NAME | CLOSED);
}

static void remove_all(struct model *model, uint32_t record)
{
	struct node *node = &model->nodes[record];

	for (uint32_t i = FIRST; i < RECORDS; i++)
		if (model->nodes[i].is_used && model->nodes[i].parent == record)
			remove_all(model, i);
	note(model, record, DELETED | CLOSED);
	node->is_used = false;
	node->sequence++;
}

static void change(struct model *model)
{
	uint32_t record = FIRST + draw(model, RECORDS - FIRST);
	struct node *node = &model->nodes[record];

	if (!node->is_used)
		create(model, record);
	else if (draw(model, 4) == 0)
		move(model, record);
	else if (draw(model, 12) == 0)
		remove_all(model, record);
	else if (!node->is_directory || draw(model, 8) == 0)
		note(model, record, WRITTEN);
}

static void run_model(struct model *model, uint64_t seed)
{
	*model = (struct model){.seed = seed, .base = (uint64_t)seed << 20};
	model->journal = calloc(1, JOURNAL);
	model->truth = calloc(CHANGES, PATH_ROOM);
	model->ends = calloc(CHANGES, sizeof(*model->ends));
	assert_true(model->journal && model->truth && model->ends);
	for (uint32_t i = 0; i < RECORDS; i++)
		model->nodes[i].sequence = i == ROOT ? 5 : 1;
	model->nodes[ROOT].is_used = model->nodes[ROOT].is_directory = true;
	while (model->count < CHANGES)
		change(model);
}

static void model_free(struct model *model)
{
	free(model->journal);
	free(model->truth);
	free(model->ends);
}

/* The MFT at the end: also deleted records that nothing took since. */
static uint8_t *make_mft(const struct model *model)
{
	uint8_t *mft = calloc(RECORDS, FIXTURE_RECORD);

	assert_non_null(mft);
	for (uint32_t i = 0; i < RECORDS; i++) {
		const struct node *node = &model->nodes[i];
		uint16_t flags = (uint16_t)(node->is_used | node->is_directory << 1);
		struct fixture_record r = fixture_mft_begin(mft, i, node->sequence, flags);

		if (node->was_used)
			fixture_mft_add_name(&r, node->parent_reference, 1, node->name);
	}
	return mft;
}

struct tally {
	size_t records, orphans, uncertain, wrong;
};

/* Reads the journal (bytes from..end) twice and compares each path with the truth by its USN. A path that is wrong and does not say so fails. */
static struct tally compare(const struct model *model, size_t from, size_t end, bool show)
{
	CLEANUP(free_memory) uint8_t *mft_bytes = make_mft(model);
	CLEANUP(source_close)
	struct source *source =
	    source_of_bytes((struct bytes){mft_bytes, (size_t)RECORDS * FIXTURE_RECORD});
	CLEANUP(source_close)
	struct source *journal = source_of_bytes((struct bytes){model->journal + from, end - from});
	CLEANUP(ntfs_mft_close) struct ntfs_mft *mft = NULL;
	CLEANUP(ntfs_paths_free) struct ntfs_paths *now = NULL;
	CLEANUP(usn_paths_free) struct usn_paths *paths = NULL;
	CLEANUP(text_free) struct text path = {0};
	struct tally tally = {0};
	struct err err = {0};

	assert_true(ntfs_mft_open(source, &mft, &err) && ntfs_paths_new(mft, &now, &err) &&
		    usn_paths_new(now, &paths, &err));
	for (int reading = 0; reading < 2; reading++) {
		CLEANUP(usn_scan_close) struct usn_scan *scan = NULL;
		struct usn_record record;
		struct usn_path how;
		size_t at = 0;

		assert_true(usn_scan_open(journal, 0, UINT64_MAX, NULL, &scan, &err));
		while (usn_scan_next(scan, &record)) {
			if (reading == 0) {
				assert_true(usn_paths_learn(paths, &record, &err));
				continue;
			}
			text_clear(&path);
			assert_true(usn_paths_next(paths, &record, &path, &how, &err));
			while (model->base + model->ends[at] <= record.usn)
				at++;
			bool same = strcmp(text_string(&path), model->truth[at]) == 0;

			tally.records++;
			tally.orphans += how.is_orphan;
			tally.uncertain += how.is_uncertain;
			tally.wrong += !same;
			if (!same && (show || !(how.is_orphan || how.is_uncertain))) {
				print_error("record %zu: %s, in truth %s\n", at, text_string(&path),
				    model->truth[at]);
				assert_true(how.is_orphan || how.is_uncertain);
			}
		}
		usn_paths_rewind(paths);
	}
	return tally;
}

static void test_every_path_is_that_of_its_time(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct model model;

		run_model(&model, seed);
		struct tally tally = compare(&model, 0, model.used, true);

		assert_int_equal(tally.records, CHANGES);
		assert_int_equal(tally.wrong, 0);
		assert_int_equal(tally.orphans, 0);
		assert_int_equal(tally.uncertain, 0);
		model_free(&model);
	}
}

/* Windows frees the start of a journal: what is left tells all the same. */
static void test_a_journal_whose_start_is_gone(void **state)
{
	(void)state;
	for (uint64_t seed = 20; seed < 26; seed++) {
		struct model model;

		run_model(&model, seed);
		size_t from = model.used / 2 / USN_PAGE * USN_PAGE;
		struct tally tally = compare(&model, from, model.used, true);

		assert_true(tally.records > CHANGES / 3);
		assert_int_equal(tally.wrong, 0);
		assert_int_equal(tally.uncertain, 0);
		model_free(&model);
	}
}

/* Where records are missing a path may be wrong, but then it says so; most are still right. */
static void test_a_gap_is_said(void **state)
{
	struct tally sum = {0};

	(void)state;
	for (uint64_t seed = 40; seed < 52; seed++) {
		struct model model;

		run_model(&model, seed);
		for (uint32_t gap = 0; gap < seed % 3 + 1; gap++) {
			size_t first = draw(&model, CHANGES - 200) + 1;
			size_t last = first + 1 + draw(&model, 150);

			memset(model.journal + model.ends[first], 0,
			    model.ends[last] - model.ends[first]);
		}
		struct tally tally = compare(&model, 0, model.used, false);

		sum.records += tally.records;
		sum.wrong += tally.wrong;
		sum.uncertain += tally.uncertain;
		model_free(&model);
	}
	print_message("with gaps: %zu records, %zu uncertain, %zu wrong\n", sum.records,
	    sum.uncertain, sum.wrong);
	assert_true(sum.wrong > 0); /* or the gaps were none */
	assert_true(sum.wrong * 5 < sum.records);
	assert_true(sum.uncertain * 2 < sum.records);
}

/* Directories that lie in each other, in a journal that was made up. */
static void test_a_cycle_ends(void **state)
{
	struct model model;

	(void)state;
	run_model(&model, 99);
	uint64_t a = reference(&model, 20);
	uint64_t b = reference(&model, 21);

	for (size_t at = 0; at < model.count; at++) {
		uint8_t *record = model.journal + (at ? model.ends[at - 1] : 0);

		while (le32(record) == 0)
			record += 8;
		put_le64(record + 8, at % 2 ? a : b);
		put_le64(record + 16, at % 2 ? b : a);
		put_le32(record + 52, DIRECTORY);
		snprintf(model.truth[at], PATH_ROOM, "$Orphan/%.*s", le16(record + 56) / 2, "");
		for (size_t i = 0; i < le16(record + 56) / 2u; i++)
			model.truth[at][8 + i] = (char)record[60 + 2 * i];
		model.truth[at][8 + le16(record + 56) / 2] = 0;
	}
	struct tally tally = compare(&model, 0, model.used, true);

	assert_int_equal(tally.orphans, CHANGES);
	assert_int_equal(tally.wrong, 0);
	model_free(&model);
}

/* A journal told record by record, over an $MFT that knows no directory but the root. */
struct told {
	struct model model;
	uint8_t *mft_bytes;
	struct source *source;
	struct ntfs_mft *mft;
	struct ntfs_paths *now;
	struct usn_paths *paths;
	uint64_t usn;
	bool is_second; /* reading */
	struct text path;
	struct usn_path how;
};

static void told_begin(struct told *t)
{
	struct err err = {0};

	*t = (struct told){0};
	for (uint32_t i = 0; i < RECORDS; i++)
		t->model.nodes[i].sequence = i == ROOT ? 5 : 1;
	t->model.nodes[ROOT].is_used = t->model.nodes[ROOT].is_directory = true;
	t->mft_bytes = make_mft(&t->model);
	t->source = source_of_bytes((struct bytes){t->mft_bytes, (size_t)RECORDS * FIXTURE_RECORD});
	assert_true(ntfs_mft_open(t->source, &t->mft, &err) &&
		    ntfs_paths_new(t->mft, &t->now, &err) &&
		    usn_paths_new(t->now, &t->paths, &err));
}

static void told_end(struct told *t)
{
	text_free(&t->path);
	usn_paths_free(t->paths);
	ntfs_paths_free(t->now);
	ntfs_mft_close(t->mft);
	source_close(t->source);
	free(t->mft_bytes);
}

static void second_reading(struct told *t)
{
	usn_paths_rewind(t->paths);
	t->usn = 0;
	t->is_second = true;
}

/* The next record, in the root or in another record's directory; the path of it is kept in the second reading. */
static void tell(
    struct told *t, uint64_t record, uint64_t parent, struct bytes name, bool directory)
{
	struct usn_record change = {.length = 600,
	    .major = 2,
	    .usn = t->usn,
	    .file = {.record = record, .sequence = 1},
	    .parent = {.record = parent, .sequence = parent == ROOT ? 5 : 1},
	    .attributes = directory ? DIRECTORY : 0x20,
	    .utf16 = name};
	struct err err = {0};

	t->usn += change.length;
	text_clear(&t->path);
	if (!t->is_second)
		assert_true(usn_paths_learn(t->paths, &change, &err));
	else
		assert_true(usn_paths_next(t->paths, &change, &t->path, &t->how, &err));
}

static struct bytes units(const char *name, uint8_t to[64])
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		put_le16(to + 2 * i, (uint8_t)name[i]);
	return (struct bytes){to, 2 * len};
}

#define LONG_NAME 510u /* bytes */

/* A directory is renamed when there is no room left for a name: what lies in it has an uncertain path. */
static void test_names_over_the_limit(void **state)
{
	uint8_t long_name[LONG_NAME];
	uint8_t aaa[64], victim[64];
	struct told t;

	(void)state;
	memset(long_name, 'x', sizeof(long_name));
	told_begin(&t);
	for (int reading = 0; reading < 2; reading++) {
		tell(&t, 100, ROOT, units("aaa", aaa), true);
		/* All but a few bytes of the room, all in the first reading. */
		for (uint64_t i = 0; i < NTFS_LIMIT_USN_NAMES / LONG_NAME; i++)
			tell(&t, 1000 + i, ROOT, (struct bytes){long_name, LONG_NAME}, true);
		tell(&t, 100, ROOT, units("aaa", aaa), true);
		tell(&t, 500, 100, units("victim.txt", victim), false);
		if (reading == 1) {
			assert_string_equal(text_string(&t.path), "aaa/victim.txt");
			assert_false(t.how.is_uncertain);
			assert_false(usn_paths_is_full(t.paths, NULL));
		}
		tell(&t, 100, ROOT, (struct bytes){long_name, LONG_NAME - 2}, true);
		tell(&t, 500, 100, units("victim.txt", victim), false);
		if (reading == 0)
			second_reading(&t);
	}
	struct err why = {0};

	assert_true(t.how.is_uncertain);
	assert_true(usn_paths_is_full(t.paths, &why));
	assert_int_equal(why.kind, ERR_LIMIT);
	/* It is known again where a name fits. */
	tell(&t, 100, ROOT, units("aaa", aaa), true);
	tell(&t, 500, 100, units("victim.txt", victim), false);
	assert_string_equal(text_string(&t.path), "aaa/victim.txt");
	assert_false(t.how.is_uncertain);
	told_end(&t);
}

/* What only the other side of a gap knows is uncertain, but no orphan; whether another gap follows or not. */
static void test_a_directory_from_before_the_gap(void **state)
{
	(void)state;
	for (int gaps = 1; gaps <= 2; gaps++) {
		uint8_t name[64];
		struct told t;

		told_begin(&t);
		for (int reading = 0; reading < 2; reading++) {
			tell(&t, 100, ROOT, units("aaa", name), true);
			t.usn += 4 * USN_PAGE;
			tell(&t, 500, 100, units("victim.txt", name), false);
			if (reading == 1) {
				assert_string_equal(text_string(&t.path), "aaa/victim.txt");
				assert_false(t.how.is_orphan);
				assert_true(t.how.is_uncertain);
			}
			if (gaps == 2) {
				t.usn += 4 * USN_PAGE;
				tell(&t, 501, ROOT, units("later.txt", name), false);
			}
			if (reading == 0)
				second_reading(&t);
		}
		told_end(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_path_is_that_of_its_time),
	    cmocka_unit_test(test_a_journal_whose_start_is_gone),
	    cmocka_unit_test(test_a_gap_is_said),
	    cmocka_unit_test(test_a_cycle_ends),
	    cmocka_unit_test(test_names_over_the_limit),
	    cmocka_unit_test(test_a_directory_from_before_the_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
