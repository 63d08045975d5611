/* Pieces of deleted directories, what Windows XP leaves in their entries, and files hidden as labels. */
#include "tests/unit.h"

#include "core/array.h"
#include "tests/fixture_fat_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_piece(struct fixture_fat *f, uint32_t cluster)
{
	uint8_t *at = fixture_fat_cluster(f, cluster);
	size_t n = fixture_fat_long(at, "of a directory.txt", "OFADIR~1TXT");

	fixture_fat_short(at + n * 32, "OFADIR~1TXT", 0x20, 0, 0);
	fixture_fat_short(at + (n + 1) * 32, "\xe5LD     DOC", 0x20, 30, 10);
}

/* In a cluster that no directory goes on to, nothing but entries that are possible in all they say. */
static void test_pieces(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_16, 512, 5000));
	for (uint32_t cluster = 20; cluster < 30; cluster++)
		put_piece(&f, cluster);
	fixture_fat_chain(&f, 21, 1);                           /* in use */
	fixture_fat_cluster(&f, 22)[511] = 1;                   /* not zero behind the end */
	fixture_fat_slot(&f, 23, 2)[13] = 200;                  /* 2 seconds and more */
	put_le16(fixture_fat_slot(&f, 24, 2) + 22, 24 << 11);   /* an hour that is none */
	put_le16(fixture_fat_slot(&f, 25, 2) + 24, 0);          /* never modified */
	memcpy(fixture_fat_slot(&f, 26, 2), "OF DIR~1TXT", 11); /* a blank inside */
	put_le16(fixture_fat_slot(&f, 27, 3) + 20, 1);          /* a cluster of FAT32 */
	memset(fixture_fat_slot(&f, 28, 2), 0, 64);             /* names without a file */
	fixture_fat_short(fixture_fat_slot(&f, 29, 0), ".          ", 0x10, 40, 0); /* of another */
	fixture_list_of(&f, &seen);
	assert_int_equal(seen.damages, 0);
	assert_int_equal(seen.count, 3);
	assert_int_equal(fixture_list_find(&seen, "$Orphan/cluster 20")->entry.modified.ticks, 0);
	assert_true(
	    fixture_list_find(&seen, "$Orphan/cluster 20/of a directory.txt")->entry.is_deleted);
	assert_true(fixture_list_has(&seen, "$Orphan/cluster 20/_LD.DOC"));
}

/* The deleted entry of a directory with the bytes of its clusters as size. */
static void test_size_of_a_deleted_directory(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_16, 512, 5000));
	fixture_fat_short(fixture_fat_slot(&f, 0, 0), "\xe5IR1       ", 0x10, 10, 512);
	fixture_fat_short(fixture_fat_slot(&f, 0, 1), "\xe5IR2       ", 0x10, 11, 65536 * 32 + 1);
	fixture_fat_dots(&f, 10, 0);
	fixture_fat_short(fixture_fat_slot(&f, 10, 2), "\xe5NSIDE  TXT", 0x20, 0, 0);
	fixture_list_of(&f, &seen);
	assert_int_equal(fixture_list_find(&seen, "_IR1")->entry.size, 512);
	assert_true(fixture_list_has(&seen, "_IR1/_NSIDE.TXT"));
	assert_int_equal(seen.count, 2);
}

