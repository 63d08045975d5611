/* Streams of WOF over a fake volume: tables, chunks, damage. */
#include "tests/unit.h"

#include "core/source.h"
#include "formats/ntfs/wof.h"

#include <stdlib.h>

/* Three chunks of 4 KiB, the last of 100 bytes, stored as they are: 'a', 'b', 'c'; their table in front. */
#define SIZE   (2 * 4096 + 100)
#define PACKED (2 * 4 + SIZE)
static uint8_t packed[PACKED];

static struct bytes make_packed(void)
{
	put_le32(packed, 4096);
	put_le32(packed + 4, 8192);
	memset(packed + 8, 'a', 4096);
	memset(packed + 8 + 4096, 'b', 4096);
	memset(packed + 8 + 8192, 'c', 100);
	return (struct bytes){packed, PACKED};
}

static struct source *open_packed(
    struct bytes bytes, enum ntfs_wof_algorithm algorithm, uint64_t size)
{
	struct source *from = source_of_bytes(bytes);
	struct source *out = NULL;

	assert_non_null(from);
	if (!ntfs_wof_open_source(from, algorithm, size, &out, NULL))
		source_close(from);
	return out;
}

static void test_chunks(void **state)
{
	struct source *s = open_packed(make_packed(), NTFS_WOF_XPRESS4K, SIZE);
	uint8_t out[SIZE + 10];
	size_t got = 0;

	(void)state;
	assert_non_null(s);
	assert_int_equal(s->size, SIZE);
	assert_true(s->read(s, 0, out, sizeof(out), &got, NULL));
	assert_int_equal(got, SIZE);
	assert_int_equal(out[4095], 'a');
	assert_int_equal(out[4096], 'b');
	assert_int_equal(out[SIZE - 1], 'c');
	/* Pieces, back and forth, at the end and behind it. */
	assert_true(s->read(s, 8190, out, 4, &got, NULL));
	assert_int_equal(got, 4);
	assert_memory_equal(out, "bbcc", 4);
	assert_true(s->read(s, 4094, out, 4, &got, NULL));
	assert_memory_equal(out, "aabb", 4);
	assert_true(s->read(s, SIZE - 2, out, 4, &got, NULL));
	assert_int_equal(got, 2);
	assert_true(s->read(s, SIZE, out, 4, &got, NULL));
	assert_int_equal(got, 0);
	assert_true(s->read(s, UINT64_MAX, out, 4, &got, NULL));
	assert_int_equal(got, 0);
	source_close(s);
}

/* A bad chunk is its own loss. */
static void test_damage(void **state)
{
	static const uint32_t bad[][2] = {
	    {4096, 4096},       /* the second is empty */
	    {4096, 0xffffffff}, /* beyond the end */
	    {4096, 100},        /* backwards */
	    {0, 8192},          /* the first is empty, the second too long */
	    {4097, 8192},       /* the first is too long, the second no Xpress */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct bytes bytes = make_packed();
		uint8_t out[SIZE];
		struct err err = {0};
		size_t got = 99;
		uint64_t at = i < 3 ? 4096 : 0;

		put_le32(packed, bad[i][0]);
		put_le32(packed + 4, bad[i][1]);
		struct source *s = open_packed(bytes, NTFS_WOF_XPRESS4K, SIZE);

		assert_non_null(s);
		for (unsigned again = 0; again < 2; again++) {
			assert_false(s->read(s, 0, out, sizeof(out), &got, &err));
			assert_int_equal(err.kind, ERR_DAMAGED);
			assert_int_equal(got, at);
			assert_false(s->read(s, at + 10, out, 10, &got, &err));
			assert_int_equal(got, 0);
		}
		if (i >= 3) {
			assert_true(s->read(s, 8192, out, 100, &got, NULL));
			assert_int_equal(out[99], 'c');
		}
		source_close(s);
	}
}

static void test_tables(void **state)
{
	struct source *s;
	uint8_t out[1];
	size_t got;

	(void)state;
	/* No room for the table; nothing but it; content without chunks and the other way round. */
	assert_null(open_packed((struct bytes){packed, 7}, NTFS_WOF_XPRESS4K, SIZE));
	assert_null(open_packed((struct bytes){packed, 8}, NTFS_WOF_XPRESS4K, SIZE));
	assert_null(open_packed((struct bytes){packed, 0}, NTFS_WOF_LZX, 1));
	assert_null(open_packed((struct bytes){packed, 1}, NTFS_WOF_LZX, 0));
	assert_null(open_packed(make_packed(), NTFS_WOF_LZX, UINT64_MAX));
	s = open_packed((struct bytes){packed, 0}, NTFS_WOF_LZX, 0);
	assert_non_null(s);
	assert_true(s->read(s, 0, out, 1, &got, NULL));
	assert_int_equal(got, 0);
	source_close(s);
}

