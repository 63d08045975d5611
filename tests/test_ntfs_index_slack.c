/* Slack of directory indexes: where remnants lie, what is told of them, what is not mistaken for one. */
#include "tests/unit.h"

#include "formats/ntfs/index_slack.h"
#include "formats/ntfs/limits.h"
#include "formats/ntfs/volume.h"
#include "tests/fake_source.h"
#include "tests/fixture_i30.h"
#include "tests/fixture_ntfs.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK     4096u
#define DIRECTORY 5u /* fixture_index_entry makes it the parent */
#define RECORDS   1000u
#define FIRST     0x40u /* where fixture_index_block puts the first entry */

/* A directory whose index blocks are the whole volume. */
struct directory {
	uint8_t *blocks;
	uint64_t count;
	uint8_t root[512];
	uint8_t *bitmap;
	struct source *raw;
	struct ntfs_volume volume;
	struct ntfs_mft mft;
	struct ntfs_run run;
	struct ntfs_stream streams[3];
	struct ntfs_entry entry;
	struct ntfs_index_slack *slack;
};

struct found {
	struct ntfs_slack_lister lister;
	struct text text; /* "name place live record offset;" for each */
	unsigned damages;
	unsigned stop_after;
	unsigned count;
};

static bool each(struct ntfs_slack_lister *lister, const struct ntfs_slack *slack, struct err *err)
{
	struct found *found = (struct found *)lister;

	text_add_utf16(&found->text, slack->name.utf16);
	text_addf(&found->text, " %s %s %llu", ntfs_slack_word(slack->place),
	    ntfs_slack_live_word(slack->live), (unsigned long long)slack->file.record);
	if (slack->name.parent.record != DIRECTORY)
		text_addf(
		    &found->text, " parent %llu", (unsigned long long)slack->name.parent.record);
	text_addc(&found->text, ';');
	if (++found->count == found->stop_after)
		return fail(err, ERR_STOPPED, "enough");
	return true;
}

static void damage(struct ntfs_slack_lister *lister, const struct err *why)
{
	assert_int_not_equal(why->kind, ERR_NONE);
	((struct found *)lister)->damages++;
}

/* An index of so many blocks, all in use, that leads to none: what counts here is the blocks. */
static void begin(struct directory *d, uint64_t count)
{
	uint8_t entries[64] = {0};
	size_t pos = 0;
	size_t bytes = (size_t)count * BLOCK;

	*d = (struct directory){.count = count};
	d->blocks = calloc(1, bytes + 1);
	d->bitmap = calloc(1, (size_t)count / 8 + 1);
	assert_true(d->blocks && d->bitmap);
	memset(d->bitmap, 0xff, (size_t)count / 8 + 1);
	d->raw = source_of_bytes((struct bytes){d->blocks, bytes});
	d->volume = (struct ntfs_volume){.raw = d->raw,
	    .geometry = {.sector_size = 512, .cluster_size = BLOCK, .clusters = count}};
	d->mft = (struct ntfs_mft){.volume = &d->volume, .record_size = 1024, .first = RECORDS};
	d->run = (struct ntfs_run){.length = count};
	fixture_index_entry(entries, &pos, 0, 0, NULL, UINT64_MAX);
	d->streams[0] = fixture_i30_resident(
	    NTFS_INDEX_ROOT, d->root, fixture_index_root(d->root, BLOCK, entries, pos, true));
	d->streams[1] = fixture_i30_resident(NTFS_BITMAP, d->bitmap, (size_t)count / 8 + 1);
	d->streams[2] = fixture_i30_blocks(&d->run, bytes);
	d->entry = (struct ntfs_entry){.record = DIRECTORY,
	    .sequence = DIRECTORY,
	    .in_use = true,
	    .is_directory = true,
	    .streams = d->streams,
	    .stream_count = count ? 3 : 1};
	assert_true(ntfs_index_slack_new(&d->mft, &d->slack, NULL));
}

static void end(struct directory *d)
{
	ntfs_index_slack_free(d->slack);
	source_close(d->raw);
	free(d->blocks);
	free(d->bitmap);
}

