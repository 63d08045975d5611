/* A whole collection from a volume in memory into a bundle in memory, read back with the reader: what fails
 * costs what it touches and nothing else. */
#include "tests/unit.h"

#include "bundle/reader.h"
#include "collectors/collection.h"
#include "core/array.h"
#include "tests/fake_source.h"
#include "tests/fake_store.h"
#include "tests/fixture_bundle.h"
#include "tests/fixture_fat.h"
#include "tests/fixture_ntfs.h"

#include <stdlib.h>

#define MEMBERS_MAX 64
#define ROUNDS      300

static struct fixture_volume sample;

struct member { /* of a bundle that was read back */
	char path[96];
	struct text content;
	bool is_whole, is_encrypted;
};

struct outcome {
	struct member at[MEMBERS_MAX];
	size_t count;
	size_t not_taken; /* rows without content */
	struct collection_counts counts;
	bool has_gaps, ran;
	uint64_t reads;
	struct text receipt, problems;
};

static uint64_t now(void)
{
	return FIXTURE_NOW;
}

static uint64_t monotonic_ms(void)
{
	return 0;
}

static void outcome_free_at(struct outcome *outcome)
{
	for (size_t i = 0; i < outcome->count; i++)
		text_free(&outcome->at[i].content);
	text_free(&outcome->receipt);
	text_free(&outcome->problems);
}

static void read_all(struct source *source, struct text *out)
{
	uint8_t piece[4096];
	size_t got = sizeof(piece);

	for (uint64_t at = 0; got == sizeof(piece); at += got) {
		assert_true(source->read(source, at, piece, sizeof(piece), &got, NULL));
		text_add(out, (struct bytes){piece, got});
	}
}

static void read_member(struct bundle_reader *reader, size_t index,
    const struct bundle_row_view *row, struct outcome *out)
{
	CLEANUP(source_close) struct source *content = NULL;
	struct member *member = &out->at[out->count++];

	assert_true(out->count <= MEMBERS_MAX && row->path.len < sizeof(member->path));
	memcpy(member->path, row->path.at, row->path.len);
	member->is_whole = strstr((const char *)row->json.at, "\"status\":\"taken\"") != NULL;
	member->is_encrypted = strstr((const char *)row->json.at, "\"encrypted\":true") != NULL;
	assert_true(bundle_member_open(reader, index, &content, NULL));
	read_all(content, &member->content);
}

static void read_back(struct store *store, struct outcome *out)
{
	struct bundle_trust trust = fixture_trust();
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	CLEANUP(source_close) struct source *receipt = NULL;
	struct err err = {0};

	if (!bundle_open(store, &trust, &reader, &err))
		print_error("%s\n", err.text);
	assert_non_null(reader);
	for (size_t i = 0; i < bundle_row_count(reader); i++) {
		struct bundle_row_view row;

		assert_true(bundle_row_at(reader, i, &row, NULL));
		if (row.taken)
			read_member(reader, i, &row, out);
		else if (!row.same_as.len)
			out->not_taken++;
	}
	if (bundle_meta_open(reader, "receipt.json", &receipt, NULL))
		read_all(receipt, &out->receipt);
}

/* Runs a collection of everything from source, with these limits of the store. */
static void collect_into(struct fake_source *source, struct fake_store *store, const char *profile,
    const char *take, struct outcome *out)
{
	CLEANUP(volume_set_free) struct volume_set volumes = {0};
	CLEANUP(text_list_free) struct text_list patterns = {0};
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	CLEANUP(collection_free) struct collection *collection = NULL;
	struct bundle_plan bundle = {.host = "TEST",
	    .started = FIXTURE_NOW,
	    .recipients = &fixture_keys.recipients,
	    .seal = fixture_keys.seal,
	    .now = now,
	    .monotonic_ms = monotonic_ms,
	    .free_space = fake_store_free_space,
	    .free_context = store};
	char number[SHA256_HEX_ROOM];
	struct err err = {0};

	assert_true(bundle_new_id(FIXTURE_NOW, bundle.collection_id, &err));
	assert_true(volume_set_add(&volumes, 'C', NULL, "fake.img", false, &source->source, &err));
	if (take)
		assert_true(text_list_add(&patterns, bytes_of(take), &err));
	if (!bundle_create(&store->store, &bundle, &writer, &err))
		return;
	struct collection_plan plan = {.writer = writer,
	    .volumes = &volumes,
	    .profile = profile,
	    .take = &patterns,
	    .no_live = true,
	    .free_bytes = UINT64_MAX};

	assert_true(collection_new(&plan, &collection, &err));
	out->ran = collection_run(collection, &err);
	out->has_gaps = collection_has_gaps(collection);
	collection_totals(collection, &out->counts);
	collection_problems(collection, &out->problems);
	(void)!collection_receipt(collection, &err);
	(void)!bundle_finish(writer, bytes_of("custody"), (struct bytes){0}, number, &err);
	out->reads = source->reads;
}

static void collect_all(struct fake_source *source, struct outcome *out)
{
	struct fake_store *store = fake_store_new();

	assert_non_null(store);
	collect_into(source, store, "none", "**", out);
	read_back(&store->store, out);
	store_free(&store->store);
}

