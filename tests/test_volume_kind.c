/* What first sectors say. */
#include "tests/unit.h"

#include "formats/volume_kind.h"
#include "tests/fake_source.h"
#include "tests/fixture_fat.h"
#include "tests/fixture_ntfs.h"

#include <stdlib.h>
#include <string.h>

static uint8_t head[64 << 10];

static enum volume_kind kind_of(size_t len)
{
	struct source *source = source_of_bytes((struct bytes){.at = head, .len = len});
	enum volume_kind kind = VOLUME_UNKNOWN;

	assert_non_null(source);
	assert_true(volume_kind_of(source, &kind, NULL));
	source_close(source);
	return kind;
}

static void put(size_t at, const void *what, size_t len)
{
	memcpy(head + at, what, len);
}

static void clear(void)
{
	memset(head, 0, sizeof(head));
	put(510, "\x55\xaa", 2);
}

static void test_names(void **state)
{
	(void)state;
	clear();
	put(3, "NTFS    ", 8);
	assert_int_equal(kind_of(512), VOLUME_NTFS);
	put(3, "-FVE-FS-", 8);
	assert_int_equal(kind_of(512), VOLUME_BITLOCKER);
	clear();
	put(3, "ReFS\0\0\0\0", 8);
	assert_int_equal(kind_of(sizeof(head)), VOLUME_REFS);
	put(3, "EXFAT   ", 8);
	assert_int_equal(kind_of(sizeof(head)), VOLUME_EXFAT);
}

/* A FAT volume; BitLocker To Go looks like one but for its GUID. */
static void test_fat(void **state)
{
	static const uint8_t guid[] = {0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a, 0x83, 0x99,
	    0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01};

	(void)state;
	clear();
	put(0, "\xeb\x58\x90MSWIN4.1", 11);
	put(11, "\0\2", 2);                                      /* 512 bytes a sector */
	head[13] = 8;                                            /* sectors a cluster */
	head[14] = 32;                                           /* reserved sectors */
	head[16] = 2;                                            /* tables */
	head[21] = 0xf8;                                         /* medium */
	assert_int_not_equal(kind_of(sizeof(head)), VOLUME_FAT); /* no sectors, no tables */
	put_le32(head + 32, 100000);                             /* sectors */
	put_le32(head + 36, 100);                                /* of a FAT */
	assert_int_equal(kind_of(sizeof(head)), VOLUME_FAT);
	put(424, guid, sizeof(guid));
	assert_int_equal(kind_of(sizeof(head)), VOLUME_BITLOCKER);
	put(3, "MSDOS5.0", 8); /* the GUID counts only with its name */
	assert_int_equal(kind_of(sizeof(head)), VOLUME_FAT);
	head[13] = 7;
	assert_int_not_equal(kind_of(sizeof(head)), VOLUME_FAT);
	head[13] = 8;
	put_le32(head + 32, 100); /* fewer than what comes before the clusters */
	assert_int_not_equal(kind_of(sizeof(head)), VOLUME_FAT);
}

/* Told by their marks; but a partition table that was made later counts more than what it left. */
static void test_linux(void **state)
{
	(void)state;
	memset(head, 0, sizeof(head));
	put(1024 + 56, "\x53\xef", 2);
	assert_int_equal(kind_of(sizeof(head)), VOLUME_LINUX);
	put(446, "\x80\0\0\0\7\0\0\0\0\0\1\0\0\0\1\0", 16);
	put(510, "\x55\xaa", 2);
	assert_int_equal(kind_of(sizeof(head)), VOLUME_DISK);
	memset(head, 0, sizeof(head));
	put(0, "LUKS\xba\xbe", 6);
	assert_int_equal(kind_of(sizeof(head)), VOLUME_LINUX);
	memset(head, 0, sizeof(head));
	put(4086, "SWAPSPACE2", 10);
	assert_int_equal(kind_of(sizeof(head)), VOLUME_LINUX);
}

static void test_disks(void **state)
{
	(void)state;
	clear();
	assert_int_equal(kind_of(sizeof(head)), VOLUME_EMPTY_DISK);
	put(446, "\x80\0\0\0\7\0\0\0\0\0\1\0\0\0\1\0", 16);
	assert_int_equal(kind_of(sizeof(head)), VOLUME_DISK);
	head[446] = 0x81; /* no boot flag */
	assert_int_equal(kind_of(sizeof(head)), VOLUME_UNKNOWN);
	head[446 + 10] = 0;
	head[446 + 8] = 64;
	put(64 * 512 + 510, "\x55\xaa", 2);
	assert_int_equal(kind_of(sizeof(head)), VOLUME_DISK); /* but it leads to a boot record */
	put(64 * 512 + 510, "\0\0", 2);
	put(512, "EFI PART", 8); /* a GPT counts whatever the first sector says */
	assert_int_equal(kind_of(sizeof(head)), VOLUME_DISK);
	memset(head + 512, 0, 8);
	put(4096, "EFI PART", 8); /* sectors of 4 KiB */
	assert_int_equal(kind_of(sizeof(head)), VOLUME_DISK);
}

