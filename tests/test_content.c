/* The content of files that WOF packed, in a volume built in memory: packed in clusters and in the record, reads that
 * fail, streams that are not what they should be. */
#include "tests/unit.h"

#include "formats/ntfs/wof.h"
#include "tests/fake_source.h"
#include "tests/fixture_bits.h"
#include "tests/fixture_ntfs.h"

#include <stdlib.h>

#define CLUSTER   512u
#define SIZE      8192u /* of the content: a chunk of 'q' that is packed, one of 'r' that is not */
#define PACKED_AT 100u  /* cluster */

enum {
	IN_CLUSTERS = 6,
	IN_RECORD,
	IN_WIM,
	PLAIN,
	NO_STREAM,
	TOO_SMALL,
	LOST_HOLE,   /* its reparse point lies outside of the volume */
	LOST_PACKED, /* likewise, with WofCompressedData */
	LOST_SHORT,  /* its reparse point is of four bytes */
	LOST_PLAIN,  /* likewise, but with content of its own */
	RECORDS
};

static const uint8_t wof_data[] = {
    0x17, 0, 0, 0x80, 16, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0};

/* The packed stream; returns its length. */
static size_t make_packed(uint8_t *to)
{
	struct fixture_bits *b = calloc(1, sizeof(*b));
	size_t len;

	assert_non_null(b);
	memset(b->at, 0x99, 256); /* each symbol is its own number, in 9 bits */
	b->len = 256;
	fixture_bits_start(b);
	fixture_bits_put(b, 'q', 9);
	fixture_bits_put(b, 256 | 15, 9); /* 4095 from one back */
	fixture_bits_byte(b, 255);
	fixture_bits_byte(b, 4092 & 255);
	fixture_bits_byte(b, 4092 >> 8);
	fixture_bits_stop(b);
	len = b->len;
	put_le32(to, (uint32_t)len);
	memcpy(to + 4, b->at, len);
	memset(to + 4 + len, 'r', 4096);
	free(b);
	return 4 + len + 4096;
}

static void put_hole(struct fixture_record *r, unsigned id, uint64_t size)
{
	struct ntfs_run hole = {0, NTFS_HOLE, (size + CLUSTER - 1) / CLUSTER};
	struct fixture_extent extent = {.flags = NTFS_STREAM_SPARSE,
	    .last_vcn = hole.length - 1,
	    .size = size,
	    .initialized = size,
	    .allocated = hole.length * CLUSTER,
	    .runs = &hole,
	    .run_count = 1};

	fixture_record_extent(r, NTFS_DATA, NULL, id, &extent);
}

static void put_clusters(struct fixture_record *r, unsigned id, uint64_t size)
{
	struct ntfs_run run = {0, PACKED_AT, (size + CLUSTER - 1) / CLUSTER};
	struct fixture_extent extent = {.last_vcn = run.length - 1,
	    .size = size,
	    .initialized = size,
	    .allocated = run.length * CLUSTER,
	    .runs = &run,
	    .run_count = 1};

	fixture_record_extent(r, NTFS_DATA, "WofCompressedData", id, &extent);
}

static void put_lost(struct fixture_volume *v, unsigned number)
{
	static const struct ntfs_run outside = {0, 5000, 1}, inside = {0, PACKED_AT, 1};
	struct fixture_extent reparse = {.size = sizeof(wof_data),
	    .initialized = sizeof(wof_data),
	    .allocated = CLUSTER,
	    .runs = &outside,
	    .run_count = 1};
	struct fixture_extent content = {
	    .size = 300, .initialized = 300, .allocated = CLUSTER, .runs = &inside, .run_count = 1};
	struct fixture_record r;

	fixture_record_begin(&r, 1024, number, 1, 1);
	fixture_record_standard(&r, 700);
	fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32, "lost");
	if (number == LOST_PLAIN)
		fixture_record_extent(&r, NTFS_DATA, NULL, 3, &content);
	else
		put_hole(&r, 3, SIZE);
	if (number == LOST_PACKED)
		fixture_record_resident(&r, NTFS_DATA, "WofCompressedData", 4, "small", 5);
	if (number == LOST_SHORT)
		fixture_record_resident(&r, NTFS_REPARSE_POINT, NULL, 5, wof_data, 4);
	else
		fixture_record_extent(&r, NTFS_REPARSE_POINT, NULL, 5, &reparse);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
}

