/* Contents of files, and what is left of deleted ones. */
#include "tests/unit.h"

#include "tests/fake_source.h"
#include "tests/fixture_fat_list.h"

#include <stdlib.h>
#include <string.h>

static void fill(struct fixture_fat *f, uint32_t first, uint32_t count, char letter)
{
	for (uint32_t i = 0; i < count; i++)
		memset(fixture_fat_cluster(f, first + i), letter + (int)i, f->g.cluster_size);
}

/* Reads the file of the root's first slot; returns how many bytes came, *kind the damage. */
static size_t read_first(struct fixture_fat *f, enum err_kind *kind, uint8_t *last)
{
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	struct err damage;
	size_t len;

	fixture_list_of(f, &seen);
	uint8_t *at = fixture_list_content(f, &seen.at[0].entry, &len, &damage);

	*kind = damage.kind;
	*last = len ? at[len - 1] : 0;
	free(at);
	return len;
}

static void test_chains(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	enum err_kind kind;
	uint8_t last;

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_12, 512, 100));
	fill(&f, 10, 6, 'a');
	fixture_fat_short(fixture_fat_slot(&f, 0, 0), "FILE    BIN", 0x20, 10, 1500);
	fixture_fat_set(&f, 10, 14); /* in pieces, backwards too */
	fixture_fat_set(&f, 14, 12);
	fixture_fat_set(&f, 12, FIXTURE_FAT_END);
	assert_int_equal(read_first(&f, &kind, &last), 1500);
	assert_int_equal(kind, ERR_NONE);
	assert_int_equal(last, 'c');
	fixture_fat_set(&f, 14, FIXTURE_FAT_END); /* too short */
	assert_int_equal(read_first(&f, &kind, &last), 1024);
	assert_int_equal(kind, ERR_DAMAGED);
	assert_int_equal(last, 'e');
	fixture_fat_set(&f, 14, 10); /* back to the start: each cluster once */
	assert_int_equal(read_first(&f, &kind, &last), 1024);
	assert_int_equal(kind, ERR_DAMAGED);
	fixture_fat_set(&f, 14, FIXTURE_FAT_BAD);
	assert_int_equal(read_first(&f, &kind, &last), 512);
	assert_int_equal(kind, ERR_DAMAGED);
	fixture_fat_set(&f, 10, 0); /* nothing at all */
	assert_int_equal(read_first(&f, &kind, &last), 0);
	assert_int_equal(kind, ERR_DAMAGED);
}

static void test_sizes(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	enum err_kind kind;
	uint8_t last;

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_16, 512, 5000));
	fill(&f, 5000, 2, 'a');
	fixture_fat_chain(&f, 5000, 2);
	fixture_fat_short(fixture_fat_slot(&f, 0, 0), "FILE    BIN", 0x20, 5000, 0xffffffff);
	assert_int_equal(read_first(&f, &kind, &last), 1024); /* more than the volume holds */
	assert_int_equal(kind, ERR_DAMAGED);
	fixture_fat_short(fixture_fat_slot(&f, 0, 0), "FILE    BIN", 0x20, 5000, 1024);
	assert_int_equal(read_first(&f, &kind, &last), 1024);
	assert_int_equal(kind, ERR_NONE);
	f.size -= 512; /* an image cut short */
	assert_int_equal(read_first(&f, &kind, &last), 512);
	assert_int_equal(kind, ERR_DAMAGED);
	f.size -= 512;
	assert_int_equal(read_first(&f, &kind, &last), 0);
	assert_int_equal(kind, ERR_DAMAGED);
}

/* exFAT: one run without a chain; zeros from what was written to the size. */
static void test_exfat(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	struct err damage;
	size_t len;

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_EX, 512, 200));
	fill(&f, 10, 4, 'a');
	fixture_fat_set_of(fixture_fat_slot(&f, 0, 2), "run", 0x20, 3, 10, 2000);
	put_le64(fixture_fat_slot(&f, 0, 3) + 8, 700); /* written */
	fixture_list_of(&f, &seen);
	uint8_t *at =
	    fixture_list_content(&f, &fixture_list_find(&seen, "run")->entry, &len, &damage);

	assert_int_equal(len, 2000);
	assert_int_equal(at[699], 'b');
	assert_int_equal(at[700], 0);
	assert_int_equal(at[1999], 0);
	free(at);
}

