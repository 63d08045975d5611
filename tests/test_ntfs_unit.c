/* Compression units: packed, stored and in between, and what is lost where they are damaged. */
#include "tests/unit.h"

#include "tests/fixture_stream.h"

#include <string.h>

/* Three units of 16 clusters: packed into one cluster, a hole, stored. */
static struct ntfs_stream packed_stream(struct fixture_stream_disk *d, struct ntfs_run runs[4])
{
	/* Two chunks of 4096 'a': a literal and a reference to it. */
	static const uint8_t packed[] = {
	    0x03, 0xb0, 0x02, 'a', 0xfc, 0x0f, 0x03, 0xb0, 0x02, 'a', 0xfc, 0x0f, 0, 0};
	struct ntfs_run all[] = {{0, 3, 1}, {1, NTFS_HOLE, 15}, {16, NTFS_HOLE, 16}, {32, 20, 16}};

	memcpy(runs, all, sizeof(all));
	memcpy(d->at + 3 * 512, packed, sizeof(packed));
	struct ntfs_stream stream = fixture_stream_of(runs, 4, 3 * 8192 - 5);

	stream.flags = NTFS_STREAM_COMPRESSED;
	stream.compression_unit = 4;
	return stream;
}

static void test_compressed(void **state)
{
	struct ntfs_run runs[4];
	struct fixture_stream_disk d;
	static uint8_t to[32768];
	size_t got = 0;

	(void)state;
	fixture_stream_disk(&d);
	struct ntfs_stream stream = packed_stream(&d, runs);
	struct source *source = fixture_stream_open(&d, &stream);

	assert_true(source->read(source, 0, to, sizeof(to), &got, NULL));
	assert_int_equal(got, 3 * 8192 - 5);
	for (size_t i = 0; i < 8192; i++)
		assert_int_equal(to[i], 'a');
	for (size_t i = 8192; i < 16384; i++)
		assert_int_equal(to[i], 0);
	for (size_t i = 16384; i < got; i++)
		assert_int_equal(to[i], 20 + (i - 16384) / 512);
	assert_true(source->read(source, 8190, to, 4, &got, NULL));
	assert_memory_equal(to, "aa\0\0", 4);
	source_close(source);
	assert_false(ntfs_stream_open_runs(&d.volume, NULL, &stream, &source, NULL));
	source_close(d.raw);
}

static void test_compressed_initialized(void **state)
{
	struct ntfs_run runs[4];
	struct fixture_stream_disk d;
	static uint8_t to[32768];
	size_t got = 0;

	(void)state;
	fixture_stream_disk(&d);
	struct ntfs_stream stream = packed_stream(&d, runs);

	stream.initialized = 100;
	stream.run_count = 2; /* what was never written needs no clusters */
	struct source *source = fixture_stream_open(&d, &stream);

	assert_true(source->read(source, 0, to, sizeof(to), &got, NULL));
	assert_int_equal(got, 3 * 8192 - 5);
	assert_int_equal(to[99], 'a');
	assert_int_equal(to[100], 0);
	source_close(source);
	source_close(d.raw);
}

