/* See fixture_vss.h. */
#include "tests/fixture_vss.h"

#include "core/bytes.h"

#include <stdlib.h>

#define BLOCK     FIXTURE_VSS_BLOCK
#define LIST_ROOM 508u

static const uint8_t identifier[16] = {
    0x6b, 0x87, 0x08, 0x38, 0x76, 0xc1, 0x48, 0x4e, 0xb7, 0xae, 0x04, 0x04, 0x6e, 0x6c, 0xc7, 0x52};

static void put_head(uint8_t *at, uint32_t type, uint64_t relative, uint64_t current)
{
	memset(at, 0, 128);
	memcpy(at, identifier, sizeof(identifier));
	put_le32(at + 16, 1);
	put_le32(at + 20, type);
	put_le64(at + 24, relative);
	put_le64(at + 32, current);
}

static void put_volume_header(uint8_t *at, uint8_t volume_id, uint8_t storage_id, uint64_t catalog)
{
	put_head(at + 0x1e00, 1, 0x1e00, 0x1e00);
	put_le64(at + 0x1e00 + 48, catalog);
	memset(at + 0x1e00 + 64, volume_id, 16);
	memset(at + 0x1e00 + 80, storage_id, 16);
}

static uint64_t take_block(struct fixture_vss *f)
{
	uint64_t at = f->next;

	if (at + BLOCK > f->storage_size)
		abort();
	memset(f->storage + at, 0, BLOCK);
	f->next += BLOCK;
	return at;
}

void fixture_vss_begin(struct fixture_vss *f, uint8_t *at, size_t size, uint8_t *storage,
    size_t storage_size, uint64_t area)
{
	*f = (struct fixture_vss){.at = at,
	    .size = size,
	    .storage = storage ? storage : at,
	    .storage_size = storage ? storage_size : size,
	    .next = area,
	    .list_room = LIST_ROOM};
	f->storage_catalog = take_block(f);
	f->catalog = f->storage_catalog;
	put_head(f->storage + f->storage_catalog, 2, 0, f->storage_catalog);
	put_le32(f->storage + f->storage_catalog + BLOCK - 128, 1); /* an item that is not in use */
	put_volume_header(at, 0x11, storage ? 0x22 : 0x11, f->catalog);
	if (storage) {
		put_volume_header(storage, 0x22, 0x22, f->storage_catalog);
		memset(at + f->catalog, 0, BLOCK);
		put_head(at + f->catalog, 2, 0, f->catalog);
	}
}

void fixture_vss_free(struct fixture_vss *f)
{
	for (unsigned i = 0; i < f->count; i++) {
		free(f->stores[i].golden);
		free(f->stores[i].kept);
		free(f->stores[i].unused);
	}
	f->count = 0;
}

static void put_details(struct fixture_vss *f, unsigned index)
{
	uint8_t *at = f->storage + f->stores[index].header;

	put_head(at, 4, 0, f->stores[index].header);
	put_le64(at + 48, 64 + 2 + 4 + 2 + 2);
	memset(at + 128 + 16, (int)(0xa0 + index), 16);
	memset(at + 128 + 32, (int)(0xb0 + index), 16);
	put_le32(at + 128 + 48, 0xd);
	put_le32(at + 128 + 56, 0x2000d);
	put_le16(at + 128 + 64, 4);
	memcpy(at + 128 + 66, "P\0C\0", 4);
	put_le16(at + 128 + 70, 2);
	memcpy(at + 128 + 72, "S\0", 2);
}

static void put_items(struct fixture_vss *f, unsigned index, uint64_t created, uint64_t flags)
{
	const struct fixture_vss_store *s = &f->stores[index];
	uint8_t *two = f->at + f->catalog + 128 + 256 * (size_t)index;
	uint8_t *three = f->storage + f->storage_catalog + 256 + 256 * (size_t)index;

	put_le32(two, 2);
	put_le64(two + 8, f->size);
	memset(two + 16, (int)(0xc0 + index), 16);
	put_le64(two + 32, index + 1);
	put_le64(two + 40, flags);
	put_le64(two + 48, created);
	put_le32(three, 3);
	put_le64(three + 8, s->list);
	memset(three + 16, (int)(0xc0 + index), 16);
	put_le64(three + 32, s->header);
	put_le64(three + 48, s->bitmap);
	put_le64(three + 72, s->previous);
}

