/* FAT and exFAT volumes in memory. See fixture_fat.h. */
#include "tests/fixture_fat.h"

#include <stdlib.h>
#include <string.h>

#define TABLE_OF(g, copy) ((g)->table + (copy) * (g)->table_size)

static void layout_fat(struct fat_geometry *g, uint32_t clusters)
{
	uint64_t bits = g->kind == FAT_12 ? 12 : g->kind == FAT_16 ? 16 : 32;
	uint64_t bytes = (clusters + 2ull) * bits / 8 + 1;

	g->copies = 2;
	g->is_mirrored = true;
	g->table = (g->kind == FAT_32 ? 32ull : 1ull) * g->sector_size;
	g->table_size = (bytes + g->sector_size - 1) / g->sector_size * g->sector_size;
	g->root = g->table + 2 * g->table_size;
	g->root_size = g->kind == FAT_32 ? 0 : g->sector_size;
	g->data = g->root + g->root_size;
	g->root_cluster = g->kind == FAT_32 ? 2 : 0;
}

static void layout_exfat(struct fat_geometry *g, uint32_t clusters)
{
	g->copies = 1;
	g->table = 24ull * g->sector_size;
	g->table_size = ((clusters + 2ull) * 4 / g->sector_size + 1) * g->sector_size;
	g->data = g->table + g->table_size;
	g->root_cluster = 4;
}

static void write_fat_boot(const struct fixture_fat *f, uint8_t *p)
{
	const struct fat_geometry *g = &f->g;
	bool is_32 = g->kind == FAT_32;
	uint8_t *extended = p + (is_32 ? 64 : 36);

	memcpy(p, "\xeb\x58\x90MSDOS5.0", 11);
	put_le16(p + 11, (uint16_t)g->sector_size);
	p[13] = (uint8_t)(g->cluster_size / g->sector_size);
	put_le16(p + 14, (uint16_t)(g->table / g->sector_size));
	p[16] = (uint8_t)g->copies;
	put_le16(p + 17, (uint16_t)(g->root_size / 32));
	p[21] = 0xf8;
	put_le32(p + 32, (uint32_t)g->sectors);
	if (is_32) {
		put_le32(p + 36, (uint32_t)(g->table_size / g->sector_size));
		put_le32(p + 44, g->root_cluster);
		put_le16(p + 50, 6);
	} else {
		put_le16(p + 22, (uint16_t)(g->table_size / g->sector_size));
	}
	extended[2] = 0x29;
	put_le32(extended + 3, 0x12345678);
	memcpy(extended + 7, "NO NAME    ", 11);
	put_le16(p + 510, 0xaa55);
}

static void write_exfat_boot(const struct fixture_fat *f, uint8_t *p)
{
	const struct fat_geometry *g = &f->g;
	uint8_t shift = 9;

	while (1u << shift < g->sector_size)
		shift++;
	memcpy(p,
	    "\xeb\x76\x90"
	    "EXFAT   ",
	    11);
	put_le64(p + 72, g->sectors);
	put_le32(p + 80, (uint32_t)(g->table / g->sector_size));
	put_le32(p + 84, (uint32_t)(g->table_size / g->sector_size));
	put_le32(p + 88, (uint32_t)(g->data / g->sector_size));
	put_le32(p + 92, g->clusters);
	put_le32(p + 96, g->root_cluster);
	put_le32(p + 100, 0x12345678);
	put_le16(p + 104, 0x0100);
	p[108] = shift;
	p[110] = (uint8_t)g->copies;
	put_le16(p + 510, 0xaa55);
}

static void fill_exfat(struct fixture_fat *f)
{
	uint8_t *slot;

	for (uint32_t cluster = 2; cluster <= 4; cluster++)
		fixture_fat_set(f, cluster, 0xffffffffu);
	slot = fixture_fat_slot(f, 0, 0);
	slot[0] = 0x81;
	put_le32(slot + 20, 2);
	put_le64(slot + 24, (f->g.clusters + 7) / 8);
	slot = fixture_fat_slot(f, 0, 1);
	slot[0] = 0x82;
	put_le32(slot + 20, 3);
	put_le64(slot + 24, 128);
	fixture_fat_seal(f);
}

