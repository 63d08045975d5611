/* A snapshot as a source. See vss.h. */
#include "formats/vss/state.h"

#include <stdlib.h>

#define BATCH   64u /* blocks looked up together: 1 MiB */
#define NOWHERE UINT64_MAX

struct place {       /* where a block is read from */
	uint64_t at; /* block of the volume, or of the storage volume */
	bool is_stored;
	bool is_moved; /* found through a forwarder */
	bool is_kept;
	bool is_zeros;    /* as Windows reads what is not kept */
	bool has_overlay; /* some of its sectors are read from elsewhere */
};

struct snapshot {
	struct source source;
	const struct vss *vss;
	size_t index;
	enum vss_reading reading;
};

/* Looks in one store for the blocks that no older one has. */
static void look_in(const struct vss_store *store, struct place *places, size_t count)
{
	uint64_t expected = NOWHERE; /* the block that `entry` was advanced to */
	size_t entry = 0;

	for (size_t i = 0; i < count; i++) {
		struct place *place = &places[i];
		uint64_t block = place->at;

		if (place->is_stored)
			continue;
		if (block != expected)
			entry = vss_map_find(&store->map, block);
		expected = block + 1;
		if (entry < store->map.count && vss_entry_block(&store->map.at[entry]) == block) {
			const struct vss_entry *found = &store->map.at[entry++];

			place->at = vss_entry_to(found);
			place->is_stored = vss_entry_kind(found) == VSS_ENTRY_KEPT;
			place->is_moved |= !place->is_stored;
			place->is_zeros &= !place->is_moved;
		} else if (vss_store_is_unused(store, block)) {
			place->is_kept = false;
			place->is_zeros |=
			    !place->is_moved && (store->info.flags & VSS_FLAG_UNUSED_ZEROS);
		}
	}
}

static void look_for_overlays(
    const struct vss_store *store, uint64_t block, struct place *places, size_t count)
{
	size_t i = vss_map_find_overlay(&store->map, block);

	for (; i < store->map.overlay_count; i++) {
		uint64_t at = store->map.overlays[i].key >> 24;

		if (at - block >= count)
			break;
		places[at - block].has_overlay = true;
	}
}

/* Where count (at most BATCH) blocks from `block` on lie. index may be VSS_PRESENT. */
static void locate(
    const struct vss *vss, size_t index, uint64_t block, struct place *places, size_t count)
{
	for (size_t i = 0; i < count; i++)
		places[i] = (struct place){.at = block + i, .is_kept = true};
	for (size_t i = index; i < vss->count; i++)
		look_in(&vss->at[i], places, count);
	if (index < vss->count)
		look_for_overlays(&vss->at[index], block, places, count);
}

struct piece {               /* bytes that are read at once */
	struct source *from; /* NULL: zeros */
	uint64_t offset;
	size_t len;
	bool is_kept;
};

/* Finds the overlay that has the sector; NOWHERE when none: else the block that it lies in. */
static uint64_t overlay_of(const struct vss_map *map, uint64_t block, unsigned sector)
{
	uint64_t to = NOWHERE;

	for (size_t i = vss_map_find_overlay(map, block);
	     i < map->overlay_count && map->overlays[i].key >> 24 == block; i++)
		if (map->overlays[i].sectors >> sector & 1)
			to = map->overlays[i].to;
	return to;
}

static struct piece piece_of(const struct vss *vss, const struct place *place, size_t inside)
{
	struct piece piece = {
	    .from = place->is_stored ? vss->storage : vss->volume,
	    .offset = place->at * VSS_BLOCK + inside,
	    .len = VSS_BLOCK - inside,
	    .is_kept = place->is_kept,
	};

	if (place->is_zeros && !place->is_stored)
		piece.from = NULL;
	return piece;
}

/* As many bytes as lie together, from a byte inside the first of count places on. */
static struct piece next_piece(const struct snapshot *s, uint64_t block, const struct place *places,
    size_t count, size_t inside)
{
	struct piece piece = piece_of(s->vss, places, inside);

	if (places[0].has_overlay) {
		unsigned sector = (unsigned)(inside / 512);
		uint64_t to = overlay_of(&s->vss->at[s->index].map, block, sector);

		piece.len = 512 - inside % 512;
		if (to != NOWHERE)
			piece = (struct piece){
			    s->vss->storage, to * VSS_BLOCK + inside, piece.len, true};
		return piece;
	}
	for (size_t i = 1; i < count && !places[i].has_overlay; i++) {
		struct piece next = piece_of(s->vss, &places[i], 0);

		if (next.from != piece.from || next.is_kept != piece.is_kept ||
		    (piece.from && next.offset != piece.offset + piece.len))
			break;
		piece.len += VSS_BLOCK;
	}
	return piece;
}

