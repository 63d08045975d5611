/* A whole collection from FAT and exFAT volumes in memory: what fails costs what it touches and nothing else. */
#include "tests/unit.h"

#include "core/array.h"
#include "tests/fixture_bundle.h"
#include "tests/fixture_collect.h"
#include "tests/fixture_fat.h"

#define SECTOR    512u
#define CLUSTERS  3u /* of a file */
#define DIRECTORY 20u
#define UNKNOWN   SIZE_MAX

/* BELOW lies in DIR, the others in the root. */
static const struct {
	const char *name; /* of a file on FAT */
	const char *path; /* in the bundle */
	uint32_t cluster;
} files[] = {
    {"BELOW   TXT", "fs/C/DIR/BELOW.TXT", 30},
    {"ONE     TXT", "fs/C/ONE.TXT", 40},
    {"TWO     TXT", "fs/C/TWO.TXT", 50},
};

static const enum fat_kind kinds[] = {FAT_12, FAT_16, FAT_32, FAT_EX};

static struct fixture_fat stick;

static struct fake_source *stick_source(void)
{
	struct fake_source *source = fake_source_new((struct bytes){stick.at, stick.size});

	assert_non_null(source);
	return source;
}

static void put_data(size_t file)
{
	for (uint32_t i = 0; i < CLUSTERS; i++)
		memset(fixture_fat_cluster(&stick, files[file].cluster + i), files[file].name[0],
		    SECTOR);
	fixture_fat_chain(&stick, files[file].cluster, CLUSTERS);
}

static void put_file(size_t file, uint32_t directory, size_t slot)
{
	fixture_fat_short(fixture_fat_slot(&stick, directory, slot), files[file].name, 0x20,
	    files[file].cluster, CLUSTERS * SECTOR - 7);
	put_data(file);
}

/* ONE is one run of clusters, without a chain in the FAT. */
static void put_exfat_file(size_t file, uint32_t directory, size_t *slot)
{
	const char *name = strrchr(files[file].path, '/') + 1;

	*slot += fixture_fat_set_of(fixture_fat_slot(&stick, directory, *slot), name, 0x20,
	    file == 1 ? 3 : 1, files[file].cluster, CLUSTERS * SECTOR - 7);
	put_data(file);
}

static void make_exfat(void)
{
	size_t slot = 2; /* behind the bitmap and the table of upper case */
	size_t below = 0;

	slot += fixture_fat_set_of(
	    fixture_fat_slot(&stick, 0, slot), "DIR", 0x10, 1, DIRECTORY, SECTOR);
	fixture_fat_set(&stick, DIRECTORY, FIXTURE_FAT_END);
	put_exfat_file(0, DIRECTORY, &below);
	put_exfat_file(1, 0, &slot);
	put_exfat_file(2, 0, &slot);
}

static void make_stick(enum fat_kind kind)
{
	static const uint32_t clusters[] = {
	    [FAT_12] = 200, [FAT_16] = 5000, [FAT_32] = 70000, [FAT_EX] = 200};

	assert_true(fixture_fat_new(&stick, kind, SECTOR, clusters[kind]));
	if (kind == FAT_EX) {
		make_exfat();
		return;
	}
	fixture_fat_short(fixture_fat_slot(&stick, 0, 0), "DIR        ", 0x10, DIRECTORY, 0);
	fixture_fat_set(&stick, DIRECTORY, FIXTURE_FAT_END);
	fixture_fat_dots(&stick, DIRECTORY, 0);
	put_file(0, DIRECTORY, 2);
	put_file(1, 0, 1);
	put_file(2, 0, 2);
}

static void survives_each_failed_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		make_stick(kinds[i]);
		assert_true(fixture_fail_each_read(stick_source) > 5);
		fixture_fat_free(&stick);
	}
}

/* The file whose content lies at an offset. */
static size_t file_at(uint64_t offset)
{
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		uint64_t from =
		    (uint64_t)(fixture_fat_cluster(&stick, files[i].cluster) - stick.at);

		if (offset >= from && offset < from + CLUSTERS * SECTOR)
			return i;
	}
	return UNKNOWN;
}

static bool is_in_directory(uint64_t offset)
{
	uint64_t from = (uint64_t)(fixture_fat_cluster(&stick, DIRECTORY) - stick.at);

	return offset >= from && offset < from + SECTOR;
}

/* One sector cannot be read any more: of a file's content, that one file is kept in part, and its row says why; of a directory, what
 * lies in it is lost; whatever is lost, it is said. Returns whether it was a sector of a file. */
