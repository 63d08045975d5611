/* A whole collection from a volume in memory into a bundle in memory, read back with the reader: what fails
 * costs what it touches and nothing else. */
#include "tests/unit.h"

#include "bundle/reader.h"
#include "collectors/collection.h"
#include "core/array.h"
#include "platform/console.h"
#include "tests/fake_source.h"
#include "tests/fake_store.h"
#include "tests/fixture_bundle.h"
#include "tests/fixture_collect.h"
#include "tests/fixture_ntfs.h"

#include <signal.h>
#include <stdlib.h>

#define ROUNDS 300

static struct fixture_volume sample;

static struct fake_source *sample_source(void)
{
	struct fake_source *source = fake_source_new((struct bytes){sample.at, sample.size});

	assert_non_null(source);
	return source;
}

static void takes_everything(void **state)
{
	CLEANUP(outcome_free) struct outcome all = {0};

	(void)state;
	fixture_collect_all(sample_source(), &all);
	assert_true(all.ran);
	if (all.has_gaps)
		print_error("%s", text_string(&all.problems));
	assert_false(all.has_gaps);
	assert_int_equal(all.counts.taken, all.count);
	assert_int_equal(all.counts.expected, all.count);
	const struct member *hello = outcome_find(&all, "fs/C/dir/hello.txt");

	assert_non_null(hello);
	assert_string_equal(text_string(&hello->content), "hello");
	assert_non_null(outcome_find(&all, "fs/C/dir/hello.txt:ads"));
	assert_non_null(outcome_find(&all, "fs/C/dir/packed"));
	assert_non_null(outcome_find(&all, "fs/C/dir/long"));
	assert_non_null(outcome_find(&all, "fs/C/$MFT"));
	assert_null(outcome_find(&all, "fs/C/dir/gone"));
}

static void take_with_deleted(uint64_t stop_at, struct outcome *out)
{
	struct fake_store *store = fake_store_new();
	struct fake_source *source = sample_source();

	source->call_at = stop_at;
	fixture_collect_into(source, store, "default", "**", out);
	fixture_read_back(&store->store, out);
	store_free(&store->store);
}

/* What the screen names, and what it counts as left. */
static uint64_t told(const struct outcome *one)
{
	uint64_t count = 0;

	for (const char *at = text_string(&one->problems); *at; at = strchr(at, '\n') + 1) {
		size_t len = strcspn(at, "\n");
		const char *left = strstr(at, "left: ");
		const char *deleted = strstr(at, " deleted files and streams were left");

		if (left && left < at + len)
			count += strtoull(left + 6, NULL, 10);
		else if (deleted && deleted < at + len)
			count += strtoull(strchr(at, '(') + 1, NULL, 10);
		else
			count++;
	}
	return count;
}

/* "stopped before its end" is for what has not ended alone. */
static void check_kinds(const struct outcome *one)
{
	const char *receipt = text_string(&one->receipt);
	const char *memory = strstr(receipt, "\"name\":\"memory\"");

	assert_non_null(memory);
	const char *note = strstr(memory, "\"note\":\"");

	assert_non_null(note);
	assert_memory_equal(note + 8, "not on this system", 18);
	for (const char *at = receipt; (at = strstr(at, "\"note\":\"stopped before")) != NULL;
	     at++) {
		const char *cut = strstr(at, "\"note\":\"not finished");
		const char *next = strstr(at, "\"kind\":");

		assert_true(cut && (!next || cut < next));
	}
}

/* A stop at any moment: what is not taken is counted, each with its row. */
static void stops_anywhere(void **state)
{
	CLEANUP(outcome_free) struct outcome all = {0};
	uint64_t opening = fixture_opening_reads(sample_source());

	(void)state;
	take_with_deleted(0, &all);
	assert_true(all.ran && all.reads > opening);
	for (uint64_t n = opening + 1; n <= all.reads; n++) {
		CLEANUP(outcome_free) struct outcome one = {0};
		const struct collection_counts *c = &one.counts;

		take_with_deleted(n, &one);
		assert_true(one.ran && one.has_gaps);
		assert_int_equal(
		    c->expected, c->taken + c->partial + c->skipped + c->failed + c->kept);
		assert_int_equal(c->failed, one.not_taken);
		assert_int_equal(c->failed, told(&one));
		check_kinds(&one);
	}
}

