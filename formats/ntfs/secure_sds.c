/* Reading a $SDS through: entries, hashes, mirror copies. See secure_sds.h. */
#include "formats/ntfs/secure_sds.h"

#include "core/array.h"
#include "core/bytes.h"
#include "formats/ntfs/limits.h"

#include <stdlib.h>

#define HEADER 20u /* hash, id, offset in the $SDS, size */
#define UNIT   16u /* what entries are aligned to */
/* Bytes hashed for nothing in one block: forged headers would otherwise make each of its units cost a block. */
#define WASTE_MAX (4 * SDS_BLOCK)

struct block { /* of descriptors, and its mirror copy */
	uint64_t start;
	uint8_t *at, *mirror; /* SDS_BLOCK bytes */
	size_t len, mirror_len;
	bool has_mirror; /* it was read */
	size_t waste;
};

static void note(struct ntfs_sds *sds, const struct err *why)
{
	if (sds->damage.kind == ERR_NONE) {
		sds->damage = *why;
		fail_in(&sds->damage, "$Secure:$SDS");
	}
}

/* How many bytes of it could be read. */
static size_t read_half(struct ntfs_sds *sds, uint64_t start, uint8_t *to)
{
	struct err why = {0};
	size_t got = 0;

	if (start < sds->content->size &&
	    !sds->content->read(sds->content, start, to, SDS_BLOCK, &got, &why))
		note(sds, &why);
	return got;
}

static uint32_t hash_of(struct bytes bytes)
{
	uint32_t hash = 0;

	for (size_t i = 0; i + 4 <= bytes.len; i += 4)
		hash = (hash << 3 | hash >> 29) + le32(bytes.at + i);
	return hash;
}

enum verdict { NO_ENTRY, BAD_ENTRY, GOOD_ENTRY };

/* What lies at pos of half a block that should say it lies at `offset`. */
static enum verdict judge(struct block *block, const uint8_t *half, size_t half_len, size_t pos,
    struct ntfs_sds_item *out)
{
	const uint8_t *p = half + pos;
	size_t left = half_len > pos ? half_len - pos : 0;

	if (left < HEADER || le64(p + 8) != block->start + pos)
		return NO_ENTRY;
	size_t size = le32(p + 16);

	if (size <= HEADER || size > left)
		return NO_ENTRY;
	*out = (struct ntfs_sds_item){
	    .id = le32(p + 4),
	    .at = (uint32_t)((block->start + pos) / UNIT),
	    .size = (unsigned)(size - HEADER) & 0xfffff,
	};
	if (block->waste <= WASTE_MAX &&
	    hash_of((struct bytes){p + HEADER, size - HEADER}) == le32(p))
		return GOOD_ENTRY;
	block->waste += size;
	out->is_bad = true;
	return BAD_ENTRY;
}

static bool add(struct ntfs_sds *sds, const struct ntfs_sds_item *item, struct err *err)
{
	struct err why = {0};

	if (item->is_bad) {
		fail(&why, ERR_DAMAGED, "the hash of security id %u is wrong", item->id);
		note(sds, &why);
	}
	if (!array_grow(&sds->items, &sds->room, sds->count + 1, sizeof(*sds->items),
		NTFS_LIMIT_SECURITY_IDS, &why)) {
		note(sds, &why);
		return why.kind == ERR_LIMIT || fail(err, why.kind, "%s", why.text);
	}
	sds->items[sds->count++] = *item;
	return true;
}

static void read_mirror(struct ntfs_sds *sds, struct block *block)
{
	if (block->has_mirror)
		return;
	block->has_mirror = true;
	block->mirror_len = read_half(sds, block->start + SDS_BLOCK, block->mirror);
}

/* Whether nothing of either copy is left at pos. */
static bool is_behind(struct ntfs_sds *sds, struct block *block, size_t pos)
{
	if (pos + HEADER <= block->len)
		return false;
	read_mirror(sds, block);
	return pos + HEADER > block->mirror_len;
}

/* The better of the two copies at pos. */
static enum verdict find(
    struct ntfs_sds *sds, struct block *block, size_t pos, struct ntfs_sds_item *out)
{
	struct ntfs_sds_item second;
	enum verdict first = judge(block, block->at, block->len, pos, out);

	if (first == GOOD_ENTRY)
		return first;
	read_mirror(sds, block);
	enum verdict mirror = judge(block, block->mirror, block->mirror_len, pos, &second);

	if (mirror <= first)
		return first;
	second.at += SDS_BLOCK / UNIT;
	*out = second;
	return mirror;
}

static bool scan_block(struct ntfs_sds *sds, struct block *block, struct err *err)
{
	size_t pos = 0;

	block->len = read_half(sds, block->start, block->at);
	block->has_mirror = false;
	block->waste = 0;
	while (!is_behind(sds, block, pos)) {
		struct ntfs_sds_item item;
		enum verdict verdict = find(sds, block, pos, &item);
		size_t step = UNIT;

		if (verdict != NO_ENTRY && !add(sds, &item, err))
			return false;
		/* A bad entry's size may be what is bad: look for the next one inside it. */
		if (verdict == GOOD_ENTRY || (verdict == BAD_ENTRY && block->waste > WASTE_MAX))
			step = (HEADER + item.size + UNIT - 1) / UNIT * UNIT;
		pos += step;
	}
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct ntfs_sds_item *x = a;
	const struct ntfs_sds_item *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	if (x->is_bad != y->is_bad)
		return x->is_bad ? 1 : -1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* Sorts, and keeps the best of each id. */
static void tidy(struct ntfs_sds *sds)
{
	size_t kept = 0;

	if (sds->count)
		qsort(sds->items, sds->count, sizeof(*sds->items), compare);
	for (size_t i = 0; i < sds->count; i++)
		if (kept == 0 || sds->items[kept - 1].id != sds->items[i].id)
			sds->items[kept++] = sds->items[i];
	sds->count = kept;
}

bool ntfs_sds_scan(struct ntfs_sds *sds, struct err *err)
{
	CLEANUP(free_memory) uint8_t *buffer = malloc(2 * SDS_BLOCK);
	struct block block = {.at = buffer};
	uint64_t end = sds->content->size;
	struct err why = {0};

	if (!buffer)
		return fail(err, ERR_MEMORY, "no memory for $Secure:$SDS");
	block.mirror = buffer + SDS_BLOCK;
	if (end > NTFS_LIMIT_SDS) {
		fail(&why, ERR_LIMIT, "of %llu bytes", (unsigned long long)end);
		note(sds, &why);
		end = NTFS_LIMIT_SDS;
	}
	for (; block.start < end; block.start += 2 * SDS_BLOCK)
		if (!scan_block(sds, &block, err))
			return false;
	tidy(sds);
	return true;
}

bool ntfs_sds_read(const struct ntfs_sds *sds, const struct ntfs_sds_item *item, uint8_t *to,
    struct bytes *out, struct err *err)
{
	if (item->is_bad)
		return fail(err, ERR_DAMAGED, "the hash of security id %u is wrong", item->id);
	if (!source_read_exact(
		sds->content, (uint64_t)item->at * UNIT + HEADER, to, item->size, err))
		return fail_in(err, "$Secure:$SDS");
	*out = (struct bytes){to, item->size};
	return true;
}

void ntfs_sds_free(struct ntfs_sds *sds)
{
	free(sds->items);
	sds->items = NULL;
	sds->count = sds->room = 0;
}
