/* A store: details, block list, bitmaps. See state.h. */
#include "core/array.h"
#include "formats/vss/state.h"

#include <stdlib.h>

bool vss_pass(struct err *err, const struct err *why)
{
	if (err)
		*err = *why;
	return false;
}

void vss_note(struct err *damage, const struct err *why)
{
	if (damage->kind == ERR_NONE)
		*damage = *why;
}

/* A counted string at *at: a view of it; empty when it does not fit. */
static struct bytes read_name(struct bytes details, size_t *at)
{
	struct bytes name = {0};

	if (*at + 2 > details.len)
		return name;
	size_t len = le16(details.at + *at);

	*at += 2;
	if (len > VSS_LIMIT_NAME || !bytes_slice(details, *at, len, &name))
		return (struct bytes){0};
	*at += len;
	return name;
}

static bool keep_names(struct vss_store *store, struct bytes details, struct err *err)
{
	size_t at = 64;
	struct bytes first = read_name(details, &at);
	struct bytes second = read_name(details, &at);

	store->names = malloc(first.len + second.len + 1);
	if (!store->names)
		return fail(err, ERR_MEMORY, "no memory for a shadow copy");
	if (first.len)
		memcpy(store->names, first.at, first.len);
	if (second.len)
		memcpy(store->names + first.len, second.at, second.len);
	store->info.operating_machine = (struct bytes){store->names, first.len};
	store->info.service_machine = (struct bytes){store->names + first.len, second.len};
	return true;
}

static bool describe(struct vss *vss, struct vss_store *store, struct err *err)
{
	struct vss_chain chain = {
	    .storage = vss->storage, .type = VSS_BLOCK_STORE, .next = store->header};
	struct vss_info *info = &store->info;
	struct bytes details;

	if (!vss_chain_next(&chain, &details, err))
		return false;
	if (details.len < 64)
		return fail(err, ERR_DAMAGED, "it has no header");
	if (!keep_names(store, details, err))
		return false;
	memcpy(info->copy_id, details.at + 16, VSS_GUID_LEN);
	memcpy(info->set_id, details.at + 32, VSS_GUID_LEN);
	info->context = le32(details.at + 48);
	info->attributes = le32(details.at + 56);
	info->has_details = true;
	return true;
}

void vss_store_describe(struct vss *vss, struct vss_store *store)
{
	struct err err = {0};

	if (store->has_store && vss->storage && !describe(vss, store, &err)) {
		DISCARD(fail_in(&err, "header of the store"));
		vss_note(&store->info.damage, &err);
	}
}

/* FNV-1a of a block of the list, with its header: it changes when descriptors or a next block are added. */
static uint64_t hash_block(const uint8_t *at)
{
	uint64_t hash = 14695981039346656037u;

	for (size_t i = 0; i < VSS_BLOCK; i += 8)
		hash = (hash ^ le64(at + i)) * 1099511628211u;
	return hash;
}

static size_t map_size(const struct vss_map *map)
{
	return map->count + map->overlay_count;
}

/* others: entries of all other stores. */
static bool load_list(struct vss *vss, struct vss_store *store, size_t others, struct err *err)
{
	struct vss_chain chain = {
	    .storage = vss->storage, .type = VSS_BLOCK_LIST, .next = store->list};
	size_t ceiling = others < VSS_LIMIT_ENTRIES ? VSS_LIMIT_ENTRIES - others : 0;
	bool is_first = true;
	struct bytes body;
	struct err why = {0};

	do {
		if (!vss_chain_next(&chain, &body, &why)) {
			if (is_first) {
				DISCARD(vss_pass(err, &why));
				return fail_in(err, "block list");
			}
			DISCARD(fail_in(&why, "the end of the block list is lost"));
			vss_note(&store->info.damage, &why);
			store->is_cut = true;
			break;
		}
		is_first = false;
		if (body.len) {
			store->tail = le64(chain.data + 32);
			store->tail_hash = hash_block(chain.data);
			store->list_blocks++;
		}
		if (body.len && !vss_map_add(&store->map, body, ceiling, err))
			return fail_in(err, "block list");
	} while (body.len);
	if (store->map.odd) {
		fail(&why, ERR_DAMAGED, "%llu entries of the block list make no sense",
		    (unsigned long long)store->map.odd);
		vss_note(&store->info.damage, &why);
	}
	return vss_map_finish(&store->map, err);
}

static bool add_unused(
    struct vss_store *store, uint64_t block, uint64_t count, size_t ceiling, struct err *err)
{
	struct vss_span *last =
	    store->unused_count ? &store->unused[store->unused_count - 1] : NULL;

	if (last && last->first + last->count == block) {
		last->count += count;
		return true;
	}
	if (!array_grow(&store->unused, &store->unused_room, store->unused_count + 1,
		sizeof(*store->unused), ceiling, err))
		return false;
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): array_grow made room */
	store->unused[store->unused_count++] = (struct vss_span){block, count};
	return true;
}

