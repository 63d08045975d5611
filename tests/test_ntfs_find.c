/* Paths through directory indexes: names that differ in case alone, lone surrogates, hard links, 100,000 names. */
#include "tests/unit.h"

#include "formats/ntfs/ntfs.h"
#include "tests/fixture_ntfs.h"

#include <stdlib.h>
#include <time.h>

#define BLOCK 4096u
#define FILES 100000u
#define LEAF  28u /* names in a node, which has a child more */

struct sample {
	struct fixture_volume v;
	struct source *raw;
	struct ntfs_volume *volume;
};

/* The root directory with these names; NULL ends them; records are 20, 21 … */
static void put_root(struct sample *s, const char *const *names, unsigned records)
{
	struct fixture_record r;
	uint8_t entries[800] = {0};
	uint8_t root[900] = {0};
	size_t pos = 0;

	for (unsigned i = 0; names[i]; i++)
		fixture_index_entry(entries, &pos, 20 + i % records, 1, names[i], UINT64_MAX);
	fixture_index_entry(entries, &pos, 0, 0, NULL, UINT64_MAX);
	fixture_record_begin(&r, 1024, 5, 5, 3);
	fixture_record_standard(&r, 200);
	fixture_record_resident(&r, NTFS_INDEX_ROOT, "$I30", 2, root,
	    fixture_index_root(root, BLOCK, entries, pos, false));
	fixture_record_end(&r);
	fixture_volume_put(&s->v, &r);
}

static void open_volume(struct sample *s)
{
	s->raw = source_of_bytes((struct bytes){s->v.at, s->v.size});
	assert_true(ntfs_volume_open(s->raw, &s->volume, NULL));
}

/* A volume with these names in its root, opened. */
static void make(struct sample *s, const char *const *names, unsigned records)
{
	*s = (struct sample){0};
	assert_true(fixture_volume_new(&s->v, 512, 512, 1024, 96, 32));
	put_root(s, names, records);
	open_volume(s);
}

static void end(struct sample *s)
{
	ntfs_volume_close(s->volume);
	source_close(s->raw);
	fixture_volume_free(&s->v);
}

static uint64_t find(struct sample *s, const char *path)
{
	struct ntfs_reference file = {0};
	struct err err = {0};

	if (!ntfs_find(s->volume, bytes_of(path), &file, &err))
		assert_int_equal(err.kind, ERR_MISSING);
	return file.record;
}

struct counter {
	struct ntfs_lister lister;
	unsigned count;
	uint64_t sum;
};

static bool count_each(struct ntfs_lister *lister, struct ntfs_reference file,
    const struct ntfs_name *name, struct err *err)
{
	struct counter *counter = (struct counter *)lister;

	(void)name, (void)err;
	counter->count++;
	counter->sum += file.record;
	return true;
}

static void count_damage(struct ntfs_lister *lister, const struct err *why)
{
	(void)lister, (void)why;
	assert_true(false);
}

static unsigned count_root(struct sample *s)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	struct counter counter = {.lister = {count_each, count_damage}};

	assert_true(ntfs_entry_load(ntfs_volume_mft(s->volume), 5, &entry, NULL));
	assert_true(ntfs_list(s->volume, &entry, &counter.lister, NULL));
	return counter.count;
}

static void test_names_that_differ_in_case_alone(void **state)
{
	static const char *const names[] = {"CASE.TXT", "Case.txt", "case.txt", "Other.txt", NULL};
	struct sample s;

	(void)state;
	make(&s, names, 8);
	assert_int_equal(count_root(&s), 4);
	assert_int_equal(find(&s, "CASE.TXT"), 20);
	assert_int_equal(find(&s, "Case.txt"), 21);
	assert_int_equal(find(&s, "case.txt"), 22);
	assert_int_equal(find(&s, "cAsE.txt"), 20); /* none is spelled so: the first */
	assert_int_equal(find(&s, "other.TXT"), 23);
	assert_int_equal(find(&s, "none"), 0);
	end(&s);
}

/* The same with a table of upper case in which U+FE00 is that of U+FE01, and the units from U+4E00 on are all 0 but
 * for the first `kept` of 20,992. */
