/* Whole volumes built in memory: opening them damaged, $MFT in pieces, finding files. */
#include "tests/unit.h"

#include "formats/ntfs/ntfs.h"
#include "tests/fixture_ntfs.h"

#include <stdlib.h>
#include <string.h>

static const struct bytes unnamed = {0};

struct opened {
	struct source *raw;
	struct ntfs_volume *volume;
	struct ntfs_entry entry;
	struct err err;
};

static bool open_volume(struct opened *o, const struct fixture_volume *v)
{
	*o = (struct opened){.raw = source_of_bytes((struct bytes){.at = v->at, .len = v->size})};
	return ntfs_volume_open(o->raw, &o->volume, &o->err);
}

static void close_volume(struct opened *o)
{
	ntfs_entry_free(&o->entry);
	ntfs_volume_close(o->volume);
	source_close(o->raw);
}

static bool finds(struct opened *o, const char *path, uint64_t record)
{
	struct ntfs_reference found = {0};

	o->err = (struct err){0};
	return ntfs_find(o->volume, bytes_of(path), &found, &o->err) && found.record == record;
}

static void test_sample(void **state)
{
	struct fixture_volume v;
	struct opened o;
	struct source *source = NULL;
	uint8_t to[2048];
	size_t got = 0;

	(void)state;
	assert_true(fixture_volume_sample(&v));
	assert_true(open_volume(&o, &v));
	assert_int_equal(ntfs_volume_geometry(o.volume)->cluster_size, 512);
	assert_int_equal(ntfs_mft_count(ntfs_volume_mft(o.volume)), 13);
	assert_true(finds(&o, "", 5));
	assert_true(finds(&o, "dir", 6));
	assert_true(finds(&o, "DIR/Hello.TXT", 7));
	assert_true(finds(&o, "/dir//packed/", 8));
	assert_true(finds(&o, "dir/long", 9));
	assert_false(finds(&o, "dir/gone", 11));
	assert_int_equal(o.err.kind, ERR_MISSING);
	assert_non_null(strstr(o.err.text, "'gone'"));
	assert_false(finds(&o, "nowhere/x", 0));
	assert_non_null(strstr(o.err.text, "'nowhere'"));
	assert_false(finds(&o, "dir/hello.txt/x", 0));
	assert_int_equal(o.err.kind, ERR_MISSING);
	assert_true(ntfs_entry_load(ntfs_volume_mft(o.volume), 9, &o.entry, NULL));
	assert_int_equal(o.entry.damage.kind, ERR_NONE);
	const struct ntfs_stream *data = ntfs_entry_stream(&o.entry, NTFS_DATA, unnamed);

	assert_int_equal(data->run_count, 2);
	assert_false(data->incomplete);
	assert_true(ntfs_stream_open(o.volume, &o.entry, data, &source, NULL));
	assert_true(source->read(source, 0, to, sizeof(to), &got, NULL));
	assert_int_equal(got, 2000);
	assert_int_equal(to[1023], '1');
	assert_int_equal(to[1024], '2');
	source_close(source);
	close_volume(&o);
	fixture_volume_free(&v);
}

/* A file that says more bytes than its runs hold. */
static void test_incomplete(void **state)
{
	struct fixture_volume v;
	struct opened o;

	(void)state;
	assert_true(fixture_volume_sample(&v));
	memset(
	    fixture_volume_cluster(&v, v.g.mft_cluster) + 10 * 1024, 0, 1024); /* the extension */
	assert_true(open_volume(&o, &v));
	assert_true(ntfs_entry_load(ntfs_volume_mft(o.volume), 9, &o.entry, NULL));
	assert_int_equal(o.entry.damage.kind, ERR_DAMAGED);
	assert_true(ntfs_entry_stream(&o.entry, NTFS_DATA, unnamed)->incomplete);
	close_volume(&o);
	fixture_volume_free(&v);
}

