/* Files in use whose attribute list or extension records are damaged: what can be had of them is taken, and what cannot
 * is told. */
#include "tests/unit.h"

#include "collectors/collection.h"
#include "core/array.h"
#include "tests/fake_source.h"
#include "tests/fake_store.h"
#include "tests/fixture_bundle.h"
#include "tests/fixture_collect.h"
#include "tests/fixture_ntfs.h"

#include <string.h>

#define CLUSTER      512u
#define DATA_AT      100u  /* four clusters of 'D' that the files share */
#define OUTSIDE      5000u /* a cluster that the volume has not */
#define LIST_ENTRIES 18

struct world {
	struct fixture_volume v;
	struct outcome all;
};

static void world_new(struct world *w)
{
	*w = (struct world){0};
	assert_true(fixture_volume_new(&w->v, CLUSTER, CLUSTER, 1024, 1024, 24));
	memset(fixture_volume_cluster(&w->v, DATA_AT), 'D', 4 * CLUSTER);
}

static void world_take(struct world *w)
{
	struct bytes at = {w->v.at, w->v.size};

	outcome_free_at(&w->all);
	w->all = (struct outcome){0};
	fixture_collect_all(fake_source_new(at), &w->all);
}

static void world_take_only(struct world *w, const char *pattern)
{
	struct bytes at = {w->v.at, w->v.size};
	struct fake_store *store = fake_store_new();

	outcome_free_at(&w->all);
	w->all = (struct outcome){0};
	fixture_collect_into(fake_source_new(at), store, "none", pattern, &w->all);
	fixture_read_back(&store->store, &w->all);
	store_free(&store->store);
}

static void world_free_at(struct world *w)
{
	outcome_free_at(&w->all);
	fixture_volume_free(&w->v);
}

static void put(struct world *w, struct fixture_record *r)
{
	fixture_record_end(r);
	fixture_volume_put(&w->v, r);
}

static void begin(struct fixture_record *r, unsigned number, const char *name)
{
	fixture_record_begin(r, 1024, number, 1, 1);
	fixture_record_standard(r, 600);
	fixture_record_name(r, 5, 5, NTFS_NAME_POSIX, name);
}

/* A list of len bytes in clusters from `cluster` on. */
static void far_list(struct fixture_record *r, uint64_t cluster, size_t len)
{
	uint64_t clusters = (len + CLUSTER - 1) / CLUSTER;
	struct ntfs_run run = {.lcn = cluster, .length = clusters};
	struct fixture_extent extent = {.last_vcn = clusters - 1,
	    .size = len,
	    .allocated = clusters * CLUSTER,
	    .initialized = len,
	    .runs = &run,
	    .run_count = 1};

	fixture_record_extent(r, NTFS_ATTRIBUTE_LIST, NULL, 3, &extent);
}

struct listed { /* an entry of an attribute list */
	uint32_t type;
	uint64_t vcn;
	unsigned record;
};

static void add_list(struct fixture_record *r, struct listed a, struct listed b)
{
	uint8_t list[64];

	fixture_list_entry(list, a.type, a.vcn, a.record, 1);
	fixture_list_entry(list + 32, b.type, b.vcn, b.record, 1);
	fixture_record_resident(r, NTFS_ATTRIBUTE_LIST, NULL, 3, list, sizeof(list));
}

/* $DATA from cluster vcn to the fourth, of 2,000 bytes. */
static void add_data(struct fixture_record *r, uint64_t vcn, uint64_t count)
{
	struct ntfs_run run = {.lcn = DATA_AT + vcn, .length = count};
	struct fixture_extent extent = {.first_vcn = vcn,
	    .last_vcn = vcn + count - 1,
	    .size = vcn ? 0 : 2000,
	    .allocated = vcn ? 0 : 4 * CLUSTER,
	    .initialized = vcn ? 0 : 2000,
	    .runs = &run,
	    .run_count = 1};

	fixture_record_extent(r, NTFS_DATA, NULL, 4, &extent);
}

static void put_extension(struct world *w, unsigned number, unsigned base, uint16_t sequence,
    uint64_t vcn, uint64_t count)
{
	struct fixture_record r;

	fixture_record_begin(&r, 1024, number, sequence, 1);
	fixture_record_set_base(&r, base, 1);
	add_data(&r, vcn, count);
	put(w, &r);
}

