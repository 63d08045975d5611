/* Drive letters of partitions out of the SYSTEM hive of the Windows on the disk, and the names of types. */
#include "tests/unit.h"

#include "formats/disk/disk.h"
#include "tests/fake_source.h"
#include "tests/fixture_disk.h"
#include "tests/fixture_hive.h"
#include "tests/fixture_ntfs.h"

#include <stdlib.h>
#include <string.h>

#define DISK_LEN  ((size_t)1 << 20)
#define SIGNATURE 0x0badcafeu
#define FIRST     64u /* sectors: where the partitions begin, and how long they are */
#define SECOND    1024u
#define SECTORS   512u
#define HIVE_AT   100u /* cluster of 512 bytes */

#define PARTITIONS 100u
#define READS_MAX  1000000u

static uint8_t image[DISK_LEN];

static void put_directory(
    struct fixture_volume *v, uint64_t record, uint64_t parent, const char *name, const char *child)
{
	uint8_t entries[256] = {0};
	uint8_t root[512] = {0};
	struct fixture_record r;
	size_t pos = 0;

	fixture_index_entry(entries, &pos, record + 1, 1, child, UINT64_MAX);
	fixture_index_entry(entries, &pos, 0, 0, NULL, UINT64_MAX);
	size_t len = fixture_index_root(root, 4096, entries, pos, false);

	fixture_record_begin(&r, 1024, record, record == 5 ? 5 : 1, 3);
	fixture_record_standard(&r, 100);
	fixture_record_name(&r, parent, parent == 5 ? 5 : 1, NTFS_NAME_WIN32, name);
	fixture_record_resident(&r, NTFS_INDEX_ROOT, "$I30", 2, root, len);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
}

/* Windows/System32/config/SYSTEM with those bytes, as a volume at the sector. */
static void put_volume(uint32_t sector, struct bytes bytes)
{
	struct fixture_volume v;
	struct fixture_record r;

	assert_true(fixture_volume_new(&v, 512, 512, 1024, SECTORS - 1, 12));
	put_directory(&v, 5, 5, ".", "Windows");
	put_directory(&v, 6, 5, "Windows", "System32");
	put_directory(&v, 7, 6, "System32", "config");
	put_directory(&v, 8, 7, "config", "SYSTEM");
	struct ntfs_run run = {.lcn = HIVE_AT, .length = (bytes.len + 511) / 512};
	struct fixture_extent extent = {.last_vcn = run.length - 1,
	    .size = bytes.len,
	    .allocated = run.length * 512,
	    .initialized = bytes.len,
	    .runs = &run,
	    .run_count = 1};

	fixture_record_begin(&r, 1024, 9, 1, 1);
	fixture_record_standard(&r, 100);
	fixture_record_name(&r, 8, 1, NTFS_NAME_WIN32, "SYSTEM");
	fixture_record_extent(&r, NTFS_DATA, NULL, 2, &extent);
	fixture_record_end(&r);
	fixture_volume_put(&v, &r);
	assert_true(HIVE_AT * 512 + bytes.len < v.size - 512);
	memcpy(fixture_volume_cluster(&v, HIVE_AT), bytes.at, bytes.len);
	assert_true(v.size <= SECTORS * 512);
	memcpy(image + (size_t)sector * 512, v.at, v.size);
	fixture_volume_free(&v);
}

static void put_windows(uint32_t sector, struct fixture_hive *hive)
{
	CLEANUP(text_free) struct text bytes = {0};

	assert_true(fixture_hive_write(hive, &bytes));
	put_volume(sector, text_bytes(&bytes));
	fixture_hive_free(hive);
}

static struct fixture_hive hive;
static int mounted;

static void hive_begin(void)
{
	static const char *const parts[] = {"MountedDevices", NULL};

	hive = (struct fixture_hive){.name = "SYSTEM", .time = 1};
	mounted = fixture_hive_key(&hive, parts);
}