static void put_file(struct fixture_volume *v, unsigned number, size_t packed_len)
{
	uint8_t reparse[sizeof(wof_data) + 48] = {0};
	size_t len = sizeof(wof_data);
	struct fixture_record r;

	memcpy(reparse, wof_data, sizeof(wof_data));
	if (number == IN_WIM) {
		len = 8 + 44;
		reparse[4] = 44;
		reparse[12] = 1; /* provider */
		reparse[16] = 2; /* its version */
	}
	fixture_record_begin(&r, 1024, number, 1, 1);
	fixture_record_standard(&r, 700);
	fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32, "packed");
	if (number == PLAIN)
		fixture_record_resident(&r, NTFS_DATA, NULL, 3, "plain", 5);
	else
		put_hole(&r, 3,
		    number == IN_RECORD   ? 5
		    : number == TOO_SMALL ? (uint64_t)1 << 40
					  : SIZE);
	if (number == IN_RECORD)
		fixture_record_resident(&r, NTFS_DATA, "WofCompressedData", 4, "small", 5);
	else if (number != NO_STREAM)
		put_clusters(&r, 4, packed_len);
	if (number != PLAIN)
		fixture_record_resident(&r, NTFS_REPARSE_POINT, NULL, 5, reparse, len);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
}

static void make_volume(struct fixture_volume *v)
{
	size_t len;

	assert_true(fixture_volume_new(v, 512, CLUSTER, 1024, 140, RECORDS));
	len = make_packed(fixture_volume_cluster(v, PACKED_AT));
	for (unsigned i = IN_CLUSTERS; i < LOST_HOLE; i++)
		put_file(v, i, len);
	for (unsigned i = LOST_HOLE; i < RECORDS; i++)
		put_lost(v, i);
}

struct opened {
	struct fixture_volume v;
	struct fake_source *raw;
	struct ntfs_volume *volume;
	struct ntfs_entry entry;
	struct source *content;
};

static void open_volume(struct opened *o)
{
	*o = (struct opened){0};
	make_volume(&o->v);
	o->raw = fake_source_new((struct bytes){o->v.at, o->v.size});
	assert_non_null(o->raw);
	assert_true(ntfs_volume_open(&o->raw->source, &o->volume, NULL));
}

static bool open_content(struct opened *o, unsigned number, struct err *err)
{
	source_close(o->content);
	o->content = NULL;
	return ntfs_entry_load(ntfs_volume_mft(o->volume), number, &o->entry, err) &&
	       ntfs_content_open(o->volume, &o->entry, &o->content, err);
}

static void close_all(struct opened *o)
{
	source_close(o->content);
	ntfs_entry_free(&o->entry);
	ntfs_volume_close(o->volume);
	source_close(&o->raw->source);
	fixture_volume_free(&o->v);
}

static void test_whole(void **state)
{
	struct opened o;
	uint8_t out[SIZE + 1];
	size_t got = 0;

	(void)state;
	open_volume(&o);
	assert_true(open_content(&o, IN_CLUSTERS, NULL));
	assert_int_equal(o.content->size, SIZE);
	assert_true(o.content->read(o.content, 0, out, sizeof(out), &got, NULL));
	assert_int_equal(got, SIZE);
	for (size_t i = 0; i < SIZE; i++)
		assert_int_equal(out[i], i < 4096 ? 'q' : 'r');
	assert_true(open_content(&o, IN_RECORD, NULL));
	assert_true(o.content->read(o.content, 0, out, sizeof(out), &got, NULL));
	assert_int_equal(got, 5);
	assert_memory_equal(out, "small", 5);
	/* The stream by itself is content there: nothing says that it is WOF's. */
	assert_true(open_content(&o, PLAIN, NULL));
	assert_int_equal(o.content->size, 5);
	assert_null(ntfs_wof_packed(&o.entry));
	close_all(&o);
}