/* BitLocker To Go: the places of its metadata, which stand where a table would, make one to look at. */
static void test_to_go_like_a_table(void **state)
{
	static const uint8_t guid[] = {0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a, 0x83, 0x99,
	    0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01};

	(void)state;
	memset(head, 0, sizeof(head));
	put(3, "MSWIN4.1", 8);
	put(424, guid, sizeof(guid));
	put_le64(head + 440, 0x4000);
	put_le64(head + 448, 0x88000);
	put_le64(head + 456, 0x10000);
	put(510, "\x55\xaa", 2);
	put(0x4000, "-FVE-FS-", 8);
	assert_int_equal(kind_of(sizeof(head)), VOLUME_BITLOCKER);
	memset(head + 0x4000, 0, 8); /* where the image ends before them, too */
	assert_int_equal(kind_of(sizeof(head)), VOLUME_BITLOCKER);
}

static void test_nothing(void **state)
{
	(void)state;
	memset(head, 0, sizeof(head));
	assert_int_equal(kind_of(sizeof(head)), VOLUME_UNFORMATTED);
	assert_int_equal(kind_of(511), VOLUME_UNKNOWN);
	assert_int_equal(kind_of(0), VOLUME_UNKNOWN);
	memset(head, 0xf6, sizeof(head));
	assert_int_equal(kind_of(sizeof(head)), VOLUME_UNFORMATTED);
	head[60000] = 1;
	assert_int_equal(kind_of(sizeof(head)), VOLUME_UNKNOWN);
}

static bool failing_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	(void)self, (void)offset, (void)to, (void)len;
	*got = 0;
	return fail(err, ERR_IO, "no such luck");
}

static void test_unreadable(void **state)
{
	struct source source = {.size = 1 << 20, .read = failing_read};
	enum volume_kind kind = VOLUME_UNKNOWN;
	struct err err = {0};

	(void)state;
	assert_false(volume_kind_of(&source, &kind, &err));
	assert_int_equal(err.kind, ERR_IO);
}

/* A first sector that cannot be read is no worse than one of zeros: the backup tells. */
static void assert_kind_unread(const uint8_t *at, size_t size, size_t bad, enum volume_kind told)
{
	struct fake_source *fake = fake_source_new((struct bytes){at, size});
	enum volume_kind kind = VOLUME_UNKNOWN;
	struct err err = {0};

	assert_non_null(fake);
	fake->bad_len = bad;
	assert_int_equal(volume_kind_of(&fake->source, &kind, &err), told != VOLUME_UNKNOWN);
	assert_int_equal(kind, told);
	assert_int_equal(err.kind, told == VOLUME_UNKNOWN ? ERR_IO : ERR_NONE);
	source_close(&fake->source);
}

static void test_unreadable_start(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat fat = {0}, ex = {0};
	CLEANUP(fixture_volume_free) struct fixture_volume ntfs = {0};

	(void)state;
	assert_true(fixture_fat_new(&fat, FAT_32, 512, 70000));
	assert_kind_unread(fat.at, fat.size, 512, VOLUME_FAT);
	assert_kind_unread(fat.at, fat.size, 4096, VOLUME_UNKNOWN);
	assert_true(fixture_fat_new(&ex, FAT_EX, 512, 300));
	assert_kind_unread(ex.at, ex.size, 4096, VOLUME_EXFAT);
	assert_true(fixture_volume_sample(&ntfs));
	assert_kind_unread(ntfs.at, ntfs.size, 512, VOLUME_NTFS);
	clear();
	assert_kind_unread(head, sizeof(head), 512, VOLUME_UNKNOWN);
}

static void test_every_kind_has_a_name(void **state)
{
	(void)state;
	for (int kind = VOLUME_UNKNOWN; kind <= VOLUME_UNFORMATTED; kind++)
		assert_non_null(volume_kind_name((enum volume_kind)kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_fat),
	    cmocka_unit_test(test_linux),
	    cmocka_unit_test(test_disks),
	    cmocka_unit_test(test_to_go_like_a_table),
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_unreadable),
	    cmocka_unit_test(test_unreadable_start),
	    cmocka_unit_test(test_every_kind_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