static bool check_lasting(const struct outcome *all, const struct outcome *one)
{
	size_t hit = file_at(one->bad_from);

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		const struct member *found = outcome_find(one, files[i].path);
		bool is_same = member_is_same(outcome_find(all, files[i].path), found);

		if (i == hit) {
			assert_non_null(found);
			assert_false(is_same || found->is_whole);
			assert_true(found->has_reason);
			assert_int_equal(found->content.len, CLUSTERS * SECTOR - 7);
		} else if (hit != UNKNOWN || (i > 0 && is_in_directory(one->bad_from))) {
			assert_true(is_same);
		}
		assert_true(is_same || one->has_gaps);
	}
	return hit != UNKNOWN;
}

static void survives_each_lasting_failure(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		CLEANUP(outcome_free) struct outcome all = {0};
		unsigned hits = 0;

		make_stick(kinds[i]);
		fixture_collect_all(stick_source(), &all);
		assert_false(all.has_gaps);
		for (size_t k = 0; k < ARRAY_LEN(files); k++)
			assert_non_null(outcome_find(&all, files[k].path));
		for (uint64_t n = fixture_opening_reads(stick_source()) + 1; n <= all.reads; n++) {
			CLEANUP(outcome_free) struct outcome one = {0};
			struct fake_source *source = stick_source();

			source->fail_at = n;
			source->is_lasting = true;
			fixture_collect_all(source, &one);
			hits += check_lasting(&all, &one);
		}
		assert_true(hits >= ARRAY_LEN(files));
		fixture_fat_free(&stick);
	}
}

/* ONE and TWO are deleted; a drive with TRIM has emptied their clusters. */
static void delete_files(enum fat_kind kind, bool trimmed)
{
	make_stick(kind);
	if (kind == FAT_EX)
		fixture_fat_unuse(fixture_fat_slot(&stick, 0, 2 + 3), 6);
	for (size_t i = 1; i < ARRAY_LEN(files); i++) {
		if (kind != FAT_EX)
			*fixture_fat_slot(&stick, 0, i) = 0xe5;
		for (uint32_t k = 0; k < CLUSTERS; k++) {
			fixture_fat_set(&stick, files[i].cluster + k, 0);
			if (trimmed)
				memset(
				    fixture_fat_cluster(&stick, files[i].cluster + k), 0, SECTOR);
		}
	}
}

/* Of a FAT32 of this size the upper half of a deleted file's cluster is lost: nothing tells where to look. */
static const char *trim_of(enum fat_kind kind, bool trimmed)
{
	if (kind == FAT_32)
		return "\"trim\":{\"recovery\":\"unknown\",\"sampled\":0,";
	return trimmed ? "\"trim\":{\"recovery\":\"hopeless\",\"sampled\":2,\"zero\":2,"
		       : "\"trim\":{\"recovery\":\"possible\",\"sampled\":2,\"zero\":0,";
}

static void says_what_trim_left(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(kinds); i++) {
		CLEANUP(outcome_free) struct outcome all = {0};
		struct fake_store *store = fake_store_new();
		enum fat_kind kind = kinds[i / 2];
		bool trimmed = i % 2 == 0;
		size_t whole = 0, elsewhere = 0;

		delete_files(kind, trimmed);
		fixture_collect_into(stick_source(), store, "default", NULL, &all);
		fixture_read_back(&store->store, &all);
		const struct member *list = outcome_find(&all, "deleted/C/files.jsonl");
		const char *said = list ? text_string(&list->content) : "";

		assert_non_null(strstr(said, trim_of(kind, trimmed)));
		assert_true((trimmed && kind != FAT_32) == (strstr(said, "(TRIM)") != NULL));
		for (size_t k = 0; k < all.count; k++) {
			whole += strncmp(all.at[k].path, "deleted/C/", 10) == 0 &&
				 strstr(all.at[k].path, ".TXT") && all.at[k].is_whole;
			elsewhere += all.at[k].may_be_elsewhere;
		}
		assert_int_equal(whole, trimmed || kind == FAT_32 ? 0 : 2);
		assert_true((elsewhere > 0) == (kind == FAT_32));
		store_free(&store->store);
		fixture_fat_free(&stick);
	}
}

static size_t lines_of(const struct member *member)
{
	size_t lines = 0;

	for (size_t i = 0; i < member->content.len; i++)
		lines += member->content.at[i] == '\n';
	return lines;
}

/* A sector cannot be read any more: that is said, and a listing that misses entries for it is not called whole. Of the list of
 * deleted files a row beside it says so. */
static void check_said(const struct outcome *all, const struct outcome *one, uint64_t read)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct member *found = outcome_find(one, all->at[i].path);
		bool is_short = found && lines_of(found) < lines_of(&all->at[i]) &&
				strncmp(found->path, "fs/", 3) == 0;

		if (member_is_same(&all->at[i], found))
			continue;
		if (!one->has_gaps || (is_short && found->is_whole))
			print_error("read %llu, sector at %llu: %s of %s\n",
			    (unsigned long long)read, (unsigned long long)one->bad_from,
			    found ? "a part" : "nothing", all->at[i].path);
		assert_true(one->has_gaps && !(is_short && found->is_whole));
	}
}

