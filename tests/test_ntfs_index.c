/* Directory indexes: trees, cycles, damaged blocks and entries. */
#include "tests/unit.h"

#include "core/text.h"
#include "formats/ntfs/limits.h"
#include "formats/ntfs/volume.h"
#include "tests/fixture_i30.h"
#include "tests/fixture_ntfs.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK  1024u
#define BLOCKS 40u

/* A directory whose index blocks are the whole volume. */
struct directory {
	uint8_t blocks[BLOCKS * BLOCK];
	uint8_t root[1024];
	uint8_t bitmap[8];
	struct source *raw;
	struct ntfs_volume volume;
	struct ntfs_run run;
	struct ntfs_stream streams[3];
	struct ntfs_entry entry;
};

struct listed {
	struct ntfs_lister lister;
	struct text names; /* "a b c " */
	unsigned damages;
	unsigned stop_after; /* 0: never */
	unsigned count;
};

static bool each(struct ntfs_lister *lister, struct ntfs_reference file,
    const struct ntfs_name *name, struct err *err)
{
	struct listed *listed = (struct listed *)lister;

	(void)file;
	text_add_utf16(&listed->names, name->utf16);
	text_addc(&listed->names, ' ');
	if (++listed->count == listed->stop_after)
		return fail(err, ERR_STOPPED, "enough");
	return true;
}

static void damage(struct ntfs_lister *lister, const struct err *why)
{
	assert_int_not_equal(why->kind, ERR_NONE);
	((struct listed *)lister)->damages++;
}

static void begin(struct directory *d)
{
	memset(d, 0, sizeof(*d));
	memset(d->bitmap, 0xff, sizeof(d->bitmap));
	d->raw = source_of_bytes((struct bytes){.at = d->blocks, .len = sizeof(d->blocks)});
	assert_non_null(d->raw);
	d->volume = (struct ntfs_volume){.raw = d->raw,
	    .geometry = {.sector_size = 512, .cluster_size = 512, .clusters = BLOCKS * 2}};
	d->run = (struct ntfs_run){.length = BLOCKS * 2};
	d->streams[0] = fixture_i30_resident(NTFS_INDEX_ROOT, d->root, sizeof(d->root));
	d->streams[1] = fixture_i30_blocks(&d->run, sizeof(d->blocks));
	d->streams[2] = fixture_i30_resident(NTFS_BITMAP, d->bitmap, sizeof(d->bitmap));
	d->entry =
	    (struct ntfs_entry){.is_directory = true, .streams = d->streams, .stream_count = 3};
}

/* A node of one name with blocks below it (UINT64_MAX: none). Blocks are counted in clusters here: two each. */
static size_t node(uint8_t *to, const char *name, uint64_t left, uint64_t right)
{
	size_t pos = 0;

	memset(to, 0, 512);
	fixture_index_entry(to, &pos, 100, 1, name, left);
	fixture_index_entry(to, &pos, 0, 0, NULL, right);
	return pos;
}

static void put_root(struct directory *d, const char *name, uint64_t left, uint64_t right)
{
	uint8_t entries[512];
	size_t len = node(entries, name, left, right);

	fixture_index_root(d->root, BLOCK, entries, len, true);
}

static void put_block(
    struct directory *d, uint64_t vcn, const char *name, uint64_t left, uint64_t right)
{
	uint8_t entries[512];
	size_t len = node(entries, name, left, right);

	fixture_index_block(d->blocks + vcn * 512, BLOCK, vcn, entries, len);
}

/* b over a and d; d over c and e. */
static void make_tree(struct directory *d)
{
	begin(d);
	put_root(d, "b", 0, 2);
	put_block(d, 0, "a", UINT64_MAX, UINT64_MAX);
	put_block(d, 2, "d", 4, 6);
	put_block(d, 4, "c", UINT64_MAX, UINT64_MAX);
	put_block(d, 6, "e", UINT64_MAX, UINT64_MAX);
	memset(d->bitmap, 0, sizeof(d->bitmap));
	d->bitmap[0] = 0x0f;
}

/* Lists, compares, frees. */
static void check(struct directory *d, const char *names, unsigned damages)
{
	struct listed listed = {.lister = {each, damage}};
	struct err err = {0};

	assert_true(ntfs_list(&d->volume, &d->entry, &listed.lister, &err));
	assert_string_equal(text_string(&listed.names), names);
	assert_int_equal(listed.damages, damages);
	text_free(&listed.names);
	source_close(d->raw);
}

static void test_order(void **state)
{
	struct directory d;

	(void)state;
	make_tree(&d);
	check(&d, "a b c d e ", 0);
}

static void test_stop(void **state)
{
	struct directory d;
	struct listed listed = {.lister = {each, damage}, .stop_after = 3};
	struct err err = {0};

	(void)state;
	make_tree(&d);
	assert_false(ntfs_list(&d.volume, &d.entry, &listed.lister, &err));
	assert_int_equal(err.kind, ERR_STOPPED);
	assert_string_equal(text_string(&listed.names), "a b c ");
	text_free(&listed.names);
	source_close(d.raw);
}