/* Windows shows no entry with the attribute of a label. */
static void test_files_as_labels(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	CLEANUP(free_memory) uint8_t *content = NULL;
	struct err damage;
	size_t len;

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_16, 512, 5000));
	fixture_fat_short(fixture_fat_slot(&f, 0, 0), "STICK      ", 0x08, 9, 0);
	fixture_fat_short(fixture_fat_slot(&f, 0, 1), "HIDDEN     ", 0x08, 12, 700);
	fixture_fat_chain(&f, 12, 2);
	memset(fixture_fat_cluster(&f, 12), 'x', 1024);
	fixture_fat_short(fixture_fat_slot(&f, 0, 2), "DIR        ", 0x10, 20, 0);
	fixture_fat_chain(&f, 20, 1);
	fixture_fat_dots(&f, 20, 0);
	fixture_fat_short(fixture_fat_slot(&f, 20, 2), "BELOW      ", 0x08, 0, 0);
	fixture_list_of(&f, &seen);
	const struct fat_entry *hidden = &fixture_list_find(&seen, "HIDDEN")->entry;

	assert_int_equal(hidden->kind, FAT_ENTRY_LABEL);
	assert_int_equal(hidden->size, 700);
	assert_int_equal(hidden->damage.kind, ERR_DAMAGED);
	content = fixture_list_content(&f, hidden, &len, &damage);
	assert_int_equal(len, 700);
	assert_int_equal(content[699], 'x');
	assert_int_equal(fixture_list_find(&seen, "DIR/BELOW")->entry.damage.kind, ERR_DAMAGED);
	assert_int_equal(fixture_list_find(&seen, "STICK")->entry.damage.kind, ERR_NONE);
	assert_int_equal(fixture_list_find(&seen, "STICK")->entry.cluster, 0);
}

/* The volume had clusters of one sector and was made anew with four: directories of then lie in sectors inside of those of now. */
static void test_earlier_layout(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	CLEANUP(source_close) struct source *raw = NULL;
	CLEANUP(fat_volume_close) struct fat_volume *volume = NULL;
	struct fat_recovered left;
	struct err err = {0};
	const uint32_t then = 2 + 18 * 4; /* what is cluster 20 now */

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_16, 512, 20000));
	f.at[13] = 4;
	put_piece(&f, then + 1);
	put_piece(&f, then + 2);
	fixture_fat_dots(&f, then + 5, 0);
	fixture_fat_short(fixture_fat_slot(&f, then + 5, 2), "\xe5LD     DOC", 0x20, 30, 10);
	fixture_fat_dots(&f, then + 7, 0); /* an empty one */
	put_piece(&f, then + 9);           /* in use */
	fixture_fat_set(&f, 22, FIXTURE_FAT_END);
	put_piece(&f, then + 13);
	fixture_fat_slot(&f, then + 13, 3)[11] = 0xff; /* an attribute that is none */
	fixture_list_of(&f, &seen);
	assert_int_equal(seen.damages, 0);
	assert_int_equal(seen.count, 2 + 4 + 1);
	uint64_t sector = f.g.data / 512 + then - 2;
	char path[64];

	snprintf(path, sizeof(path), "$Orphan/sector %u/_LD.DOC", (unsigned)sector + 1);
	const struct fat_entry *old = &fixture_list_find(&seen, path)->entry;

	assert_true(old->is_slack && old->is_deleted && old->is_lost);
	assert_int_equal(old->size, 10);
	assert_int_equal(old->cluster, 0); /* 30 was another one */
	snprintf(path, sizeof(path), "$Orphan/sector %u/of a directory.txt", (unsigned)sector + 1);
	assert_true(fixture_list_has(&seen, path));
	snprintf(path, sizeof(path), "$Orphan/sector %u", (unsigned)sector + 1);
	assert_int_equal(fixture_list_find(&seen, path)->entry.size, 1024);
	snprintf(path, sizeof(path), "$Orphan/sector %u/_LD.DOC", (unsigned)sector + 5);
	assert_true(fixture_list_has(&seen, path));
	/* Nothing can be said of where its data is. */
	raw = source_of_bytes((struct bytes){f.at, f.size});
	assert_true(fat_volume_open(raw, &volume, &err));
	assert_true(fat_recovery_of(volume, old, &left, &err));
	assert_int_equal(left.clusters, 0);
	assert_int_equal(left.result, FAT_RECOVERY_PARTIAL);
}

