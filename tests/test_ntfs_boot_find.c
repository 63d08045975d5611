/* Boot sector and backup of which one is wrong, gone or elsewhere: the volume is read as the sound one says, and it is told. */
#include "tests/unit.h"

#include "core/array.h"
#include "formats/ntfs/ntfs.h"
#include "tests/fake_source.h"
#include "tests/fixture_ntfs.h"

#include <stdlib.h>
#include <string.h>

#define SECTOR   512u
#define CLUSTER  4096u
#define CLUSTERS 64u
#define RECORDS  24u
#define FILE_AT  20u /* its clusters, three */
#define BEHIND   ((size_t)1 << 20)

struct world {
	struct fixture_volume v;
	uint8_t *at; /* the volume, and room for as many bytes behind it */
	size_t size; /* as a source shows it */
	size_t backup;
};

static void put_file(struct fixture_volume *v, unsigned number, const char *name,
    const char *stream, uint64_t size, struct ntfs_run run)
{
	struct fixture_record r;
	struct fixture_extent extent = {.last_vcn = run.length - 1,
	    .size = size,
	    .allocated = run.length * CLUSTER,
	    .initialized = size,
	    .runs = &run,
	    .run_count = 1};

	fixture_record_begin(&r, 1024, number, 1, 1);
	fixture_record_standard(&r, 600);
	fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32_DOS, name);
	fixture_record_extent(&r, NTFS_DATA, stream, 2, &extent);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
}

static void world_new(struct world *w)
{
	struct fixture_volume *v = &w->v;

	assert_true(fixture_volume_new(v, SECTOR, CLUSTER, 1024, CLUSTERS, RECORDS));
	put_file(v, 1, "$MFTMirr", NULL, CLUSTER, (struct ntfs_run){.lcn = 1, .length = 1});
	put_file(v, 6, "$Bitmap", NULL, CLUSTERS / 8, (struct ntfs_run){.lcn = 12, .length = 1});
	put_file(v, 8, "$BadClus", "$Bad", CLUSTERS * CLUSTER,
	    (struct ntfs_run){.lcn = NTFS_HOLE, .length = CLUSTERS});
	put_file(
	    v, 12, "evidence", NULL, 3 * CLUSTER, (struct ntfs_run){.lcn = FILE_AT, .length = 3});
	memset(fixture_volume_cluster(v, FILE_AT), 'E', 3 * (size_t)CLUSTER);
	w->at = calloc(1, v->size + BEHIND);
	assert_non_null(w->at);
	memcpy(w->at, v->at, v->size);
	w->size = v->size;
	w->backup = v->size - SECTOR;
}

static void world_free(struct world *w)
{
	fixture_volume_free(&w->v);
	free(w->at);
}

static void check_file(struct ntfs_volume *volume)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	CLEANUP(source_close) struct source *content = NULL;
	uint8_t to[3 * CLUSTER];

	assert_int_equal(ntfs_mft_count(ntfs_volume_mft(volume)), RECORDS);
	assert_true(ntfs_entry_load(ntfs_volume_mft(volume), 12, &entry, NULL));
	assert_int_equal(entry.damage.kind, ERR_NONE);
	assert_true(ntfs_stream_open(volume, &entry,
	    ntfs_entry_stream(&entry, NTFS_DATA, (struct bytes){0}), &content, NULL));
	assert_true(source_read_exact(content, 0, to, sizeof(to), NULL));
	for (size_t i = 0; i < sizeof(to); i++)
		if (to[i] != 'E')
			assert_int_equal(to[i], 'E');
}

/* Opens it: all is read as it is. By what, is returned. */
static enum ntfs_boot check(const struct world *w)
{
	CLEANUP(source_close) struct source *raw = source_of_bytes((struct bytes){w->at, w->size});
	CLEANUP(ntfs_volume_close) struct ntfs_volume *volume = NULL;
	const struct ntfs_geometry *g;
	struct err why = {0};