static void test_refused(void **state)
{
	static const struct {
		unsigned number;
		enum err_kind kind;
	} cases[] = {{IN_WIM, ERR_UNSUPPORTED}, {NO_STREAM, ERR_DAMAGED}, {TOO_SMALL, ERR_LIMIT}};
	struct opened o;

	(void)state;
	open_volume(&o);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = {0};

		assert_false(open_content(&o, cases[i].number, &err));
		assert_int_equal(err.kind, cases[i].kind);
	}
	close_all(&o);
}

/* A hole is no content when nobody can tell what it stands for. */
static void test_lost_reparse_point(void **state)
{
	struct opened o;

	(void)state;
	open_volume(&o);
	for (unsigned i = LOST_HOLE; i <= LOST_SHORT; i++) {
		struct err err = {0};

		assert_false(open_content(&o, i, &err));
		assert_int_equal(err.kind, ERR_DAMAGED);
		assert_non_null(strstr(err.text, "reparse point"));
	}
	assert_true(open_content(&o, LOST_PLAIN, NULL));
	assert_int_equal(o.content->size, 300);
	close_all(&o);
}

/* A sector that cannot be read costs its chunk. */
static void test_bad_sector(void **state)
{
	struct opened o;
	struct err err = {0};
	uint8_t out[SIZE];
	size_t got = 0;

	(void)state;
	open_volume(&o);
	o.raw->bad_from = (PACKED_AT + 4) * CLUSTER; /* in the second chunk */
	o.raw->bad_len = CLUSTER;
	assert_true(open_content(&o, IN_CLUSTERS, NULL));
	assert_false(o.content->read(o.content, 0, out, SIZE, &got, &err));
	assert_int_equal(got, 4096);
	assert_int_equal(err.kind, ERR_IO);
	assert_int_equal(out[4095], 'q');
	o.raw->bad_from =
	    PACKED_AT *
	    CLUSTER; /* the table: only the first byte of the content needs none of it */
	assert_true(open_content(&o, IN_CLUSTERS, NULL));
	assert_false(o.content->read(o.content, 0, out, SIZE, &got, &err));
	assert_int_equal(got, 0);
	close_all(&o);
}

/* Whichever read fails, what is given is right, and a second try gets all. */
static void test_nth_read(void **state)
{
	struct opened o;
	uint64_t failed = 0;

	(void)state;
	open_volume(&o);
	assert_true(open_content(&o, IN_CLUSTERS, NULL));
	for (uint64_t n = 1; n < 40; n++) {
		uint8_t out[SIZE];
		size_t got = 0;
		struct err err = {0};

		o.raw->fail_at = o.raw->reads + n;
		if (!open_content(&o, IN_CLUSTERS, &err) ||
		    !o.content->read(o.content, 0, out, SIZE, &got, &err)) {
			assert_int_equal(err.kind, ERR_IO);
			failed++;
		}
		for (size_t i = 0; i < got; i++)
			assert_int_equal(out[i], i < 4096 ? 'q' : 'r');
		o.raw->fail_at = 0;
		assert_true(open_content(&o, IN_CLUSTERS, NULL));
		assert_true(o.content->read(o.content, 0, out, SIZE, &got, NULL));
		assert_int_equal(got, SIZE);
	}
	/* A window that cannot be read gets a second try of its own: one failure alone is none. */
	assert_true(failed <= 1);
	close_all(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_lost_reparse_point),
	    cmocka_unit_test(test_bad_sector),
	    cmocka_unit_test(test_nth_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