bool fixture_fat_new(
    struct fixture_fat *f, enum fat_kind kind, uint32_t sector_size, uint32_t clusters)
{
	struct fat_geometry g = {.kind = kind,
	    .sector_size = sector_size,
	    .cluster_size = sector_size,
	    .clusters = clusters};

	(kind == FAT_EX ? layout_exfat : layout_fat)(&g, clusters);
	g.sectors = g.data / sector_size + clusters;
	f->g = g;
	f->size = (size_t)(g.sectors * sector_size);
	f->at = calloc(1, f->size);
	if (!f->at)
		return false;
	(kind == FAT_EX ? write_exfat_boot : write_fat_boot)(f, f->at);
	if (kind == FAT_EX) {
		fill_exfat(f);
		return true;
	}
	if (kind == FAT_32)
		memcpy(f->at + 6ull * sector_size, f->at, 512);
	fixture_fat_set(f, 0, 0x0ffffff8);
	fixture_fat_set(f, 1, FIXTURE_FAT_END);
	if (kind == FAT_32)
		fixture_fat_set(f, 2, FIXTURE_FAT_END);
	return true;
}

void fixture_fat_free(struct fixture_fat *f)
{
	free(f->at);
	*f = (struct fixture_fat){0};
}

uint8_t *fixture_fat_cluster(struct fixture_fat *f, uint32_t cluster)
{
	return f->at + f->g.data + (uint64_t)(cluster - 2) * f->g.cluster_size;
}

uint8_t *fixture_fat_slot(struct fixture_fat *f, uint32_t cluster, size_t n)
{
	if (cluster == 0 && f->g.root_size)
		return f->at + f->g.root + n * 32;
	return fixture_fat_cluster(f, cluster ? cluster : f->g.root_cluster) + n * 32;
}

void fixture_fat_put(struct fixture_fat *f, uint32_t copy, uint32_t cluster, uint32_t value)
{
	uint8_t *table = f->at + TABLE_OF(&f->g, copy);
	uint8_t *bits = fixture_fat_cluster(f, 2);
	uint8_t *at = table + cluster * 3ull / 2;

	switch (f->g.kind) {
	case FAT_12:
		if (cluster & 1)
			put_le16(at, (uint16_t)((le16(at) & 0x000f) | (value & 0xfff) << 4));
		else
			put_le16(at, (uint16_t)((le16(at) & 0xf000) | (value & 0xfff)));
		return;
	case FAT_16:
		put_le16(table + cluster * 2ull, (uint16_t)value);
		return;
	case FAT_32:
		put_le32(table + cluster * 4ull, value & 0x0fffffff);
		return;
	case FAT_EX:
		break;
	}
	put_le32(table + cluster * 4ull, value >= 0x0ffffff7u ? value | 0xf0000000u : value);
	if (cluster < 2)
		return;
	if (value)
		bits[(cluster - 2) / 8] |= (uint8_t)(1u << (cluster - 2) % 8);
	else
		bits[(cluster - 2) / 8] &= (uint8_t) ~(1u << (cluster - 2) % 8);
}

void fixture_fat_set(struct fixture_fat *f, uint32_t cluster, uint32_t value)
{
	for (uint32_t copy = 0; copy < f->g.copies; copy++)
		fixture_fat_put(f, copy, cluster, value);
}

void fixture_fat_chain(struct fixture_fat *f, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		fixture_fat_set(f, first + i, i + 1 < count ? first + i + 1 : FIXTURE_FAT_END);
}

void fixture_fat_short(
    uint8_t *slot, const char *name, unsigned attributes, uint32_t cluster, uint32_t size)
{
	memset(slot, 0, 32);
	memcpy(slot, name, 11);
	slot[11] = (uint8_t)attributes;
	slot[13] = 150;                 /* and a half second */
	put_le16(slot + 14, 12u << 11); /* 12:00:00 */
	put_le16(slot + 16, (uint16_t)((2021u - 1980) << 9 | 3u << 5 | 4u));
	put_le16(slot + 18, (uint16_t)((2021u - 1980) << 9 | 3u << 5 | 6u));
	put_le16(slot + 20, (uint16_t)(cluster >> 16));
	put_le16(slot + 22, (uint16_t)(13u << 11 | 30u << 5 | 7u)); /* 13:30:14 */
	put_le16(slot + 24, (uint16_t)((2021u - 1980) << 9 | 3u << 5 | 5u));
	put_le16(slot + 26, (uint16_t)cluster);
	put_le32(slot + 28, size);
}