static void check_told(const struct world *w, const char *path)
{
	assert_true(w->all.ran && w->all.has_gaps);
	if (!strstr(text_string(&w->all.problems), path))
		print_error("nothing of %s: %s", path, text_string(&w->all.problems));
	assert_non_null(strstr(text_string(&w->all.problems), path));
	assert_int_equal(w->all.counts.expected,
	    w->all.counts.taken + w->all.counts.partial + w->all.counts.failed);
}

/* The 2,000 bytes of 'D', those before `lost` zeros. */
static void check_content(const struct world *w, const char *path, size_t lost)
{
	const struct member *one = outcome_find(&w->all, path);

	assert_non_null(one);
	assert_int_equal(one->is_whole, lost == 0);
	for (size_t i = 0; i < one->content.len; i++)
		assert_int_equal(one->content.at[i], i < lost ? 0 : 'D');
}

/* A file all of whose content lies in a record that is damaged has a row that says so. */
static void tells_of_content_in_a_lost_record(void **state)
{
	CLEANUP(world_free) struct world w;
	struct fixture_record r;

	(void)state;
	world_new(&w);
	begin(&r, 12, "gone.evidence");
	add_list(&r, (struct listed){NTFS_STANDARD_INFORMATION, 0, 12},
	    (struct listed){NTFS_DATA, 0, 13});
	put(&w, &r);
	memcpy(fixture_volume_cluster(&w.v, w.v.g.mft_cluster + 26), "BAAD", 4);
	world_take(&w);
	check_told(&w, "fs/C/gone.evidence: ");
	assert_null(outcome_find(&w.all, "fs/C/gone.evidence"));
	assert_int_equal(w.all.not_taken, 2); /* and the record itself */
}

/* A stream in such a record, beside content that is whole. */
static void tells_of_a_lost_stream(void **state)
{
	CLEANUP(world_free) struct world w;
	struct fixture_record r;

	(void)state;
	world_new(&w);
	begin(&r, 12, "beside.evidence");
	add_list(&r, (struct listed){NTFS_DATA, 0, 12}, (struct listed){NTFS_DATA, 0, 13});
	add_data(&r, 0, 4);
	put(&w, &r);
	world_take(&w);
	check_told(&w, "fs/C/beside.evidence::lost: ");
	check_content(&w, "fs/C/beside.evidence", 0);
	assert_int_equal(w.all.not_taken, 1);
}

/* Also where only a stream of the file was asked for; not where it is a stream of others. */
static void tells_of_a_lost_stream_that_was_asked_for(void **state)
{
	CLEANUP(world_free) struct world w;
	struct fixture_record r;

	(void)state;
	world_new(&w);
	begin(&r, 12, "gone.evidence");
	add_list(&r, (struct listed){NTFS_STANDARD_INFORMATION, 0, 12},
	    (struct listed){NTFS_DATA, 0, 13});
	put(&w, &r);
	world_take_only(&w, "GONE.e*:s");
	check_told(&w, "fs/C/gone.evidence: ");
	world_take_only(&w, "**:*");
	check_told(&w, "fs/C/gone.evidence: ");
	world_take_only(&w, "*/gone.evidence:s");
	assert_null(strstr(text_string(&w.all.problems), "fs/C/gone.evidence"));
}

/* A $DATA attribute that cannot be read in the file's own record, and a row of attributes that breaks off before it. */
static void tells_of_damaged_attributes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		CLEANUP(world_free) struct world w;
		struct fixture_record r;

		world_new(&w);
		begin(&r, 12, "odd.evidence");
		size_t at = fixture_record_resident(&r, NTFS_DATA, NULL, 4, "content", 7);

		put_le32(r.at + at + (i ? 4 : 16), 0x1000);
		put(&w, &r);
		world_take(&w);
		check_told(&w, "fs/C/odd.evidence: ");
	}
}

/* A wrong bit in how much of it was written: all of it is given, and that field is named. */
static void tells_of_an_impossible_initialized(void **state)
{
	static const uint64_t values[] = {2001, UINT64_C(1) << 63 | 2000};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		CLEANUP(world_free) struct world w;
		struct ntfs_run run = {.lcn = DATA_AT, .length = 4};
		struct fixture_extent extent = {.last_vcn = 3,
		    .size = 2000,
		    .allocated = 4 * CLUSTER,
		    .initialized = values[i],
		    .runs = &run,
		    .run_count = 1};
		struct fixture_record r;

		world_new(&w);
		begin(&r, 12, "bit.evidence");
		fixture_record_extent(&r, NTFS_DATA, NULL, 4, &extent);
		put(&w, &r);
		world_take(&w);
		check_told(&w, "fs/C/bit.evidence: ");
		assert_non_null(strstr(text_string(&w.all.problems), "initialized 0x"));
		const struct member *one = outcome_find(&w.all, "fs/C/bit.evidence");

		assert_non_null(one);
		assert_false(one->is_whole);
		assert_int_equal(one->content.len, 2000);
		for (size_t k = 0; k < one->content.len; k++)
			assert_int_equal(one->content.at[k], 'D');
	}
}