static void test_geometries(void **state)
{
	static const struct {
		uint32_t sector, cluster, record;
		uint64_t clusters;
	} cases[] = {{512, 512, 1024, 64}, {512, 4096, 1024, 16}, {4096, 4096, 4096, 32},
	    {512, 65536, 1024, 8}, {512, 2 << 20, 1024, 6}, {4096, 2 << 20, 4096, 6},
	    {1024, 2048, 1024, 32}, {512, 512, 4096, 128}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture_volume v;
		struct opened o;

		assert_true(fixture_volume_new(
		    &v, cases[i].sector, cases[i].cluster, cases[i].record, cases[i].clusters, 8));
		assert_true(open_volume(&o, &v));
		assert_int_equal(ntfs_volume_geometry(o.volume)->cluster_size, cases[i].cluster);
		assert_int_equal(ntfs_mft_count(ntfs_volume_mft(o.volume)), 8);
		assert_true(ntfs_entry_load(ntfs_volume_mft(o.volume), 5, &o.entry, NULL));
		assert_true(o.entry.is_directory);
		close_volume(&o);
		fixture_volume_free(&v);
	}
}

static void test_boot_damaged(void **state)
{
	struct fixture_volume v;
	struct opened o;

	(void)state;
	assert_true(fixture_volume_sample(&v));
	memset(v.at, 0xff, 512); /* the backup in the last sector is used */
	assert_true(open_volume(&o, &v));
	assert_true(finds(&o, "dir", 6));
	close_volume(&o);
	memset(v.at + v.size - 512, 0xff, 512);
	assert_false(open_volume(&o, &v));
	assert_int_equal(o.err.kind, ERR_UNSUPPORTED);
	close_volume(&o);
	fixture_volume_boot(&v);
	memcpy(v.at + 3, "-FVE-FS-", 8); /* locked by BitLocker: an old backup does not count */
	assert_false(open_volume(&o, &v));
	assert_int_equal(o.err.kind, ERR_UNSUPPORTED);
	assert_non_null(strstr(o.err.text, "BitLocker"));
	close_volume(&o);
	fixture_volume_boot(&v);
	v.at[13] = 3; /* NTFS by name, but three sectors a cluster: the backup is used */
	assert_true(open_volume(&o, &v));
	close_volume(&o);
	memset(v.at + v.size - 512, 0, 512);
	assert_false(open_volume(&o, &v));
	assert_int_equal(o.err.kind, ERR_DAMAGED);
	close_volume(&o);
	fixture_volume_free(&v);
}

static void test_mirror(void **state)
{
	struct fixture_volume v;
	struct opened o;

	(void)state;
	assert_true(fixture_volume_sample(&v));
	memset(fixture_volume_cluster(&v, v.g.mft_cluster), 0xff, 1024);
	assert_true(open_volume(&o, &v));
	assert_true(finds(&o, "dir/long", 9));
	assert_true(ntfs_entry_load(ntfs_volume_mft(o.volume), 0, &o.entry, NULL));
	assert_int_equal(o.entry.damage.kind, ERR_DAMAGED);
	assert_non_null(strstr(o.entry.damage.text, "$MFTMirr"));
	close_volume(&o);
	memset(fixture_volume_cluster(&v, 1), 0, 1024); /* the mirror too */
	assert_false(open_volume(&o, &v));
	assert_int_equal(o.err.kind, ERR_DAMAGED);
	close_volume(&o);
	fixture_volume_free(&v);
}

/* Record 0 with any one byte of its attributes spoiled, which no fix-up tells: its mirror is believed when that one
 * leads farther, so that all files are there. */
