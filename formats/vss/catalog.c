/* The header of a volume and its catalogue of snapshots. See vss.h. */
#include "core/array.h"
#include "formats/vss/state.h"

#include <stdlib.h>

#define HEADER_OFFSET 0x1e00u
#define ITEM_LEN      128u
#define CATALOG_WORDS "catalogue of shadow copies"

enum item_type { ITEM_SNAPSHOT = 2, ITEM_STORE = 3 };

bool vss_header_read(struct source *volume, struct vss_header *out, struct err *err)
{
	uint8_t sector[512];
	struct vss_block_head head;

	if (!source_read_patiently(volume, HEADER_OFFSET, sector, sizeof(sector), err))
		return false;
	if (!vss_block_parse((struct bytes){sector, sizeof(sector)}, &head, err) ||
	    head.type != VSS_BLOCK_VOLUME || head.relative != HEADER_OFFSET ||
	    head.current != HEADER_OFFSET)
		return fail(err, ERR_MISSING, "no shadow copies on this volume");
	*out = (struct vss_header){.catalog = le64(sector + 48), .largest = le64(sector + 56)};
	memcpy(out->volume, sector + 64, VSS_GUID_LEN);
	memcpy(out->storage, sector + 80, VSS_GUID_LEN);
	return true;
}

bool vss_header_is_local(const struct vss_header *header)
{
	return memcmp(header->volume, header->storage, VSS_GUID_LEN) == 0;
}

void vss_guid_text(const uint8_t guid[VSS_GUID_LEN], char out[VSS_GUID_ROOM])
{
	snprintf(out, VSS_GUID_ROOM, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", le32(guid),
	    le16(guid + 4), le16(guid + 6), guid[8], guid[9], guid[10], guid[11], guid[12],
	    guid[13], guid[14], guid[15]);
}

static struct vss_store *find(struct vss *vss, const uint8_t *id)
{
	for (size_t i = 0; i < vss->count; i++)
		if (memcmp(vss->at[i].info.id, id, VSS_GUID_LEN) == 0)
			return &vss->at[i];
	return NULL;
}

static bool add_snapshot(struct vss *vss, const uint8_t *item, struct err *err)
{
	if (find(vss, item + 16))
		return fail(err, ERR_DAMAGED, "a shadow copy stands twice in the catalogue");
	if (!array_grow(
		&vss->at, &vss->room, vss->count + 1, sizeof(*vss->at), VSS_LIMIT_SNAPSHOTS, err))
		return fail_in(err, "shadow copies");
	struct vss_store *store = &vss->at[vss->count++];

	*store = (struct vss_store){0};
	memcpy(store->info.id, item + 16, VSS_GUID_LEN);
	store->info.size = le64(item + 8);
	store->info.sequence = le64(item + 32);
	store->info.flags = le64(item + 40);
	store->info.created = le64(item + 48);
	if (store->info.size > vss->volume->size) {
		fail(&store->info.damage, ERR_DAMAGED,
		    "the volume had %llu bytes, of which %llu are here",
		    (unsigned long long)store->info.size, (unsigned long long)vss->volume->size);
		store->info.size = vss->volume->size;
	}
	return true;
}

static bool add_store(struct vss *vss, const uint8_t *item, struct err *err)
{
	struct vss_store *store = find(vss, item + 16);

	if (!store)
		return true; /* of another volume */
	if (store->has_store)
		return fail(err, ERR_DAMAGED, "a store stands twice in the catalogue");
	store->list = le64(item + 8);
	store->header = le64(item + 32);
	store->bitmap = le64(item + 48);
	store->previous = le64(item + 72);
	store->has_store = true;
	return true;
}

/* Does something with the items of one type. Damage goes to vss->damage; false: no memory. */
static bool each_item(struct vss *vss, struct source *source, uint64_t catalog, enum item_type type,
    bool (*act)(struct vss *vss, const uint8_t *item, struct err *err), struct err *err)
{
	struct vss_chain chain = {.storage = source, .type = VSS_BLOCK_CATALOG, .next = catalog};
	struct bytes body = {0};

	for (unsigned block = 0; block < VSS_LIMIT_CATALOG; block++) {
		struct err why = {0};

		if (!vss_chain_next(&chain, &body, &why)) {
			DISCARD(fail_in(&why, CATALOG_WORDS));
			vss_note(&vss->damage, &why);
			return true;
		}
		if (body.len == 0)
			return true;
		for (size_t at = 0; at + ITEM_LEN <= body.len; at += ITEM_LEN) {
			why = (struct err){0};
			if (le32(body.at + at) != (uint32_t)type || act(vss, body.at + at, &why))
				continue;
			if (why.kind == ERR_MEMORY) {
				return vss_pass(err, &why);
			}
			vss_note(&vss->damage, &why);
		}
	}
	if (chain.next) {
		struct err why = {0};

		fail(&why, ERR_LIMIT, "more than %u blocks", VSS_LIMIT_CATALOG);
		DISCARD(fail_in(&why, CATALOG_WORDS));
		vss_note(&vss->damage, &why);
	}
	return true;
}

