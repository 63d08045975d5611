/* MFT records and tiny NTFS volumes. See fixture_ntfs.h. */
#include "tests/fixture_ntfs.h"

#include <stdlib.h>

#define USA         48u /* offset of the update sequence array in a record */
#define INDEX_USA   40u
#define MFT_CLUSTER 4u
#define ROOT_RECORD 5u
#define STRIDE      512u

static size_t align8(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

void fixture_fixup(uint8_t *block, size_t len, size_t usa)
{
	size_t strides = len / STRIDE;

	put_le16(block + 4, (uint16_t)usa);
	put_le16(block + 6, (uint16_t)(strides + 1));
	put_le16(block + usa, FIXTURE_USN);
	for (size_t i = 0; i < strides; i++) {
		uint8_t *end = block + (i + 1) * STRIDE - 2;

		memcpy(block + usa + 2 + 2 * i, end, 2);
		put_le16(end, FIXTURE_USN);
	}
}

void fixture_record_begin(
    struct fixture_record *r, size_t size, uint64_t number, uint16_t sequence, unsigned flags)
{
	size_t attributes = align8(USA + 2 + 2 * (size / STRIDE));

	*r = (struct fixture_record){.size = size, .number = number, .used = attributes};
	memcpy(r->at, "FILE", 4);
	put_le64(r->at + 8, 0x1122334455667788ull); /* $LogFile sequence number */
	put_le16(r->at + 16, sequence);
	put_le16(r->at + 18, 1); /* links */
	put_le16(r->at + 20, (uint16_t)attributes);
	put_le16(r->at + 22, (uint16_t)flags);
	put_le32(r->at + 28, (uint32_t)size);
	put_le32(r->at + 44, (uint32_t)number);
}

void fixture_record_set_base(struct fixture_record *r, uint64_t record, uint16_t sequence)
{
	put_le64(r->at + 32, record | (uint64_t)sequence << 48);
}

/* Common header and name; returns where the content or the mapping pairs go. */
static size_t begin_attribute(struct fixture_record *r, uint32_t type, const char *name,
    unsigned id, size_t header, bool resident)
{
	CLEANUP(text_free) struct text utf16 = {0};
	uint8_t *p = r->at + r->used;

	text_to_utf16(bytes_of(name ? name : ""), &utf16);
	put_le32(p, type);
	p[8] = !resident;
	p[9] = (uint8_t)(utf16.len / 2);
	put_le16(p + 10, (uint16_t)header);
	put_le16(p + 14, (uint16_t)id);
	if (utf16.len)
		memcpy(p + header, utf16.at, utf16.len);
	return align8(header + utf16.len);
}

static size_t end_attribute(struct fixture_record *r, size_t len)
{
	size_t start = r->used;

	put_le32(r->at + start + 4, (uint32_t)align8(len));
	r->used += align8(len);
	return start;
}

size_t fixture_record_resident(struct fixture_record *r, uint32_t type, const char *name,
    unsigned id, const void *content, size_t len)
{
	size_t at = begin_attribute(r, type, name, id, 24, true);
	uint8_t *p = r->at + r->used;

	put_le32(p + 16, (uint32_t)len);
	put_le16(p + 20, (uint16_t)at);
	if (len)
		memcpy(p + at, content, len);
	return end_attribute(r, at + len);
}

size_t fixture_runs(uint8_t *to, size_t room, const struct ntfs_run *runs, size_t count)
{
	uint64_t lcn = 0;
	size_t pos = 0;

	for (size_t i = 0; i < count && pos + 18 < room; i++) {
		bool hole = runs[i].lcn == NTFS_HOLE;
		uint64_t delta = hole ? 0 : runs[i].lcn - lcn;

		/* Always 8 bytes of each: longer than Windows writes, but right. */
		to[pos++] = hole ? 0x08 : 0x88;
		put_le64(to + pos, runs[i].length);
		pos += 8;
		if (hole)
			continue;
		put_le64(to + pos, delta);
		pos += 8;
		lcn = runs[i].lcn;
	}
	to[pos++] = 0;
	return pos;
}

size_t fixture_record_extent(struct fixture_record *r, uint32_t type, const char *name, unsigned id,
    const struct fixture_extent *extent)
{
	size_t header = extent->flags & (NTFS_STREAM_COMPRESSED | NTFS_STREAM_SPARSE) ? 72 : 64;
	size_t at = begin_attribute(r, type, name, id, header, false);
	uint8_t *p = r->at + r->used;

	put_le16(p + 12, (uint16_t)extent->flags);
	put_le64(p + 16, extent->first_vcn);
	put_le64(p + 24, extent->last_vcn);
	put_le16(p + 32, (uint16_t)at);
	p[34] = (uint8_t)extent->unit;
	put_le64(p + 40, extent->allocated);
	put_le64(p + 48, extent->size);
	put_le64(p + 56, extent->initialized);
	if (header == 72)
		put_le64(p + 64, extent->allocated);
	return end_attribute(
	    r, at + fixture_runs(p + at, r->size - r->used - at, extent->runs, extent->run_count));
}

size_t fixture_record_standard(struct fixture_record *r, uint64_t base)
{
	uint8_t content[72] = {0};

	for (size_t i = 0; i < 4; i++)
		put_le64(content + 8 * i, base + i);
	put_le32(content + 32, 0x20);      /* archive */
	put_le32(content + 48, 7);         /* owner */
	put_le32(content + 52, 0x105);     /* security */
	put_le64(content + 64, 0xabcdef0); /* USN */
	return fixture_record_resident(
	    r, NTFS_STANDARD_INFORMATION, NULL, 0, content, sizeof(content));
}

static size_t make_name(
    uint8_t *to, uint64_t parent, uint16_t parent_sequence, unsigned name_space, const char *name)
{
	CLEANUP(text_free) struct text utf16 = {0};

	text_to_utf16(bytes_of(name), &utf16);
	memset(to, 0, 66);
	put_le64(to, parent | (uint64_t)parent_sequence << 48);
	for (size_t i = 0; i < 4; i++)
		put_le64(to + 8 + 8 * i, 1000 + i);
	put_le64(to + 40, 8192); /* allocated */
	put_le64(to + 48, 5000); /* size */
	put_le32(to + 56, 0x20);
	to[64] = (uint8_t)(utf16.len / 2);
	to[65] = (uint8_t)name_space;
	if (utf16.len)
		memcpy(to + 66, utf16.at, utf16.len);
	return 66 + utf16.len;
}

size_t fixture_record_name(struct fixture_record *r, uint64_t parent, uint16_t parent_sequence,
    unsigned name_space, const char *name)
{
	uint8_t content[66 + 510];
	size_t len = make_name(content, parent, parent_sequence, name_space, name);

	return fixture_record_resident(r, NTFS_FILE_NAME, NULL, 1, content, len);
}

void fixture_record_end(struct fixture_record *r)
{
	put_le32(r->at + r->used, 0xffffffff);
	r->used += 8;
	put_le32(r->at + 24, (uint32_t)r->used);
	fixture_fixup(r->at, r->size, USA);
}

void fixture_index_entry(uint8_t *entries, size_t *pos, uint64_t record, uint16_t sequence,
    const char *name, uint64_t sub)
{
	uint8_t *p = entries + *pos;
	size_t key = name ? make_name(p + 16, 5, 5, NTFS_NAME_WIN32, name) : 0;
	size_t len = align8(16 + key) + (sub == UINT64_MAX ? 0 : 8);

	put_le64(p, record | (uint64_t)sequence << 48);
	put_le16(p + 8, (uint16_t)len);
	put_le16(p + 10, (uint16_t)key);
	put_le32(p + 12, (name ? 0u : 2u) | (sub == UINT64_MAX ? 0u : 1u));
	if (sub != UINT64_MAX)
		put_le64(p + len - 8, sub);
	*pos += len;
}

size_t fixture_index_root(
    uint8_t *to, uint32_t block_size, const uint8_t *entries, size_t len, bool has_children)
{
	put_le32(to, NTFS_FILE_NAME);
	put_le32(to + 4, 1); /* collation by file name */
	put_le32(to + 8, block_size);
	put_le32(to + 12, 1);
	put_le32(to + 16, 16); /* entries, from here */
	put_le32(to + 20, (uint32_t)(16 + len));
	put_le32(to + 24, (uint32_t)(16 + len));
	put_le32(to + 28, has_children);
	memcpy(to + 32, entries, len);
	return 32 + len;
}

void fixture_index_block(
    uint8_t *to, uint32_t block_size, uint64_t vcn, const uint8_t *entries, size_t len)
{
	size_t first = align8(INDEX_USA + 2 + 2 * (block_size / STRIDE));

	memset(to, 0, block_size);
	memcpy(to, "INDX", 4);
	put_le64(to + 16, vcn);
	put_le32(to + 24, (uint32_t)(first - 24));
	put_le32(to + 28, (uint32_t)(first - 24 + len));
	put_le32(to + 32, block_size - 24);
	memcpy(to + first, entries, len);
	fixture_fixup(to, block_size, INDEX_USA);
}

/* A size as the boot sector tells it: clusters, or minus the exponent of two. */
static uint8_t size_code(uint32_t size, uint32_t cluster_size)
{
	unsigned exponent = 0;

	if (size >= cluster_size && size / cluster_size < 0x80)
		return (uint8_t)(size / cluster_size);
	while (1u << exponent < size)
		exponent++;
	return (uint8_t)(256 - exponent);
}

void fixture_volume_boot(struct fixture_volume *v)
{
	uint8_t *p = v->at;
	uint32_t sectors = v->g.cluster_size / v->g.sector_size;

	memset(p, 0, 512);
	memcpy(p, "\xeb\x52\x90NTFS    ", 11);
	put_le16(p + 11, (uint16_t)v->g.sector_size);
	p[13] = sectors <= 0x80 ? (uint8_t)sectors : size_code(sectors, UINT32_MAX);
	p[21] = 0xf8;
	put_le64(p + 40, v->g.sectors);
	put_le64(p + 48, v->g.mft_cluster);
	put_le64(p + 56, v->g.mirror_cluster);
	p[64] = size_code(v->g.record_size, v->g.cluster_size);
	p[68] = size_code(v->g.index_size, v->g.cluster_size);
	put_le64(p + 72, v->g.serial);
	p[510] = 0x55;
	p[511] = 0xaa;
	memcpy(v->at + v->size - v->g.sector_size, p, 512);
}

uint8_t *fixture_volume_cluster(struct fixture_volume *v, uint64_t cluster)
{
	return v->at + cluster * v->g.cluster_size;
}

void fixture_volume_put(struct fixture_volume *v, const struct fixture_record *r)
{
	memcpy(fixture_volume_cluster(v, v->g.mft_cluster) + r->number * r->size, r->at, r->size);
	if (r->number == 0)
		memcpy(fixture_volume_cluster(v, v->g.mirror_cluster), r->at, r->size);
}

static void put_mft(struct fixture_volume *v)
{
	struct fixture_record r;
	uint64_t bytes = (uint64_t)v->records * v->g.record_size;
	struct ntfs_run run = {
	    .lcn = v->g.mft_cluster, .length = (bytes + v->g.cluster_size - 1) / v->g.cluster_size};
	struct fixture_extent extent = {.last_vcn = run.length - 1,
	    .size = bytes,
	    .allocated = run.length * v->g.cluster_size,
	    .initialized = bytes,
	    .runs = &run,
	    .run_count = 1};

	fixture_record_begin(&r, v->g.record_size, 0, 1, 1);
	fixture_record_standard(&r, 100);
	fixture_record_name(&r, ROOT_RECORD, ROOT_RECORD, NTFS_NAME_WIN32_DOS, "$MFT");
	fixture_record_extent(&r, NTFS_DATA, NULL, 2, &extent);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
}

static void put_root(struct fixture_volume *v)
{
	struct fixture_record r;
	uint8_t entries[64] = {0};
	uint8_t root[128] = {0};
	size_t pos = 0;

	fixture_index_entry(entries, &pos, 0, 0, NULL, UINT64_MAX);
	size_t len = fixture_index_root(root, v->g.index_size, entries, pos, false);

	fixture_record_begin(&r, v->g.record_size, ROOT_RECORD, ROOT_RECORD, 3);
	fixture_record_standard(&r, 200);
	fixture_record_name(&r, ROOT_RECORD, ROOT_RECORD, NTFS_NAME_WIN32_DOS, ".");
	fixture_record_resident(&r, NTFS_INDEX_ROOT, "$I30", 2, root, len);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
}

bool fixture_volume_new(struct fixture_volume *v, uint32_t sector_size, uint32_t cluster_size,
    uint32_t record_size, uint64_t clusters, uint32_t records)
{
	*v = (struct fixture_volume){
	    .size = (size_t)(clusters * cluster_size + sector_size), .records = records};
	v->g = (struct ntfs_geometry){.sector_size = sector_size,
	    .cluster_size = cluster_size,
	    .record_size = record_size,
	    .index_size = 4096,
	    .sectors = clusters * (cluster_size / sector_size),
	    .clusters = clusters,
	    .mft_cluster = MFT_CLUSTER,
	    .mirror_cluster = 1,
	    .serial = 0x0123456789abcdefull};
	if (record_size > cluster_size) /* the mirror of one record must fit before $MFT */
		v->g.mft_cluster = 1 + (record_size + cluster_size - 1) / cluster_size;
	v->at = calloc(1, v->size);
	if (!v->at)
		return false;
	fixture_volume_boot(v);
	put_mft(v);
	put_root(v);
	return true;
}

void fixture_volume_free(struct fixture_volume *v)
{
	free(v->at);
	v->at = NULL;
}

static void put_directories(struct fixture_volume *v)
{
	struct fixture_record r;
	uint8_t entries[512] = {0};
	uint8_t root[256] = {0};
	size_t pos = 0;
	size_t len;
	struct ntfs_run run = {.lcn = 30, .length = 8};
	struct fixture_extent blocks = {.last_vcn = 7,
	    .size = 4096,
	    .allocated = 4096,
	    .initialized = 4096,
	    .runs = &run,
	    .run_count = 1};

	fixture_index_entry(entries, &pos, 6, 1, "dir", UINT64_MAX);
	fixture_index_entry(entries, &pos, 0, 0, NULL, UINT64_MAX);
	len = fixture_index_root(root, 4096, entries, pos, false);
	fixture_record_begin(&r, 1024, ROOT_RECORD, ROOT_RECORD, 3);
	fixture_record_standard(&r, 200);
	fixture_record_name(&r, ROOT_RECORD, ROOT_RECORD, NTFS_NAME_WIN32_DOS, ".");
	fixture_record_resident(&r, NTFS_INDEX_ROOT, "$I30", 2, root, len);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);

	pos = 0;
	memset(entries, 0, sizeof(entries));
	fixture_index_entry(
	    entries, &pos, 8, 1, "packed", 0); /* what sorts before it is in block 0 */
	fixture_index_entry(entries, &pos, 0, 0, NULL, UINT64_MAX);
	len = fixture_index_root(root, 4096, entries, pos, true);
	fixture_record_begin(&r, 1024, 6, 1, 3);
	fixture_record_standard(&r, 300);
	fixture_record_name(&r, ROOT_RECORD, ROOT_RECORD, NTFS_NAME_WIN32, "dir");
	fixture_record_resident(&r, NTFS_INDEX_ROOT, "$I30", 2, root, len);
	fixture_record_extent(&r, NTFS_INDEX_ALLOCATION, "$I30", 3, &blocks);
	fixture_record_resident(&r, NTFS_BITMAP, "$I30", 4, "\1\0\0\0\0\0\0", 8);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);

	pos = 0;
	memset(entries, 0, sizeof(entries));
	fixture_index_entry(entries, &pos, 7, 1, "hello.txt", UINT64_MAX);
	fixture_index_entry(entries, &pos, 9, 1, "long", UINT64_MAX);
	fixture_index_entry(entries, &pos, 0, 0, NULL, UINT64_MAX);
	fixture_index_block(fixture_volume_cluster(v, 30), 4096, 0, entries, pos);
}