/* Without a name no pattern finds it. */
static void tells_of_lost_names(void **state)
{
	CLEANUP(world_free) struct world w;
	struct fixture_record r;

	(void)state;
	world_new(&w);
	fixture_record_begin(&r, 1024, 20, 1, 1);
	fixture_record_standard(&r, 600);
	add_list(&r, (struct listed){NTFS_FILE_NAME, 0, 21}, (struct listed){NTFS_DATA, 0, 21});
	put(&w, &r);
	world_take(&w);
	check_told(&w, "fs/C/$Orphan/record 20: ");
}

static void put_far(
    struct world *w, unsigned number, const char *name, uint64_t cluster, size_t len)
{
	struct fixture_record r;

	begin(&r, number, name);
	far_list(&r, cluster, len);
	put(w, &r);
}

/* Where the list leads nowhere, the records that name the file as their base still have its content. */
static void finds_content_without_the_list(void **state)
{
	CLEANUP(world_free) struct world w;
	struct fixture_record r;
	uint8_t *list;
	uint8_t near[64];

	(void)state;
	world_new(&w);
	put_far(&w, 6, "outside.evidence", OUTSIDE, 64);
	put_extension(&w, 7, 6, 1, 0, 4);
	begin(&r, 8, "length.evidence");
	fixture_list_entry(near, NTFS_STANDARD_INFORMATION, 0, 8, 1);
	fixture_list_entry(near + 32, NTFS_DATA, 0, 9, 1);
	near[32 + 4] = 200;
	fixture_record_resident(&r, NTFS_ATTRIBUTE_LIST, NULL, 3, near, sizeof(near));
	put(&w, &r);
	put_extension(&w, 9, 8, 1, 0, 4);
	/* The entry of $DATA lies in a sector of zeros. */
	put_far(&w, 10, "zeros.evidence", 92, (size_t)LIST_ENTRIES * 32);
	list = fixture_volume_cluster(&w.v, 92);
	for (size_t i = 0; i < LIST_ENTRIES - 2; i++)
		fixture_list_entry(list + 32 * i, NTFS_STANDARD_INFORMATION, 0, 10, 1);
	put_extension(&w, 11, 10, 1, 0, 4);
	/* A record with another number than the list has. */
	begin(&r, 12, "number.evidence");
	add_list(&r, (struct listed){NTFS_DATA, 0, 13}, (struct listed){NTFS_DATA, 2, 12});
	add_data(&r, 2, 2);
	put(&w, &r);
	put_extension(&w, 13, 12, 2, 0, 2);
	world_take(&w);
	check_content(&w, "fs/C/outside.evidence", 0);
	check_content(&w, "fs/C/length.evidence", 0);
	check_content(&w, "fs/C/zeros.evidence", 0);
	check_content(&w, "fs/C/number.evidence", 0);
	/* There may have been more. */
	check_told(&w, "fs/C/outside.evidence::lost: ");
	check_told(&w, "fs/C/length.evidence::lost: ");
	check_told(&w, "fs/C/zeros.evidence::lost: ");
}

/* The first extent of a stream is in a lost record: the others are taken. */
static void takes_what_follows_a_lost_extent(void **state)
{
	CLEANUP(world_free) struct world w;
	struct fixture_record r;

	(void)state;
	world_new(&w);
	begin(&r, 12, "second.evidence");
	add_list(&r, (struct listed){NTFS_DATA, 0, 13}, (struct listed){NTFS_DATA, 2, 12});
	add_data(&r, 2, 2);
	put(&w, &r);
	world_take(&w);
	check_told(&w, "fs/C/second.evidence: ");
	check_content(&w, "fs/C/second.evidence", 2 * CLUSTER);
	assert_int_equal(outcome_find(&w.all, "fs/C/second.evidence")->content.len, 4 * CLUSTER);
	assert_int_equal(w.all.counts.partial, 1);
}