/* An entry with times of 2018 and sizes of a file. */
static void add(uint8_t *entries, size_t *pos, uint64_t record, const char *name)
{
	uint8_t *key = entries + *pos + 16;

	fixture_index_entry(entries, pos, record, 1, name, UINT64_MAX);
	for (size_t i = 0; i < 4 && name; i++)
		put_le64(key + 8 + 8 * i, 131665797712345678 + i);
}

/* Writes a block of which the first `used` bytes of entries are in use, and end with the mark of the end. */
static void put(struct directory *d, uint64_t number, uint8_t *entries, size_t len, size_t used)
{
	uint8_t mark[32] = {0};
	size_t mark_len = 0;
	uint8_t *block = d->blocks + number * BLOCK;

	fixture_index_entry(mark, &mark_len, 0, 0, NULL, UINT64_MAX);
	memcpy(entries + used, mark, mark_len);
	fixture_index_block(block, BLOCK, number, entries, len);
	put_le32(block + 28, (uint32_t)(FIRST - 24 + used + mark_len));
}

static void check(struct directory *d, const char *want)
{
	struct found found = {.lister = {.each = each, .damage = damage}};

	assert_true(ntfs_index_slack_list(d->slack, &d->entry, &found.lister, NULL));
	assert_string_equal(text_string(&found.text), want);
	text_free(&found.text);
}

static void test_tail_of_a_block(void **state)
{
	struct directory d;
	uint8_t entries[2048] = {0};
	size_t pos = 0;

	(void)state;
	begin(&d, 1);
	add(entries, &pos, 30, "a.txt");
	size_t used = pos;

	add(entries, &pos, 31, "b.txt"); /* its header is under the mark of the end */
	add(entries, &pos, 32, "c.txt");
	add(entries, &pos, 32, "c.txt"); /* again: given once */
	add(entries, &pos, 30, "a.txt"); /* as in the index: not given */
	put(&d, 0, entries, pos, used);
	check(&d, "b.txt tail gone 0;c.txt tail gone 32;");
	end(&d);
}

static void test_older_state_and_another_file(void **state)
{
	struct directory d;
	uint8_t entries[2048] = {0};
	size_t pos = 0;

	(void)state;
	begin(&d, 1);
	add(entries, &pos, 30, "a.txt");
	add(entries, &pos, 31, "b.txt");
	size_t used = pos;

	pos += 16; /* for the mark */
	size_t older = pos;

	add(entries, &pos, 30, "a.txt");
	put_le64(entries + older + 16 + 16, 131665797712345000); /* modified before */
	add(entries, &pos, 77, "b.txt");
	put(&d, 0, entries, pos, used);
	check(&d, "a.txt tail live 30;b.txt tail replaced 77;");
	end(&d);
}

/* A mark of the end once lay over the reference alone: what it made of it is no record. */
static void test_reference_overwritten(void **state)
{
	struct directory d;
	uint8_t entries[2048] = {0};
	size_t pos = 0;

	(void)state;
	begin(&d, 1);
	add(entries, &pos, 30, "a.txt");
	size_t used = pos;

	pos += 16;
	size_t at = pos;

	add(entries, &pos, 31, "b.txt");
	put_le64(entries + at, 0x0000000200000010);
	/* Without a header at all the times decide. */
	for (unsigned i = 0; i < 2; i++) {
		at = pos;
		add(entries, &pos, 32, i ? "d.txt" : "c.txt");
		memset(entries + at, 0, 16);
		put_le64(entries + at + 40, i ? 131665797712345678 : 7);
	}
	put(&d, 0, entries, pos, used);
	check(&d, "b.txt tail gone 0;d.txt tail gone 0;");
	end(&d);
}

/* Without a header the sizes decide, too: a resident file that ntfs3 of Linux wrote is allocated what it has. */
static void test_size_of_another_driver(void **state)
{
	struct directory d;
	uint8_t entries[2048] = {0};
	size_t pos = 0;

	(void)state;
	begin(&d, 1);
	add(entries, &pos, 30, "a.txt");
	size_t used = pos;

	for (unsigned i = 0; i < 2; i++) {
		size_t at = pos;

		add(entries, &pos, 31, i ? "noise.txt" : "b.txt"); /* the first is under the mark */
		put_le64(entries + at + 16 + 40, 4);
		put_le64(entries + at + 16 + 48, i ? 3 : 4);
		memset(entries + at, 0, 16);
	}
	put(&d, 0, entries, pos, used);
	check(&d, "b.txt tail gone 0;");
	end(&d);
}