/* On a volume where the high half of a cluster may be lost: no cluster is none that was, and none is looked for. */
static void test_earlier_layout_of_a_large_volume(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	const uint32_t then = 2 + 18 * 2;
	char path[64];

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_32, 512, 140000));
	f.at[13] = 2;
	f.at[6 * 512 + 13] = 2;
	put_piece(&f, then + 1);
	fixture_list_of(&f, &seen);
	snprintf(
	    path, sizeof(path), "$Orphan/sector %u/_LD.DOC", (unsigned)(f.g.data / 512 + then - 1));
	const struct fat_entry *old = &fixture_list_find(&seen, path)->entry;

	assert_true(old->is_slack);
	assert_int_equal(old->size, 10);
	assert_false(old->is_high_lost);
}

static void test_earlier_layout_of_exfat(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};
	const uint32_t then = 2 + 18 * 2;
	size_t n = 0;

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_EX, 512, 200));
	f.at[109] = 1;
	put_le32(f.at + 92, 100);
	put_le32(f.at + 96, 3);
	fixture_fat_seal(&f);
	uint8_t *slot = fixture_fat_slot(&f, then + 1, 0);

	n += fixture_fat_set_of(slot, "was here", 0x20, 1, 9, 70);
	fixture_fat_unuse(slot, n);
	n += fixture_fat_set_of(slot + n * 32, "spoiled", 0x20, 1, 9, 70);
	slot[(n - 1) * 32 + 9] ^= 1; /* its checksum tells */
	fixture_list_of(&f, &seen);
	char path[64];

	snprintf(path, sizeof(path), "$Orphan/sector %u/was here",
	    (unsigned)(f.g.data / 512 + then - 1));
	assert_true(fixture_list_find(&seen, path)->entry.is_slack);
	assert_int_equal(fixture_list_find(&seen, path)->entry.cluster, 0);
	assert_int_equal(seen.count, 4); /* with bitmap and up-case table */
}

/* A deleted directory goes on in a cluster that no FAT leads to any more: it begins in the midst of a set. */
static void test_exfat_directory_in_pieces(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(fixture_list_free) struct fixture_list seen = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_EX, 512, 200));
	for (uint32_t cluster = 50; cluster < 54; cluster++) {
		uint8_t *slot = fixture_fat_slot(&f, cluster, 0);
		size_t rest = fixture_fat_set_of(slot, "half", 0x20, 1, 60, 70) - 1;

		memmove(slot, slot + 32, rest * 32);
		slot += rest * 32;
		memset(slot, 0, 32);
		fixture_fat_unuse(slot, fixture_fat_set_of(slot, "behind it", 0x20, 1, 70, 71));
	}
	fixture_fat_slot(&f, 51, 2)[9] ^= 1;   /* its checksum tells */
	fixture_fat_slot(&f, 52, 0)[0] = 0x7f; /* no part of a set */
	fixture_fat_chain(&f, 53, 1);          /* in use */
	fixture_list_of(&f, &seen);
	assert_true(fixture_list_find(&seen, "$Orphan/cluster 50/behind it")->entry.is_deleted);
	const struct fat_entry *half = &fixture_list_find(&seen, "$Orphan/cluster 50/half")->entry;

	assert_int_equal(half->cluster, 60);
	assert_int_equal(half->damage.kind, ERR_DAMAGED);
	assert_false(fixture_list_has(&seen, "$Orphan/cluster 51"));
	assert_false(fixture_list_has(&seen, "$Orphan/cluster 52"));
	assert_false(fixture_list_has(&seen, "$Orphan/cluster 53"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_earlier_layout),
	    cmocka_unit_test(test_earlier_layout_of_a_large_volume),
	    cmocka_unit_test(test_earlier_layout_of_exfat),
	    cmocka_unit_test(test_exfat_directory_in_pieces),
	    cmocka_unit_test(test_size_of_a_deleted_directory),
	    cmocka_unit_test(test_files_as_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