static struct fake_source *sample_source(void)
{
	struct fake_source *source = fake_source_new((struct bytes){sample.at, sample.size});

	assert_non_null(source);
	return source;
}

static const struct member *find(const struct outcome *outcome, const char *path)
{
	for (size_t i = 0; i < outcome->count; i++)
		if (strcmp(outcome->at[i].path, path) == 0)
			return &outcome->at[i];
	return NULL;
}

static bool is_same(const struct member *a, const struct member *b)
{
	return a && b && bytes_equal(text_bytes(&a->content), text_bytes(&b->content));
}

static void takes_everything(void **state)
{
	CLEANUP(outcome_free) struct outcome all = {0};

	(void)state;
	collect_all(sample_source(), &all);
	assert_true(all.ran);
	if (all.has_gaps)
		print_error("%s", text_string(&all.problems));
	assert_false(all.has_gaps);
	assert_int_equal(all.counts.taken, all.count);
	assert_int_equal(all.counts.expected, all.count);
	const struct member *hello = find(&all, "fs/C/dir/hello.txt");

	assert_non_null(hello);
	assert_string_equal(text_string(&hello->content), "hello");
	assert_non_null(find(&all, "fs/C/dir/hello.txt:ads"));
	assert_non_null(find(&all, "fs/C/dir/packed"));
	assert_non_null(find(&all, "fs/C/dir/long"));
	assert_non_null(find(&all, "fs/C/$MFT"));
	assert_null(find(&all, "fs/C/dir/gone"));
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
	collect_into(fake_source_new((struct bytes){v.at, v.size}), store, "none", "**", &all);
	read_back(&store->store, &all);
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		const struct member *one = find(&all, expected[i][0]);

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
	collect_into(fake_source_new((struct bytes){v.at, v.size}), store, "default", "**", &all);
	read_back(&store->store, &all);
	unsigned letters = 0;

	for (size_t i = 0; i < all.count; i++)
		if (strncmp(all.at[i].path, "deleted/C/13-1/odd", 18) == 0)
			letters += 1u << 4 * (all.at[i].content.at[0] - 'a');
	assert_int_equal(letters, 0x111111);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		const struct member *one = find(&all, paths[i]);

		assert_true(one && one->content.len == 1 && one->content.at[0] == "abcdef"[i]);
	}
	store_free(&store->store);
}

/* One read of the device fails, once: at most one thing suffers, and then it is said. (Since a read is tried
 * twice, nothing does.) Returns how many reads there were. */
static uint64_t fail_each_read(struct fake_source *(*open)(void))
{
	CLEANUP(outcome_free) struct outcome all = {0};
	uint64_t opening;

	collect_all(open(), &all);
	{
		struct volume_set volumes = {0};
		struct fake_source *source = open();

		assert_true(
		    volume_set_add(&volumes, 'C', NULL, "fake.img", false, &source->source, NULL));
		opening = source->reads;
		volume_set_free(&volumes);
	}
	for (uint64_t n = opening + 1; n <= all.reads; n++) {
		CLEANUP(outcome_free) struct outcome one = {0};
		struct fake_source *source = open();
		size_t lost = 0;

		source->fail_at = n;
		collect_all(source, &one);
		for (size_t i = 0; i < all.count; i++)
			lost += !is_same(&all.at[i], find(&one, all.at[i].path));
		if (lost > 1 || (lost == 1) != one.has_gaps ||
		    one.counts.partial + one.counts.failed != lost)
			print_error("read %llu: %u lost, %llu in part, %llu failed: %s",
			    (unsigned long long)n, (unsigned)lost,
			    (unsigned long long)one.counts.partial,
			    (unsigned long long)one.counts.failed, text_string(&one.problems));
		assert_true(lost <= 1);
		assert_int_equal(one.counts.partial + one.counts.failed, lost);
		assert_true(one.has_gaps == (lost == 1));
	}
	return all.reads - opening;
}

static void survives_each_failed_read(void **state)
{
	(void)state;
	assert_true(fail_each_read(sample_source) > 5);
}

static struct fixture_fat stick;

static struct fake_source *stick_source(void)
{
	struct fake_source *source = fake_source_new((struct bytes){stick.at, stick.size});

	assert_non_null(source);
	return source;
}

static void put_fat_file(uint32_t directory, size_t slot, const char *name, uint32_t cluster)
{
	fixture_fat_short(
	    fixture_fat_slot(&stick, directory, slot), name, 0x20, cluster, 3 * 512 - 7);
	fixture_fat_chain(&stick, cluster, 3);
	for (uint32_t i = 0; i < 3; i++)
		memset(fixture_fat_cluster(&stick, cluster + i), name[0], 512);
}

