/* What the files of formats/vss share. Private. */
#ifndef KANSHIKI_FORMATS_VSS_STATE_H
#define KANSHIKI_FORMATS_VSS_STATE_H

#include "formats/vss/block.h"
#include "formats/vss/limits.h"
#include "formats/vss/map.h"
#include "formats/vss/vss.h"

/* blocks that held nothing when the snapshot was made: overwritten without being kept */
struct vss_span {
	uint64_t first, count;
};

struct vss_store { /* a snapshot with what it keeps */
	struct vss_info info;
	bool has_store; /* the next offsets, on the storage volume, are known */
	uint64_t list, header, bitmap, previous;
	uint8_t *names; /* of the machines, both one after the other */
	bool is_loaded;
	struct vss_map map;
	/* the last block of the list, and a hash of it: whether Windows has added to it */
	uint64_t tail;
	uint64_t tail_hash;
	uint64_t list_blocks;
	bool is_cut;             /* the end of the list is lost */
	struct vss_span *unused; /* sorted, not touching */
	bool knows_unused;       /* the bitmaps tell of every block */
	size_t unused_count, unused_room;
};

struct vss {
	struct source *volume, *storage;
	struct vss_header header;
	struct err damage;
	struct vss_store *at; /* the oldest first */
	size_t count, room;
	uint64_t known;        /* vss_catalog_hash as it was opened */
	size_t entries, spans; /* of all that are loaded */
	struct err stale;      /* why the last refresh failed */
};

/* A hash of the snapshots in the catalogue, as far as it can be read; *damage: why it ends early, which makes another hash. */
uint64_t vss_catalog_hash(struct vss *vss, struct err *damage);
/* Reads the details of a store: who made it, and why. What is not there is said in its damage. */
void vss_store_describe(struct vss *vss, struct vss_store *store);
/* Reads its block list and bitmaps. Damage in them is said in its info. */
bool vss_store_load(struct vss *vss, struct vss_store *store, struct err *err) MUST_CHECK;
/* Reads the block list anew when its last block is not as it was. *changed: it was not. On failure all is as before, and the
 * next time it is tried again. */
bool vss_store_refresh(
    struct vss *vss, struct vss_store *store, bool *changed, struct err *err) MUST_CHECK;
void vss_store_free(struct vss_store *store);
/* Whether the block held nothing. */
bool vss_store_is_unused(const struct vss_store *store, uint64_t block);
/* Where behind `block` that changes; UINT64_MAX: nowhere. */
uint64_t vss_store_unused_edge(const struct vss_store *store, uint64_t block);
/* Fails with a reason that is known already. */
bool vss_pass(struct err *err, const struct err *why);
/* Remembers the first damage. */
void vss_note(struct err *damage, const struct err *why);

#endif