/* The last one is: the size is known and the rest of it cut. */
static void tells_of_a_lost_end(void **state)
{
	CLEANUP(world_free) struct world w;
	struct fixture_record r;

	(void)state;
	world_new(&w);
	begin(&r, 12, "half.evidence");
	add_data(&r, 0, 2);
	put(&w, &r);
	world_take(&w);
	check_told(&w, "fs/C/half.evidence: ");
	assert_int_equal(outcome_find(&w.all, "fs/C/half.evidence")->content.len, 2 * CLUSTER);
	assert_int_equal(w.all.counts.partial, 1);
}

/* A table of which not all fits into a window, and record 300 is the only one in it. */
static void big_new(struct fixture_volume *v, unsigned flags, const char *name)
{
	struct fixture_record r;

	assert_true(fixture_volume_new(v, CLUSTER, CLUSTER, 1024, 2048, 700));
	fixture_record_begin(&r, 1024, 300, 1, (uint16_t)flags);
	fixture_record_standard(&r, 600);
	fixture_record_name(&r, 5, 5, NTFS_NAME_POSIX, name);
	fixture_record_resident(&r, NTFS_DATA, NULL, 4, "content", 7);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
}

/* Collects with the read failing for good that comes as n-th after the opening, 0: none. Returns how many there are. */
static uint64_t big_take(const struct fixture_volume *v, const char *profile, const char *take,
    uint64_t n, struct outcome *out)
{
	const struct bytes at = {v->at, v->size};
	struct fake_source *raw = fake_source_new(at);
	struct fake_store *store = fake_store_new();
	uint64_t opening = fixture_opening_reads(fake_source_new(at));

	raw->fail_at = n ? opening + n : 0;
	raw->is_lasting = true;
	fixture_collect_into(raw, store, profile, take, out);
	fixture_read_back(&store->store, out);
	store_free(&store->store);
	return out->reads - opening;
}

/* A record that can be read in the walk and not when its file is to be taken: an image did not change meanwhile. */
static void tells_of_a_record_lost_later(void **state)
{
	CLEANUP(fixture_volume_free) struct fixture_volume v = {0};
	CLEANUP(outcome_free) struct outcome all = {0};
	unsigned told = 0;

	(void)state;
	big_new(&v, 1, "one.evidence");
	uint64_t reads = big_take(&v, "none", "one.*", 0, &all);

	for (uint64_t n = 1; n <= reads; n++) {
		CLEANUP(outcome_free) struct outcome one = {0};

		(void)big_take(&v, "none", "one.*", n, &one);
		assert_null(strstr(text_string(&one.problems), "changed or deleted while"));
		assert_true(one.has_gaps || outcome_find(&one, "fs/C/one.evidence"));
		told += strstr(text_string(&one.problems), "$Orphan/record 300: ") != NULL;
	}
	assert_true(told > 0);
}

/* The same of a deleted file: in the walk that says who owns what, and not in a later one. */
static void tells_of_a_deleted_record_lost_later(void **state)
{
	CLEANUP(fixture_volume_free) struct fixture_volume v = {0};
	CLEANUP(outcome_free) struct outcome all = {0};

	(void)state;
	big_new(&v, 0, "one.pf");
	uint64_t reads = big_take(&v, "deleted-files", NULL, 0, &all);

	assert_non_null(outcome_find(&all, "deleted/C/300-1/one.pf"));
	for (uint64_t n = 1; n <= reads; n++) {
		CLEANUP(outcome_free) struct outcome one = {0};

		(void)big_take(&v, "deleted-files", NULL, n, &one);
		assert_true(outcome_find(&one, "deleted/C/300-1/one.pf") ||
			    strstr(text_string(&one.problems), "MFT record 300: "));
	}
}

/* A directory, record 6, whose index lies in one block. */
static void put_directory(struct world *w, const uint8_t *entries, size_t len)
{
	struct ntfs_run run = {.lcn = 200, .length = 8};
	struct fixture_extent blocks = {.last_vcn = 7,
	    .size = 4096,
	    .allocated = 4096,
	    .initialized = 4096,
	    .runs = &run,
	    .run_count = 1};
	struct fixture_record r;
	uint8_t root[256] = {0}, top[64] = {0};
	size_t end = 0;

	fixture_index_entry(top, &end, 0, 0, NULL, 0);
	fixture_record_begin(&r, 1024, 6, 1, 3);
	fixture_record_standard(&r, 600);
	fixture_record_name(&r, 5, 5, NTFS_NAME_POSIX, "profile");
	fixture_record_resident(
	    &r, NTFS_INDEX_ROOT, "$I30", 2, root, fixture_index_root(root, 4096, top, end, true));
	fixture_record_extent(&r, NTFS_INDEX_ALLOCATION, "$I30", 3, &blocks);
	fixture_record_resident(&r, NTFS_BITMAP, "$I30", 4, "\1\0\0\0\0\0\0", 8);
	put(w, &r);
	fixture_index_block(fixture_volume_cluster(&w->v, 200), 4096, 0, entries, len);
}