static void survives_each_failed_read_of_fat(void **state)
{
	static const enum fat_kind kinds[] = {FAT_12, FAT_16, FAT_32};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		assert_true(
		    fixture_fat_new(&stick, kinds[i], 512, (uint32_t[]){200, 5000, 70000}[i]));
		fixture_fat_short(fixture_fat_slot(&stick, 0, 0), "DIR        ", 0x10, 20, 0);
		fixture_fat_set(&stick, 20, FIXTURE_FAT_END);
		fixture_fat_dots(&stick, 20, 0);
		put_fat_file(20, 2, "BELOW   TXT", 30);
		put_fat_file(0, 1, "ONE     TXT", 40);
		put_fat_file(0, 2, "TWO     TXT", 50);
		assert_true(fail_each_read(stick_source) > 5);
		fixture_fat_free(&stick);
	}
}

/* What EFS encrypted is stored as it lies, and its row says so. */
static void encrypted_files_are_stored_as_they_lie(void **state)
{
	static const struct ntfs_run run = {.lcn = 70, .length = 2};
	const struct fixture_extent extent = {.flags = NTFS_STREAM_ENCRYPTED,
	    .last_vcn = 1,
	    .size = 900,
	    .allocated = 1024,
	    .initialized = 900,
	    .runs = &run,
	    .run_count = 1};
	CLEANUP(fixture_volume_free) struct fixture_volume v = {0};
	CLEANUP(outcome_free) struct outcome all = {0};
	struct fixture_record r;

	(void)state;
	assert_true(fixture_volume_new(&v, 512, 512, 1024, 96, 20));
	memset(fixture_volume_cluster(&v, 70), 'e', 1024);
	fixture_record_begin(&r, 1024, 12, 1, 1);
	fixture_record_standard(&r, 700);
	fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32, "secret");
	(void)fixture_record_extent(&r, NTFS_DATA, NULL, 2, &extent);
	fixture_record_end(&r);
	fixture_volume_put(&v, &r);
	collect_all(fake_source_new((struct bytes){v.at, v.size}), &all);
	const struct member *one = find(&all, "fs/C/secret");

	assert_true(one && one->content.len == 900 && one->is_encrypted);
	assert_false(one && one->is_whole);
	for (size_t i = 0; one && i < one->content.len; i++)
		assert_int_equal(one->content.at[i], 'e');
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
	collect_all(sample_source(), &all);
	for (uint64_t cluster = 40; cluster < sample.g.clusters; cluster++) {
		CLEANUP(outcome_free) struct outcome one = {0};
		struct fake_source *source = sample_source();
		size_t damaged = 0;

		source->bad_from = cluster * sample.g.cluster_size;
		source->bad_len = sample.g.cluster_size;
		collect_all(source, &one);
		assert_int_equal(one.count, all.count);
		for (size_t i = 0; i < all.count; i++)
			damaged += check_damage(&all.at[i], find(&one, all.at[i].path));
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
		collect_all(sample_source(), &one);
		assert_int_equal(one.counts.expected,
		    one.counts.taken + one.counts.partial + one.counts.failed + one.counts.skipped);
		usable += one.count > 0;
		memcpy(sample.at, good, sample.size);
	}
	assert_true(usable > ROUNDS / 2);
}

/* The destination fails at the nth change: everything sealed before it still opens. */
static void survives_each_failed_write(void **state)
{
	uint64_t changes = 0;

	(void)state;
	for (uint64_t n = 1; n == 1 || n <= changes; n++) {
		CLEANUP(outcome_free) struct outcome one = {0};
		struct fake_store *store = fake_store_new();

		assert_non_null(store);
		store->fail_at = n == 1 ? 0 : n;
		store->kind = ERR_IO;
		collect_into(sample_source(), store, "none", "**", &one);
		if (n == 1)
			changes = store->changes;
		store->fail_at = 0;
		if (fake_store_bytes(store, "MANIFEST.p7s").at)
			read_back(&store->store, &one);
		for (size_t i = 0; i < one.count; i++)
			assert_true(one.at[i].is_whole);
		store_free(&store->store);
	}
	assert_true(changes > 10);
}

static void receipts_say_everything(void **state)
{
	static const char *const kinds[] = {"ア", "イ", "ウ", "エ", "オ", "カ", "キ", "ク"};
	CLEANUP(outcome_free) struct outcome all = {0};
	struct fake_store *store = fake_store_new();

	(void)state;
	collect_into(sample_source(), store, "default", NULL, &all);
	read_back(&store->store, &all);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		assert_non_null(strstr(text_string(&all.receipt), kinds[i]));
	assert_non_null(strstr(text_string(&all.receipt), "nothing of it was found"));
	assert_non_null(strstr(text_string(&all.receipt), "\"skipped\":"));
	assert_non_null(find(&all, "fs/C/$MFT"));
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
	    cmocka_unit_test(tells_names_apart),
	    cmocka_unit_test(takes_streams_that_are_alike),
	    cmocka_unit_test(survives_each_failed_read),
	    cmocka_unit_test(survives_each_failed_read_of_fat),
	    cmocka_unit_test(encrypted_files_are_stored_as_they_lie),
	    cmocka_unit_test(survives_each_bad_cluster),
	    cmocka_unit_test(survives_any_damage),
	    cmocka_unit_test(survives_each_failed_write),
	    cmocka_unit_test(receipts_say_everything),
	    cmocka_unit_test(refuses_wrong_profiles),
	};

	return cmocka_run_group_tests_name("collection", tests, prepare, clean);
}
