/* Attributes other than $DATA as members of their own: which are taken, with what, and what they are called. */
#include "tests/unit.h"

#include "bundle/reader.h"
#include "core/array.h"
#include "tests/fake_source.h"
#include "tests/fake_store.h"
#include "tests/fixture_bundle.h"
#include "tests/fixture_collect.h"
#include "tests/fixture_ntfs.h"

#include <stdlib.h>
#include <string.h>

#define EFS "$LOGGED_UTILITY_STREAM"

struct world {
	struct fixture_volume v;
	struct fake_store *store;
	struct outcome all;
};

static void world_of(struct world *w, uint32_t record_size)
{
	*w = (struct world){.store = fake_store_new()};
	assert_non_null(w->store);
	assert_true(fixture_volume_new(&w->v, 512, 512, record_size, 512, 30));
}

static void world_new(struct world *w)
{
	world_of(w, 1024);
}

static void world_free_at(struct world *w)
{
	store_free(&w->store->store);
	outcome_free_at(&w->all);
	fixture_volume_free(&w->v);
}

static void begin(struct fixture_record *r, unsigned number, const char *name)
{
	fixture_record_begin(r, 1024, number, 1, 1);
	fixture_record_standard(r, 700);
	fixture_record_name(r, 5, 5, NTFS_NAME_POSIX, name);
}

static void put(struct world *w, struct fixture_record *r)
{
	fixture_record_end(r);
	fixture_volume_put(&w->v, r);
}

static void take(struct world *w, const char *profile, const char *pattern)
{
	fixture_collect_into(fake_source_new((struct bytes){w->v.at, w->v.size}), w->store, profile,
	    pattern, &w->all);
	fixture_read_back(&w->store->store, &w->all);
}

/* Whether the row of that path has the text. */
static bool row_says(const struct world *w, const char *path, const char *text)
{
	struct bundle_trust trust = fixture_trust();
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	CLEANUP(text_free) struct text json = {0};
	struct bundle_row_view view;
	size_t index;

	assert_true(bundle_open(&w->store->store, &trust, &reader, NULL));
	assert_true(bundle_row_find(reader, bytes_of(path), &index, NULL));
	assert_true(bundle_row_at(reader, index, &view, NULL));
	text_add(&json, view.json);
	return strstr(text_string(&json), text) != NULL;
}

static void check(const struct world *w, const char *path, const char *content)
{
	const struct member *one = outcome_find(&w->all, path);

	if (!one)
		print_error("no %s\n", path);
	assert_non_null(one);
	assert_string_equal(text_string(&one->content), content);
}

/* 900 bytes of ciphertext, of which `initialized` were written, in two clusters of 'e'. */
static void add_encrypted(
    struct world *w, struct fixture_record *r, const char *stream, uint64_t initialized)
{
	static const struct ntfs_run run = {.lcn = 70, .length = 2};
	const struct fixture_extent extent = {.flags = NTFS_STREAM_ENCRYPTED,
	    .last_vcn = 1,
	    .size = 900,
	    .allocated = 1024,
	    .initialized = initialized,
	    .runs = &run,
	    .run_count = 1};

	memset(fixture_volume_cluster(&w->v, 70), 'e', 1024);
	(void)fixture_record_extent(r, NTFS_DATA, stream, 2, &extent);
}

static void check_ciphertext(const struct world *w, const char *path, size_t written)
{
	const struct member *one = outcome_find(&w->all, path);

	assert_true(one && one->content.len == 1024 && one->is_encrypted && !one->is_whole);
	for (size_t i = 0; one && i < one->content.len; i++)
		assert_int_equal(one->content.at[i], i < written ? 'e' : 0);
	assert_true(row_says(w, path, "\"logical_size\":900,"));
	assert_true(row_says(w, path, "\"size\":1024,"));
	assert_false(row_says(w, path, "claimed_size"));
}