static void put_hello(struct fixture_volume *v)
{
	static const struct ntfs_run runs[] = {
	    {.lcn = 41, .length = 1}, {.lcn = NTFS_HOLE, .length = 2}, {.lcn = 40, .length = 1}};
	struct fixture_extent ads = {.flags = NTFS_STREAM_SPARSE,
	    .last_vcn = 3,
	    .size = 4 * 512 - 10,
	    .allocated = 1024,
	    .initialized = 4 * 512 - 100,
	    .runs = runs,
	    .run_count = 3};
	struct fixture_record r;

	fixture_record_begin(&r, 1024, 7, 1, 1);
	fixture_record_standard(&r, 400);
	fixture_record_name(&r, 6, 1, NTFS_NAME_DOS, "HELLO~1.TXT");
	fixture_record_name(&r, 6, 1, NTFS_NAME_WIN32, "hello.txt");
	fixture_record_resident(&r, NTFS_DATA, NULL, 2, "hello", 5);
	fixture_record_extent(&r, NTFS_DATA, "ads", 3, &ads);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
	memset(fixture_volume_cluster(v, 41), 'A', 512);
	memset(fixture_volume_cluster(v, 40), 'B', 512);
}

/* A unit of 'a': two chunks, each a literal and a reference that repeats it to the end. */
static size_t pack(uint8_t *to)
{
	size_t pos = 0;

	for (size_t i = 0; i < FIXTURE_UNIT / 4096; i++) {
		put_le16(to + pos, 0x8000 | 0x3000 | (4 - 1)); /* packed, 4 bytes follow */
		to[pos + 2] = 2;                               /* literal, then reference */
		to[pos + 3] = 'a';
		put_le16(to + pos + 4, 4095 - 3); /* 1 back, 4095 long */
		pos += 6;
	}
	return pos;
}