static void make_with_upcase(struct sample *s, const char *const *names, uint32_t kept)
{
	enum { CLUSTER = 4096, AT = 60, UNITS = 65536 };
	struct ntfs_run run = {.lcn = AT, .length = 2 * UNITS / CLUSTER};
	struct fixture_extent extent = {.last_vcn = run.length - 1,
	    .size = (uint64_t)2 * UNITS,
	    .allocated = (uint64_t)2 * UNITS,
	    .initialized = (uint64_t)2 * UNITS,
	    .runs = &run,
	    .run_count = 1};
	struct fixture_record r;

	*s = (struct sample){0};
	assert_true(fixture_volume_new(&s->v, 512, CLUSTER, 1024, 96, 32));
	put_root(s, names, 8);
	fixture_record_begin(&r, 1024, 10, 10, 1);
	fixture_record_standard(&r, 200);
	fixture_record_extent(&r, NTFS_DATA, "", 1, &extent);
	fixture_record_end(&r);
	fixture_volume_put(&s->v, &r);
	uint8_t *table = fixture_volume_cluster(&s->v, AT);

	for (uint32_t i = 0; i < UNITS; i++) {
		uint32_t upper = i >= 'a' && i <= 'z' ? i - 'a' + 'A' : i;

		upper = i == 0xfe01 ? 0xfe00 : upper;
		put_le16(table + (size_t)2 * i,
		    (uint16_t)(i >= 0x4e00 + kept && i < 0xa000 ? 0 : upper));
	}
	open_volume(s);
}

/* The volume's own table is asked, when it is one: clusters of it may have been written to by something else. */
static void test_table_of_upper_case(void **state)
{
	static const char *const names[] = {"\xef\xb8\x80.txt", "\xe4\xb8\x80.txt", NULL};
	struct sample s;

	(void)state;
	make_with_upcase(&s, names, 20992);
	assert_int_equal(find(&s, "\xef\xb8\x81.TXT"), 20);
	assert_int_equal(find(&s, "\xe4\xb8\x81.txt"), 0);
	end(&s);
	make_with_upcase(&s, names, 0);
	assert_int_equal(find(&s, "\xef\xb8\x80.TXT"), 20);
	assert_int_equal(find(&s, "\xef\xb8\x81.TXT"), 0);
	assert_int_equal(find(&s, "\xe4\xb8\x81.txt"), 0);
	end(&s);
}

static void test_lone_surrogates(void **state)
{
	static const char *const names[] = {"\xed\xa0\x80.txt", "\xed\xb0\x80", "\xf0\x90\x80\x80",
	    "a\xed\xa0\x80"
	    "b",
	    NULL};
	struct sample s;

	(void)state;
	make(&s, names, 8);
	assert_int_equal(count_root(&s), 4);
	for (unsigned i = 0; names[i]; i++)
		assert_int_equal(find(&s, names[i]), 20 + i);
	assert_int_equal(find(&s, "\xed\xa0\x81.txt"), 0);
	end(&s);
}

/* Two names of one file in one directory. */
static void test_hard_links(void **state)
{
	static const char *const names[] = {"first name", "second name", NULL};
	struct sample s;

	(void)state;
	make(&s, names, 1);
	assert_int_equal(count_root(&s), 2);
	assert_int_equal(find(&s, "first name"), 20);
	assert_int_equal(find(&s, "second name"), 20);
	end(&s);
}

static void test_flag_of_a_case_sensitive_directory(void **state)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	static const char *const names[] = {NULL};
	struct sample s;

	(void)state;
	for (unsigned flags = 0; flags < 4; flags++) {
		make(&s, names, 8);
		uint8_t *record = fixture_volume_cluster(&s.v, s.v.g.mft_cluster) + 5 * 1024;
		size_t standard = le16(record + 20);

		put_le32(record + standard + 24 + 40, flags);
		assert_true(ntfs_entry_load(ntfs_volume_mft(s.volume), 5, &entry, NULL));
		assert_int_equal(entry.is_case_sensitive, flags & 1);
		end(&s);
	}
}

/* A tree over files [from, to): returns the number of its topmost block. */
struct tree {
	uint8_t *blocks;
	uint64_t count, room;
};

static void name_of(unsigned file, char name[32])
{
	snprintf(name, 32, "file %06u.txt", file);
}

static uint64_t grow(struct tree *tree, unsigned from, unsigned to)
{
	uint8_t entries[BLOCK] = {0};
	uint64_t number = tree->count++;
	unsigned files = to - from;
	unsigned step = files / (LEAF + 1) + 1; /* a child, and the name behind it */
	size_t pos = 0;
	char name[32];

	if (step < LEAF + 1)
		step = LEAF + 1;
	assert_true(number < tree->room);
	while (to - from >= (files > LEAF ? step : 1)) {
		uint64_t sub = UINT64_MAX;

		if (files > LEAF) {
			sub = grow(tree, from, from + step - 1);
			from += step - 1;
		}
		name_of(from, name);
		fixture_index_entry(entries, &pos, 1000 + from, 1, name, sub);
		from++;
	}
	uint64_t last = files > LEAF ? grow(tree, from, to) : UINT64_MAX;

	fixture_index_entry(entries, &pos, 0, 0, NULL, last);
	fixture_index_block(tree->blocks + number * BLOCK, BLOCK, number, entries, pos);
	return number;
}

