/* Volumes to 2^48 sectors, whose structures lie behind 2^32 clusters: everything is found, every byte is right. */
#include "tests/unit.h"

#include "formats/ntfs/ntfs.h"
#include "tests/fake_sparse.h"
#include "tests/fixture_ntfs.h"

#include <stdlib.h>
#include <string.h>

#define RECORDS 12u

/* Where things lie, in clusters; a volume of 2^n clusters has them below its end. */
struct layout {
	uint32_t sector, cluster, record;
	uint64_t clusters;
	uint64_t mft[2]; /* two runs: records 0 to 7, then the rest, before or behind */
	uint64_t mirror, index, data[3], packed;
};

struct huge {
	const struct layout *layout;
	struct fake_sparse raw;
	struct ntfs_volume *volume;
};

static uint64_t at(const struct layout *l, uint64_t cluster)
{
	return cluster * l->cluster;
}

static uint64_t clusters_of(const struct layout *l, uint64_t bytes)
{
	return (bytes + l->cluster - 1) / l->cluster;
}

/* The first record of the second run: a cluster of 2 MiB holds more of them than there are. */
static uint64_t second_run(const struct layout *l)
{
	return l->cluster / l->record > 8 ? l->cluster / l->record : 8;
}

static void put_record(struct huge *h, struct fixture_record *r)
{
	const struct layout *l = h->layout;
	bool is_late = r->number >= second_run(l);
	uint64_t inside = (r->number - (is_late ? second_run(l) : 0)) * l->record;

	fixture_record_end(r);
	fake_sparse_put(&h->raw, at(l, l->mft[is_late]) + inside, r->at, l->record);
	if (r->number == 0)
		fake_sparse_put(&h->raw, at(l, l->mirror), r->at, l->record);
}

static struct fixture_extent extent_of(
    const struct layout *l, const struct ntfs_run *runs, size_t count, uint64_t size)
{
	uint64_t clusters = 0;

	for (size_t i = 0; i < count; i++)
		clusters += runs[i].length;
	return (struct fixture_extent){.last_vcn = clusters - 1,
	    .size = size,
	    .allocated = at(l, clusters),
	    .initialized = size,
	    .runs = runs,
	    .run_count = count};
}

static void put_boot(struct huge *h, uint64_t offset)
{
	const struct layout *l = h->layout;
	struct fixture_volume small;

	/* As the fixture makes it, with our numbers. */
	assert_true(fixture_volume_new(&small, l->sector, l->cluster, l->record, 64, 8));
	small.g.sectors = l->clusters * (l->cluster / l->sector);
	small.g.mft_cluster = l->mft[0];
	small.g.mirror_cluster = l->mirror;
	fixture_volume_boot(&small);
	fake_sparse_put(&h->raw, offset, small.at, 512);
	fixture_volume_free(&small);
}

static void put_mft(struct huge *h)
{
	const struct layout *l = h->layout;
	struct ntfs_run runs[2] = {
	    {.lcn = l->mft[0], .length = clusters_of(l, 8 * (uint64_t)l->record)},
	    {.lcn = l->mft[1], .length = clusters_of(l, 4 * (uint64_t)l->record)}};
	struct fixture_extent extent = extent_of(l, runs, 2, RECORDS * (uint64_t)l->record);
	struct fixture_record r;

	fixture_record_begin(&r, l->record, 0, 1, 1);
	fixture_record_standard(&r, 100);
	fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32_DOS, "$MFT");
	fixture_record_extent(&r, NTFS_DATA, NULL, 2, &extent);
	put_record(h, &r);
}

/* The root, its one index block far away. */
static void put_root(struct huge *h)
{
	const struct layout *l = h->layout;
	struct ntfs_run run = {.lcn = l->index, .length = clusters_of(l, 4096)};
	struct fixture_extent extent = extent_of(l, &run, 1, 4096);
	uint8_t entries[512] = {0};
	uint8_t root[256] = {0};
	uint8_t block[4096];
	struct fixture_record r;
	size_t pos = 0;

	fixture_index_entry(entries, &pos, 9, 1, "far.bin", UINT64_MAX);
	fixture_index_entry(entries, &pos, 10, 1, "packed", UINT64_MAX);
	fixture_index_entry(entries, &pos, 0, 0, NULL, UINT64_MAX);
	fixture_index_block(block, 4096, 0, entries, pos);
	fake_sparse_put(&h->raw, at(l, l->index), block, sizeof(block));
	pos = 0;
	memset(entries, 0, sizeof(entries));
	fixture_index_entry(entries, &pos, 0, 0, NULL, 0);
	size_t len = fixture_index_root(root, 4096, entries, pos, true);

	fixture_record_begin(&r, l->record, 5, 5, 3);
	fixture_record_standard(&r, 200);
	fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32_DOS, ".");
	fixture_record_resident(&r, NTFS_INDEX_ROOT, "$I30", 2, root, len);
	fixture_record_extent(&r, NTFS_INDEX_ALLOCATION, "$I30", 3, &extent);
	fixture_record_resident(&r, NTFS_BITMAP, "$I30", 4, "\1\0\0\0\0\0\0", 8);
	put_record(h, &r);
}