static void say_mbr(const char *name, uint32_t signature, uint64_t offset)
{
	uint8_t value[12];

	put_le32(value, signature);
	put_le64(value + 4, offset);
	fixture_hive_binary(&hive, mounted, name, (struct bytes){value, sizeof(value)});
}

static void say_gpt(const char *name, uint8_t guid)
{
	uint8_t value[24] = "DMIO:ID:";

	memset(value + 8, guid, 16);
	fixture_hive_binary(&hive, mounted, name, (struct bytes){value, sizeof(value)});
}

static void put_mbr(void)
{
	memset(image, 0, sizeof(image));
	put_le32(image + 440, SIGNATURE);
	fixture_mbr_entry(image, 0, 0x80, 7, FIRST, SECTORS);
	fixture_mbr_entry(image, 1, 0, 7, SECOND, SECTORS);
}

static void letters_are(char first, char second)
{
	CLEANUP(source_close) struct source *raw = source_of_bytes((struct bytes){image, DISK_LEN});
	CLEANUP(disk_free) struct disk disk = {0};
	char letters[2] = {'?', '?'};

	assert_non_null(raw);
	assert_true(disk_read(raw, &disk, NULL));
	assert_int_equal(disk.count, 2);
	disk_letters(raw, &disk, letters);
	assert_int_equal(letters[0], first);
	assert_int_equal(letters[1], second);
}

static void test_mbr(void **state)
{
	(void)state;
	put_mbr();
	letters_are(0, 0); /* no Windows there */
	hive_begin();
	say_mbr("\\DosDevices\\C:", SIGNATURE, FIRST * 512);
	say_mbr("\\DosDevices\\E:", SIGNATURE, SECOND * 512);
	say_mbr("\\DosDevices\\F:", SIGNATURE, SECOND * 512); /* one has no two letters */
	put_windows(FIRST, &hive);
	letters_are('C', 'E');
	put_le32(image + 440, SIGNATURE + 1); /* of another disk */
	letters_are(0, 0);
}

static void test_odd_values(void **state)
{
	(void)state;
	put_mbr();
	hive_begin();
	say_mbr("\\DosDevices\\C:", SIGNATURE, FIRST * 512 + 512);
	say_mbr("\\??\\Volume{00000000-0000-0000-0000-000000000000}", SIGNATURE, FIRST * 512);
	say_gpt("\\DosDevices\\G:", 0);
	fixture_hive_binary(&hive, mounted, "\\DosDevices\\H:", (struct bytes){0});
	fixture_hive_string(&hive, mounted, "\\DosDevices\\I:", "_??_USBSTOR#Disk");
	say_mbr("\\DosDevices\\Z:", SIGNATURE, SECOND * 512);
	put_windows(SECOND, &hive);
	letters_are(0, 'Z');
}

/* Two installations, each C: to itself: the first on the disk is right, the other fills in what it does not say. */
static void test_two_that_disagree(void **state)
{
	(void)state;
	put_mbr();
	hive_begin();
	say_mbr("\\DosDevices\\C:", SIGNATURE, FIRST * 512);
	put_windows(FIRST, &hive);
	hive_begin();
	say_mbr("\\DosDevices\\C:", SIGNATURE, SECOND * 512);
	say_mbr("\\DosDevices\\D:", SIGNATURE, FIRST * 512);
	put_windows(SECOND, &hive);
	letters_are('C', 0);
	hive_begin();
	say_mbr("\\DosDevices\\X:", SIGNATURE, SECOND * 512);
	put_windows(SECOND, &hive);
	letters_are('C', 'X');
}

static void test_gpt(void **state)
{
	static const struct fixture_gpt_entry entries[] = {
	    {FIRST, FIRST + SECTORS - 1, 0x11, 0xa1, "one"},
	    {SECOND, SECOND + SECTORS - 1, 0x11, 0xa2, "two"}};

	(void)state;
	memset(image, 0, sizeof(image));
	fixture_gpt(image, sizeof(image), 512, entries, 2);
	hive_begin();
	say_gpt("\\DosDevices\\C:", 0xa2);
	say_gpt("\\DosDevices\\D:", 0xa3);
	say_mbr("\\DosDevices\\E:", 0, FIRST * 512); /* that is how an MBR disk would be called */
	put_windows(SECOND, &hive);
	letters_are(0, 'C');
}