static bool read_piece(
    const struct snapshot *s, struct piece piece, uint8_t *to, size_t *got, struct err *err)
{
	*got = 0;
	if (!piece.is_kept && s->reading == VSS_KEPT_ONLY)
		return fail(err, ERR_MISSING, "the shadow copy did not keep it");
	if (!piece.from) {
		memset(to, 0, piece.len);
		*got = piece.len;
		return true;
	}
	if (!piece.from->read(piece.from, piece.offset, to, piece.len, got, err))
		return false;
	if (*got < piece.len)
		return fail(err, ERR_DAMAGED, "a block of the shadow copy lies outside the volume");
	return true;
}

static bool snapshot_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	const struct snapshot *s = (const struct snapshot *)self;
	struct place places[BATCH];
	size_t done = 0;

	*got = 0;
	if (offset >= self->size)
		return true;
	if (len > self->size - offset)
		len = (size_t)(self->size - offset);
	while (done < len) {
		uint64_t block = (offset + done) / VSS_BLOCK;
		uint64_t last = (offset + len - 1) / VSS_BLOCK;
		size_t count = last - block < BATCH ? (size_t)(last - block) + 1 : BATCH;

		locate(s->vss, s->index, block, places, count);
		for (size_t i = 0; i < count && done < len;) {
			size_t inside = (size_t)((offset + done) % VSS_BLOCK);
			struct piece piece =
			    next_piece(s, block + i, places + i, count - i, inside);
			size_t good;

			if (piece.len > len - done)
				piece.len = len - done;
			bool ok = read_piece(s, piece, (uint8_t *)to + done, &good, err);

			done += good;
			*got = done;
			if (!ok)
				return false;
			i += (inside + piece.len) / VSS_BLOCK;
		}
	}
	return true;
}

static void snapshot_close(struct source *self)
{
	free(self);
}

/* What failed once is not tried again for every older one. */
static bool load(struct vss *vss, struct vss_store *store, struct err *err)
{
	struct err why = {0};

	if (store->info.why.kind != ERR_NONE) {
		return vss_pass(err, &store->info.why);
	}
	if (vss_store_load(vss, store, &why))
		return true;
	store->info.why = why;
	return vss_pass(err, &why);
}

bool vss_snapshot_open(struct vss *vss, size_t snapshot, enum vss_reading reading,
    struct source **out, struct err *err)
{
	if (snapshot >= vss->count)
		return fail(err, ERR_MISSING, "no such shadow copy");
	struct vss_info *info = &vss->at[snapshot].info;

	if (info->why.kind != ERR_NONE || vss->stale.kind != ERR_NONE) {
		return vss_pass(err, info->why.kind != ERR_NONE ? &info->why : &vss->stale);
	}
	for (size_t i = vss->count; i > snapshot; i--) {
		struct vss_store *store = &vss->at[i - 1];

		if (!load(vss, store, err)) {
			if (store != &vss->at[snapshot])
				DISCARD(fail_in(err, "a newer shadow copy that it builds on"));
			return false;
		}
		vss_note(&info->damage, &store->info.damage);
	}
	struct snapshot *s = calloc(1, sizeof(*s));

	if (!s)
		return fail(err, ERR_MEMORY, "no memory for a shadow copy");
	s->source =
	    (struct source){.size = info->size, .read = snapshot_read, .close = snapshot_close};
	s->vss = vss;
	s->index = snapshot;
	s->reading = reading;
	*out = &s->source;
	return true;
}

/* Whether the blocks are read from the same place. */
static bool same_places(const struct place *a, const struct place *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (a[i].at != b[i].at || a[i].is_stored != b[i].is_stored || !a[i].is_kept ||
		    !b[i].is_kept || a[i].has_overlay || b[i].has_overlay)
			return false;
	return true;
}