/* What EFS encrypted is stored as it lies, to the end of its last unit, with the keys beside it; its row says so. */
static void encrypted_files_are_stored_as_they_lie(void **state)
{
	CLEANUP(world_free) struct world w;
	struct fixture_record r;

	(void)state;
	world_new(&w);
	begin(&r, 12, "secret");
	add_encrypted(&w, &r, NULL, 900);
	fixture_record_resident(&r, NTFS_LOGGED_UTILITY_STREAM, "$EFS", 3, "keys", 4);
	fixture_record_resident(&r, NTFS_LOGGED_UTILITY_STREAM, "$TXF_DATA", 4, "other", 5);
	put(&w, &r);
	begin(&r, 13, "begun");
	add_encrypted(&w, &r, NULL, 500);
	put(&w, &r);
	begin(&r, 14, "plain");
	fixture_record_resident(&r, NTFS_DATA, NULL, 2, "text", 4);
	add_encrypted(&w, &r, "ads", 900);
	fixture_record_resident(&r, NTFS_LOGGED_UTILITY_STREAM, "$EFS", 3, "more keys", 9);
	put(&w, &r);
	take(&w, "none", "**");
	check_ciphertext(&w, "fs/C/secret", 1024);
	check_ciphertext(&w, "fs/C/begun", 512);
	check_ciphertext(&w, "fs/C/plain:ads", 1024);
	check(&w, "fs/C/secret:$EFS:" EFS, "keys");
	check(&w, "fs/C/plain:$EFS:" EFS, "more keys");
	check(&w, "fs/C/plain", "text");
	assert_null(outcome_find(&w.all, "fs/C/secret:$TXF_DATA:" EFS));
	assert_true(row_says(&w, "fs/C/secret:$EFS:" EFS, "\"status\":\"taken\""));
	assert_true(row_says(&w, "fs/C/secret:$EFS:" EFS, "\"kind\":\"attribute\""));
	assert_true(
	    row_says(&w, "fs/C/secret:$EFS:" EFS, "\"stream\":\"$EFS\",\"attribute\":\"" EFS "\""));
	assert_false(row_says(&w, "fs/C/secret:$EFS:" EFS, "raw_name"));
}

/* Keys come with an encrypted stream that is taken, with no other; streams that are called as the attribute is have paths of their own. */
static void keys_come_with_what_they_open(void **state)
{
	static const char key[] = "fs/C/one:$EFS:" EFS, also[] = "fs/C/one:$EFS:" EFS "~12-1";

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		CLEANUP(world_free) struct world w;
		struct fixture_record r;

		world_new(&w);
		begin(&r, 12, "one");
		fixture_record_resident(&r, NTFS_DATA, NULL, 2, "plain", 5);
		fixture_record_resident(&r, NTFS_DATA, "$EFS", 3, "named", 5);
		fixture_record_resident(&r, NTFS_DATA, "$EFS:" EFS, 4, "false", 5);
		add_encrypted(&w, &r, "ads", 900);
		fixture_record_resident(&r, NTFS_LOGGED_UTILITY_STREAM, "$EFS", 5, "keys", 4);
		put(&w, &r);
		take(&w, "none", i ? "**" : "one");
		assert_true((outcome_find(&w.all, "fs/C/one:ads") != NULL) == (i == 1));
		check(&w, "fs/C/one", "plain");
		assert_true((outcome_find(&w.all, key) != NULL) == (i == 1));
		if (i == 0)
			continue;
		check(&w, "fs/C/one:$EFS", "named");
		const struct member *first = outcome_find(&w.all, key);
		const struct member *apart = outcome_find(&w.all, also);

		assert_true(row_says(&w, key, "\"kind\":\"attribute\"") !=
			    row_says(&w, also, "\"kind\":\"attribute\""));
		assert_true(first && apart);
		assert_false(member_is_same(first, apart));
	}
}

/* Whether the row of that path is whole, of an attribute of that type, and the member has that content. */
static void check_attribute(
    const struct world *w, const char *path, const char *type, const char *content)
{
	CLEANUP(text_free) struct text says = {0};

	check(w, path, content);
	text_addf(&says, "\"attribute\":\"%s\"", type);
	assert_true(row_says(w, path, text_string(&says)));
	assert_true(row_says(w, path, "\"status\":\"taken\""));
}

/* The indexes of metafiles: every attribute of that name; not those of directories, nor of files that are called as a metafile
 * elsewhere. */
