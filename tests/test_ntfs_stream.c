/* Content of streams: resident, runs, holes, and reads into damage. */
#include "tests/unit.h"

#include "formats/ntfs/limits.h"
#include "tests/fixture_stream.h"

#include <stdlib.h>
#include <string.h>

static void test_runs(void **state)
{
	struct ntfs_run runs[] = {{0, 10, 2}, {2, NTFS_HOLE, 1}, {3, 5, 1}};
	struct ntfs_stream stream = fixture_stream_of(runs, 3, 4 * 512 - 12);
	struct fixture_stream_disk d;
	uint8_t to[4096];
	size_t got = 0;

	(void)state;
	fixture_stream_disk(&d);
	struct source *source = fixture_stream_open(&d, &stream);

	memset(runs, 0, sizeof(runs)); /* it keeps its own */
	assert_int_equal(source->size, 2036);
	assert_true(source->read(source, 0, to, sizeof(to), &got, NULL));
	assert_int_equal(got, 2036);
	assert_int_equal(to[0], 10);
	assert_int_equal(to[512], 11);
	assert_int_equal(to[1024], 0);
	assert_int_equal(to[1536], 5);
	assert_true(source->read(source, 1023, to, 2, &got, NULL));
	assert_int_equal(got, 2);
	assert_int_equal(to[0], 11);
	assert_int_equal(to[1], 0);
	assert_true(source_read_exact(source, 0, NULL, 0, NULL)); /* an empty list, say */
	assert_true(source->read(source, 2036, to, 2, &got, NULL));
	assert_int_equal(got, 0);
	assert_true(source->read(source, UINT64_MAX, to, 2, &got, NULL));
	assert_int_equal(got, 0);
	source_close(source);
	source_close(d.raw);
}

static void test_initialized(void **state)
{
	struct ntfs_run runs[] = {{0, 10, 4}};
	struct ntfs_stream stream = fixture_stream_of(runs, 1, 2000);
	struct fixture_stream_disk d;
	uint8_t to[2048];
	size_t got = 0;

	(void)state;
	fixture_stream_disk(&d);
	stream.initialized = 600;
	struct source *source = fixture_stream_open(&d, &stream);

	assert_true(source->read(source, 0, to, sizeof(to), &got, NULL));
	assert_int_equal(got, 2000);
	assert_int_equal(to[599], 11);
	assert_int_equal(to[600], 0);
	assert_int_equal(to[1999], 0);
	assert_true(source->read(source, 1500, to, 10, &got, NULL));
	assert_int_equal(got, 10);
	assert_int_equal(to[0], 0);
	source_close(source);
	source_close(d.raw);
}

/* How many bytes are good before the damage. */
static void test_damage(void **state)
{
	static const struct {
		struct ntfs_run runs[2];
		size_t count;
		size_t good;
	} cases[] = {
	    {{{0, 10, 1}}, 1, 512},                         /* runs end before the size */
	    {{{0, 0, 0}}, 0, 0},                            /* no runs at all */
	    {{{0, 10, 1}, {2, 12, 2}}, 2, 512},             /* a gap */
	    {{{1, 10, 3}}, 1, 0},                           /* the start is missing */
	    {{{0, 62, 4}}, 1, 1024},                        /* over the end of the volume */
	    {{{0, 10, 1}, {1, 64, 3}}, 2, 512},             /* outside */
	    {{{0, 10, 1}, {1, 1ull << 50, 3}}, 2, 512},     /* far outside */
	    {{{0, 10, 1}, {1, UINT64_MAX - 1, 3}}, 2, 512}, /* where adding would wrap */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ntfs_run runs[2];
		struct fixture_stream_disk d;
		uint8_t to[2048];
		size_t got = 0;
		struct err err = {0};

		fixture_stream_disk(&d);
		memcpy(runs, cases[i].runs, sizeof(runs));
		struct ntfs_stream stream = fixture_stream_of(runs, cases[i].count, 2048);
		struct source *source = fixture_stream_open(&d, &stream);

		assert_false(source->read(source, 0, to, sizeof(to), &got, &err));
		assert_int_equal(err.kind, ERR_DAMAGED);
		assert_int_equal(got, cases[i].good);
		for (size_t n = 0; n < got; n++)
			assert_int_equal(to[n], runs[0].lcn + n / 512);
		source_close(source);
		source_close(d.raw);
	}
}