/* Zeros that nobody wrote: no more of them than there is of the image. */
static void test_many_zeros(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	struct err damage;
	size_t len;

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_EX, 512, 200));
	fixture_fat_set_of(fixture_fat_slot(&f, 0, 2), "zeros", 0x20, 3, 10, 190 * 512);
	put_le64(fixture_fat_slot(&f, 0, 3) + 8, 0);
	f.size -= 150 * 512;
	fixture_list_of(&f, &seen);
	free(fixture_list_content(&f, &fixture_list_find(&seen, "zeros")->entry, &len, &damage));
	assert_int_equal(len, f.size);
	assert_int_equal(damage.kind, ERR_DAMAGED);
}

/* A volume with deleted files: what is left of each is asked for by name. */
struct left {
	struct source *raw;
	struct fat_volume *volume;
	struct fixture_list seen;
};

static void open_left(struct fixture_fat *f, struct left *left)
{
	struct err err = {0};

	*left = (struct left){.raw = source_of_bytes((struct bytes){f->at, f->size})};
	assert_true(fat_volume_open(left->raw, &left->volume, &err));
	fixture_list_of(f, &left->seen);
}

static void left_free_at(struct left *left)
{
	fat_volume_close(left->volume);
	source_close(left->raw);
	fixture_list_free(&left->seen);
}

static void check_left(struct left *left, const char *path, enum fat_recovery result, uint32_t good)
{
	const struct fat_entry *entry = &fixture_list_find(&left->seen, path)->entry;
	CLEANUP(source_close) struct source *source = NULL;
	struct fat_recovered found;
	struct range *lost = NULL;
	struct err err = {0}, damage = {0};
	uint64_t gone = 0;
	uint32_t start = 0;
	size_t count = 0;

	assert_true(fat_recovery_of(left->volume, entry, &found, &err));
	assert_int_equal(found.result, result);
	assert_int_equal(found.good, good);
	assert_true(
	    fat_deleted_open(left->volume, entry, &source, &lost, &count, &start, &damage, &err));
	for (size_t i = 0; i < count; i++)
		gone += lost[i].len / 512;
	assert_int_equal(gone, found.clusters - good);
	for (size_t i = 0; i < count; i++) { /* never another file's bytes */
		uint8_t byte = 1;

		if (lost[i].offset < source->size)
			assert_true(source_read_exact(source, lost[i].offset, &byte, 1, &err));
		assert_true(lost[i].offset >= source->size || byte == 0);
	}
	free(lost);
}

static void put_gone(
    struct fixture_fat *f, size_t slot, const char *name, uint32_t cluster, uint32_t size)
{
	fixture_fat_short(fixture_fat_slot(f, 0, slot), name, 0x20, cluster, size);
	fixture_fat_slot(f, 0, slot)[0] = 0xe5;
}

static void test_left(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(left_free) struct left left = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_16, 512, 5000));
	fill(&f, 10, 60, ' ');
	put_gone(&f, 0, "xFULL   BIN", 10, 5 * 512);
	put_gone(&f, 1, "xPART   BIN", 20, 5 * 512);
	put_gone(&f, 2, "xGONE   BIN", 30, 5 * 512);
	put_gone(&f, 3, "xTWINA  BIN", 40, 5 * 512); /* both claim 43 and 44 */
	put_gone(&f, 4, "xTWINB  BIN", 43, 5 * 512);
	put_gone(&f, 5, "xLOST   BIN", 60, 2 * 512);
	fixture_fat_chain(&f, 22, 2);
	fixture_fat_chain(&f, 30, 5);
	/* In use, but the FAT forgot: its clusters are claimed all the same. */
	fixture_fat_short(fixture_fat_slot(&f, 0, 6), "FORGOT  BIN", 0x20, 60, 512);
	open_left(&f, &left);
	check_left(&left, "_FULL.BIN", FAT_RECOVERY_FULL, 5);
	check_left(&left, "_PART.BIN", FAT_RECOVERY_PARTIAL, 3);
	check_left(&left, "_GONE.BIN", FAT_RECOVERY_OVERWRITTEN, 0);
	check_left(&left, "_TWINA.BIN", FAT_RECOVERY_PARTIAL, 3);
	check_left(&left, "_TWINB.BIN", FAT_RECOVERY_PARTIAL, 3);
	check_left(&left, "_LOST.BIN", FAT_RECOVERY_PARTIAL, 1);
}