bool vss_is_same(
    const struct vss *vss, size_t snapshot, size_t other, uint64_t offset, uint64_t len)
{
	struct place a[BATCH], b[BATCH];

	if (len == 0 || snapshot == other)
		return true;
	if (len > UINT64_MAX - offset)
		return false;
	uint64_t last = (offset + len - 1) / VSS_BLOCK;

	for (uint64_t block = offset / VSS_BLOCK; block <= last; block += BATCH) {
		size_t count = last - block < BATCH ? (size_t)(last - block) + 1 : BATCH;

		locate(vss, snapshot, block, a, count);
		locate(vss, other, block, b, count);
		if (!same_places(a, b, count))
			return false;
	}
	return true;
}

uint64_t vss_unkept(const struct vss *vss, size_t snapshot, uint64_t offset, uint64_t len)
{
	struct place places[BATCH];
	uint64_t unkept = 0;
	uint64_t end = len > UINT64_MAX - offset ? UINT64_MAX : offset + len;

	for (uint64_t at = offset; at < end;) {
		uint64_t block = at / VSS_BLOCK;
		uint64_t last = (end - 1) / VSS_BLOCK;
		size_t count = last - block < BATCH ? (size_t)(last - block) + 1 : BATCH;

		locate(vss, snapshot, block, places, count);
		for (size_t i = 0; i < count; i++) {
			uint64_t left = VSS_BLOCK - at % VSS_BLOCK;

			if (left > end - at)
				left = end - at;
			unkept += places[i].is_kept ? 0 : left;
			at += left;
		}
	}
	return unkept;
}

/* The first block behind `block` that may be another case: one that a store has an entry for, or where those it need not keep begin or
 * end. */
static uint64_t next_case(const struct vss *vss, size_t snapshot, uint64_t block)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = snapshot; i < vss->count; i++) {
		const struct vss_map *map = &vss->at[i].map;
		size_t entry = vss_map_find(map, block);
		uint64_t edge = vss_store_unused_edge(&vss->at[i], block);
		uint64_t at = entry < map->count ? vss_entry_block(&map->at[entry]) : UINT64_MAX;

		if (at == block)
			return block + 1;
		at = at < edge ? at : edge;
		next = at < next ? at : next;
	}
	return next;
}

uint64_t vss_kept_run(
    const struct vss *vss, size_t snapshot, uint64_t offset, uint64_t len, bool *is_kept)
{
	uint64_t end = len > UINT64_MAX - offset ? UINT64_MAX : offset + len;
	uint64_t at = offset;

	*is_kept = true;
	while (at < end) {
		uint64_t next = next_case(vss, snapshot, at / VSS_BLOCK);
		struct place place;

		locate(vss, snapshot, at / VSS_BLOCK, &place, 1);
		if (at == offset)
			*is_kept = place.is_kept;
		else if (place.is_kept != *is_kept)
			break;
		at = next < end / VSS_BLOCK + 1 ? next * VSS_BLOCK : end;
	}
	return (at < end ? at : end) - offset;
}

bool vss_knows_unkept(const struct vss *vss, size_t snapshot)
{
	for (size_t i = snapshot; i < vss->count; i++)
		if (!vss->at[i].knows_unused || vss->at[i].info.damage.kind != ERR_NONE)
			return false;
	return snapshot < vss->count;
}

bool vss_refresh(struct vss *vss, bool *changed, struct err *err)
{
	struct vss_store *newest = &vss->at[vss->count - 1];
	struct err why = {0};

	*changed = false;
	if (vss_catalog_hash(vss, &why) == vss->known)
		why = (struct err){0};
	else if (why.kind == ERR_NONE)
		fail(&why, ERR_DAMAGED, "a shadow copy was made or deleted meanwhile");
	if (why.kind == ERR_NONE)
		DISCARD(vss_store_refresh(vss, newest, changed, &why));
	vss->stale = why;
	return why.kind == ERR_NONE || vss_pass(err, &why);
}

uint64_t vss_places(const struct vss *vss, size_t snapshot, uint64_t offset, uint64_t len)
{
	struct place places[BATCH];
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	uint64_t end = len > UINT64_MAX - offset ? UINT64_MAX : offset + len;

	for (uint64_t block = offset / VSS_BLOCK; len && block <= (end - 1) / VSS_BLOCK;
	     block += BATCH) {
		uint64_t left = (end - 1) / VSS_BLOCK - block;
		size_t count = left < BATCH ? (size_t)left + 1 : BATCH;

		locate(vss, snapshot, block, places, count);
		for (size_t i = 0; i < count; i++)
			hash = (hash ^ (places[i].at << 1 | places[i].is_stored)) * 1099511628211u;
	}
	return hash;
}
