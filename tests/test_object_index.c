/* $Extend/$ObjId:$O in a volume built in memory: root, blocks, what the bitmap does not have, damage. */
#include "tests/unit.h"

#include "formats/ntfs/object_index.h"
#include "tests/fixture_ntfs.h"

#include <stdlib.h>

#define EXTEND    6u
#define OBJID     7u
#define BLOCKS_AT 100u /* cluster */
#define BLOCK     4096u

/* An entry whose ids are all filled with one byte each: id, volume id + 1, born id + 2, domain id + 3. */
static void put_object(uint8_t *entries, size_t *pos, uint8_t id, uint64_t record)
{
	uint8_t *p = entries + *pos;

	put_le16(p, 32); /* data: behind the key */
	put_le16(p + 2, 56);
	put_le16(p + 8, 88);
	put_le16(p + 10, 16);
	memset(p + 16, id, 16);
	put_le64(p + 32, record | (uint64_t)1 << 48);
	for (unsigned i = 0; i < 3; i++)
		memset(p + 40 + 16 * i, id + 1 + (int)i, 16);
	*pos += 88;
}

static void put_directory(
    struct fixture_volume *v, unsigned number, const char *name, unsigned child, const char *below)
{
	uint8_t entries[512] = {0};
	uint8_t root[512] = {0};
	struct fixture_record r;
	size_t pos = 0;

	fixture_index_entry(entries, &pos, child, 1, below, UINT64_MAX);
	fixture_index_entry(entries, &pos, 0, 0, NULL, UINT64_MAX);
	size_t len = fixture_index_root(root, BLOCK, entries, pos, false);

	fixture_record_begin(&r, 1024, number, number == 5 ? 5 : 1, 3);
	fixture_record_standard(&r, 200);
	fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32_DOS, name);
	fixture_record_resident(&r, NTFS_INDEX_ROOT, "$I30", 2, root, len);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
}

/* Id 1 in the root, 2 and 1 again in block 0, 3 in block 1 that is not in use, 4 in block 2. */
static void put_index(struct fixture_volume *v)
{
	static const uint8_t ids[3][2] = {{2, 1}, {3, 3}, {4, 4}};
	struct ntfs_run run = {.lcn = BLOCKS_AT, .length = 3 * BLOCK / 512};
	struct fixture_extent blocks = {.last_vcn = run.length - 1,
	    .size = 3 * BLOCK,
	    .allocated = 3 * BLOCK,
	    .initialized = 3 * BLOCK,
	    .runs = &run,
	    .run_count = 1};
	uint8_t entries[512] = {0};
	uint8_t root[512] = {0};
	struct fixture_record r;
	size_t pos = 0;

	put_object(entries, &pos, 1, 30);
	fixture_index_entry(entries, &pos, 0, 0, NULL, UINT64_MAX);
	size_t len = fixture_index_root(root, BLOCK, entries, pos, false);

	fixture_record_begin(&r, 1024, OBJID, 1, 1);
	fixture_record_standard(&r, 300);
	fixture_record_name(&r, EXTEND, 1, NTFS_NAME_WIN32_DOS, "$ObjId");
	fixture_record_resident(&r, NTFS_INDEX_ROOT, "$O", 2, root, len);
	fixture_record_extent(&r, NTFS_INDEX_ALLOCATION, "$O", 3, &blocks);
	fixture_record_resident(&r, NTFS_BITMAP, "$O", 4, "\5\0\0\0\0\0\0", 8);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
	for (unsigned i = 0; i < 3; i++) {
		memset(entries, 0, sizeof(entries));
		pos = 0;
		put_object(entries, &pos, ids[i][0], 31 + i);
		put_object(entries, &pos, ids[i][1], 31 + i);
		fixture_index_entry(entries, &pos, 0, 0, NULL, UINT64_MAX);
		fixture_index_block(
		    fixture_volume_cluster(v, BLOCKS_AT) + i * BLOCK, BLOCK, i * 8, entries, pos);
	}
}

static void make_volume(struct fixture_volume *v)
{
	assert_true(fixture_volume_new(v, 512, 512, 1024, 140, 8));
	put_directory(v, 5, ".", EXTEND, "$Extend");
	put_directory(v, EXTEND, "$Extend", OBJID, "$ObjId");
	put_index(v);
}

static struct ntfs_object_index *open_index(struct fixture_volume *v)
{
	struct source *raw = source_of_bytes((struct bytes){v->at, v->size});
	struct ntfs_volume *volume = NULL;
	struct ntfs_object_index *index = NULL;

	assert_true(ntfs_volume_open(raw, &volume, NULL));
	assert_true(ntfs_object_index_open(volume, &index, NULL));
	ntfs_volume_close(volume);
	source_close(raw);
	return index;
}

static const struct ntfs_object *find(const struct ntfs_object_index *index, uint8_t id)
{
	uint8_t guid[16];

	memset(guid, id, sizeof(guid));
	return ntfs_object_index_find(index, guid);
}

static void test_whole(void **state)
{
	struct fixture_volume v;
	struct ntfs_object_index *index;

	(void)state;
	make_volume(&v);
	index = open_index(&v);
	assert_int_equal(ntfs_object_index_damage(index)->kind, ERR_NONE);
	assert_int_equal(find(index, 4)->file.record, 33);
	assert_int_equal(find(index, 4)->file.sequence, 1);
	assert_int_equal(find(index, 4)->birth_volume[15], 5);
	assert_int_equal(find(index, 4)->birth_id[0], 6);
	assert_int_equal(find(index, 4)->domain[0], 7);
	assert_non_null(find(index, 1));
	assert_non_null(find(index, 2));
	assert_null(find(index, 3));
	ntfs_object_index_close(index);
	fixture_volume_free(&v);
}

/* A block that is damaged is lost, the rest is read. */
static void test_damage(void **state)
{
	struct fixture_volume v;
	struct ntfs_object_index *index;
	uint8_t *block;

	(void)state;
	make_volume(&v);
	block = fixture_volume_cluster(&v, BLOCKS_AT);
	block[0] = 'X';
	index = open_index(&v);
	assert_int_equal(ntfs_object_index_damage(index)->kind, ERR_DAMAGED);
	assert_null(find(index, 2));
	assert_non_null(find(index, 1));
	assert_non_null(find(index, 4));
	ntfs_object_index_close(index);
	block[0] = 'I';
	block[64 + 2] = 40; /* the data of its first entry are too short */
	index = open_index(&v);
	assert_int_equal(ntfs_object_index_damage(index)->kind, ERR_DAMAGED);
	assert_non_null(find(index, 4));
	ntfs_object_index_close(index);
	block[64 + 2] = 56;
	block[2 * 512 - 1] ^= 1; /* not written with the others */
	index = open_index(&v);
	assert_int_equal(ntfs_object_index_damage(index)->kind, ERR_DAMAGED);
	assert_null(find(index, 2));
	assert_non_null(find(index, 4));
	ntfs_object_index_close(index);
	block[2 * 512 - 1] ^= 1;
	index = open_index(&v);
	assert_non_null(find(index, 1));
	assert_non_null(find(index, 2));
	assert_non_null(find(index, 4));
	ntfs_object_index_close(index);
	fixture_volume_free(&v);
	/* No such file at all. */
	assert_true(fixture_volume_new(&v, 512, 512, 1024, 140, 8));
	index = open_index(&v);
	assert_int_equal(ntfs_object_index_damage(index)->kind, ERR_MISSING);
	assert_null(find(index, 1));
	ntfs_object_index_close(index);
	fixture_volume_free(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),
	    cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