static void test_mirror_of_a_record_that_looks_whole(void **state)
{
	CLEANUP(fixture_volume_free) struct fixture_volume v = {0};

	(void)state;
	assert_true(fixture_volume_sample(&v));
	for (size_t at = 56; at < 510; at++) {
		CLEANUP(source_close)
		struct source *raw = source_of_bytes((struct bytes){v.at, v.size});
		CLEANUP(ntfs_volume_close) struct ntfs_volume *volume = NULL;
		uint8_t *byte = fixture_volume_cluster(&v, v.g.mft_cluster) + at;
		struct ntfs_reference file;

		*byte ^= 0xff;
		assert_true(ntfs_volume_open(raw, &volume, NULL));
		assert_true(ntfs_find(volume, bytes_of("dir/hello.txt"), &file, NULL));
		assert_true(ntfs_find(volume, bytes_of("dir/long"), &file, NULL));
		assert_true(ntfs_mft_count(ntfs_volume_mft(volume)) >= v.records - 4);
		*byte ^= 0xff;
	}
}

static void test_truncated(void **state)
{
	struct fixture_volume v;
	struct opened o;
	size_t whole;

	(void)state;
	assert_true(fixture_volume_sample(&v));
	whole = v.size;
	for (v.size = 0; v.size < whole; v.size += 211) {
		bool opened = open_volume(&o, &v);

		/* The mirror of record 0, in clusters 1 and 2, is enough. */
		assert_int_equal(opened, v.size >= 3 * 512);
		/* Not the directory's clusters (34), but the file's record, 7 of $MFT from cluster 3 on. */
		if (opened && finds(&o, "dir/hello.txt", 7))
			assert_true(v.size >= 3 * 512 + 8 * 1024);
		close_volume(&o);
	}
	fixture_volume_free(&v);
}

/* $MFT in three extents; the second is told in record 6, which lies in the first extent; the third in record
 * 7, which lies in the second extent (clusters of 512 bytes, two a record). The list names record 0 itself too. */
static void make_fragmented(struct fixture_volume *v, bool list_outside)
{
	static const struct ntfs_run runs[] = {
	    {.lcn = 3, .length = 14}, {.lcn = 60, .length = 4}, {.lcn = 40, .length = 8}};
	uint64_t vcn = 0;
	struct fixture_record r;
	uint8_t list[128];
	struct ntfs_run list_run = {.lcn = 70, .length = 1};
	size_t len = 0;

	assert_true(fixture_volume_new(v, 512, 512, 1024, 96, 13));
	len += fixture_list_entry(list + len, NTFS_STANDARD_INFORMATION, 0, 0, 1);
	len += fixture_list_entry(list + len, NTFS_DATA, 0, 0, 1);
	len += fixture_list_entry(list + len, NTFS_DATA, 14, 6, 1);
	len += fixture_list_entry(list + len, NTFS_DATA, 18, 7, 1);
	memcpy(fixture_volume_cluster(v, 70), list, len);
	for (unsigned i = 0; i < 3; i++) {
		struct fixture_extent extent = {.first_vcn = vcn,
		    .last_vcn = vcn + runs[i].length - 1,
		    .size = 13 * 1024,
		    .allocated = 13 * 1024,
		    .initialized = 13 * 1024,
		    .runs = &runs[i],
		    .run_count = 1};
		struct fixture_extent outside = {.size = len,
		    .allocated = 512,
		    .initialized = len,
		    .runs = &list_run,
		    .run_count = 1};
		static const uint64_t where[] = {0, 6, 7};

		vcn += runs[i].length;
		fixture_record_begin(&r, 1024, where[i], 1, 1);
		if (i != 0)
			fixture_record_set_base(&r, 0, 1);
		else if (list_outside)
			fixture_record_extent(&r, NTFS_ATTRIBUTE_LIST, NULL, 3, &outside);
		else
			fixture_record_resident(&r, NTFS_ATTRIBUTE_LIST, NULL, 3, list, len);
		fixture_record_extent(&r, NTFS_DATA, NULL, 2, &extent);
		fixture_record_end(&r);
		if (where[i] == 7) /* vcn 14 on lies at cluster 60 */
			memcpy(fixture_volume_cluster(v, 60), r.at, 1024);
		else
			fixture_volume_put(v, &r);
	}
	/* The last record, 12, is vcn 24: in the third extent. */
	fixture_record_begin(&r, 1024, 12, 77, 1);
	fixture_record_end(&r);
	memcpy(fixture_volume_cluster(v, 40 + 24 - 18), r.at, 1024);
}

