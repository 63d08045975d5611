/* Boot sectors: sizes at their limits, and every field wrong. */
#include "tests/unit.h"

#include "formats/ntfs/ntfs.h"

#include <string.h>

/* A boot sector of a 1 GiB volume: 512 bytes a sector, 4 KiB clusters, 1 KiB records. */
static void make(uint8_t sector[512])
{
	memset(sector, 0, 512);
	memcpy(sector + 3, "NTFS    ", 8);
	put_le16(sector + 11, 512);               /* bytes per sector */
	sector[13] = 8;                           /* sectors per cluster */
	put_le64(sector + 40, 2097151);           /* sectors, without the backup's */
	put_le64(sector + 48, 4);                 /* cluster of $MFT */
	put_le64(sector + 56, 2);                 /* cluster of $MFTMirr */
	sector[64] = 0xf6;                        /* record size 2^10 */
	sector[68] = 0xf4;                        /* index size 2^12 */
	put_le64(sector + 72, 0xccf05c3df05cull); /* serial */
}

static bool parse(const uint8_t *sector, struct ntfs_geometry *g, struct err *err)
{
	return ntfs_boot_parse((struct bytes){.at = sector, .len = 512}, g, err);
}

static void test_usual(void **state)
{
	uint8_t sector[512];
	struct ntfs_geometry g;
	struct err err = {0};

	(void)state;
	make(sector);
	assert_true(parse(sector, &g, &err));
	assert_int_equal(g.sector_size, 512);
	assert_int_equal(g.cluster_size, 4096);
	assert_int_equal(g.record_size, 1024);
	assert_int_equal(g.index_size, 4096);
	assert_int_equal(g.sectors, 2097151);
	assert_int_equal(g.clusters, 262143);
	assert_int_equal(g.mft_cluster, 4);
	assert_int_equal(g.mirror_cluster, 2);
	assert_true(g.serial == 0xccf05c3df05cull);
}

static void test_cluster_sizes(void **state)
{
	static const struct {
		uint16_t sector;
		uint8_t code;
		uint32_t cluster; /* 0: refused */
	} cases[] = {{512, 1, 512}, {512, 0x80, 65536}, {512, 0xf4, 2 << 20}, {512, 0xf8, 131072},
	    {4096, 1, 4096}, {4096, 0xf7, 2 << 20}, {4096, 0xf6, 0}, {512, 0xf3, 0}, {512, 0, 0},
	    {512, 3, 0}, {512, 0x81, 0}, {256, 1, 0}, {256, 2, 512}, {128, 8, 0}, {8192, 1, 0},
	    {500, 8, 0}, {0, 8, 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t sector[512];
		struct ntfs_geometry g = {0};
		struct err err = {0};

		make(sector);
		put_le16(sector + 11, cases[i].sector);
		sector[13] = cases[i].code;
		assert_int_equal(parse(sector, &g, &err), cases[i].cluster != 0);
		assert_int_equal(g.cluster_size, cases[i].cluster);
		assert_int_equal(err.kind, cases[i].cluster ? ERR_NONE : ERR_DAMAGED);
	}
}

static void test_record_sizes(void **state)
{
	static const struct {
		uint8_t code;
		uint32_t size; /* with clusters of 4 KiB; 0: refused */
	} cases[] = {{0xf6, 1024}, {0xf4, 4096}, {0xf8, 256}, {0xf0, 65536}, {1, 4096}, {16, 65536},
	    {0xf9, 0}, {0xef, 0}, {0, 0}, {3, 0}, {17, 0}, {0x7f, 0}, {0x80, 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t sector[512];
		struct ntfs_geometry g = {0};

		make(sector);
		sector[64] = cases[i].code;
		assert_int_equal(parse(sector, &g, NULL), cases[i].size != 0);
		assert_int_equal(g.record_size, cases[i].size);
		make(sector);
		sector[68] = cases[i].code;
		assert_int_equal(parse(sector, &g, NULL), cases[i].size != 0);
	}
}

static void test_wrong(void **state)
{
	uint8_t sector[512];
	struct ntfs_geometry g;
	struct err err = {0};

	(void)state;
	make(sector);
	assert_false(ntfs_boot_parse((struct bytes){.at = sector, .len = 511}, &g, &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
	sector[3] = 'n'; /* the name of the file system */
	assert_false(parse(sector, &g, &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
	make(sector);
	put_le64(sector + 40, 0); /* no sectors */
	assert_false(parse(sector, &g, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	put_le64(sector + 40, UINT64_MAX / 512); /* offsets would not fit 63 bits */
	assert_false(parse(sector, &g, &err));
	make(sector);
	put_le64(sector + 48, 262143); /* $MFT outside; its mirror is not */
	assert_true(parse(sector, &g, &err));
	put_le64(sector + 56, UINT64_MAX); /* both outside */
	assert_false(parse(sector, &g, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_usual),
	    cmocka_unit_test(test_cluster_sizes),
	    cmocka_unit_test(test_record_sizes),
	    cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