static void put_packed(struct fixture_volume *v)
{
	static const struct ntfs_run runs[] = {{.lcn = 42, .length = 1},
	    {.lcn = NTFS_HOLE, .length = 15}, {.lcn = NTFS_HOLE, .length = 16},
	    {.lcn = 50, .length = 16}};
	struct fixture_extent data = {.flags = NTFS_STREAM_COMPRESSED,
	    .unit = 4,
	    .last_vcn = 47,
	    .size = 3 * FIXTURE_UNIT - 1,
	    .allocated = 17 * 512,
	    .initialized = 3 * FIXTURE_UNIT - 1,
	    .runs = runs,
	    .run_count = 4};
	struct fixture_record r;

	fixture_record_begin(&r, 1024, 8, 1, 1);
	fixture_record_standard(&r, 500);
	fixture_record_name(&r, 6, 1, NTFS_NAME_WIN32, "packed");
	fixture_record_extent(&r, NTFS_DATA, NULL, 2, &data);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
	pack(fixture_volume_cluster(v, 42));
	memset(fixture_volume_cluster(v, 50), 'z', FIXTURE_UNIT);
}

size_t fixture_list_entry(
    uint8_t *to, uint32_t type, uint64_t first_vcn, uint64_t record, uint16_t sequence)
{
	memset(to, 0, 32);
	put_le32(to, type);
	put_le16(to + 4, 32);
	to[7] = 26; /* where a name would be */
	put_le64(to + 8, first_vcn);
	put_le64(to + 16, record | (uint64_t)sequence << 48);
	return 32;
}

