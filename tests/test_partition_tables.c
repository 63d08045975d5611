/* Collector "partition-tables": which sectors of a disk it takes, under which names. */
#include "tests/unit.h"

#include "collectors/collection.h"
#include "tests/fixture_disk.h"

#include <stdio.h>
#include <string.h>

#define MIB ((size_t)1 << 20)

static uint8_t image[4 << 20];
static char taken[1024]; /* "name size" of each */

static void note(void *context, struct bytes name, uint64_t size)
{
	size_t len = strlen(taken);

	(void)context;
	/* How long the lines are is for the end-to-end test. */
	if (name.len > 6 && memcmp(name.at + name.len - 6, ".jsonl", 6) == 0)
		size = size > 0;
	(void)snprintf(taken + len, sizeof(taken) - len, "%.*s %llu\n", (int)name.len,
	    (const char *)name.at, (unsigned long long)size);
}

static void run_on(struct volume_set *set)
{
	CLEANUP(collection_free) struct collection *collection = NULL;
	struct collection_plan plan = {
	    .volumes = set, .profile = "partition-tables", .would_take = note};
	struct err err = {0};

	taken[0] = 0;
	assert_true(collection_new(&plan, &collection, &err));
	collect_partition_tables.run(collection);
}

static void add_disk(struct volume_set *set, size_t len)
{
	struct source *raw = source_of_bytes((struct bytes){image, len});
	struct disk table = {0};
	struct err err = {0};

	assert_non_null(raw);
	assert_true(disk_read(raw, &table, &err));
	assert_true(volume_set_add_disk(set, "disk.img", false, raw, &table, &err));
}

static void test_sectors(void **state)
{
	CLEANUP(volume_set_free) struct volume_set set = {0};
	static const struct fixture_gpt_entry entries[] = {{64, 127, 0x11, 0xa1, "one"}};

	(void)state;
	run_on(&set);
	assert_string_equal(taken, "");
	memset(image, 0, sizeof(image)); /* a wide gap is cut, a narrow one is not */
	fixture_mbr_entry(image, 0, 0, 7, 6000, 100);
	add_disk(&set, 4 * MIB);
	fixture_mbr_entry(image, 0, 0, 7, 63, 100);
	add_disk(&set, 4 * MIB);
	memset(image, 0, sizeof(image));
	fixture_gpt(image, 2 * MIB, 4096, entries, 1);
	add_disk(&set, 2 * MIB);
	run_on(&set);
	assert_string_equal(taken, "fs/$disk_0/first-sectors 1048576\n"
				   "fs/$disk_0/last-sectors 16896\n"
				   "fs/$disk_0/partitions.jsonl 1\n"
				   "fs/$disk_1/first-sectors 32256\n"
				   "fs/$disk_1/last-sectors 16896\n"
				   "fs/$disk_1/partitions.jsonl 1\n"
				   "fs/$disk_2/first-sectors 262144\n"
				   "fs/$disk_2/last-sectors 20480\n"
				   "fs/$disk_2/partitions.jsonl 1\n");
}

/* Where the first partition begins at once, what a table needs is taken all the same; a short disk is no trouble. */
static void test_least(void **state)
{
	CLEANUP(volume_set_free) struct volume_set set = {0};

	(void)state;
	memset(image, 0, sizeof(image));
	fixture_mbr_entry(image, 0, 0, 7, 1, 10);
	add_disk(&set, 30 * 512);
	run_on(&set);
	assert_string_equal(
	    taken, "fs/$disk_0/first-sectors 15360\nfs/$disk_0/partitions.jsonl 1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sectors),
	    cmocka_unit_test(test_least),
	};

	return cmocka_run_group_tests_name("partition-tables", tests, NULL, NULL);
}