/* An image that ends before its file system does. */
static void test_cut_image(void **state)
{
	struct ntfs_run runs[] = {{0, 10, 4}};
	struct ntfs_stream stream = fixture_stream_of(runs, 1, 2048);
	struct fixture_stream_disk d;
	uint8_t to[2048];
	size_t got = 0;
	struct err err = {0};

	(void)state;
	fixture_stream_disk(&d);
	d.raw->size = 0; /* not looked at */
	source_close(d.raw);
	d.raw = source_of_bytes((struct bytes){.at = d.at, .len = 11 * 512 + 100});
	d.volume.raw = d.raw;
	struct source *source = fixture_stream_open(&d, &stream);

	assert_false(source->read(source, 0, to, sizeof(to), &got, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	assert_int_equal(got, 612);
	source_close(source);
	source_close(d.raw);
}

static void test_huge_hole(void **state)
{
	struct ntfs_run runs[] = {{0, NTFS_HOLE, 1ull << 52}, {1ull << 52, 7, 1}};
	struct ntfs_stream stream = fixture_stream_of(runs, 2, ((1ull << 52) + 1) * 512);
	struct range *ranges = NULL;
	size_t count = 0;
	struct fixture_stream_disk d;
	uint8_t to[4];
	size_t got = 0;

	(void)state;
	fixture_stream_disk(&d);
	struct source *source = fixture_stream_open(&d, &stream);

	assert_true(source->read(source, (1ull << 61) - 2, to, 4, &got, NULL));
	assert_int_equal(got, 4);
	assert_memory_equal(to, "\0\0\7\7", 4);
	source_close(source);
	assert_true(ntfs_stream_ranges(&d.volume, &stream, &ranges, &count, NULL));
	assert_int_equal(count, 1);
	assert_true(ranges[0].offset == 1ull << 61);
	assert_int_equal(ranges[0].len, 512);
	free(ranges);
	assert_true(ntfs_stream_open_runs(&d.volume, NULL, &stream, &source, NULL));
	assert_int_equal(source->size, 512);
	assert_true(source->read(source, 510, to, 4, &got, NULL));
	assert_int_equal(got, 2);
	source_close(source);
	source_close(d.raw);
}

/* Where data begins again: holes are passed in one step, units of a compressed stream as a whole, missing runs not. */
static void test_data_at(void **state)
{
	struct ntfs_run runs[] = {{0, NTFS_HOLE, 3}, {3, NTFS_HOLE, 2}, {5, 7, 2},
	    {7, NTFS_HOLE, 1ull << 40}, {(1ull << 40) + 7, 9, 1}};
	struct ntfs_stream stream = fixture_stream_of(runs, 5, ((1ull << 40) + 20) * 512);
	uint64_t far = ((1ull << 40) + 7) * 512, end = stream.size;
	struct fixture_stream_disk d;

	(void)state;
	fixture_stream_disk(&d);
	struct source *source = fixture_stream_open(&d, &stream);

	assert_true(source_data_at(source, 0) == 5 * 512);
	assert_true(source_data_at(source, 1000) == 5 * 512);
	assert_true(source_data_at(source, 3000) == 3000);
	assert_true(source_data_at(source, 7 * 512) == far);
	assert_true(source_data_at(source, far + 512) == far + 512); /* no run: not a hole */
	source_close(source);
	stream.initialized = 8 * 512;
	source = fixture_stream_open(&d, &stream);
	assert_true(source_data_at(source, 6 * 512) == 6 * 512);
	assert_true(source_data_at(source, 7 * 512) == end);
	source_close(source);
	stream.initialized = end;
	stream.flags = NTFS_STREAM_COMPRESSED;
	stream.compression_unit = 2; /* 4 clusters */
	source = fixture_stream_open(&d, &stream);
	assert_true(source_data_at(source, 100) == 4 * 512);
	assert_true(source_data_at(source, 7 * 512) == 7 * 512); /* its unit has clusters */
	assert_true(source_data_at(source, 8 * 512) == far / 2048 * 2048);
	source_close(source);
	source_close(d.raw);
}

/* With big clusters the offset of such a run does not fit 64 bits. */
static void test_offsets_beyond_64_bits(void **state)
{
	struct ntfs_run runs[] = {
	    {0, 0, 1}, {1, NTFS_HOLE, (1ull << 43) - 1}, {1ull << 43, 0, 1ull << 51}};
	struct ntfs_stream stream = fixture_stream_of(runs, 3, INT64_MAX);
	struct range *ranges = NULL;
	struct source *source;
	size_t count = 0;
	struct fixture_stream_disk d;
	uint8_t to[512];
	size_t got = 0;
	struct err err = {0};

	(void)state;
	fixture_stream_disk(&d);
	d.volume.geometry.cluster_size = 2 << 20;
	d.volume.geometry.clusters = 1;
	source = fixture_stream_open(&d, &stream);
	assert_true(source->read(source, 512, to, 512, &got, NULL));
	assert_int_equal(to[0], 1);
	assert_true(source->read(source, 4 << 20, to, 512, &got, NULL));
	assert_int_equal(to[0], 0);
	assert_false(source->read(source, INT64_MAX - 1, to, 512, &got, &err));
	assert_int_equal(got, 0);
	source_close(source);
	assert_true(ntfs_stream_ranges(&d.volume, &stream, &ranges, &count, NULL));
	assert_int_equal(count, 1);
	free(ranges);
	source_close(d.raw);
}

static void test_ranges(void **state)
{
	struct ntfs_run runs[] = {{0, 10, 2}, {2, 40, 1}, {3, NTFS_HOLE, 2}, {5, 5, 3}, {8, 9, 1}};
	struct ntfs_stream stream = fixture_stream_of(runs, 5, 7 * 512 - 1);
	struct range *ranges = NULL;
	struct source *source = NULL;
	size_t count = 0;
	size_t got = 0;
	struct fixture_stream_disk d;
	uint8_t to[4096];

	(void)state;
	fixture_stream_disk(&d);
	assert_true(ntfs_stream_ranges(&d.volume, &stream, &ranges, &count, NULL));
	assert_int_equal(count, 2);
	assert_int_equal(ranges[0].offset, 0);
	assert_int_equal(ranges[0].len, 3 * 512);
	assert_int_equal(ranges[1].offset, 5 * 512);
	assert_int_equal(ranges[1].len, 2 * 512 - 1); /* cut at the size */
	free(ranges);
	assert_true(ntfs_stream_open_runs(&d.volume, NULL, &stream, &source, NULL));
	assert_int_equal(source->size, 5 * 512 - 1);
	assert_true(source->read(source, 0, to, sizeof(to), &got, NULL));
	assert_int_equal(got, 5 * 512 - 1);
	assert_int_equal(to[0], 10);
	assert_int_equal(to[1024], 40);
	assert_int_equal(to[1536], 5);
	assert_int_equal(to[2048], 6);
	assert_true(source->read(source, 1535, to, 2, &got, NULL));
	assert_int_equal(to[0], 40);
	assert_int_equal(to[1], 5);
	assert_true(source->read(source, 9999, to, 2, &got, NULL));
	assert_int_equal(got, 0);
	source_close(source);
	source_close(d.raw);
}

static void test_resident(void **state)
{
	char content[] = "hello";
	struct ntfs_stream stream = {
	    .resident = true, .content = {(uint8_t *)content, 5}, .size = 5, .initialized = 5};
	struct range *ranges = NULL;
	struct source *source = NULL;
	size_t count = 0;
	size_t got = 0;
	char to[8];

	(void)state;
	assert_true(ntfs_stream_open(NULL, NULL, &stream, &source, NULL));
	memset(content, 0, 5); /* it keeps its own */
	assert_int_equal(source->size, 5);
	assert_true(source->read(source, 1, to, sizeof(to), &got, NULL));
	assert_int_equal(got, 4);
	assert_memory_equal(to, "ello", 4);
	source_close(source);
	assert_true(ntfs_stream_ranges(NULL, &stream, &ranges, &count, NULL));
	assert_int_equal(count, 1);
	assert_int_equal(ranges[0].len, 5);
	free(ranges);
	stream.resident = false;
	struct err err = {0};

	assert_false(ntfs_stream_open(NULL, NULL, &stream, &source, &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_runs),
	    cmocka_unit_test(test_initialized),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_cut_image),
	    cmocka_unit_test(test_huge_hole),
	    cmocka_unit_test(test_data_at),
	    cmocka_unit_test(test_offsets_beyond_64_bits),
	    cmocka_unit_test(test_ranges),
	    cmocka_unit_test(test_resident),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