/* Adds the blocks of a piece of the bitmap that are unused in both states. */
static bool add_bits(struct vss_store *store, uint64_t first, struct bytes now, struct bytes before,
    size_t ceiling, struct err *err)
{
	for (size_t i = 0; i < now.len; i++) {
		uint8_t bits = now.at[i] & (i < before.len ? before.at[i] : 0xff);
		uint64_t block = first + 8 * (uint64_t)i;

		if (bits == 0xff && !add_unused(store, block, 8, ceiling, err))
			return false;
		for (unsigned bit = 0; bits != 0 && bits != 0xff && bit < 8; bit++)
			if (bits >> bit & 1 && !add_unused(store, block + bit, 1, ceiling, err))
				return false;
	}
	return true;
}

/* Reads both bitmaps: a block is not kept when neither this state nor the one before it used it. */
static bool load_bitmaps(struct vss *vss, struct vss_store *store, struct err *err)
{
	struct vss_chain now = {
	    .storage = vss->storage, .type = VSS_BLOCK_BITMAP, .next = store->bitmap};
	struct vss_chain before = {
	    .storage = vss->storage, .type = VSS_BLOCK_BITMAP, .next = store->previous};
	uint64_t blocks = store->info.size / VSS_BLOCK + 1;
	size_t ceiling = vss->spans < VSS_LIMIT_RANGES ? VSS_LIMIT_RANGES - vss->spans : 0;
	uint64_t first = 0;

	while (first < blocks) {
		struct bytes a, b = {0};

		if (!vss_chain_next(&now, &a, err))
			return fail_in(err, "bitmap");
		if (a.len == 0)
			break;
		if (before.next && !vss_chain_next(&before, &b, err))
			return fail_in(err, "previous bitmap");
		if (!add_bits(store, first, a, b, ceiling, err))
			return fail_in(err, "bitmap");
		first += 8 * (uint64_t)a.len;
	}
	store->knows_unused = first >= store->info.size / VSS_BLOCK;
	return true;
}

bool vss_store_load(struct vss *vss, struct vss_store *store, struct err *err)
{
	struct err why = {0};

	if (store->is_loaded)
		return true;
	if (!load_list(vss, store, vss->entries, err)) {
		vss_map_free(&store->map);
		return false;
	}
	/* Without the bitmap all looks kept: it is said, and the rest is still good. */
	if (!load_bitmaps(vss, store, &why)) {
		if (why.kind == ERR_MEMORY) {
			vss_map_free(&store->map);
			return vss_pass(err, &why);
		}
		vss_note(&store->info.damage, &why);
	}
	vss->entries += map_size(&store->map);
	vss->spans += store->unused_count;
	store->is_loaded = true;
	return true;
}

/* What was lost of the list when it was opened may stay lost, but nothing more. */
static bool reaches_as_far(
    const struct vss_store *fresh, const struct vss_store *store, struct err *err)
{
	if (fresh->is_cut && (!store->is_cut || fresh->list_blocks < store->list_blocks)) {
		return vss_pass(err, &fresh->info.damage);
	}
	return fresh->list_blocks >= store->list_blocks ||
	       fail(err, ERR_DAMAGED, "the block list has become shorter");
}

/* The list as it is now in the place of the one before, which stays when it cannot be read as far. */
static bool reload_list(struct vss *vss, struct vss_store *store, struct err *err)
{
	struct vss_store fresh = {.list = store->list};
	size_t others = vss->entries - map_size(&store->map);

	if (!load_list(vss, &fresh, others, err) || !reaches_as_far(&fresh, store, err)) {
		vss_map_free(&fresh.map);
		return false;
	}
	vss_map_free(&store->map);
	store->map = fresh.map;
	store->tail = fresh.tail;
	store->tail_hash = fresh.tail_hash;
	store->list_blocks = fresh.list_blocks;
	store->is_cut = fresh.is_cut;
	vss_note(&store->info.damage, &fresh.info.damage);
	vss->entries = others + map_size(&store->map);
	return true;
}

bool vss_store_refresh(struct vss *vss, struct vss_store *store, bool *changed, struct err *err)
{
	uint8_t block[VSS_BLOCK];

	*changed = false;
	if (!store->is_loaded)
		return true;
	if (!source_read_patiently(vss->storage, store->tail, block, sizeof(block), err))
		return fail_in(err, "block list");
	if (hash_block(block) == store->tail_hash)
		return true;
	*changed = true;
	return reload_list(vss, store, err);
}

void vss_store_free(struct vss_store *store)
{
	vss_map_free(&store->map);
	free(store->unused);
	free(store->names);
	*store = (struct vss_store){0};
}

static bool span_ends_before(const void *element, uint64_t block)
{
	const struct vss_span *span = element;

	return block >= span->first && block - span->first >= span->count;
}

bool vss_store_is_unused(const struct vss_store *store, uint64_t block)
{
	size_t i = array_first_from(
	    store->unused, store->unused_count, sizeof(*store->unused), span_ends_before, block);

	return i < store->unused_count && block >= store->unused[i].first;
}

uint64_t vss_store_unused_edge(const struct vss_store *store, uint64_t block)
{
	size_t i = array_first_from(
	    store->unused, store->unused_count, sizeof(*store->unused), span_ends_before, block);

	if (i == store->unused_count)
		return UINT64_MAX;
	const struct vss_span *span = &store->unused[i];

	return block < span->first ? span->first : span->first + span->count;
}