struct holes { /* zeros but for the last entry of a table and the last chunk */
	struct source source;
	uint64_t table;
	uint64_t start; /* of the last chunk, behind the table */
	unsigned entry; /* bytes */
};

static bool read_holes(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct holes *h = (struct holes *)self;

	(void)err;
	*got = len < self->size - offset ? len : (size_t)(self->size - offset);
	for (size_t i = 0; i < *got; i++) {
		uint64_t at = offset + i;
		uint64_t last = at - (h->table - h->entry); /* in the last entry, or far beyond */
		uint8_t *byte = (uint8_t *)to + i;

		*byte = 0;
		if (at >= h->table)
			*byte = 'z';
		else if (last < h->entry)
			*byte = (uint8_t)(h->start >> 8 * last);
	}
	return true;
}

static void close_nothing(struct source *self)
{
	(void)self;
}

/* Entries have 4 bytes up to content of 2^32 - 1 bytes, 8 above. */
static void test_large(void **state)
{
	static const struct {
		uint64_t size;
		unsigned entry;
		uint64_t start;
	} cases[] = {
	    {0xffffffff, 4, 5},
	    {0x100000000, 8, 5},
	    {0x100000003, 8, 5},
	    {0x200000003, 8, 0x100000005},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct holes h = {.source = {.read = read_holes, .close = close_nothing}};
		uint64_t size = cases[i].size;
		size_t last = (size_t)((size - 1) % 32768 + 1);
		struct source *s = NULL;
		uint8_t out[8];
		size_t got;

		h.entry = cases[i].entry;
		h.table = h.entry * ((size - 1) / 32768);
		h.start = cases[i].start;
		h.source.size = h.table + h.start + last;
		assert_true(ntfs_wof_open_source(&h.source, NTFS_WOF_LZX, size, &s, NULL));
		assert_true(s->read(s, size - 3, out, sizeof(out), &got, NULL));
		assert_int_equal(got, 3);
		assert_memory_equal(out, "zzz", 3);
		assert_false(s->read(s, size - last - 1, out, sizeof(out), &got, NULL));
		source_close(s);
	}
}

struct counted { /* how many bytes were read of it */
	struct source source;
	uint8_t *at;
	uint64_t read;
};

static bool read_counted(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct counted *c = (struct counted *)self;

	(void)err;
	*got = len < self->size - offset ? len : (size_t)(self->size - offset);
	memcpy(to, c->at + offset, *got);
	c->read += *got;
	return true;
}

#define JUMPS      4096u /* chunks */
#define JUMP_BYTES (1u << 20)

/* Reads through content whose chunks lie `in_row` one behind the other, then elsewhere, `step` bytes on. */
static void check_jumps(unsigned in_row, uint64_t step)
{
	size_t table = (JUMPS - 1) * 4;
	struct counted c = {.source = {.read = read_counted, .close = close_nothing}};
	struct source *s = NULL;
	uint64_t content = 0;
	uint8_t out[4096];

	c.source.size = table + JUMP_BYTES;
	c.at = calloc(1, (size_t)c.source.size);
	assert_non_null(c.at);
	for (unsigned i = 1; i < JUMPS; i++) {
		uint64_t at = i / (in_row + 1) * step % (JUMP_BYTES - (in_row + 1) * 4096);

		put_le32(c.at + 4 * (size_t)(i - 1), (uint32_t)(at + i % (in_row + 1) * 4096));
	}
	assert_true(
	    ntfs_wof_open_source(&c.source, NTFS_WOF_XPRESS4K, (uint64_t)JUMPS * 4096, &s, NULL));
	for (uint64_t at = 0; at < s->size; at += sizeof(out)) {
		size_t got = 0;

		DISCARD(s->read(s, at, out, sizeof(out), &got, NULL));
		content += got;
	}
	assert_true(content > s->size / 3);
	assert_true(c.read < 5 * content + 2 * table);
	source_close(s);
	free(c.at);
}

/* A table that jumps about does not make us read much more than comes out. */
static void test_jumps(void **state)
{
	(void)state;
	for (unsigned in_row = 1; in_row < 70; in_row = in_row * 2 + 1) {
		check_jumps(in_row, 600000);
		check_jumps(in_row, 5 * 4096);
		check_jumps(in_row, 61 * 4096);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_chunks),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_tables),
	    cmocka_unit_test(test_large),
	    cmocka_unit_test(test_jumps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