static void test_fragmented(void **state)
{
	(void)state;
	for (unsigned outside = 0; outside < 2; outside++) {
		struct fixture_volume v;
		struct opened o;

		make_fragmented(&v, outside);
		assert_true(open_volume(&o, &v));
		assert_int_equal(ntfs_mft_count(ntfs_volume_mft(o.volume)), 13);
		assert_true(ntfs_entry_load(ntfs_volume_mft(o.volume), 12, &o.entry, &o.err));
		assert_int_equal(o.entry.sequence, 77);
		assert_true(ntfs_entry_load(ntfs_volume_mft(o.volume), 0, &o.entry, &o.err));
		assert_int_equal(o.entry.damage.kind, ERR_NONE);
		assert_int_equal(o.entry.streams[0].run_count, 3);
		assert_int_equal(o.entry.base.sequence, 0);
		/* An extension of $MFT is known by the sequence of its base, whose record is 0. */
		assert_true(ntfs_entry_load(ntfs_volume_mft(o.volume), 6, &o.entry, &o.err));
		assert_int_equal(o.entry.base.sequence, 1);
		close_volume(&o);
		/* Without its second extent the third cannot be reached; the rest stays readable. */
		memset(fixture_volume_cluster(&v, 3 + 12), 0, 1024);
		assert_true(open_volume(&o, &v));
		assert_true(ntfs_entry_load(ntfs_volume_mft(o.volume), 5, &o.entry, &o.err));
		assert_false(ntfs_entry_load(ntfs_volume_mft(o.volume), 12, &o.entry, &o.err));
		assert_int_equal(o.err.kind, ERR_DAMAGED);
		close_volume(&o);
		fixture_volume_free(&v);
	}
}

/* $MFT says that it is larger than the volume, with a hole for the rest. */
static void test_forged_mft_size(void **state)
{
	static const struct ntfs_run runs[] = {
	    {.lcn = 3, .length = 26}, {.lcn = NTFS_HOLE, .length = 1ull << 40}};
	struct fixture_extent extent = {.last_vcn = 26 + (1ull << 40) - 1,
	    .size = 1ull << 49,
	    .allocated = 1ull << 49,
	    .initialized = 1ull << 49,
	    .runs = runs,
	    .run_count = 2};
	struct fixture_volume v;
	struct fixture_record r;
	struct opened o;

	(void)state;
	assert_true(fixture_volume_sample(&v));
	fixture_record_begin(&r, 1024, 0, 1, 1);
	fixture_record_extent(&r, NTFS_DATA, NULL, 2, &extent);
	fixture_record_end(&r);
	fixture_volume_put(&v, &r);
	assert_true(open_volume(&o, &v));
	assert_int_equal(ntfs_mft_count(ntfs_volume_mft(o.volume)), 96 * 512 / 1024);
	assert_true(finds(&o, "dir/long", 9));
	close_volume(&o);
	fixture_volume_free(&v);
}

/* A component that is longer than an error's text, with bytes that are no UTF-8. */
static void test_strange_paths(void **state)
{
	struct fixture_volume v;
	struct opened o;
	char path[2000];

	(void)state;
	memset(path, 0xe3, sizeof(path));
	path[sizeof(path) - 1] = 0;
	assert_true(fixture_volume_sample(&v));
	assert_true(open_volume(&o, &v));
	assert_false(finds(&o, path, 0));
	assert_int_equal(o.err.kind, ERR_MISSING);
	close_volume(&o);
	fixture_volume_free(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sample),
	    cmocka_unit_test(test_incomplete),
	    cmocka_unit_test(test_geometries),
	    cmocka_unit_test(test_boot_damaged),
	    cmocka_unit_test(test_mirror),
	    cmocka_unit_test(test_mirror_of_a_record_that_looks_whole),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_fragmented),
	    cmocka_unit_test(test_forged_mft_size),
	    cmocka_unit_test(test_strange_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