/* A list that a stop cuts while it is stored has its row. */
static void stops_in_a_list(void **state)
{
	static const uint8_t lines[3 << 20];
	bool has_ended = false;

	(void)state;
	for (uint64_t n = 1; !has_ended; n++) {
		CLEANUP(outcome_free) struct outcome one = {0};
		const struct collection_counts *c = &one.counts;
		struct fake_source *list = fake_source_new((struct bytes){lines, sizeof(lines)});

		list->call_at = n;
		fixture_collect_list(sample_source(), list, &one);
		assert_int_equal(c->expected, 1);
		assert_int_equal(c->taken + c->failed, 1);
		assert_int_equal(c->failed, one.not_taken);
		assert_true(n > 1 || c->failed);
		has_ended = !one.has_gaps;
	}
}

static void put_file(struct fixture_volume *v, uint64_t number, uint64_t parent, const char *name,
    const char *content)
{
	struct fixture_record r;

	fixture_record_begin(&r, 1024, number, 1, 1);
	fixture_record_standard(&r, 700);
	fixture_record_name(&r, parent, parent == 5 ? 5 : 1, NTFS_NAME_WIN32, name);
	fixture_record_resident(&r, NTFS_DATA, NULL, 2, content, strlen(content));
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
}

static void check_raw_name(struct store *store, const char *path, const char *hex)
{
	struct bundle_trust trust = fixture_trust();
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	CLEANUP(text_free) struct text json = {0}, want = {0};
	struct bundle_row_view view;
	size_t index;

	assert_true(bundle_open(store, &trust, &reader, NULL));
	assert_true(bundle_row_find(reader, bytes_of(path), &index, NULL));
	assert_true(bundle_row_at(reader, index, &view, NULL));
	text_add(&json, view.json);
	text_addf(&want, "\"raw_name\":\"%s\"", hex);
	assert_non_null(strstr(text_string(&json), text_string(&want)));
}

/* Two files of one name in one directory, files of two lost directories, and one that is called as another is told
 * apart: each has a path of its own, and its row says what it is called. */
static void tells_names_apart(void **state)
{
	static const char *const expected[][2] = {
	    {"fs/C/twin", "first"},
	    {"fs/C/twin~14-1", "is called so"},
	    {"fs/C/twin~14-1~2", "second"},
	    {"fs/C/$Orphan/lost", "of one"},
	    {"fs/C/$Orphan/lost~16-1", "of another"},
	};
	CLEANUP(fixture_volume_free) struct fixture_volume v = {0};
	CLEANUP(outcome_free) struct outcome all = {0};
	struct fake_store *store = fake_store_new();

	(void)state;
	assert_true(fixture_volume_new(&v, 512, 512, 1024, 96, 20));
	put_file(&v, 12, 5, "twin~14-1", "is called so");
	put_file(&v, 13, 5, "twin", "first");
	put_file(&v, 14, 5, "twin", "second");
	put_file(&v, 15, 18, "lost", "of one");
	put_file(&v, 16, 19, "lost", "of another");
	fixture_collect_into(
	    fake_source_new((struct bytes){v.at, v.size}), store, "none", "**", &all);
	fixture_read_back(&store->store, &all);
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		const struct member *one = outcome_find(&all, expected[i][0]);

		if (!one)
			print_error("no %s\n", expected[i][0]);
		assert_non_null(one);
		assert_string_equal(text_string(&one->content), expected[i][1]);
	}
	assert_false(all.has_gaps);
	check_raw_name(&store->store, "fs/C/twin~14-1~2", "7400770069006e00");
	check_raw_name(&store->store, "fs/C/$Orphan/lost~16-1", "6c006f0073007400");
	store_free(&store->store);
}

/* Streams that are called alike, which a damaged record has, and streams whose names have one hash, which anybody can make: each is
 * taken, those of a deleted file too. */