static void put_below(struct world *w, unsigned number, const char *name)
{
	struct fixture_record r;

	fixture_record_begin(&r, 1024, number, 1, 1);
	fixture_record_standard(&r, 600);
	fixture_record_name(&r, 6, 1, NTFS_NAME_POSIX, name);
	fixture_record_resident(&r, NTFS_DATA, NULL, 4, "content", 7);
	put(w, &r);
}

static void put_profile(struct world *w)
{
	static const char *const names[] = {"Cookies", "History", "Preferences"};
	uint8_t entries[512] = {0};
	size_t pos = 0;

	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		fixture_index_entry(entries, &pos, 7 + i, 1, names[i], UINT64_MAX);
		put_below(w, 7 + i, names[i]);
	}
	fixture_index_entry(entries, &pos, 0, 0, NULL, UINT64_MAX);
	put_directory(w, entries, pos);
}

static void world_take_profiles(struct world *w, uint64_t bad_from)
{
	struct fake_source *raw = fake_source_new((struct bytes){w->v.at, w->v.size});
	struct fake_store *store = fake_store_new();

	raw->bad_from = bad_from;
	raw->bad_len = bad_from ? CLUSTER : 0;
	outcome_free_at(&w->all);
	w->all = (struct outcome){0};
	fixture_collect_into(raw, store, "browser-profiles", NULL, &w->all);
	fixture_read_back(&store->store, &w->all);
	store_free(&store->store);
}

/* What lies in a profile is found by its index: where that cannot be read, something may be missing, and that is said. */
static void tells_of_a_profile_without_its_index(void **state)
{
	CLEANUP(world_free) struct world w;
	uint8_t *block;

	(void)state;
	world_new(&w);
	put_profile(&w);
	block = fixture_volume_cluster(&w.v, 200);
	world_take_profiles(&w, 0);
	assert_false(w.all.has_gaps);
	assert_non_null(outcome_find(&w.all, "fs/C/profile/Cookies"));
	world_take_profiles(&w, (uint64_t)(block - w.v.at));
	check_told(&w, "fs/C/$MFT record 6: ");
	memcpy(block, "BAAD", 4);
	world_take_profiles(&w, 0);
	check_told(&w, "fs/C/$MFT record 6: ");
}

/* A profile whose index leads back to itself, under nine names at each of twelve levels. */
static void ends_where_directories_loop(void **state)
{
	CLEANUP(world_free) struct world w;
	uint8_t entries[2048] = {0};
	char name[] = "0";
	size_t pos = 0;

	(void)state;
	world_new(&w);
	for (name[0] = '0'; name[0] < '8'; name[0]++)
		fixture_index_entry(entries, &pos, 6, 1, name, UINT64_MAX);
	fixture_index_entry(entries, &pos, 6, 1, "datareporting", UINT64_MAX);
	fixture_index_entry(entries, &pos, 7, 1, "places.sqlite", UINT64_MAX);
	fixture_index_entry(entries, &pos, 0, 0, NULL, UINT64_MAX);
	put_directory(&w, entries, pos);
	put_below(&w, 7, "places.sqlite");
	world_take_profiles(&w, 0);
	assert_non_null(outcome_find(&w.all, "fs/C/profile/places.sqlite"));
	check_told(&w, "fs/C/$MFT record 6: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tells_of_content_in_a_lost_record),
	    cmocka_unit_test(tells_of_a_lost_stream),
	    cmocka_unit_test(tells_of_a_lost_stream_that_was_asked_for),
	    cmocka_unit_test(tells_of_damaged_attributes),
	    cmocka_unit_test(tells_of_an_impossible_initialized),
	    cmocka_unit_test(tells_of_lost_names),
	    cmocka_unit_test(takes_what_follows_a_lost_extent),
	    cmocka_unit_test(tells_of_a_lost_end),
	    cmocka_unit_test(finds_content_without_the_list),
	    cmocka_unit_test(tells_of_a_record_lost_later),
	    cmocka_unit_test(tells_of_a_deleted_record_lost_later),
	    cmocka_unit_test(tells_of_a_profile_without_its_index),
	    cmocka_unit_test(ends_where_directories_loop),
	};

	return cmocka_run_group_tests_name(
	    "collection_lost", tests, fixture_keys_make, fixture_keys_free);
}
