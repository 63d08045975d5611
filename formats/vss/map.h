/* Where the blocks that a store keeps lie: a sorted array. Private to formats/vss. */
#ifndef KANSHIKI_FORMATS_VSS_MAP_H
#define KANSHIKI_FORMATS_VSS_MAP_H

#include "core/bytes.h"
#include "core/err.h"

#define VSS_DESCRIPTOR_LEN 32u

enum vss_entry_kind {
	VSS_ENTRY_KEPT,    /* the block is kept in block `to` of the storage volume */
	VSS_ENTRY_FORWARD, /* its content stands in block `to` of the next newer state */
	VSS_ENTRY_CANCEL,  /* while reading: moved back, as if nothing had been */
};

struct vss_entry {      /* 16 bytes: there may be millions */
	uint64_t key;   /* block << 24 | kind; while reading, the order in the place of the kind */
	uint64_t value; /* to << 8 | kind, while reading; to << 8, then */
};

struct vss_overlay {
	uint64_t key;     /* block << 24 | order */
	uint64_t to;      /* block of the storage volume */
	uint32_t sectors; /* bit n: sector n of the block is kept there; in the end in no other */
};

/* Zero before use. */
struct vss_map {
	struct vss_entry *at;
	size_t count, room;
	struct vss_overlay *overlays;
	size_t overlay_count, overlay_room;
	uint64_t odd; /* descriptors that make no sense, left out */
};

/* Adds the descriptors of a block of the list, in the order of the chain. At most `ceiling` entries and overlays
 * together: ERR_LIMIT. */
bool vss_map_add(
    struct vss_map *map, struct bytes descriptors, size_t ceiling, struct err *err) MUST_CHECK;
/* After all were added: follows what was moved, and sorts. */
bool vss_map_finish(struct vss_map *map, struct err *err) MUST_CHECK;
void vss_map_free(struct vss_map *map);

static inline uint64_t vss_entry_block(const struct vss_entry *entry)
{
	return entry->key >> 24;
}
static inline enum vss_entry_kind vss_entry_kind(const struct vss_entry *entry)
{
	return (enum vss_entry_kind)(entry->key & 0xffffff);
}
static inline uint64_t vss_entry_to(const struct vss_entry *entry)
{
	return entry->value >> 8;
}

/* The first entry (overlay) whose block is not below `block`. */
size_t vss_map_find(const struct vss_map *map, uint64_t block);
size_t vss_map_find_overlay(const struct vss_map *map, uint64_t block);

#endif