static void takes_streams_that_are_alike(void **state)
{
	static const char *const streams[] = {"twin", "twin", "daxhnkm", "gpterlm", NULL, NULL};
	static const char *const paths[] = {"fs/C/odd:twin", "fs/C/odd:twin~12-1",
	    "fs/C/odd:daxhnkm", "fs/C/odd:gpterlm", "fs/C/odd", "fs/C/odd~12-1"};
	CLEANUP(fixture_volume_free) struct fixture_volume v = {0};
	CLEANUP(outcome_free) struct outcome all = {0};
	struct fake_store *store = fake_store_new();

	(void)state;
	assert_true(fixture_volume_new(&v, 512, 512, 1024, 96, 20));
	for (unsigned number = 12; number < 14; number++) {
		struct fixture_record r;

		fixture_record_begin(&r, 1024, number, 1, number == 12);
		fixture_record_standard(&r, 700);
		fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32, "odd");
		for (unsigned i = 0; i < ARRAY_LEN(streams); i++)
			fixture_record_resident(&r, NTFS_DATA, streams[i], i + 2, &"abcdef"[i], 1);
		fixture_record_end(&r);
		fixture_volume_put(&v, &r);
	}
	fixture_collect_into(
	    fake_source_new((struct bytes){v.at, v.size}), store, "default", "**", &all);
	fixture_read_back(&store->store, &all);
	unsigned letters = 0;

	for (size_t i = 0; i < all.count; i++)
		if (strncmp(all.at[i].path, "deleted/C/13-1/odd", 18) == 0)
			letters += 1u << 4 * (all.at[i].content.at[0] - 'a');
	assert_int_equal(letters, 0x111111);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		const struct member *one = outcome_find(&all, paths[i]);

		assert_true(one && one->content.len == 1 && one->content.at[0] == "abcdef"[i]);
	}
	store_free(&store->store);
}

static void survives_each_failed_read(void **state)
{
	(void)state;
	assert_true(fixture_fail_each_read(sample_source) > 5);
}

/* A file that is one hole, and whose reparse point cannot be read: what it stands for is not known. */
static void holes_are_not_taken_for_content(void **state)
{
	static const struct ntfs_run hole = {0, NTFS_HOLE, 16},
				     outside = {.lcn = 5000, .length = 1};
	const struct fixture_extent content = {.flags = NTFS_STREAM_SPARSE,
	    .last_vcn = 15,
	    .size = 8000,
	    .allocated = 8192,
	    .initialized = 8000,
	    .runs = &hole,
	    .run_count = 1};
	const struct fixture_extent reparse = {
	    .size = 24, .allocated = 512, .initialized = 24, .runs = &outside, .run_count = 1};
	CLEANUP(fixture_volume_free) struct fixture_volume v = {0};
	CLEANUP(outcome_free) struct outcome all = {0};
	struct fixture_record r;

	(void)state;
	assert_true(fixture_volume_new(&v, 512, 512, 1024, 96, 20));
	for (unsigned i = 12; i <= 13; i++) {
		fixture_record_begin(&r, 1024, i, 1, 1);
		fixture_record_standard(&r, 700);
		fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32, i == 12 ? "hole" : "packed");
		(void)fixture_record_extent(&r, NTFS_DATA, NULL, 2, &content);
		if (i == 13)
			fixture_record_resident(&r, NTFS_DATA, "WofCompressedData", 3, "small", 5);
		(void)fixture_record_extent(&r, NTFS_REPARSE_POINT, NULL, 4, &reparse);
		fixture_record_end(&r);
		fixture_volume_put(&v, &r);
	}
	fixture_collect_all(fake_source_new((struct bytes){v.at, v.size}), &all);
	const struct member *one = outcome_find(&all, "fs/C/hole");
	const struct member *two = outcome_find(&all, "fs/C/packed");
	const struct member *small = outcome_find(&all, "fs/C/packed:WofCompressedData");

	assert_true(one && one->content.len == 0 && one->has_reason && !one->is_whole);
	assert_true(two && two->content.len == 0 && two->has_reason && !two->is_whole);
	assert_true(small && small->content.len == 5 && small->is_whole);
	assert_true(all.has_gaps);
}