static void put_long(struct fixture_volume *v)
{
	struct ntfs_run first = {.lcn = 70, .length = 2};
	struct ntfs_run second = {.lcn = 80, .length = 2};
	struct fixture_extent data = {.last_vcn = 1,
	    .size = 2000,
	    .allocated = 2048,
	    .initialized = 2000,
	    .runs = &first,
	    .run_count = 1};
	struct fixture_extent rest = {
	    .first_vcn = 2, .last_vcn = 3, .runs = &second, .run_count = 1};
	struct fixture_record r;
	uint8_t list[128];
	size_t len = 0;

	len += fixture_list_entry(list + len, NTFS_STANDARD_INFORMATION, 0, 9, 1);
	len += fixture_list_entry(list + len, NTFS_DATA, 0, 9, 1);
	len += fixture_list_entry(list + len, NTFS_DATA, 2, 10, 3);
	fixture_record_begin(&r, 1024, 9, 1, 1);
	fixture_record_standard(&r, 600);
	fixture_record_resident(&r, NTFS_ATTRIBUTE_LIST, NULL, 4, list, len);
	fixture_record_name(&r, 6, 1, NTFS_NAME_POSIX, "long");
	fixture_record_extent(&r, NTFS_DATA, NULL, 2, &data);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
	fixture_record_begin(&r, 1024, 10, 3, 1);
	fixture_record_set_base(&r, 9, 1);
	fixture_record_extent(&r, NTFS_DATA, NULL, 0, &rest);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
	memset(fixture_volume_cluster(v, 70), '1', 1024);
	memset(fixture_volume_cluster(v, 80), '2', 1024);
}

bool fixture_volume_sample(struct fixture_volume *v)
{
	struct fixture_record r;

	if (!fixture_volume_new(v, 512, 512, 1024, 96, 13))
		return false;
	put_directories(v);
	put_hello(v);
	put_packed(v);
	put_long(v);
	fixture_record_begin(&r, 1024, 11, 2, 0);
	fixture_record_standard(&r, 700);
	fixture_record_name(&r, 6, 1, NTFS_NAME_WIN32, "gone");
	fixture_record_resident(&r, NTFS_DATA, NULL, 2, "bye", 3);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
	return true;
}