/* A directory that could not be read when the claims were gathered, and can be now: nobody knows, which is not overwritten. */
static void test_not_compared(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(left_free) struct left left = {0};
	CLEANUP(source_close) struct source *source = NULL;
	struct fat_recovered found;
	struct range *lost = NULL;
	struct err err = {0}, damage = {0};
	uint32_t start;
	size_t count;

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_16, 512, 5000));
	fixture_fat_short(fixture_fat_slot(&f, 0, 0), "DIR        ", 0x10, 20, 0);
	fixture_fat_set(&f, 20, FIXTURE_FAT_END);
	fixture_fat_dots(&f, 20, 0);
	fixture_fat_short(fixture_fat_slot(&f, 20, 2),
	    "\xe5"
	    "BELOW  BIN",
	    0x20, 30, 2 * 512);
	put_gone(&f, 1, "xROOT   BIN", 40, 512);
	open_left(&f, &left);
	struct fake_source *raw = fake_source_new((struct bytes){f.at, f.size});

	assert_non_null(raw);
	fat_volume_close(left.volume);
	source_close(left.raw);
	left.raw = &raw->source;
	raw->bad_from = (uint64_t)(fixture_fat_cluster(&f, 20) - f.at);
	raw->bad_len = 512;
	assert_true(fat_volume_open(left.raw, &left.volume, &err));
	check_left(&left, "_ROOT.BIN", FAT_RECOVERY_FULL, 1);
	raw->bad_len = 0;
	const struct fat_entry *below = &fixture_list_find(&left.seen, "DIR/_BELOW.BIN")->entry;

	assert_true(fat_recovery_of(left.volume, below, &found, &err));
	assert_int_equal(found.result, FAT_RECOVERY_PARTIAL);
	assert_int_equal(found.good, 0);
	assert_int_equal(found.unknown, 2);
	assert_true(
	    fat_deleted_open(left.volume, below, &source, &lost, &count, &start, &damage, &err));
	assert_int_equal(count, 0);
	free(lost);
}

/* Only one copy of the FAT says that it is in use: not free. */
static void test_copies_disagree(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(left_free) struct left left = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_32, 512, 70000));
	put_gone(&f, 0, "xONE    BIN", 10, 1024);
	fixture_fat_put(&f, 1, 11, FIXTURE_FAT_END);
	open_left(&f, &left);
	check_left(&left, "_ONE.BIN", FAT_RECOVERY_PARTIAL, 1);
}

/* exFAT leaves the chain of a deleted file in the FAT: it is followed while its clusters are free. */
/* Without a bitmap nothing tells what is free: no file is called overwritten for that, and what can be read of it is. */
static void test_unknown(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(left_free) struct left left = {0};
	struct fat_recovered found;
	struct err err = {0};
	uint8_t *slot;

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_EX, 512, 200));
	for (slot = fixture_fat_slot(&f, 0, 0); *slot != 0x81; slot += 32)
		continue;
	*slot = 0x01;
	fixture_fat_set_of(fixture_fat_slot(&f, 0, 2), "old", 0x20, 3, 20, 1500);
	fixture_fat_unuse(fixture_fat_slot(&f, 0, 2), 3);
	fixture_fat_set_of(fixture_fat_slot(&f, 0, 5), "new", 0x20, 3, 22, 512);
	memset(fixture_fat_cluster(&f, 20), 'o', 512);
	memset(fixture_fat_cluster(&f, 21), 'o', 512);
	memset(fixture_fat_cluster(&f, 22), 'n', 512);
	open_left(&f, &left);
	const struct fat_entry *old = &fixture_list_find(&left.seen, "old")->entry;
	CLEANUP(source_close) struct source *source = NULL;
	struct range *lost = NULL;
	uint8_t bytes[1500];
	struct err damage = {0};
	uint32_t start = 0;
	size_t count = 0;

	assert_true(fat_recovery_of(left.volume, old, &found, &err));
	assert_int_equal(found.result, FAT_RECOVERY_PARTIAL);
	assert_int_equal(found.good, 0);
	assert_int_equal(found.unknown, 2);
	assert_true(
	    fat_deleted_open(left.volume, old, &source, &lost, &count, &start, &damage, &err));
	assert_true(source_read_exact(source, 0, bytes, sizeof(bytes), &err));
	assert_int_equal(bytes[1023], 'o');
	assert_int_equal(bytes[1024], 0); /* the new file's */
	assert_int_equal(count, 1);
	free(lost);
}