size_t fixture_fat_long(uint8_t *slot, const char *name, const char *short_name)
{
	static const uint8_t at[13] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
	size_t len = strlen(name), parts = (len + 12) / 13;
	uint8_t sum = 0;

	for (size_t i = 0; i < 11; i++)
		sum = (uint8_t)((sum & 1 ? 0x80 : 0) + (sum >> 1) + (uint8_t)short_name[i]);
	for (size_t part = 0; part < parts; part++) {
		uint8_t *to = slot + (parts - 1 - part) * 32;

		memset(to, 0, 32);
		to[0] = (uint8_t)(part + 1 + (part + 1 == parts ? 0x40 : 0));
		to[11] = 0x0f;
		to[13] = sum;
		for (size_t i = 0; i < 13; i++) {
			size_t n = part * 13 + i;

			put_le16(to + at[i],
			    n < len ? (uint8_t)name[n] : (uint16_t)(n == len ? 0 : 0xffff));
		}
	}
	return parts;
}

void fixture_fat_dots(struct fixture_fat *f, uint32_t cluster, uint32_t parent)
{
	fixture_fat_short(fixture_fat_slot(f, cluster, 0), ".          ", 0x10, cluster, 0);
	fixture_fat_short(fixture_fat_slot(f, cluster, 1), "..         ", 0x10, parent, 0);
}

size_t fixture_fat_set_of(uint8_t *slot, const char *name, unsigned attributes, unsigned flags,
    uint32_t cluster, uint64_t size)
{
	size_t len = strlen(name), parts = (len + 14) / 15;
	size_t count = 2 + parts;
	uint16_t sum = 0;

	memset(slot, 0, count * 32);
	slot[0] = 0x85;
	slot[1] = (uint8_t)(count - 1);
	put_le16(slot + 4, (uint16_t)attributes);
	for (size_t at = 8; at <= 16; at += 4)
		put_le32(
		    slot + at, (uint32_t)((2021u - 1980) << 9 | 3u << 5 | 4u) << 16 | 12u << 11);
	slot[20] = 150;
	slot[22] = 0x80 | 36;   /* nine hours ahead */
	slot[23] = 0x80 | 0x6c; /* five behind */
	slot[32] = 0xc0;
	slot[33] = (uint8_t)flags;
	slot[35] = (uint8_t)len;
	put_le64(slot + 40, size);
	put_le32(slot + 52, cluster);
	put_le64(slot + 56, size);
	for (size_t i = 0; i < len; i++) {
		uint8_t *to = slot + (2 + i / 15) * 32;

		to[0] = 0xc1;
		put_le16(to + 2 + i % 15 * 2, (uint8_t)name[i]);
	}
	for (size_t i = 0; i < count * 32; i++)
		if (i != 2 && i != 3)
			sum = (uint16_t)((sum & 1 ? 0x8000 : 0) + (sum >> 1) + slot[i]);
	put_le16(slot + 2, sum);
	return count;
}

void fixture_fat_unuse(uint8_t *slot, size_t count)
{
	for (size_t i = 0; i < count; i++)
		slot[i * 32] &= 0x7f;
}

void fixture_fat_seal(struct fixture_fat *f)
{
	size_t sector = f->g.sector_size;
	uint32_t sum = 0;

	for (size_t i = 0; i < 11 * sector; i++)
		if (i != 106 && i != 107 && i != 112)
			sum = (sum << 31 | sum >> 1) + f->at[i];
	for (size_t i = 0; i < sector; i += 4)
		put_le32(f->at + 11 * sector + i, sum);
	memcpy(f->at + 12 * sector, f->at, 12 * sector);
}
