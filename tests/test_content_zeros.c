/* Files that are mostly holes: how many zeros of them are stored, of one and of all together. */
#include "tests/unit.h"

#include "collectors/content.h"
#include "tests/fake_source.h"
#include "tests/fixture_ntfs.h"

#define CLUSTER 512u
#define MIB     ((uint64_t)1 << 20)
#define GIB     ((uint64_t)1 << 30)

enum { SMALL = 6, LARGE, PACKED, PACKED_SMALL, PACKED_DATA, RECORDS };

static void put(struct fixture_volume *v, unsigned number, unsigned flags, uint64_t size,
    const struct ntfs_run *runs, size_t count)
{
	struct fixture_extent extent = {.flags = flags,
	    .unit = flags & NTFS_STREAM_COMPRESSED ? 4 : 0,
	    .last_vcn = size / CLUSTER - 1,
	    .size = size,
	    .initialized = size,
	    .allocated = size,
	    .runs = runs,
	    .run_count = count};
	struct fixture_record r;

	fixture_record_begin(&r, 1024, number, 1, 1);
	fixture_record_standard(&r, 700);
	fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32, "zeros");
	fixture_record_extent(&r, NTFS_DATA, NULL, 3, &extent);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
}

static void put_hole(struct fixture_volume *v, unsigned number, unsigned flags, uint64_t size)
{
	struct ntfs_run hole = {0, NTFS_HOLE, size / CLUSTER};

	put(v, number, flags, size, &hole, 1);
}

/* Units that are packed into one cluster each: the holes behind it are no zeros. */
static void put_units(struct fixture_volume *v, unsigned number, size_t units)
{
	struct ntfs_run runs[40];

	for (size_t i = 0; i < units; i++) {
		runs[2 * i] = (struct ntfs_run){0, 100, 1};
		runs[2 * i + 1] = (struct ntfs_run){0, NTFS_HOLE, 15};
	}
	put(v, number, NTFS_STREAM_COMPRESSED, units * 16 * CLUSTER, runs, 2 * units);
}

struct opened {
	struct fixture_volume v;
	struct fake_source *raw;
	struct collection_volume volume;
};

static void open_volume(struct opened *o)
{
	*o = (struct opened){0};
	assert_true(fixture_volume_new(&o->v, 512, CLUSTER, 1024, 140, RECORDS));
	put_hole(&o->v, SMALL, NTFS_STREAM_SPARSE, MIB);
	put_hole(&o->v, LARGE, NTFS_STREAM_SPARSE, GIB);
	put_hole(&o->v, PACKED, NTFS_STREAM_COMPRESSED, 17 * MIB);
	put_hole(&o->v, PACKED_SMALL, NTFS_STREAM_COMPRESSED, 16 * MIB);
	put_units(&o->v, PACKED_DATA, 20);
	o->raw = fake_source_new((struct bytes){o->v.at, o->v.size});
	assert_non_null(o->raw);
	o->volume.raw = &o->raw->source;
	assert_true(ntfs_volume_open(o->volume.raw, &o->volume.ntfs, NULL));
}

static void close_all(struct opened *o)
{
	ntfs_volume_close(o->volume.ntfs);
	source_close(&o->raw->source);
	fixture_volume_free(&o->v);
}

/* How many bytes of the file would be stored; UINT64_MAX: it is refused. */
static uint64_t stored(struct opened *o, unsigned number, bool *is_sparse)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	CLEANUP(content_free) struct content content = {0};
	struct err err = {0};

	assert_true(ntfs_entry_load(ntfs_volume_mft(o->volume.ntfs), number, &entry, NULL));
	const struct ntfs_stream *stream = ntfs_entry_stream(&entry, NTFS_DATA, (struct bytes){0});

	assert_non_null(stream);
	if (!content_open(&o->volume, &entry, stream, false, &content, &err)) {
		assert_int_equal(err.kind, ERR_LIMIT);
		return UINT64_MAX;
	}
	*is_sparse = content.is_sparse;
	return content.source->size;
}

static void test_sparse(void **state)
{
	struct opened o;
	bool is_sparse = true;

	(void)state;
	open_volume(&o);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(stored(&o, LARGE, &is_sparse), GIB);
		assert_false(is_sparse);
	}
	assert_int_equal(stored(&o, LARGE, &is_sparse), 0); /* the fifth, and all behind it */
	assert_true(is_sparse);
	assert_int_equal(stored(&o, SMALL, &is_sparse), 0);
	close_all(&o);
}

static void test_compressed(void **state)
{
	struct opened o;
	bool is_sparse = true;

	(void)state;
	open_volume(&o);
	assert_int_equal(stored(&o, PACKED, &is_sparse), 17 * MIB);
	assert_int_equal(o.volume.zeros, 17 * MIB);
	assert_int_equal(stored(&o, PACKED_DATA, &is_sparse), 20 * 16 * CLUSTER);
	assert_int_equal(o.volume.zeros, 17 * MIB);
	o.volume.zeros = 64 * GIB;
	assert_int_equal(stored(&o, PACKED, &is_sparse), UINT64_MAX);
	assert_int_equal(stored(&o, PACKED_SMALL, &is_sparse), 16 * MIB);
	assert_int_equal(stored(&o, PACKED_DATA, &is_sparse), 20 * 16 * CLUSTER);
	assert_false(is_sparse);
	close_all(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sparse),
	    cmocka_unit_test(test_compressed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