/* A size that no volume holds: what the chain has is there. */
static void test_too_long(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	struct err damage;
	size_t len;

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_16, 512, 5000));
	fixture_fat_short(fixture_fat_slot(&f, 0, 0), "LONG    BIN", 0x20, 10, 0x7fffffff);
	fixture_fat_chain(&f, 10, 3);
	memset(fixture_fat_cluster(&f, 12), 'z', 512);
	fixture_list_of(&f, &seen);
	uint8_t *at =
	    fixture_list_content(&f, &fixture_list_find(&seen, "LONG.BIN")->entry, &len, &damage);

	assert_int_equal(damage.kind, ERR_DAMAGED);
	assert_int_equal(len, 1536);
	assert_int_equal(at[1535], 'z');
	free(at);
}

static void test_old_chain(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(left_free) struct left left = {0};
	CLEANUP(source_close) struct source *source = NULL;
	enum fat_layout layout;
	uint8_t bytes[1536];
	struct err err = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_EX, 512, 200));
	fill(&f, 10, 10, 'a');
	size_t count = fixture_fat_set_of(fixture_fat_slot(&f, 0, 2), "old", 0x20, 1, 10, 1536);

	fixture_fat_unuse(fixture_fat_slot(&f, 0, 2), count);
	put_le32(f.at + f.g.table + 40, 15);
	put_le32(f.at + f.g.table + 60, 12);
	put_le32(f.at + f.g.table + 48, 0xffffffff);
	open_left(&f, &left);
	check_left(&left, "old", FAT_RECOVERY_FULL, 3);
	assert_true(fat_content_open(left.volume, &fixture_list_find(&left.seen, "old")->entry,
	    &source, &layout, NULL, &err));
	assert_int_equal(layout, FAT_LAYOUT_CHAIN);
	assert_true(source_read_exact(source, 0, bytes, sizeof(bytes), &err));
	assert_int_equal(bytes[0], 'a');
	assert_int_equal(bytes[600], 'f');
	assert_int_equal(bytes[1535], 'c');
}

/* A deleted directory of three clusters, the second of them used anew: what follows is not its own. */
static void test_deleted_directory(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_16, 512, 5000));
	put_gone(&f, 0, "xLDDIR     ", 10, 0);
	fixture_fat_slot(&f, 0, 0)[11] = 0x10;
	fixture_fat_dots(&f, 10, 0);
	for (size_t i = 2; i < 16; i++)
		fixture_fat_short(fixture_fat_slot(&f, 10, i), "FIRST   TXT", 0x20, 0, 0);
	for (size_t i = 0; i < 16; i++)
		fixture_fat_short(fixture_fat_slot(&f, 11, i), "SECOND  TXT", 0x20, 0, 0);
	fixture_fat_short(fixture_fat_slot(&f, 12, 0), "THIRD   TXT", 0x20, 0, 0);
	fixture_list_of(&f, &seen);
	assert_true(fixture_list_has(&seen, "_LDDIR/THIRD.TXT"));
	assert_true(fixture_list_find(&seen, "_LDDIR/FIRST.TXT")->entry.is_below_deleted);
	assert_int_equal(fixture_list_find(&seen, "_LDDIR")->entry.size, 3 * 512);
	CLEANUP(fixture_list_free) struct fixture_list less = {0};

	fixture_fat_chain(&f, 11, 1);
	fixture_list_of(&f, &less);
	assert_true(fixture_list_has(&less, "_LDDIR/FIRST.TXT"));
	assert_false(fixture_list_has(&less, "_LDDIR/SECOND.TXT"));
	assert_false(fixture_list_has(&less, "_LDDIR/THIRD.TXT"));
	assert_true(fixture_list_has(&less, "$Orphan/cluster 12/THIRD.TXT"));
	CLEANUP(fixture_list_free) struct fixture_list none = {0};

	fixture_fat_chain(&f, 10, 1); /* its first cluster is another's */
	fixture_list_of(&f, &none);
	assert_int_equal(none.count, 3); /* with the third cluster, a piece of its own */
}