static uint64_t put_bitmap(struct fixture_vss *f, const bool *set)
{
	uint64_t blocks = f->size / BLOCK;
	uint64_t first = 0, before = 0, done = 0;

	do {
		uint64_t at = take_block(f);

		put_head(f->storage + at, 6, done / 8, at);
		for (uint64_t i = 0; i < (BLOCK - 128) * 8 && done + i < blocks; i++)
			if (set[done + i])
				f->storage[at + 128 + i / 8] |= (uint8_t)(1u << i % 8);
		done += (BLOCK - 128) * 8;
		if (before)
			put_le64(f->storage + before + 40, at);
		else
			first = at;
		before = at;
	} while (done < blocks);
	return first;
}

void fixture_vss_snapshot(struct fixture_vss *f, uint64_t created, uint64_t flags,
    uint64_t first_unused, uint64_t end_unused)
{
	struct fixture_vss_store *s = &f->stores[f->count];
	size_t blocks = f->size / BLOCK;

	if (f->count == FIXTURE_VSS_STORES)
		abort();
	*s = (struct fixture_vss_store){.golden = malloc(f->size),
	    .kept = calloc(blocks, sizeof(bool)),
	    .unused = calloc(blocks, sizeof(bool))};
	if (!s->golden || !s->kept || !s->unused)
		abort();
	memcpy(s->golden, f->at, f->size);
	for (uint64_t i = first_unused; i < end_unused; i++)
		s->unused[i] = true;
	s->header = take_block(f);
	s->list = take_block(f);
	put_head(f->storage + s->list, 3, 0, s->list);
	s->bitmap = put_bitmap(f, s->unused);
	s->previous = f->count ? put_bitmap(f, f->stores[f->count - 1].unused) : 0;
	put_details(f, f->count);
	put_items(f, f->count, created, flags);
	f->count++;
}

void fixture_vss_describe(struct fixture_vss *f, unsigned store, uint64_t original,
    uint64_t relative, uint64_t stored, uint32_t flags, uint32_t bitmap)
{
	struct fixture_vss_store *s = &f->stores[store];

	if (s->used == f->list_room) {
		uint64_t more = take_block(f);

		put_head(f->storage + more, 3, 0, more);
		put_le64(f->storage + s->list + 40, more);
		s->list = more;
		s->used = 0;
	}
	uint8_t *at = f->storage + s->list + 128 + 32 * (size_t)s->used++;

	put_le64(at, original);
	put_le64(at + 8, relative);
	put_le64(at + 16, stored);
	put_le32(at + 24, flags);
	put_le32(at + 28, bitmap);
}

/* Whether some snapshot before the last one used the block. */
static bool was_used(const struct fixture_vss *f, uint64_t block)
{
	const struct fixture_vss_store *last = &f->stores[f->count - 1];
	const struct fixture_vss_store *before = f->count > 1 ? last - 1 : NULL;

	return !last->unused[block] || (before && !before->unused[block]);
}

void fixture_vss_write(struct fixture_vss *f, uint64_t block, const void *data)
{
	uint8_t *at = f->at + block * BLOCK;
	struct fixture_vss_store *s = f->count ? &f->stores[f->count - 1] : NULL;

	if (s && !s->kept[block] && was_used(f, block)) {
		uint64_t stored = take_block(f);

		memcpy(f->storage + stored, at, BLOCK);
		fixture_vss_describe(
		    f, f->count - 1, block * BLOCK, stored + 0x100000, stored, 0, 0);
		s->kept[block] = true;
	}
	memcpy(at, data, BLOCK);
}

void fixture_vss_move(struct fixture_vss *f, uint64_t from, uint64_t to)
{
	struct fixture_vss_store *s = &f->stores[f->count - 1];

	memcpy(f->at + to * BLOCK, f->at + from * BLOCK, BLOCK);
	if (s->kept[from])
		return; /* its content was the newer one */
	fixture_vss_describe(f, f->count - 1, from * BLOCK, to * BLOCK, 0, 1, 0);
	s->kept[from] = true;
	s->kept[to] = false;
	s->unused[to] = false; /* to be kept from now on */
	s->unused[from] = true;
}

void fixture_vss_overlay(
    struct fixture_vss *f, unsigned store, uint64_t block, uint32_t sectors, const void *data)
{
	struct fixture_vss_store *s = &f->stores[store];
	uint64_t stored = take_block(f);

	memcpy(f->storage + stored, data, BLOCK);
	for (unsigned i = 0; i < 32; i++)
		if (sectors >> i & 1)
			memcpy(s->golden + block * BLOCK + i * 512u,
			    (const uint8_t *)data + i * 512u, 512);
	fixture_vss_describe(f, store, block * BLOCK, 0, stored, 2, sectors);
}