/* Three runs, the second before the first, and a hole. */
static void put_far(struct huge *h)
{
	const struct layout *l = h->layout;
	struct ntfs_run runs[4] = {{.lcn = l->data[0], .length = 1},
	    {.lcn = l->data[1], .length = 2}, {.lcn = NTFS_HOLE, .length = 1},
	    {.lcn = l->data[2], .length = 1}};
	struct fixture_extent extent = extent_of(l, runs, 4, 5 * (uint64_t)l->cluster - 7);
	uint8_t *fill = malloc(2 * (size_t)l->cluster);
	struct fixture_record r;

	assert_non_null(fill);
	extent.flags = NTFS_STREAM_SPARSE;
	for (size_t i = 0; i < 3; i++) {
		memset(fill, 'a' + (int)i, 2 * (size_t)l->cluster);
		fake_sparse_put(
		    &h->raw, at(l, l->data[i]), fill, (i == 1 ? 2 : 1) * (size_t)l->cluster);
	}
	free(fill);
	fixture_record_begin(&r, l->record, 9, 1, 1);
	fixture_record_standard(&r, 300);
	fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32, "far.bin");
	fixture_record_extent(&r, NTFS_DATA, NULL, 2, &extent);
	put_record(h, &r);
}

/* One LZNT1 unit: a chunk of 4,096 'x', packed. */
static void put_packed(struct huge *h)
{
	static const uint8_t chunk[] = {0x03, 0xb0, 0x02, 'x', 0xfc, 0x0f};
	const struct layout *l = h->layout;
	struct ntfs_run runs[2] = {
	    {.lcn = l->packed, .length = 1}, {.lcn = NTFS_HOLE, .length = 15}};
	struct fixture_extent extent = extent_of(l, runs, 2, 4096);
	struct fixture_record r;

	extent.flags = NTFS_STREAM_COMPRESSED;
	extent.unit = 4;
	fake_sparse_put(&h->raw, at(l, l->packed), chunk, sizeof(chunk));
	fixture_record_begin(&r, l->record, 10, 1, 1);
	fixture_record_standard(&r, 400);
	fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32, "packed");
	fixture_record_extent(&r, NTFS_DATA, NULL, 2, &extent);
	put_record(h, &r);
}

static void begin(struct huge *h, const struct layout *layout, bool has_boot)
{
	*h = (struct huge){.layout = layout};
	fake_sparse_begin(&h->raw, at(layout, layout->clusters) + layout->sector);
	if (has_boot)
		put_boot(h, 0);
	put_boot(h, h->raw.source.size - layout->sector);
	put_mft(h);
	put_root(h);
	put_far(h);
	put_packed(h);
}

static void end(struct huge *h)
{
	ntfs_volume_close(h->volume);
	fake_sparse_end(&h->raw);
}

static void read_file(struct huge *h, const char *path, uint8_t **out, size_t *len)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	CLEANUP(source_close) struct source *source = NULL;
	struct ntfs_reference file;
	struct err err = {0};
	size_t got = 0;

	assert_true(ntfs_find(h->volume, bytes_of(path), &file, &err));
	assert_true(ntfs_entry_load(ntfs_volume_mft(h->volume), file.record, &entry, &err));
	assert_int_equal(entry.damage.kind, ERR_NONE);
	const struct ntfs_stream *stream = ntfs_entry_stream(&entry, NTFS_DATA, (struct bytes){0});

	assert_non_null(stream);
	assert_true(ntfs_stream_open(h->volume, &entry, stream, &source, &err));
	*len = (size_t)source->size;
	*out = malloc(*len);
	assert_non_null(*out);
	assert_true(source->read(source, 0, *out, *len, &got, &err));
	assert_int_equal(got, *len);
}

static void check_content(struct huge *h)
{
	const struct layout *l = h->layout;
	uint8_t *content = NULL;
	size_t len = 0;

	read_file(h, "far.bin", &content, &len);
	assert_int_equal(len, 5 * (size_t)l->cluster - 7);
	for (size_t i = 0; i < len; i++) {
		static const uint8_t expected[] = {'a', 'b', 'b', 0, 'c'};

		if (content[i] != expected[i / l->cluster])
			assert_int_equal(content[i], expected[i / l->cluster]);
	}
	free(content);
	if (l->cluster > 4096) /* NTFS compresses clusters of 4 KiB and less only */
		return;
	read_file(h, "packed", &content, &len);
	assert_int_equal(len, 4096);
	for (size_t i = 0; i < len; i++)
		if (content[i] != 'x')
			assert_int_equal(content[i], 'x');
	free(content);
}