/* Checks a member against the undamaged one. Returns whether it differs. */
static bool check_damage(const struct member *good, const struct member *found)
{
	size_t different = 0;

	assert_true(good && found);
	if (!good || !found)
		return true;
	assert_int_equal(found->content.len, good->content.len);
	for (size_t i = 0; i < good->content.len; i++)
		if (good->content.at[i] != found->content.at[i]) {
			assert_int_equal(found->content.at[i], 0);
			different++;
		}
	/* A bad cluster costs a cluster; of a compressed stream the unit that it lies in. */
	if (!strstr(good->path, "packed"))
		assert_true(different <= sample.g.cluster_size);
	assert_true(different == 0 || !found->is_whole);
	return different > 0;
}

/* One bad cluster: only who lies on it suffers; every other byte is right, the bad ones are zeros. */
static void survives_each_bad_cluster(void **state)
{
	CLEANUP(outcome_free) struct outcome all = {0};
	size_t harmful = 0;

	(void)state;
	fixture_collect_all(sample_source(), &all);
	for (uint64_t cluster = 40; cluster < sample.g.clusters; cluster++) {
		CLEANUP(outcome_free) struct outcome one = {0};
		struct fake_source *source = sample_source();
		size_t damaged = 0;

		source->bad_from = cluster * sample.g.cluster_size;
		source->bad_len = sample.g.cluster_size;
		fixture_collect_all(source, &one);
		assert_int_equal(one.count, all.count);
		for (size_t i = 0; i < all.count; i++)
			damaged += check_damage(&all.at[i], outcome_find(&one, all.at[i].path));
		assert_true(damaged <= 1);
		assert_true(damaged <= one.counts.partial);
		assert_true(one.has_gaps == (one.counts.partial > 0));
		harmful += damaged;
	}
	assert_true(harmful > 10);
}

/* A hostile volume: bytes changed at random, always the same ones. Whatever it says, the bundle opens, and what
 * could not be taken is counted. Under ASan this is the test. */
static void survives_any_damage(void **state)
{
	CLEANUP(free_memory) uint8_t *good = malloc(sample.size);
	uint64_t random = 88172645463325252ull;
	size_t usable = 0;

	(void)state;
	assert_non_null(good);
	memcpy(good, sample.at, sample.size);
	for (unsigned round = 0; round < ROUNDS; round++) {
		CLEANUP(outcome_free) struct outcome one = {0};

		for (unsigned i = 0; i < 1 + round % 24; i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			sample.at[random % sample.size] = (uint8_t)(random >> 40);
		}
		fixture_collect_all(sample_source(), &one);
		assert_int_equal(one.counts.expected,
		    one.counts.taken + one.counts.partial + one.counts.failed + one.counts.skipped);
		usable += one.count > 0;
		memcpy(sample.at, good, sample.size);
	}
	assert_true(usable > ROUNDS / 2);
}

/* What was lost with its volume is counted as taken neither on the screen nor in the receipt. */
static void check_counts(const struct outcome *one, uint64_t whole)
{
	char totals[96];

	snprintf(totals, sizeof(totals), "\"totals\":{\"expected\":%llu,\"taken\":%llu,",
	    (unsigned long long)one->counts.expected, (unsigned long long)one->count);
	assert_non_null(strstr(text_string(&one->receipt), totals));
	assert_int_equal(one->counts.taken, one->count);
	assert_int_equal(
	    one->counts.expected, one->counts.taken + one->counts.failed + one->counts.skipped);
	assert_true(one->has_gaps || one->count == whole);
}

/* The destination fails at the nth change: everything sealed before it still opens. */
static void survives_each_failed_write(void **state)
{
	uint64_t changes = 0, whole = 0, lost = 0;

	(void)state;
	for (uint64_t n = 1; n == 1 || n <= changes; n++) {
		CLEANUP(outcome_free) struct outcome one = {0};
		struct fake_store *store = fake_store_new();

		assert_non_null(store);
		store->fail_at = n == 1 ? 0 : n;
		store->kind = ERR_IO;
		fixture_collect_into(sample_source(), store, "none", "**", &one);
		if (n == 1)
			changes = store->changes;
		store->fail_at = 0;
		if (fake_store_bytes(store, "MANIFEST.p7s").at)
			fixture_read_back(&store->store, &one);
		for (size_t i = 0; i < one.count; i++)
			assert_true(one.at[i].is_whole);
		if (n == 1)
			whole = one.count;
		if (one.receipt.len)
			check_counts(&one, whole);
		lost += one.receipt.len && one.count < whole;
		store_free(&store->store);
	}
	assert_true(changes > 10 && whole > 0 && lost > 0);
}