static void test_compressed_damage(void **state)
{
	struct ntfs_run runs[4];
	struct fixture_stream_disk d;
	static uint8_t to[32768];
	size_t got = 0;
	struct err err = {0};

	(void)state;
	fixture_stream_disk(&d);
	struct ntfs_stream stream = packed_stream(&d, runs);

	d.at[3 * 512 + 10] = 0xff; /* the second chunk refers far back */
	d.at[3 * 512 + 11] = 0xff;
	struct source *source = fixture_stream_open(&d, &stream);

	assert_false(source->read(source, 0, to, sizeof(to), &got, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	assert_int_equal(got, 4097);
	assert_int_equal(to[4096], 'a');
	/* What is behind the damaged unit is still read. */
	assert_true(source->read(source, 16384, to, 10, &got, &err));
	assert_int_equal(to[0], 20);
	source_close(source);
	source_close(d.raw);

	fixture_stream_disk(&d);
	stream = packed_stream(&d, runs);
	runs[0].lcn = 64; /* the packed cluster lies outside the volume */
	source = fixture_stream_open(&d, &stream);
	assert_false(source->read(source, 0, to, sizeof(to), &got, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	assert_int_equal(got, 0);
	source_close(source);
	source_close(d.raw);

	fixture_stream_disk(&d);
	stream = packed_stream(&d, runs);
	stream.run_count = 3; /* the last unit has no runs */
	source = fixture_stream_open(&d, &stream);
	assert_false(source->read(source, 0, to, sizeof(to), &got, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	assert_int_equal(got, 16384);
	source_close(source);

	stream.compression_unit = 17;
	assert_false(ntfs_stream_open(&d.volume, NULL, &stream, &source, &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
	source_close(d.raw);
}

/* Reads len bytes at offset of a stream of one compressed unit or more: how many are good, and *to. */
static size_t read_at(struct fixture_stream_disk *d, const struct ntfs_stream *stream,
    uint64_t offset, size_t len, uint8_t *to, enum err_kind kind)
{
	struct source *source = fixture_stream_open(d, stream);
	struct err err = {0};
	size_t got = 0;
	bool ok = source->read(source, offset, to, len, &got, &err);

	assert_int_equal(err.kind, kind);
	assert_int_equal(ok, kind == ERR_NONE);
	source_close(source);
	return got;
}

/* A cluster that is lost costs no more than itself where nothing is packed. */
static void test_plain_unit_damage(void **state)
{
	struct ntfs_run runs[] = {{0, 20, 3}, {3, FIXTURE_CLUSTERS, 1}, {4, 24, 12}};
	struct ntfs_run holes[] = {{0, NTFS_HOLE, 4}, {16, 20, 16}};
	struct ntfs_stream stream = fixture_stream_of(runs, 3, 8192);
	uint8_t to[8192];
	struct fixture_stream_disk d;

	(void)state;
	fixture_stream_disk(&d);
	stream.flags = NTFS_STREAM_COMPRESSED;
	stream.compression_unit = 4;
	assert_int_equal(read_at(&d, &stream, 0, 8192, to, ERR_DAMAGED), 3 * 512);
	assert_int_equal(to[3 * 512 - 1], 22);
	assert_int_equal(read_at(&d, &stream, 3 * 512, 512, to, ERR_DAMAGED), 0);
	assert_int_equal(read_at(&d, &stream, 4 * 512, 12 * 512, to, ERR_NONE), 12 * 512);
	assert_int_equal(to[0], 24);
	assert_int_equal(to[12 * 512 - 1], 35);
	/* A hole, and behind it no runs. */
	stream.runs = holes;
	stream.run_count = 2;
	assert_int_equal(read_at(&d, &stream, 0, 8192, to, ERR_DAMAGED), 4 * 512);
	assert_int_equal(to[4 * 512 - 1], 0);
	source_close(d.raw);
}

/* A damaged chunk costs itself, as long as headers follow each other behind it. */
static void test_chunk_damage(void **state)
{
	static const uint8_t packed[] = {
	    0x03, 0xb0, 0x02, 'a', 0xff, 0xff, 0x03, 0xb0, 0x02, 'b', 0xfc, 0x0f, 0, 0};
	struct ntfs_run runs[4];
	uint8_t to[8192];
	struct fixture_stream_disk d;

	(void)state;
	fixture_stream_disk(&d);
	struct ntfs_stream stream = packed_stream(&d, runs);

	memcpy(d.at + 3 * 512, packed, sizeof(packed));
	assert_int_equal(read_at(&d, &stream, 0, 8192, to, ERR_DAMAGED), 1);
	assert_int_equal(to[0], 'a');
	assert_int_equal(read_at(&d, &stream, 4095, 8, to, ERR_DAMAGED), 0);
	assert_int_equal(read_at(&d, &stream, 4096, 4096, to, ERR_NONE), 4096);
	assert_int_equal(to[0], 'b');
	assert_int_equal(to[4095], 'b');
	d.at[3 * 512] = 4; /* no header where this one says */
	assert_int_equal(read_at(&d, &stream, 4096, 4096, to, ERR_DAMAGED), 0);
	d.at[3 * 512] = 3;
	d.at[3 * 512 + 6] = 0; /* an end that comes too early there */
	d.at[3 * 512 + 7] = 0;
	assert_int_equal(read_at(&d, &stream, 4096, 4096, to, ERR_DAMAGED), 0);
	source_close(d.raw);
}

/* Clusters of a packed unit that cannot be read, behind all that it needs, and before. */
static void test_packed_tail(void **state)
{
	static const uint8_t packed[] = {0x03, 0xb0, 0x02, 'a', 0xfc, 0x0f, 0xff, 0x3f};
	struct ntfs_run runs[] = {
	    {0, 3, 1}, {1, FIXTURE_CLUSTERS, 1}, {2, NTFS_HOLE, 14}, {16, 20, 32}};
	struct ntfs_run all[4];
	uint8_t to[8192];
	struct fixture_stream_disk d;

	(void)state;
	fixture_stream_disk(&d);
	struct ntfs_stream stream = packed_stream(&d, all);

	stream.runs = runs;
	assert_int_equal(read_at(&d, &stream, 0, 8192, to, ERR_NONE), 8192);
	assert_int_equal(to[8191], 'a');
	memset(d.at + 3 * 512 + 6, 0, 8); /* the end mark */
	assert_int_equal(read_at(&d, &stream, 0, 8192, to, ERR_NONE), 8192);
	assert_int_equal(to[4095], 'a');
	assert_int_equal(to[4096], 0);
	memset(d.at + 3 * 512, 's', 512);
	memcpy(d.at + 3 * 512, packed, sizeof(packed)); /* a stored chunk that goes on */
	assert_int_equal(read_at(&d, &stream, 0, 8192, to, ERR_DAMAGED), 4096 + 504);
	assert_int_equal(to[4096], 's');
	source_close(d.raw);
}

/* Runs that end in the middle of a unit: nothing tells that it is packed but its first header. */
static void test_unit_cut(void **state)
{
	struct ntfs_run runs[] = {{0, 3, 1}, {16, 20, 16}};
	struct ntfs_run all[4];
	uint8_t to[8192];
	struct fixture_stream_disk d;

	(void)state;
	fixture_stream_disk(&d);
	struct ntfs_stream stream = packed_stream(&d, all);

	stream.runs = runs;
	stream.run_count = 2;
	assert_int_equal(read_at(&d, &stream, 0, 8192, to, ERR_NONE), 8192);
	assert_memory_equal(to + 8190, "aa", 2);
	d.at[3 * 512 + 11] = 0xff; /* it does not unpack */
	assert_int_equal(read_at(&d, &stream, 0, 512, to, ERR_DAMAGED), 0);
	d.at[3 * 512] = 'x'; /* it is not packed: but is it whole? */
	d.at[3 * 512 + 1] = 'x';
	assert_int_equal(read_at(&d, &stream, 0, 512, to, ERR_DAMAGED), 0);
	assert_int_equal(read_at(&d, &stream, 8192, 512, to, ERR_NONE), 512);
	/* Its beginning is missing. */
	runs[0].vcn = 4;
	assert_int_equal(read_at(&d, &stream, 4 * 512, 512, to, ERR_DAMAGED), 0);
	runs[0].vcn = 0;
	/* At the end of all runs it is plain, also where extents are missing elsewhere. */
	stream.run_count = 1;
	stream.size = 300;
	for (unsigned i = 0; i < 2; i++) {
		stream.incomplete = i == 1;
		assert_int_equal(read_at(&d, &stream, 0, 512, to, ERR_NONE), 300);
		assert_int_equal(to[0], 'x');
	}
	stream.size = 600;
	assert_int_equal(read_at(&d, &stream, 0, 512, to, ERR_DAMAGED), 0);
	/* But for one that lost its hole. */
	stream = packed_stream(&d, all);
	stream.run_count = 1;
	stream.size = 300;
	stream.incomplete = true;
	assert_int_equal(read_at(&d, &stream, 0, 300, to, ERR_NONE), 300);
	assert_int_equal(to[0], 'a');
	source_close(d.raw);
}

/* Clusters behind a hole of their unit: no Windows stores it so. */
static void test_clusters_behind_hole(void **state)
{
	struct ntfs_run first[] = {{0, NTFS_HOLE, 4}, {4, 20, 12}};
	struct ntfs_run middle[] = {{0, 3, 1}, {1, NTFS_HOLE, 4}, {5, 20, 11}};
	struct ntfs_run all[4];
	uint8_t to[8192];
	struct fixture_stream_disk d;

	(void)state;
	fixture_stream_disk(&d);
	struct ntfs_stream stream = packed_stream(&d, all);

	stream.size = 8192;
	stream.runs = first;
	stream.run_count = 2;
	assert_int_equal(read_at(&d, &stream, 0, 8192, to, ERR_DAMAGED), 0);
	assert_int_equal(read_at(&d, &stream, 4 * 512, 512, to, ERR_DAMAGED), 0);
	stream.runs = middle;
	stream.run_count = 3;
	assert_int_equal(read_at(&d, &stream, 0, 8192, to, ERR_DAMAGED), 0);
	source_close(d.raw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_compressed),
	    cmocka_unit_test(test_compressed_initialized),
	    cmocka_unit_test(test_compressed_damage),
	    cmocka_unit_test(test_plain_unit_damage),
	    cmocka_unit_test(test_chunk_damage),
	    cmocka_unit_test(test_packed_tail),
	    cmocka_unit_test(test_unit_cut),
	    cmocka_unit_test(test_clusters_behind_hole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