static void test_cycle(void **state)
{
	struct directory d;

	(void)state;
	make_tree(&d);
	put_block(&d, 6, "e", 2, 0); /* back to its parent, and to a block seen */
	check(&d, "a b c d e ", 2);
	make_tree(&d);
	put_block(&d, 0, "a", 0, UINT64_MAX); /* to itself */
	check(&d, "a b c d e ", 1);
}

static void test_bad_blocks(void **state)
{
	struct directory d;

	(void)state;
	make_tree(&d);
	memcpy(d.blocks + 1024, "XXXX",
	    4); /* the signature of block 1: what is below it is found by $BITMAP */
	check(&d, "a b c e ", 1);
	make_tree(&d);
	d.blocks[1024 + 510] ^= 1; /* torn */
	check(&d, "a b c e ", 1);
	make_tree(&d);
	put_le16(d.blocks + 1024 + 6, 0); /* no update sequence */
	check(&d, "a b c e ", 1);
	make_tree(&d);
	put_root(&d, "b", 0, 3); /* between two blocks */
	check(&d, "a b c d e ", 1);
	make_tree(&d);
	put_root(&d, "b", 0, 80); /* outside */
	check(&d, "a b c d e ", 1);
	make_tree(&d);
	put_root(&d, "b", 0, UINT64_MAX - 1);
	check(&d, "a b c d e ", 1);
	make_tree(&d);
	d.run.length = 4; /* blocks 2 and 3 have no clusters */
	check(&d, "a b d ", 2);
}

/* A field of a node or of its first entry wrong; block 0 alone is lost. */
static void test_bad_nodes(void **state)
{
	static const struct {
		size_t at; /* in block 0 */
		uint16_t value;
		const char *names;
	} cases[] = {
	    {24, 0xffff, "b c d e "},     /* entries start outside */
	    {28, 0xffff, "b c d e "},     /* entries end outside */
	    {28, 0, "b c d e "},          /* end before their start */
	    {48 + 8, 0, "b c d e "},      /* entry of no bytes */
	    {48 + 8, 0x400, "b c d e "},  /* entry longer than the node */
	    {48 + 8, 90, "b c d e "},     /* not aligned */
	    {48 + 10, 0x100, "b c d e "}, /* name longer than the entry */
	    {48 + 10, 20, "b c d e "},    /* $FILE_NAME too short */
	    {48 + 12, 1,
		"a b c d e "}, /* says that blocks are below: their number is in the name */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct directory d;
		struct listed listed = {.lister = {each, damage}};

		make_tree(&d);
		put_le16(d.blocks + cases[i].at, cases[i].value);
		assert_true(ntfs_list(&d.volume, &d.entry, &listed.lister, NULL));
		if (listed.damages == 0)
			print_error("case %u\n", (unsigned)i);
		assert_int_not_equal(listed.damages, 0);
		if (cases[i].at != 48 + 12)
			assert_string_equal(text_string(&listed.names), cases[i].names);
		text_free(&listed.names);
		source_close(d.raw);
	}
}

static void test_deep(void **state)
{
	struct directory d;

	(void)state;
	begin(&d);
	memset(d.bitmap, 0, sizeof(d.bitmap)); /* what the tree does not reach stays unread here */
	put_root(&d, "x", 0, UINT64_MAX);
	for (uint64_t i = 0; i < BLOCKS - 1; i++)
		put_block(&d, 2 * i, "y", 2 * i + 2, UINT64_MAX);
	put_block(&d, 2 * (BLOCKS - 1), "z", UINT64_MAX, UINT64_MAX);
	struct listed listed = {.lister = {each, damage}};

	assert_true(ntfs_list(&d.volume, &d.entry, &listed.lister, NULL));
	assert_int_equal(listed.damages, 1);
	assert_int_equal(listed.count, NTFS_LIMIT_INDEX_DEPTH + 1);
	text_free(&listed.names);
	source_close(d.raw);
}

static void test_no_index(void **state)
{
	struct directory d;
	struct listed listed = {.lister = {each, NULL}};
	struct err err = {0};

	(void)state;
	make_tree(&d);
	put_le32(d.root + 8, 1000); /* size of a block */
	assert_false(ntfs_list(&d.volume, &d.entry, &listed.lister, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	d.streams[0].content.len = 31; /* root without a node */
	assert_false(ntfs_list(&d.volume, &d.entry, &listed.lister, &err));
	d.streams[0].type = NTFS_DATA; /* no root */
	assert_false(ntfs_list(&d.volume, &d.entry, &listed.lister, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	d.entry.is_directory = false;
	assert_false(ntfs_list(&d.volume, &d.entry, &listed.lister, &err));
	assert_int_equal(err.kind, ERR_MISSING);
	source_close(d.raw);
	make_tree(&d);
	d.entry.stream_count = 1; /* children, but no blocks */
	check(&d, "b ", 2);
	make_tree(&d);
	d.streams[1].size = UINT64_MAX / 4; /* more blocks than are sane */
	assert_false(ntfs_list(&d.volume, &d.entry, &listed.lister, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
	source_close(d.raw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_stop),
	    cmocka_unit_test(test_cycle),
	    cmocka_unit_test(test_bad_blocks),
	    cmocka_unit_test(test_bad_nodes),
	    cmocka_unit_test(test_deep),
	    cmocka_unit_test(test_no_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