/* Most numbers are just above a border: 2^32 clusters, 2^31 and 2^32 sectors, 63 bits of bytes less a little. */
static const struct layout layouts[] = {
    {512, 512, 1024, UINT64_C(1) << 48, {(UINT64_C(1) << 47) + 5, (UINT64_C(1) << 33) + 1},
	(UINT64_C(1) << 48) - 20, (UINT64_C(1) << 40) + 3,
	{(UINT64_C(1) << 48) - 1, UINT64_C(1) << 32, (UINT64_C(1) << 46) + 9},
	(UINT64_C(1) << 45) + 1},
    {512, 4096, 1024, UINT64_C(1) << 45, {(UINT64_C(1) << 32) + 5, (UINT64_C(1) << 44) + 1},
	(UINT64_C(1) << 32) - 20, (UINT64_C(1) << 40) + 3,
	{(UINT64_C(1) << 45) - 1, UINT64_C(1) << 32, (UINT64_C(1) << 31) - 1},
	(UINT64_C(1) << 45) - 5},
    {4096, 4096, 4096, UINT64_C(1) << 48, {(UINT64_C(1) << 47) + 5, 77}, (UINT64_C(1) << 48) - 20,
	(UINT64_C(1) << 40) + 3,
	{(UINT64_C(1) << 48) - 1, UINT64_C(1) << 32, (UINT64_C(1) << 46) + 9},
	(UINT64_C(1) << 45) + 1},
    {512, 2 << 20, 1024, (UINT64_C(1) << 36) - 1, {(UINT64_C(1) << 35) + 5, UINT64_C(1) << 33},
	(UINT64_C(1) << 34) - 20, (UINT64_C(1) << 32) + 3,
	{(UINT64_C(1) << 36) - 2, UINT64_C(1) << 32, (UINT64_C(1) << 31) - 1}, 99},
};

static void test_far_structures(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
		struct huge h;
		struct err err = {0};

		begin(&h, &layouts[i], true);
		if (!ntfs_volume_open(&h.raw.source, &h.volume, &err))
			assert_string_equal(err.text, "");
		assert_int_equal(ntfs_volume_geometry(h.volume)->clusters, layouts[i].clusters);
		assert_int_equal(ntfs_mft_count(ntfs_volume_mft(h.volume)), RECORDS);
		check_content(&h);
		end(&h);
	}
}

/* The same from the backup boot sector at the very end. */
static void test_backup_at_the_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
		struct huge h;

		begin(&h, &layouts[i], false);
		assert_true(ntfs_volume_open(&h.raw.source, &h.volume, NULL));
		check_content(&h);
		end(&h);
	}
}

static unsigned check_geometry(uint32_t sector, uint32_t cluster, uint32_t record)
{
	struct layout layout = layouts[ARRAY_LEN(layouts) - 1];
	struct huge h;

	if (record < sector)
		return 0;
	layout.sector = sector;
	layout.cluster = cluster;
	layout.record = record;
	begin(&h, &layout, true);
	assert_true(ntfs_volume_open(&h.raw.source, &h.volume, NULL));
	check_content(&h);
	end(&h);
	return 1;
}

/* Each sector with each cluster and both sizes of records, also those that mkntfs cannot make. */
static void test_matrix(void **state)
{
	unsigned made = 0;

	(void)state;
	for (uint32_t sector = 512; sector <= 4096; sector *= 2)
		for (uint32_t cluster = sector; cluster <= 2u << 20; cluster *= 2) {
			made += check_geometry(sector, cluster, 1024);
			made += check_geometry(sector, cluster, 4096);
		}
	assert_int_equal(made, 2 * (13 + 12) + 11 + 10);
}

/* A first record that is damaged: the mirror far away. */
static void test_mirror(void **state)
{
	struct huge h;

	(void)state;
	begin(&h, &layouts[0], true);
	fake_sparse_put(&h.raw, at(h.layout, h.layout->mft[0]), "BAAD", 4);
	assert_true(ntfs_volume_open(&h.raw.source, &h.volume, NULL));
	check_content(&h);
	end(&h);
}

/* A run that ends behind the volume is damage there, not somewhere else through a number cut to 32 bits. */
static void test_beyond_the_end(void **state)
{
	static struct layout beyond;
	struct huge h;
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	CLEANUP(source_close) struct source *source = NULL;
	uint8_t buffer[5 * 512];
	struct err err = {0};
	size_t got = 0;

	(void)state;
	beyond = layouts[0];
	beyond.data[0] = beyond.clusters + 3;
	begin(&h, &beyond, true);
	assert_true(ntfs_volume_open(&h.raw.source, &h.volume, NULL));
	assert_true(ntfs_entry_load(ntfs_volume_mft(h.volume), 9, &entry, NULL));
	const struct ntfs_stream *stream = ntfs_entry_stream(&entry, NTFS_DATA, (struct bytes){0});

	assert_non_null(stream);
	if (ntfs_stream_open(h.volume, &entry, stream, &source, &err)) {
		assert_false(source->read(source, 0, buffer, sizeof(buffer), &got, &err));
		assert_int_equal(got, 0);
	}
	assert_int_equal(err.kind, ERR_DAMAGED);
	end(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_far_structures),
	    cmocka_unit_test(test_backup_at_the_end),
	    cmocka_unit_test(test_matrix),
	    cmocka_unit_test(test_mirror),
	    cmocka_unit_test(test_beyond_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