/* The mark of the end of a node with children is 24 bytes: it lies over the parent as well. */
static void test_header_and_parent_overwritten(void **state)
{
	struct directory d;
	uint8_t entries[2048] = {0};
	uint8_t *block;
	size_t pos = 0;
	size_t mark = 0;

	(void)state;
	begin(&d, 1);
	add(entries, &pos, 31, "b.txt");
	fixture_index_entry(entries, &mark, 0, 0, NULL, 3);
	block = d.blocks;
	fixture_index_block(block, BLOCK, 0, entries, pos);
	put_le32(block + 28, (uint32_t)(FIRST - 24 + mark));
	check(&d, "b.txt tail gone 0 parent 0;");
	end(&d);
}

static void test_free_torn_and_foreign_blocks(void **state)
{
	struct directory d;
	uint8_t entries[2048] = {0};
	size_t pos = 0;

	(void)state;
	begin(&d, 4);
	add(entries, &pos, 30, "a.txt");
	put(&d, 0, entries, pos + 16, pos);
	memset(entries, 0, sizeof(entries));
	pos = 0;
	add(entries, &pos, 40, "old.txt"); /* in a block that the index has given up */
	put(&d, 1, entries, pos + 16, pos);
	d.bitmap[0] = 0x0d;
	memcpy(
	    d.blocks + 2 * BLOCK + 512, entries, pos); /* no signature, another directory's name */
	put_le64(d.blocks + 2 * BLOCK + 512 + 16, 6 | UINT64_C(3) << 48);
	check(&d, "old.txt free unknown 40;old.txt free unknown 40 parent 6;");
	ntfs_index_slack_free(d.slack); /* it reads no more than the volume has */
	assert_true(ntfs_index_slack_new(&d.mft, &d.slack, NULL));
	d.bitmap[0] = 0x01; /* now nothing is missing of what is in use */
	check(&d, "old.txt free gone 40;old.txt free unknown 40 parent 6;");
	end(&d);
}

static void test_deleted_directory_gives_all_but_of_others(void **state)
{
	struct directory d;
	uint8_t entries[2048] = {0};
	size_t pos = 0;

	(void)state;
	begin(&d, 1);
	add(entries, &pos, 30, "a.txt");
	add(entries, &pos, 31, "b.txt");
	put_le64(entries + pos / 2 + 16, 6 | UINT64_C(3) << 48); /* lies in another directory */
	put(&d, 0, entries, pos + 16, pos);
	d.entry.in_use = false;
	check(&d, "a.txt deleted gone 30;");
	end(&d);
}

static void test_noise_is_not_taken_for_names(void **state)
{
	struct directory d;
	uint32_t random = 7;

	(void)state;
	begin(&d, 200);
	for (size_t i = 0; i < 200 * BLOCK; i++) {
		random = random * 1664525u + 1013904223u;
		d.blocks[i] = (uint8_t)(random >> 24);
	}
	/* With every parent right, still no times and lengths. */
	for (size_t i = 0; i < 200 * BLOCK; i += 16)
		put_le64(d.blocks + i, DIRECTORY | (uint64_t)DIRECTORY << 48);
	check(&d, "");
	end(&d);
}