/* Directories that no entry leads to: a tree of them is found through its topmost; loops among them end. */
static void test_lost_directories(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_fat_free) struct fixture_fat ex = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	CLEANUP(fixture_list_free) struct fixture_list other = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_32, 512, 70000));
	fixture_fat_dots(&f, 50, 60); /* below the one that comes later */
	fixture_fat_short(fixture_fat_slot(&f, 50, 2), "DEEP    TXT", 0x20, 0, 0);
	fixture_fat_dots(&f, 60, 0);
	fixture_fat_short(fixture_fat_slot(&f, 60, 2), "DIR        ", 0x10, 50, 0);
	fixture_fat_dots(&f, 70, 71); /* each the other's parent */
	fixture_fat_dots(&f, 71, 70);
	fixture_fat_dots(&f, 80, 0); /* not itself */
	put_le16(fixture_fat_slot(&f, 80, 0) + 26, 81);
	fixture_fat_dots(&f, 90, 0); /* in use */
	fixture_fat_chain(&f, 90, 1);
	fixture_list_of(&f, &seen);
	assert_true(fixture_list_has(&seen, "$Orphan/cluster 60/DIR/DEEP.TXT"));
	assert_true(fixture_list_find(&seen, "$Orphan/cluster 60")->entry.is_lost);
	assert_false(fixture_list_has(&seen, "$Orphan/cluster 50"));
	assert_true(fixture_list_has(&seen, "$Orphan/cluster 70"));
	assert_true(fixture_list_has(&seen, "$Orphan/cluster 71"));
	assert_int_equal(seen.count, 5);
	assert_true(fixture_fat_new(&ex, FAT_EX, 512, 200));
	fixture_fat_set_of(fixture_fat_slot(&ex, 20, 0), "was here", 0x20, 1, 0, 0);
	fixture_fat_set_of(fixture_fat_slot(&ex, 21, 0), "spoiled", 0x20, 1, 0, 0);
	fixture_fat_slot(&ex, 21, 0)[9] ^= 1;
	fixture_list_of(&ex, &other);
	assert_true(fixture_list_has(&other, "$Orphan/cluster 20/was here"));
	assert_false(fixture_list_has(&other, "$Orphan/cluster 21"));
}

/* Windows clears the high half of the first cluster of what it deletes on FAT32: a directory is found by what lies in
 * its cluster, a file by how such files begin; neither is called full then. */
static void test_lost_half(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(left_free) struct left left = {0};
	CLEANUP(source_close) struct source *source = NULL;
	struct range *lost = NULL;
	struct err err = {0}, damage = {0};
	uint32_t start = 0;
	size_t count = 0;
	uint8_t byte = 0;

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_32, 512, 70000));
	put_gone(&f, 0, "xIR        ", 66000 - 65536, 0);
	fixture_fat_slot(&f, 0, 0)[11] = 0x10;
	fixture_fat_dots(&f, 66000, 0);
	fixture_fat_short(fixture_fat_slot(&f, 66000, 2), "BELOW   TXT", 0x20, 0, 0);
	fixture_fat_dots(&f, 66000 - 65536, 0); /* looks like it, but is another's copy */
	put_le16(fixture_fat_slot(&f, 66000 - 65536, 0) + 26, 9);
	put_gone(&f, 1, "xOC     PDF", 66100 - 65536, 1000);
	memcpy(fixture_fat_cluster(&f, 66100), "%PDF-1.4", 8);
	memset(fixture_fat_cluster(&f, 66101), 'z', 512);
	put_gone(&f, 2, "xTHER   DAT", 66200 - 65536, 1000);
	open_left(&f, &left);
	assert_true(fixture_list_find(&left.seen, "_IR")->entry.is_start_found);
	assert_int_equal(fixture_list_find(&left.seen, "_IR")->entry.cluster, 66000);
	assert_true(fixture_list_has(&left.seen, "_IR/BELOW.TXT"));
	assert_true(fixture_list_find(&left.seen, "_OC.PDF")->entry.is_high_lost);
	check_left(&left, "_THER.DAT", FAT_RECOVERY_PARTIAL, 2);
	assert_true(fat_deleted_open(left.volume, &fixture_list_find(&left.seen, "_OC.PDF")->entry,
	    &source, &lost, &count, &start, &damage, &err));
	free(lost);
	assert_int_equal(start, 66100);
	assert_true(source_read_exact(source, 999, &byte, 1, &err));
	assert_int_equal(byte, 'z');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_chains),
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_exfat),
	    cmocka_unit_test(test_many_zeros),
	    cmocka_unit_test(test_left),
	    cmocka_unit_test(test_not_compared),
	    cmocka_unit_test(test_copies_disagree),
	    cmocka_unit_test(test_unknown),
	    cmocka_unit_test(test_too_long),
	    cmocka_unit_test(test_old_chain),
	    cmocka_unit_test(test_deleted_directory),
	    cmocka_unit_test(test_lost_half),
	    cmocka_unit_test(test_lost_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