/* Behind the hive a list of its first value, again and again. */
static void repeat_value(struct text *bytes, uint32_t count)
{
	size_t list = bytes->len;

	for (uint32_t i = 0; i <= count; i++)
		text_add(bytes, (struct bytes){(const uint8_t[4]){0}, 4});
	assert_false(bytes->failed);
	uint8_t *file = (uint8_t *)bytes->at;
	uint8_t *key = file + 4096 + hive.keys[mounted].cell + 4;
	uint32_t value = le32(file + 4096 + le32(key + 40) + 4);

	put_le32(file + list, 0u - 4 * (count + 1));
	for (uint32_t i = 1; i <= count; i++)
		put_le32(file + list + (size_t)4 * i, value);
	put_le32(key + 36, count);
	put_le32(key + 40, (uint32_t)list - 4096);
	put_le32(file + 40, (uint32_t)bytes->len - 4096);
}

/* A hundred partitions that are one and the same, its hive with a list of values without end: what they cost stays bounded. */
static void test_hostile_lists(void **state)
{
	static struct fixture_gpt_entry entries[PARTITIONS];
	CLEANUP(text_free) struct text bytes = {0};
	CLEANUP(disk_free) struct disk disk = {0};
	char letters[PARTITIONS];

	(void)state;
	for (uint8_t i = 0; i < PARTITIONS; i++)
		entries[i] = (struct fixture_gpt_entry){
		    FIRST, FIRST + SECTORS - 1, 0x11, (uint8_t)(i + 1), "same"};
	memset(image, 0, sizeof(image));
	fixture_gpt(image, sizeof(image), 512, entries, PARTITIONS);
	hive_begin();
	say_gpt("\\DosDevices\\Q:", 7);
	assert_true(fixture_hive_write(&hive, &bytes));
	repeat_value(&bytes, 20000);
	put_volume(FIRST, text_bytes(&bytes));
	fixture_hive_free(&hive);
	struct fake_source *raw = fake_source_new((struct bytes){image, DISK_LEN});

	assert_non_null(raw);
	assert_true(disk_read(&raw->source, &disk, NULL));
	assert_int_equal(disk.count, PARTITIONS);
	raw->reads = 0;
	disk_letters(&raw->source, &disk, letters);
	assert_int_equal(letters[6], 'Q');
	assert_in_range(raw->reads, 1, READS_MAX);
	source_close(&raw->source);
}

static void test_guid_text(void **state)
{
	static const uint8_t guid[] = {0x16, 0xe3, 0xc9, 0xe3, 0x5c, 0x0b, 0xb8, 0x4d, 0x81, 0x7d,
	    0xf9, 0x2d, 0xf0, 0x02, 0x15, 0xae};
	struct disk_partition partition = {0};
	char text[DISK_GUID_ROOM];

	(void)state;
	disk_guid_text(guid, text);
	assert_string_equal(text, "{E3C9E316-0B5C-4DB8-817D-F92DF00215AE}");
	memcpy(partition.type_guid, guid, sizeof(guid));
	assert_string_equal(disk_type_name(&partition), "Microsoft reserved");
	assert_true(disk_type_is_empty(&partition));
	assert_false(disk_type_is_part(&partition));
	assert_true(disk_type_is_part(&(struct disk_partition){.type = 0x42}));
	assert_false(disk_type_is_part(&(struct disk_partition){.type = 7}));
	partition.type_guid[0]++;
	assert_null(disk_type_name(&partition));
	assert_false(disk_type_is_empty(&partition));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mbr),
	    cmocka_unit_test(test_odd_values),
	    cmocka_unit_test(test_two_that_disagree),
	    cmocka_unit_test(test_gpt),
	    cmocka_unit_test(test_hostile_lists),
	    cmocka_unit_test(test_guid_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