/* An index larger than what is read at once: live names of its far end are known, remnants of both ends found. */
static void test_large_index(void **state)
{
	struct directory d;
	struct found found = {.lister = {.each = each, .damage = damage}};

	(void)state;
	begin(&d, 600);
	for (uint64_t i = 0; i < 600; i++) {
		uint8_t entries[2048] = {0};
		size_t pos = 0;
		char name[32];

		snprintf(name, sizeof(name), "file%llu", (unsigned long long)i);
		add(entries, &pos, 100 + i, name);
		size_t used = pos;

		pos += 16;
		snprintf(name, sizeof(name), "file%llu", (unsigned long long)(599 - i));
		add(entries, &pos, 100 + 599 - i, name); /* as in another block: live, not given */
		snprintf(name, sizeof(name), "gone%llu", (unsigned long long)i);
		if (i % 100 == 0)
			add(entries, &pos, 100 + i, name);
		put(&d, i, entries, pos, used);
	}
	assert_true(ntfs_index_slack_list(d.slack, &d.entry, &found.lister, NULL));
	assert_string_equal(text_string(&found.text),
	    "gone0 tail gone 100;gone100 tail gone 200;gone200 tail gone 300;gone300 tail gone 400;"
	    "gone400 tail gone 500;gone500 tail gone 600;");
	assert_int_equal(found.damages, 0);
	text_clear(&found.text);
	found.count = 0;
	found.stop_after = 2;
	ntfs_index_slack_free(d.slack);
	assert_true(ntfs_index_slack_new(&d.mft, &d.slack, NULL));
	assert_false(ntfs_index_slack_list(d.slack, &d.entry, &found.lister, NULL));
	assert_int_equal(found.count, 2);
	text_free(&found.text);
	end(&d);
}

/* A thousand directories with the same clusters: they are read once, then the limit is said. */
static void test_bytes_read_are_bounded(void **state)
{
	struct directory d;
	struct found found = {.lister = {.each = each, .damage = damage}};

	(void)state;
	begin(&d, 8);
	for (unsigned i = 0; i < 1000; i++)
		assert_true(ntfs_index_slack_list(d.slack, &d.entry, &found.lister, NULL));
	/* Once for its eight blocks of zeros where it has nodes, then for the limit. */
	assert_int_equal(found.damages, 999);
	text_free(&found.text);
	end(&d);
}

/* A root that is damaged or lost: the blocks are read by the boot sector's size, and it is told. */
static void test_damaged_root(void **state)
{
	(void)state;
	for (unsigned lost = 0; lost < 4; lost++) {
		struct found found = {.lister = {.each = each, .damage = damage}};
		struct directory d;
		uint8_t entries[2048] = {0};
		size_t pos = 0;

		begin(&d, 1);
		d.volume.geometry.index_size = BLOCK;
		add(entries, &pos, 70, "kept.txt");
		size_t used = pos;

		add(entries, &pos, 71, "removed-by-somebody.txt");
		add(entries, &pos, 72, "gone.txt");
		put(&d, 0, entries, sizeof(entries), used);
		if (lost == 0)
			put_le32(d.root + 8, 0);
		else if (lost == 1)
			d.streams[0].type = NTFS_DATA;
		else
			d.streams[0].content.len = 8;
		d.entry.in_use = lost < 3; /* what a deleted one lost is no damage */
		assert_true(ntfs_index_slack_list(d.slack, &d.entry, &found.lister, NULL));
		assert_non_null(strstr(
		    text_string(&found.text), lost < 3 ? "gone.txt tail " : "gone.txt deleted "));
		assert_int_equal(found.damages, lost < 3);
		text_free(&found.text);
		end(&d);
	}
}

/* What is left in the record: the root has become smaller. */
static void test_unused_end_of_the_record(void **state)
{
	struct fixture_volume v;
	struct fixture_record r;
	uint8_t entries[512] = {0};
	uint8_t root[512] = {0};
	size_t pos = 0;
	struct ntfs_volume *volume = NULL;
	struct ntfs_index_slack *slack = NULL;
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	struct found found = {.lister = {.each = each, .damage = damage}};

	(void)state;
	assert_true(fixture_volume_new(&v, 512, 512, 1024, 96, 100));
	fixture_index_entry(entries, &pos, 0, 0, NULL, UINT64_MAX);
	fixture_record_begin(&r, 1024, DIRECTORY, DIRECTORY, 3);
	fixture_record_standard(&r, 200);
	fixture_record_resident(&r, NTFS_INDEX_ROOT, "$I30", 2, root,
	    fixture_index_root(root, 4096, entries, pos, false));
	fixture_record_end(&r);
	memset(entries, 0, sizeof(entries));
	pos = 0;
	add(entries, &pos, 30, "gone in the record.txt");
	fixture_fixup(r.at, r.size, 48); /* undone and done again below */
	for (size_t i = 0; i < pos; i++)
		r.at[600 + i] = entries[i];
	fixture_volume_put(&v, &r);
	struct source *source = source_of_bytes((struct bytes){v.at, v.size});

	assert_true(ntfs_volume_open(source, &volume, NULL));
	assert_true(ntfs_entry_load(ntfs_volume_mft(volume), DIRECTORY, &entry, NULL));
	assert_true(ntfs_index_slack_new(ntfs_volume_mft(volume), &slack, NULL));
	assert_true(ntfs_index_slack_list(slack, &entry, &found.lister, NULL));
	assert_string_equal(text_string(&found.text), "gone in the record.txt record gone 30;");
	text_free(&found.text);
	ntfs_index_slack_free(slack);
	ntfs_volume_close(volume);
	source_close(source);
	fixture_volume_free(&v);
}