static void takes_indexes_of_metafiles(void **state)
{
	static const struct ntfs_run run = {.lcn = 80, .length = 1};
	static const struct fixture_extent far = {
	    .size = 512, .allocated = 512, .initialized = 512, .runs = &run, .run_count = 1};
	CLEANUP(world_free) struct world w;
	struct fixture_record r;
	char block[513] = {0};

	(void)state;
	world_new(&w);
	memset(block, 'i', 512);
	memcpy(fixture_volume_cluster(&w.v, 80), block, 512);
	begin(&r, 9, "$Secure");
	fixture_record_resident(&r, NTFS_DATA, "$SDS", 2, "sds", 3);
	fixture_record_resident(&r, NTFS_INDEX_ROOT, "$SDH", 3, "sdh", 3);
	fixture_record_resident(&r, NTFS_INDEX_ROOT, "$SII", 4, "sii", 3);
	(void)fixture_record_extent(&r, NTFS_INDEX_ALLOCATION, "$SII", 5, &far);
	fixture_record_resident(&r, NTFS_BITMAP, "$SII", 6, "b", 1);
	put(&w, &r);
	begin(&r, 12, "elsewhere");
	fixture_record_resident(&r, NTFS_INDEX_ROOT, "$SII", 2, "no", 2);
	fixture_record_resident(&r, NTFS_INDEX_ROOT, "$I30", 3, "no", 2);
	put(&w, &r);
	fixture_record_begin(&r, 1024, 11, 1, 3);
	fixture_record_standard(&r, 700);
	fixture_record_name(&r, 5, 5, NTFS_NAME_POSIX, "$Extend");
	fixture_record_resident(&r, NTFS_INDEX_ROOT, "$I30", 3, "no", 2);
	put(&w, &r);
	fixture_record_begin(&r, 1024, 24, 1, 1);
	fixture_record_standard(&r, 700);
	fixture_record_name(&r, 11, 1, NTFS_NAME_POSIX, "$Quota");
	fixture_record_resident(&r, NTFS_INDEX_ROOT, "$O", 2, "qo", 2);
	fixture_record_resident(&r, NTFS_INDEX_ROOT, "$Q", 3, "qq", 2);
	put(&w, &r);
	take(&w, "ntfs-metafiles", NULL);
	check(&w, "fs/C/$Secure:$SDS", "sds");
	check_attribute(&w, "fs/C/$Secure:$SDH:$INDEX_ROOT", "$INDEX_ROOT", "sdh");
	check_attribute(&w, "fs/C/$Secure:$SII:$INDEX_ROOT", "$INDEX_ROOT", "sii");
	check_attribute(&w, "fs/C/$Secure:$SII:$INDEX_ALLOCATION", "$INDEX_ALLOCATION", block);
	check_attribute(&w, "fs/C/$Secure:$SII:$BITMAP", "$BITMAP", "b");
	check_attribute(&w, "fs/C/$Extend/$Quota:$O:$INDEX_ROOT", "$INDEX_ROOT", "qo");
	check_attribute(&w, "fs/C/$Extend/$Quota:$Q:$INDEX_ROOT", "$INDEX_ROOT", "qq");
	assert_int_equal(w.all.count, 9); /* with $MFT and the boot sector's copy */
	assert_false(w.all.has_gaps);
}

/* The copy of the boot sector: where the partition is larger, its last sector, too; where the image ends before it, that is told and is no
 * gap. */
static void takes_the_copy_of_the_boot_sector(void **state)
{
	(void)state;
	for (unsigned more = 0; more < 3; more++) {
		CLEANUP(world_free) struct world w;
		CLEANUP(free_memory) uint8_t *image = NULL;

		world_new(&w);
		image = calloc(1, w.v.size + 2048);
		assert_non_null(image);
		memcpy(image, w.v.at, w.v.size);
		memset(image + w.v.size + 512, 'L', 512);
		size_t size = more == 0 ? w.v.size : more == 1 ? w.v.size + 1024 : w.v.size - 512;

		fixture_collect_into(fake_source_new((struct bytes){image, size}), w.store,
		    "ntfs-metafiles", NULL, &w.all);
		fixture_read_back(&w.store->store, &w.all);
		const struct member *copy = outcome_find(&w.all, "fs/C/$Boot::backup");
		const struct member *last = outcome_find(&w.all, "fs/C/$Boot::last-sector");

		assert_true((copy != NULL) == (more < 2));
		assert_true((last != NULL) == (more == 1));
		assert_int_equal(w.all.counts.skipped, more == 2);
		assert_false(w.all.has_gaps);
		if (copy) {
			assert_int_equal(copy->content.len, 512);
			assert_memory_equal(copy->content.at, w.v.at, 512);
			assert_true(row_says(&w, copy->path, "\"kind\":\"disk\""));
		}
		assert_true(!last || (last->content.len == 512 && last->content.at[0] == 'L'));
	}
}

/* An extended attribute called "A" whose value is all 'v'; returns its length. */
static size_t put_ea(uint8_t *to, size_t value_len)
{
	size_t len = (8 + 2 + value_len + 3) / 4 * 4;

	memset(to, 0, len);
	put_le32(to, (uint32_t)len);
	to[5] = 1;
	put_le16(to + 6, (uint16_t)value_len);
	to[8] = 'A';
	memset(to + 10, 'v', value_len);
	return len;
}

static void put_with_ea(
    struct world *w, unsigned number, const char *name, const uint8_t *list, size_t len)
{
	struct fixture_record r;