static void test_hundred_thousand_names(void **state)
{
	enum { CLUSTERS = 6000, AT = 100 };
	CLEANUP(fixture_volume_free) struct fixture_volume v = {0};
	struct fixture_record r;
	uint8_t entries[64] = {0};
	uint8_t root[128] = {0};
	uint8_t bits[CLUSTERS / 8];
	size_t pos = 0;
	struct sample s = {0};

	(void)state;
	assert_true(fixture_volume_new(&v, 512, BLOCK, 1024, CLUSTERS, 32));
	struct tree tree = {.blocks = fixture_volume_cluster(&v, AT), .room = CLUSTERS - AT};
	uint64_t top = grow(&tree, 0, FILES);
	struct ntfs_run run = {.lcn = AT, .length = tree.count};
	struct fixture_extent extent = {.last_vcn = tree.count - 1,
	    .size = tree.count * BLOCK,
	    .allocated = tree.count * BLOCK,
	    .initialized = tree.count * BLOCK,
	    .runs = &run,
	    .run_count = 1};

	memset(bits, 0xff, sizeof(bits));
	fixture_index_entry(entries, &pos, 0, 0, NULL, top);
	fixture_record_begin(&r, 1024, 5, 5, 3);
	fixture_record_standard(&r, 200);
	fixture_record_resident(&r, NTFS_INDEX_ROOT, "$I30", 2, root,
	    fixture_index_root(root, BLOCK, entries, pos, true));
	fixture_record_extent(&r, NTFS_INDEX_ALLOCATION, "$I30", 3, &extent);
	fixture_record_resident(&r, NTFS_BITMAP, "$I30", 4, bits, 600);
	fixture_record_end(&r);
	fixture_volume_put(&v, &r);
	s.raw = source_of_bytes((struct bytes){v.at, v.size});
	assert_true(ntfs_volume_open(s.raw, &s.volume, NULL));
	clock_t start = clock();

	assert_int_equal(count_root(&s), FILES);
	double listed = (double)(clock() - start) / CLOCKS_PER_SEC;

	for (unsigned i = 0; i < FILES; i += FILES / 20) {
		char name[32];

		name_of(i, name);
		assert_int_equal(find(&s, name), 1000 + i);
	}
	assert_int_equal(find(&s, "file 100000.txt"), 0);
	print_message("%u names in %llu blocks listed in %.3f s\n", FILES,
	    (unsigned long long)tree.count, listed);
	assert_true(listed < 5); /* quadratic would be minutes */
	ntfs_volume_close(s.volume);
	source_close(s.raw);
}

/* Records 20 and 21 lie in the root, 22 in 20; 23 was deleted, 24 is in an earlier life of 20. */
static void put_files(struct sample *s)
{
	static const struct {
		unsigned record, flags, parent, sequence;
		const char *name;
	} files[] = {
	    {20, 3, 5, 5, "$Extend"},
	    {21, 1, 5, 5, "here.txt"},
	    {22, 1, 20, 1, "$UsnJrnl"},
	    {23, 0, 20, 1, "gone.txt"},
	    {24, 1, 20, 7, "other.txt"},
	};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct fixture_record r;

		fixture_record_begin(&r, 1024, files[i].record, 1, files[i].flags);
		fixture_record_standard(&r, 200);
		fixture_record_name(
		    &r, files[i].parent, (uint16_t)files[i].sequence, 3, files[i].name);
		fixture_record_end(&r);
		fixture_volume_put(&s->v, &r);
	}
}

/* Neither the root's record nor the index of $Extend can be read: the names in the MFT tell. */
static void test_damaged_directories(void **state)
{
	static const char *const names[] = {"unused", NULL};
	struct sample s = {0};

	(void)state;
	assert_true(fixture_volume_new(&s.v, 512, 512, 1024, 96, 32));
	put_root(&s, names, 8);
	put_files(&s);
	memset(fixture_volume_cluster(&s.v, s.v.g.mft_cluster) + (size_t)5 * 1024, 0, 1024);
	open_volume(&s);
	assert_int_equal(find(&s, "HERE.txt"), 21);
	assert_int_equal(find(&s, "$Extend/$UsnJrnl"), 22);
	struct ntfs_reference file = {0};

	assert_false(ntfs_find(s.volume, bytes_of("$Extend/gone.txt"), &file, NULL));
	assert_false(ntfs_find(s.volume, bytes_of("$Extend/other.txt"), &file, NULL));
	/* Not again and again. */
	for (unsigned i = 0; i < 20; i++)
		DISCARD(ntfs_find(s.volume, bytes_of("none"), &file, NULL));
	assert_false(ntfs_find(s.volume, bytes_of("here.txt"), &file, NULL));
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names_that_differ_in_case_alone),
	    cmocka_unit_test(test_table_of_upper_case),
	    cmocka_unit_test(test_lone_surrogates),
	    cmocka_unit_test(test_hard_links),
	    cmocka_unit_test(test_flag_of_a_case_sensitive_directory),
	    cmocka_unit_test(test_damaged_directories),
	    cmocka_unit_test(test_hundred_thousand_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