	assert_true(ntfs_volume_open(raw, &volume, NULL));
	g = ntfs_volume_geometry(volume);
	assert_int_equal(g->sector_size, SECTOR);
	assert_int_equal(g->cluster_size, CLUSTER);
	assert_int_equal(g->record_size, 1024);
	assert_int_equal(g->index_size, 4096);
	assert_int_equal(g->clusters, CLUSTERS);
	assert_int_equal(g->mft_cluster, w->v.g.mft_cluster);
	assert_int_equal(g->mirror_cluster, w->v.g.mirror_cluster);
	assert_int_equal(ntfs_volume_boot_is_sound(volume, &why), g->boot == NTFS_BOOT_FIRST);
	assert_int_equal(why.kind, g->boot == NTFS_BOOT_FIRST ? ERR_NONE : ERR_DAMAGED);
	assert_true(ntfs_volume_is_whole(volume, NULL));
	check_file(volume);
	return g->boot;
}

/* Whether the sector says what the volume is. */
static bool is_right(const struct world *w, const uint8_t *sector)
{
	struct ntfs_geometry g;

	return ntfs_boot_parse((struct bytes){sector, SECTOR}, &g, NULL) &&
	       g.sector_size == SECTOR && g.cluster_size == CLUSTER && g.record_size == 1024 &&
	       g.index_size == 4096 && g.sectors == w->v.g.sectors &&
	       g.mft_cluster == w->v.g.mft_cluster && g.mirror_cluster == w->v.g.mirror_cluster &&
	       g.serial == w->v.g.serial;
}

/* Calls check() with each byte of that boot sector that tells of the volume as several others. */
static void each_byte(
    struct world *w, size_t sector, void (*judge)(const struct world *, size_t at, enum ntfs_boot))
{
	for (size_t at = 3; at < 80; at++) {
		uint8_t was = w->at[sector + at];
		const uint8_t values[] = {0, 1, 2, 4, 16, 0x7f, 0x80, 0xff, 0xf7,
		    (uint8_t)(was << 1), was >> 1, was ^ 1, was ^ 0x80, (uint8_t)~was};

		for (size_t i = 0; i < sizeof(values); i++) {
			w->at[sector + at] = values[i];
			judge(w, at, check(w));
		}
		w->at[sector + at] = was;
	}
}

static void judge_first(const struct world *w, size_t at, enum ntfs_boot boot)
{
	if (is_right(w, w->at))
		assert_int_equal(boot, NTFS_BOOT_FIRST);
	else if (at >= 72) /* nothing else tells the serial number */
		assert_int_equal(boot, NTFS_BOOT_EITHER);
	else
		assert_true(boot == NTFS_BOOT_BACKUP_FITS || boot == NTFS_BOOT_BACKUP);
}

static void judge_backup(const struct world *w, size_t at, enum ntfs_boot boot)
{
	if (at < 11 || is_right(w, w->at + w->backup)) /* as if there were none */
		assert_int_equal(boot, NTFS_BOOT_FIRST);
	else
		assert_int_equal(boot, at >= 72 ? NTFS_BOOT_EITHER : NTFS_BOOT_FIRST_FITS);
}

static void test_each_byte_of_the_first(void **state)
{
	struct world w;

	(void)state;
	world_new(&w);
	assert_int_equal(check(&w), NTFS_BOOT_FIRST);
	each_byte(&w, 0, judge_first);
	world_free(&w);
}

static void test_each_byte_of_the_backup(void **state)
{
	struct world w;

	(void)state;
	world_new(&w);
	each_byte(&w, w.backup, judge_backup);
	world_free(&w);
}

/* The image goes on behind the volume, by parts of a sector or by more than its sectors. */
static void test_bytes_behind_the_volume(void **state)
{
	static const size_t behind[] = {1, 100, 511, 512, 513, 4096, 70000, BEHIND};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(behind); i++) {
		struct world w;

		world_new(&w);
		w.size += behind[i];
		assert_int_equal(check(&w), NTFS_BOOT_FIRST);
		memset(w.at, 0, SECTOR);
		assert_int_equal(check(&w), NTFS_BOOT_BACKUP);
		memcpy(w.at, w.at + w.backup, SECTOR);
		w.at[41] ^=
		    0x03; /* sectors: the backup is where $BadClus says, not where this does */
		assert_int_equal(check(&w), NTFS_BOOT_BACKUP_FITS);
		w.at[41] ^= 0x03;
		w.at[13] = 16;
		assert_true(check(&w) >= NTFS_BOOT_BACKUP_FITS);
		world_free(&w);
	}
}