/* Block i of 600: one name, and in some a remnant. */
static void fill(struct directory *d)
{
	for (uint64_t i = 0; i < d->count; i++) {
		uint8_t entries[2048] = {0};
		size_t pos = 0;
		char name[32];

		snprintf(name, sizeof(name), "file%llu", (unsigned long long)i);
		add(entries, &pos, 100 + i, name);
		size_t used = pos;

		pos += 16;
		snprintf(name, sizeof(name), "gone%llu", (unsigned long long)i);
		if (i % 200 == 0)
			add(entries, &pos, 100 + i, name);
		put(d, i, entries, pos, used);
	}
}

/* Looks through an index of which the n'th read fails, and a sector of bad_block always. */
static void look(uint64_t n, uint64_t bad_block, const char *want, bool is_damaged, uint64_t *reads)
{
	struct directory d;
	struct found found = {.lister = {.each = each, .damage = damage}};

	begin(&d, 600);
	fill(&d);
	struct fake_source *fake =
	    fake_source_new((struct bytes){d.blocks, (size_t)d.count * BLOCK});

	assert_non_null(fake);
	fake->fail_at = n;
	if (bad_block != UINT64_MAX) {
		fake->bad_from = bad_block * BLOCK + 512;
		fake->bad_len = 512;
	}
	d.volume.raw = &fake->source;
	assert_true(ntfs_index_slack_list(d.slack, &d.entry, &found.lister, NULL));
	*reads = fake->reads;
	assert_string_equal(text_string(&found.text), want);
	assert_int_equal(found.damages != 0, is_damaged);
	text_free(&found.text);
	source_close(&fake->source);
	end(&d);
}

/* A read that fails once is tried again block by block; a bad sector costs its block, and certainty. */
static void test_failed_reads(void **state)
{
	static const char all[] =
	    "gone0 tail gone 100;gone200 tail gone 300;gone400 tail gone 500;";
	uint64_t reads = 0;
	uint64_t ignored;

	(void)state;
	look(0, UINT64_MAX, all, false, &reads);
	assert_in_range(reads, 3, 20);
	for (uint64_t n = 1; n <= reads; n++)
		look(n, UINT64_MAX, all, false, &ignored);
	look(0, 200, "gone0 tail unknown 100;gone400 tail unknown 500;", true, &ignored);
	look(0, 201, "gone0 tail unknown 100;gone200 tail unknown 300;gone400 tail unknown 500;",
	    true, &ignored);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tail_of_a_block),
	    cmocka_unit_test(test_older_state_and_another_file),
	    cmocka_unit_test(test_reference_overwritten),
	    cmocka_unit_test(test_size_of_another_driver),
	    cmocka_unit_test(test_header_and_parent_overwritten),
	    cmocka_unit_test(test_free_torn_and_foreign_blocks),
	    cmocka_unit_test(test_deleted_directory_gives_all_but_of_others),
	    cmocka_unit_test(test_noise_is_not_taken_for_names),
	    cmocka_unit_test(test_large_index),
	    cmocka_unit_test(test_bytes_read_are_bounded),
	    cmocka_unit_test(test_damaged_root),
	    cmocka_unit_test(test_unused_end_of_the_record),
	    cmocka_unit_test(test_failed_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
