/* The file allocation tables (docs/formats/fat.md, "FAT"). See volume.h. */
#include "formats/fat/volume.h"

#include <stdlib.h>

_Static_assert(FAT_PAGE / FAT_LIMIT_SECTOR_MIN == 64, "a bit for each sector of a page");

/* Sector by sector: what one bad sector holds must not take the page with it. */
static void read_around(struct fat_volume *volume, struct fat_page *page)
{
	page->bad = 0;
	page->len = 0;
	for (unsigned i = 0; i < 64; i++) {
		size_t at = (size_t)i * FAT_LIMIT_SECTOR_MIN, got = 0;

		if (volume->raw->read(volume->raw, page->offset + at, page->at + at,
			FAT_LIMIT_SECTOR_MIN, &got, &page->why)) {
			page->len = got ? at + got : page->len;
			continue;
		}
		page->bad |= 1ull << i;
		page->len = at + FAT_LIMIT_SECTOR_MIN;
	}
}

/* The page with that offset, read if it is not there. NULL when no memory. */
static struct fat_page *page_at(struct fat_volume *volume, uint64_t offset)
{
	struct fat_page *page = &volume->pages[offset / FAT_PAGE % FAT_PAGES];
	uint64_t start = offset / FAT_PAGE * FAT_PAGE;

	if (page->at && page->offset == start)
		return page;
	if (!page->at)
		page->at = malloc(FAT_PAGE);
	if (!page->at)
		return NULL;
	page->offset = start;
	page->len = 0;
	page->bad = 0;
	page->why = (struct err){0};
	if (!volume->raw->read(volume->raw, start, page->at, FAT_PAGE, &page->len, &page->why))
		read_around(volume, page);
	return page;
}

bool fat_peek(struct fat_volume *volume, uint64_t offset, uint8_t *to, size_t len, struct err *err)
{
	for (size_t i = 0; i < len; i++) {
		const struct fat_page *page = page_at(volume, offset + i);

		if (!page)
			return fail(err, ERR_MEMORY, "no memory to read the FAT");
		size_t at = (size_t)(offset + i - page->offset);

		if (at >= page->len)
			return fail(err, ERR_DAMAGED,
			    "the volume ends inside its FAT, at byte %llu",
			    (unsigned long long)(offset + i));
		if (page->bad >> at / FAT_LIMIT_SECTOR_MIN & 1)
			return fail(err, page->why.kind, "FAT at byte %llu: %.150s",
			    (unsigned long long)(offset + i), page->why.text);
		to[i] = page->at[at];
	}
	return true;
}

/* Widens to 32 bits, so that the marks of every kind are the same. */
static uint32_t widen(enum fat_kind kind, uint32_t value, uint32_t cluster)
{
	switch (kind) {
	case FAT_12:
		value = cluster & 1 ? value >> 4 : value & 0xfff;
		return value >= 0xff7 ? value | 0xfffff000u : value;
	case FAT_16:
		value &= 0xffff;
		return value >= 0xfff7 ? value | 0xffff0000u : value;
	case FAT_32:
		value &= 0x0fffffffu;
		return value >= 0x0ffffff7u ? value | 0xf0000000u : value;
	case FAT_EX:
		break;
	}
	return value;
}

bool fat_table_get(struct fat_volume *volume, uint32_t copy, uint32_t cluster, enum fat_link *link,
    uint32_t *next, struct err *err)
{
	static const uint8_t bits[] = {[FAT_12] = 12, [FAT_16] = 16, [FAT_32] = 32, [FAT_EX] = 32};
	const struct fat_geometry *g = &volume->geometry;
	uint64_t offset = g->table + copy * g->table_size + (uint64_t)cluster * bits[g->kind] / 8;
	uint8_t raw[4] = {0};

	if (!fat_peek(volume, offset, raw, g->kind < FAT_32 ? 2 : 4, err))
		return false;
	uint32_t value = widen(g->kind, le32(raw), cluster);

	*next = value;
	*link = FAT_LINK_NONSENSE;
	if (value == 0)
		*link = FAT_LINK_FREE;
	else if (value == 0xfffffff7u)
		*link = FAT_LINK_BAD;
	else if (value > 0xfffffff7u)
		*link = FAT_LINK_END;
	else if (fat_is_cluster(volume, value))
		*link = FAT_LINK_NEXT;
	return true;
}

bool fat_table_next(struct fat_volume *volume, uint32_t cluster, enum fat_link *link,
    uint32_t *next, struct err *err)
{
	const struct fat_geometry *g = &volume->geometry;
	bool ok = fat_table_get(volume, g->active, cluster, link, next, err);

	if (ok && (*link == FAT_LINK_NEXT || *link == FAT_LINK_END))
		return true;
	if (!ok && err->kind == ERR_MEMORY)
		return false;
	for (uint32_t copy = 0; g->is_mirrored && copy < g->copies; copy++) {
		enum fat_link other = FAT_LINK_NONSENSE;
		uint32_t value = 0;

		if (copy == g->active ||
		    !fat_table_get(volume, copy, cluster, &other, &value, NULL))
			continue;
		if (other == FAT_LINK_NEXT || other == FAT_LINK_END) {
			volume->repaired++;
			*link = other;
			*next = value;
			return true;
		}
	}
	return ok;
}

static bool bitmap_says_free(
    struct fat_volume *volume, uint32_t cluster, bool *is_free, struct err *err)
{
	uint32_t bit = cluster - FAT_FIRST_CLUSTER;
	uint32_t size = volume->geometry.cluster_size;
	uint32_t index = bit / 8 / size;
	uint8_t byte = 0;

	if (bit / 8 >= volume->bitmap_size)
		return fail(
		    err, ERR_DAMAGED, "the allocation bitmap does not reach cluster %u", cluster);
	const struct fat_run *run = fat_runs_find(&volume->bitmap, index);

	if (!run)
		return fail(
		    err, ERR_DAMAGED, "the allocation bitmap is not there for cluster %u", cluster);
	if (!fat_peek(volume,
		fat_cluster_offset(volume, run->first + (index - run->index)) + bit / 8 % size,
		&byte, 1, err))
		return false;
	*is_free = !(byte >> bit % 8 & 1);
	return true;
}

bool fat_cluster_is_free(
    struct fat_volume *volume, uint32_t cluster, bool *is_free, struct err *err)
{
	const struct fat_geometry *g = &volume->geometry;
	enum fat_link link;
	uint32_t next;
	bool any = false, used = false;

	if (!fat_is_cluster(volume, cluster))
		return fail(err, ERR_DAMAGED, "there is no cluster %u", cluster);
	if (g->kind == FAT_EX)
		return bitmap_says_free(volume, cluster, is_free, err);
	for (uint32_t copy = 0; copy < g->copies && !used; copy++) {
		if (!g->is_mirrored && copy != g->active)
			continue;
		if (!fat_table_get(volume, copy, cluster, &link, &next, err))
			continue;
		any = true;
		used = link != FAT_LINK_FREE;
	}
	if (any)
		*is_free = !used;
	return any;
}

bool fat_table_begins(struct fat_volume *volume, uint32_t copy)
{
	enum fat_link first, second;
	uint32_t value, mark;
	uint8_t medium;

	return fat_table_get(volume, copy, 0, &first, &value, NULL) &&
	       fat_table_get(volume, copy, 1, &second, &mark, NULL) &&
	       fat_peek(volume, volume->geometry.table + copy * volume->geometry.table_size,
		   &medium, 1, NULL) &&
	       (medium == 0xf0 || medium >= 0xf8) && second != FAT_LINK_FREE;
}