	fixture_record_begin(&r, w->v.g.record_size, number, 1, 1);
	fixture_record_standard(&r, 700);
	fixture_record_name(&r, 5, 5, NTFS_NAME_POSIX, name);
	fixture_record_resident(&r, NTFS_DATA, NULL, 2, "text", 4);
	fixture_record_resident(&r, NTFS_EA, NULL, 3, list, len);
	put(w, &r);
}

/* A list of len bytes in clusters. */
static void put_with_far_ea(struct world *w, unsigned number, const char *name, uint64_t lcn,
    const uint8_t *list, size_t len)
{
	const struct ntfs_run run = {.lcn = lcn, .length = (len + 511) / 512};
	const struct fixture_extent far = {.last_vcn = run.length - 1,
	    .size = len,
	    .allocated = run.length * 512,
	    .initialized = len,
	    .runs = &run,
	    .run_count = 1};
	struct fixture_record r;

	if (lcn < w->v.g.clusters)
		memcpy(fixture_volume_cluster(&w->v, lcn), list, len);
	fixture_record_begin(&r, w->v.g.record_size, number, 1, 1);
	fixture_record_standard(&r, 700);
	fixture_record_name(&r, 5, 5, NTFS_NAME_POSIX, name);
	fixture_record_resident(&r, NTFS_DATA, NULL, 2, "text", 4);
	(void)fixture_record_extent(&r, NTFS_EA, NULL, 3, &far);
	put(w, &r);
}

static void check_list(const struct world *w, const char *path, const uint8_t *list, size_t len)
{
	const struct member *one = outcome_find(&w->all, path);

	if (!one)
		print_error("no %s\n", path);
	assert_true(one && one->is_whole &&
		    bytes_equal(text_bytes(&one->content), (struct bytes){list, len}));
	assert_true(row_says(w, path, "\"stream\":\"\",\"attribute\":\"$EA\""));
}

/* Extended attributes that the row does not show whole, or that lie in clusters, are members; others are in the row alone. */
static void takes_extended_attributes_that_rows_cut(void **state)
{
	CLEANUP(world_free) struct world w;
	uint8_t list[2048];
	size_t many = 0, len;

	(void)state;
	world_of(&w, 4096);
	len = put_ea(list, 1024);
	put_with_ea(&w, 12, "shown", list, len);
	len = put_ea(list, 1025);
	put_with_ea(&w, 13, "long", list, len);
	put_with_ea(&w, 14, "damaged", list, len - 8);
	len = put_ea(list, 2012);
	put_with_far_ea(&w, 15, "far", 300, list, len);
	len = put_ea(list, 5);
	put_with_far_ea(&w, 16, "gone", 5000, list, len);
	for (unsigned i = 0; i < 64; i++)
		many += put_ea(list + many, 2);
	put_with_ea(&w, 17, "all", list, many);
	many += put_ea(list + many, 2);
	put_with_ea(&w, 18, "many", list, many);
	take(&w, "none", "**");
	check_list(&w, "fs/C/many::$EA", list, many);
	assert_null(outcome_find(&w.all, "fs/C/shown::$EA"));
	assert_null(outcome_find(&w.all, "fs/C/all::$EA"));
	len = put_ea(list, 1025);
	check_list(&w, "fs/C/long::$EA", list, len);
	check_list(&w, "fs/C/damaged::$EA", list, len - 8);
	len = put_ea(list, 2012);
	check_list(&w, "fs/C/far::$EA", list, len);
	assert_int_equal(w.all.counts.failed, 1);
	assert_true(w.all.has_gaps);
	assert_non_null(strstr(text_string(&w.all.problems), "gone::$EA"));
}

/* By a pattern that names them all are taken; not by one that names streams. */
static void takes_extended_attributes_by_name(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		CLEANUP(world_free) struct world w;
		uint8_t list[64];
		size_t len = put_ea(list, 5);

		world_new(&w);
		put_with_ea(&w, 12, "shown", list, len);
		take(&w, "none", i ? "**::$EA" : "**:*");
		assert_int_equal(w.all.count, i);
		if (i)
			check_list(&w, "fs/C/shown::$EA", list, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(encrypted_files_are_stored_as_they_lie),
	    cmocka_unit_test(keys_come_with_what_they_open),
	    cmocka_unit_test(takes_indexes_of_metafiles),
	    cmocka_unit_test(takes_the_copy_of_the_boot_sector),
	    cmocka_unit_test(takes_extended_attributes_that_rows_cut),
	    cmocka_unit_test(takes_extended_attributes_by_name),
	};

	return cmocka_run_group_tests_name(
	    "collection_attributes", tests, fixture_keys_make, fixture_keys_free);
}