static void test_no_backup(void **state)
{
	struct world w;

	(void)state;
	world_new(&w);
	memset(w.at + w.backup, 0, SECTOR);
	assert_int_equal(check(&w), NTFS_BOOT_FIRST);
	w.at[12] = 4;
	assert_int_equal(check(&w), NTFS_BOOT_SEARCHED);
	w.at[12] = 2;
	w.at[41]++;
	assert_int_equal(check(&w), NTFS_BOOT_OTHER_SIZE);
	w.at[41]--;
	w.at[40] = 0x80;
	assert_int_equal(check(&w), NTFS_BOOT_OTHER_SIZE);
	world_free(&w);
}

/* A volume that was made smaller than its partition, by a program that wrote no backup: that of former times lies at the end still. */
static void test_old_backup(void **state)
{
	struct world w;
	uint8_t *old;

	(void)state;
	world_new(&w);
	w.size += BEHIND;
	memset(w.at + w.backup, 0, SECTOR);
	old = w.at + w.size - SECTOR;
	memcpy(old, w.at, SECTOR);
	put_le64(old + 40, w.size / SECTOR - 1);
	assert_int_equal(check(&w), NTFS_BOOT_FIRST);
	world_free(&w);
}

/* What is sound costs two reads; a backup that cannot be read, as the last sector of a running Windows, three, and is no damage. */
static void test_cost(void **state)
{
	struct world w;

	(void)state;
	world_new(&w);
	for (unsigned i = 0; i < 2; i++) {
		struct fake_source *raw = fake_source_new((struct bytes){w.at, w.size});
		struct ntfs_geometry g;

		raw->bad_from = i ? w.backup : 0;
		raw->bad_len = i ? SECTOR : 0;
		assert_true(ntfs_geometry_find(&raw->source, &g, NULL));
		assert_int_equal(g.boot, NTFS_BOOT_FIRST);
		assert_int_equal(raw->reads, 2 + i);
		source_close(&raw->source);
	}
	world_free(&w);
}

/* $MFT's own record is damaged as well: the mirror tells which boot sector fits. */
static void test_damaged_record(void **state)
{
	struct world w;

	(void)state;
	world_new(&w);
	memcpy(w.at + w.v.g.mft_cluster * CLUSTER, "BAAD", 4);
	assert_int_equal(check(&w), NTFS_BOOT_FIRST);
	w.at[13] = 16;
	assert_int_equal(check(&w), NTFS_BOOT_BACKUP_FITS);
	w.at[13] = 8;
	w.at[64] = 0xf7;
	assert_int_equal(check(&w), NTFS_BOOT_BACKUP_FITS);
	world_free(&w);
}

/* What is no NTFS at all is called what it is; why it cannot be read, if so. */
static void test_nothing_there(void **state)
{
	static uint8_t zeros[1 << 20];
	struct fake_source *raw = fake_source_new((struct bytes){zeros, sizeof(zeros)});
	struct ntfs_geometry g;
	struct err err = {0};

	(void)state;
	assert_false(ntfs_geometry_find(&raw->source, &g, &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
	assert_string_equal(err.text, "not NTFS but not formatted");
	raw->bad_len = sizeof(zeros);
	assert_false(ntfs_geometry_find(&raw->source, &g, &err));
	assert_int_equal(err.kind, ERR_IO);
	source_close(&raw->source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_byte_of_the_first),
	    cmocka_unit_test(test_each_byte_of_the_backup),
	    cmocka_unit_test(test_bytes_behind_the_volume),
	    cmocka_unit_test(test_no_backup),
	    cmocka_unit_test(test_old_backup),
	    cmocka_unit_test(test_cost),
	    cmocka_unit_test(test_damaged_record),
	    cmocka_unit_test(test_nothing_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