static bool is_older(const struct vss_info *a, const struct vss_info *b)
{
	if (a->sequence != b->sequence)
		return a->sequence < b->sequence;
	return a->created < b->created;
}

static void sort(struct vss *vss)
{
	for (size_t i = 1; i < vss->count; i++)
		for (size_t at = i; at > 0 && is_older(&vss->at[at].info, &vss->at[at - 1].info);
		     at--) {
			struct vss_store moved = vss->at[at];

			vss->at[at] = vss->at[at - 1];
			vss->at[at - 1] = moved;
		}
}

/* From the newest to the oldest: each builds on those after it. */
static void judge(struct vss *vss)
{
	char storage[VSS_GUID_ROOM];

	vss_guid_text(vss->header.storage, storage);
	for (size_t i = vss->count; i > 0; i--) {
		struct vss_store *store = &vss->at[i - 1];
		const struct vss_store *newer = i < vss->count ? &vss->at[i] : NULL;
		struct err *why = &store->info.why;

		if (!vss->storage)
			fail(why, ERR_MISSING, "stored on another volume, which is not here: {%s}",
			    storage);
		else if (!store->has_store)
			fail(why, ERR_DAMAGED, "its store is not in the catalogue");
		else if (newer && newer->info.why.kind != ERR_NONE)
			fail(why, ERR_DAMAGED, "a newer shadow copy that it builds on is lost");
		else if (newer && newer->info.sequence != store->info.sequence + 1)
			fail(why, ERR_DAMAGED,
			    "the newer shadow copy that it builds on is not in the catalogue");
	}
}

static bool read_catalogs(struct vss *vss, struct source *storage, struct err *err)
{
	struct vss_header other = vss->header;

	if (!each_item(vss, vss->volume, vss->header.catalog, ITEM_SNAPSHOT, add_snapshot, err))
		return false;
	if (vss_header_is_local(&vss->header) || (storage && storage == vss->volume)) {
		vss->storage = vss->volume;
	} else if (storage && vss_header_read(storage, &other, NULL) &&
		   memcmp(other.volume, vss->header.storage, VSS_GUID_LEN) == 0) {
		vss->storage = storage;
	}
	if (vss->storage &&
	    !each_item(vss, vss->storage, other.catalog, ITEM_STORE, add_store, err))
		return false;
	return true;
}

uint64_t vss_catalog_hash(struct vss *vss, struct err *damage)
{
	struct vss_chain chain = {
	    .storage = vss->volume, .type = VSS_BLOCK_CATALOG, .next = vss->header.catalog};
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	struct bytes body;

	for (unsigned block = 0; block < VSS_LIMIT_CATALOG; block++) {
		if (!vss_chain_next(&chain, &body, damage)) {
			DISCARD(fail_in(damage, CATALOG_WORDS));
			return ~hash;
		}
		if (body.len == 0)
			break;
		for (size_t at = 0; at + ITEM_LEN <= body.len; at += ITEM_LEN)
			for (size_t i = 16; le32(body.at + at) == ITEM_SNAPSHOT && i < 32; i += 8)
				hash = (hash ^ le64(body.at + at + i)) * 1099511628211u;
	}
	return hash;
}

bool vss_open(struct source *volume, struct source *storage, struct vss **out, struct err *err)
{
	CLEANUP(vss_close) struct vss *vss = calloc(1, sizeof(*vss));

	if (!vss)
		return fail(err, ERR_MEMORY, "no memory for shadow copies");
	vss->volume = volume;
	if (!vss_header_read(volume, &vss->header, err))
		return false;
	vss->known = vss_catalog_hash(vss, NULL); /* before: what comes meanwhile is unknown */
	if (!read_catalogs(vss, storage, err))
		return false;
	if (vss->count == 0 && vss->damage.kind != ERR_NONE) {
		return vss_pass(err, &vss->damage);
	}
	if (vss->count == 0)
		return fail(err, ERR_MISSING, "no shadow copies on this volume");
	sort(vss);
	judge(vss);
	for (size_t i = 0; i < vss->count; i++)
		vss_store_describe(vss, &vss->at[i]);
	*out = TAKE(vss);
	return true;
}

void vss_close(struct vss *vss)
{
	if (!vss)
		return;
	for (size_t i = 0; i < vss->count; i++)
		vss_store_free(&vss->at[i]);
	free(vss->at);
	free(vss);
}

const struct err *vss_damage(const struct vss *vss)
{
	return &vss->damage;
}

size_t vss_count(const struct vss *vss)
{
	return vss->count;
}

const struct vss_info *vss_info(const struct vss *vss, size_t snapshot)
{
	return snapshot < vss->count ? &vss->at[snapshot].info : NULL;
}