static void receipts_say_everything(void **state)
{
	static const char *const kinds[] = {"ア", "イ", "ウ", "エ", "オ", "カ", "キ", "ク"};
	CLEANUP(outcome_free) struct outcome all = {0};
	struct fake_store *store = fake_store_new();

	(void)state;
	fixture_collect_into(sample_source(), store, "default", NULL, &all);
	fixture_read_back(&store->store, &all);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		assert_non_null(strstr(text_string(&all.receipt), kinds[i]));
	assert_non_null(strstr(text_string(&all.receipt), "nothing of it was found"));
	assert_non_null(strstr(text_string(&all.receipt), "\"skipped\":"));
	assert_non_null(outcome_find(&all, "fs/C/$MFT"));
	store_free(&store->store);
}

static void refuses_wrong_profiles(void **state)
{
	struct volume_set volumes = {0};
	struct text_list none = {0};
	struct collection_plan plan = {.volumes = &volumes, .take = &none};
	struct collection *collection = NULL;
	struct err err = {0};

	(void)state;
	plan.profile = "nonesuch";
	assert_false(collection_new(&plan, &collection, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	plan.profile = "none";
	assert_false(collection_new(&plan, &collection, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	plan.profile = "registry,prefetch,registry";
	assert_true(collection_new(&plan, &collection, &err));
	collection_free(collection);
}

#ifndef _WIN32 /* there the system's own thread calls */
/* Ctrl-C that the writer sees first, while it fills up, is in the journal, too. The last test: nothing takes it back. */
static void journals_the_writers_stop(void **state)
{
	struct fake_store *fake = fake_store_new();
	CLEANUP(store_free) struct store *store = &fake->store;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	CLEANUP(source_close) struct source *journal = NULL;
	struct bundle_plan bundle = fixture_plan(fake);
	struct volume_set volumes = {0};
	struct text_list none = {0};
	struct collection_plan plan = {.volumes = &volumes, .take = &none, .profile = "registry"};
	struct collection *collection = NULL;
	struct bundle_facts facts = {0};
	char number[SHA256_HEX_ROOM], content[4096] = "";
	size_t got;
	struct err why = {0};

	(void)state;
	assert_true(bundle_create(store, &bundle, &writer, NULL));
	plan.writer = writer;
	assert_true(collection_new(&plan, &collection, NULL));
	console_catch_stop();
	raise(SIGTERM);
	fail(&why, ERR_STOPPED, "stopped");
	collection_break(collection, &why);
	collection_free(collection);
	assert_true(bundle_finish(writer, bytes_of("x"), (struct bytes){0}, number, NULL));
	reader = fixture_open(fake, &facts);
	assert_non_null(reader);
	assert_true(bundle_meta_open(reader, "journal.jsonl", &journal, NULL));
	assert_true(journal->read(journal, 0, content, sizeof(content) - 1, &got, NULL));
	assert_non_null(strstr(content, "\"step\":\"stopped\""));
	console_done();
}
#endif

static int prepare(void **state)
{
	return fixture_keys_make(state) == 0 && fixture_volume_sample(&sample) ? 0 : -1;
}

static int clean(void **state)
{
	fixture_keys_free(state);
	fixture_volume_free(&sample);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_everything),
	    cmocka_unit_test(stops_anywhere),
	    cmocka_unit_test(stops_in_a_list),
	    cmocka_unit_test(tells_names_apart),
	    cmocka_unit_test(takes_streams_that_are_alike),
	    cmocka_unit_test(survives_each_failed_read),
	    cmocka_unit_test(holes_are_not_taken_for_content),
	    cmocka_unit_test(survives_each_bad_cluster),
	    cmocka_unit_test(survives_any_damage),
	    cmocka_unit_test(survives_each_failed_write),
	    cmocka_unit_test(receipts_say_everything),
	    cmocka_unit_test(refuses_wrong_profiles),
#ifndef _WIN32
	    cmocka_unit_test(journals_the_writers_stop),
#endif
	};

	return cmocka_run_group_tests_name("collection", tests, prepare, clean);
}