static void collect_default(struct fake_source *source, struct outcome *out)
{
	struct fake_store *store = fake_store_new();

	fixture_collect_into(source, store, "default", NULL, out);
	fixture_read_back(&store->store, out);
	store_free(&store->store);
}

static void says_each_lasting_failure(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		CLEANUP(outcome_free) struct outcome all = {0};

		delete_files(kinds[i], false);
		collect_default(stick_source(), &all);
		for (uint64_t n = fixture_opening_reads(stick_source()) + 1; n <= all.reads; n++) {
			CLEANUP(outcome_free) struct outcome one = {0};
			struct fake_source *source = stick_source();

			source->fail_at = n;
			source->is_lasting = true;
			collect_default(source, &one);
			check_said(&all, &one, n);
		}
		fixture_fat_free(&stick);
	}
}

static void keep_name(void *context, struct bytes name, uint64_t bytes)
{
	struct text *names = context;

	(void)bytes;
	text_add(names, name);
	text_addc(names, '\n');
}

/* What the image does not have leaves room under the cap for what it has. */
static void counts_what_is_there(void **state)
{
	CLEANUP(volume_set_free) struct volume_set volumes = {0};
	CLEANUP(collection_free) struct collection *collection = NULL;
	CLEANUP(text_free) struct text names = {0};
	struct collection_plan plan = {.volumes = &volumes,
	    .profile = "none",
	    .no_live = true,
	    .asks_deleted = true,
	    .deleted = DELETED_ALL,
	    .deleted_cap = (uint64_t)4 * SECTOR,
	    .free_bytes = UINT64_MAX,
	    .would_take = keep_name,
	    .context = &names};
	struct err err = {0};

	(void)state;
	assert_true(fixture_fat_new(&stick, FAT_16, SECTOR, 5000));
	for (uint32_t i = 0; i < 4; i++)
		fixture_fat_short(
		    fixture_fat_slot(&stick, 0, i), "\xe5WAY    TXT", 0x20, 4000 + i, SECTOR);
	fixture_fat_short(fixture_fat_slot(&stick, 0, 4), "\xe5HERE   TXT", 0x20, 10, SECTOR);
	struct fake_source *raw = fake_source_new(
	    (struct bytes){stick.at, (size_t)(fixture_fat_cluster(&stick, 3000) - stick.at)});

	assert_non_null(raw);
	assert_true(volume_set_add(&volumes, 'C', NULL, "fake.img", false, &raw->source, &err));
	assert_true(collection_new(&plan, &collection, &err));
	assert_true(collection_run(collection, &err));
	assert_non_null(strstr(text_string(&names), "_HERE.TXT"));
	fixture_fat_free(&stick);
}

/* Each file of zeros alone is possible, all together are not: what nobody wrote is then not stored. */
static void stores_zeros_up_to_the_volume(void **state)
{
	CLEANUP(outcome_free) struct outcome out = {0};
	size_t slot = 2, at[4];

	(void)state;
	assert_true(fixture_fat_new(&stick, FAT_EX, SECTOR, 200));
	for (unsigned i = 0; i < ARRAY_LEN(at); i++) {
		const char name[] = {'Z', (char)('0' + i), 0};

		at[i] = slot;
		slot += fixture_fat_set_of(
		    fixture_fat_slot(&stick, 0, slot), name, 0x20, 3, 20, 150 * SECTOR);
	}
	memset(fixture_fat_cluster(&stick, 20), 'w', SECTOR);
	for (unsigned i = 0; i < ARRAY_LEN(at); i++)
		put_le64(fixture_fat_slot(&stick, 0, at[i] + 1) + 8, i == 3 ? 10 : 0);
	fixture_collect_all(stick_source(), &out);
	assert_int_equal(outcome_find(&out, "fs/C/Z0")->content.len, 150 * SECTOR);
	assert_int_equal(outcome_find(&out, "fs/C/Z1")->content.len, 0);
	assert_int_equal(outcome_find(&out, "fs/C/Z3")->content.len, 10);
	assert_int_equal(text_string(&outcome_find(&out, "fs/C/Z3")->content)[9], 'w');
	assert_true(outcome_find(&out, "fs/C/Z3")->is_whole);
	fixture_fat_free(&stick);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(survives_each_failed_read),
	    cmocka_unit_test(survives_each_lasting_failure),
	    cmocka_unit_test(says_each_lasting_failure),
	    cmocka_unit_test(says_what_trim_left),
	    cmocka_unit_test(counts_what_is_there),
	    cmocka_unit_test(stores_zeros_up_to_the_volume),
	};

	return cmocka_run_group_tests_name(
	    "collection from FAT", tests, fixture_keys_make, fixture_keys_free);
}
