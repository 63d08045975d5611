/* The map of a store. See map.h. */
#include "formats/vss/map.h"

#include "core/array.h"
#include "formats/vss/block.h"
#include "formats/vss/limits.h"

#include <stdlib.h>

#define ORDER_BITS 24u
#define NOWHERE    UINT64_MAX

_Static_assert(VSS_LIMIT_ENTRIES <= (size_t)1 << ORDER_BITS, "the order of an entry has 24 bits");

enum descriptor_flag {
	FLAG_FORWARDER = 0x1,
	FLAG_OVERLAY = 0x2,
	FLAG_NOT_USED = 0x4,
};

/* array_grow asks for the ceiling only when it grows. */
static bool is_below(const struct vss_map *map, size_t ceiling, struct err *err)
{
	return map->count + map->overlay_count < ceiling ||
	       fail(err, ERR_LIMIT, "more than %zu elements", ceiling);
}

static bool add_overlay(struct vss_map *map, uint64_t block, uint64_t to, uint32_t sectors,
    size_t ceiling, struct err *err)
{
	if (!is_below(map, ceiling, err) ||
	    !array_grow(&map->overlays, &map->overlay_room, map->overlay_count + 1,
		sizeof(*map->overlays), ceiling - map->count, err))
		return false;
	map->overlays[map->overlay_count] = (struct vss_overlay){
	    .key = block << ORDER_BITS | map->overlay_count,
	    .to = to,
	    .sectors = sectors,
	};
	map->overlay_count++;
	return true;
}

static bool add_entry(struct vss_map *map, uint64_t block, uint64_t to, enum vss_entry_kind kind,
    size_t ceiling, struct err *err)
{
	if (!is_below(map, ceiling, err) ||
	    !array_grow(&map->at, &map->room, map->count + 1, sizeof(*map->at),
		ceiling - map->overlay_count, err))
		return false;
	map->at[map->count] = (struct vss_entry){
	    .key = block << ORDER_BITS | map->count,
	    .value = to << 8 | (uint64_t)kind,
	};
	map->count++;
	return true;
}

/* Whether the offset begins a block whose number we can hold. */
static bool is_block(uint64_t offset)
{
	return offset % VSS_BLOCK == 0 && offset >> VSS_BLOCK_BITS < VSS_LIMIT_BLOCK;
}

static bool add_descriptor(struct vss_map *map, const uint8_t *at, size_t ceiling, struct err *err)
{
	uint64_t original = le64(at);
	uint64_t relative = le64(at + 8);
	uint64_t stored = le64(at + 16);
	uint32_t flags = le32(at + 24);
	bool is_forwarder = flags & FLAG_FORWARDER;
	bool is_overlay = flags & FLAG_OVERLAY;

	if (flags & FLAG_NOT_USED)
		return true;
	if (!is_block(original) || !is_block(is_forwarder ? relative : stored) || flags > 0xff ||
	    (is_forwarder && is_overlay)) {
		map->odd++;
		return true;
	}
	uint64_t block = original >> VSS_BLOCK_BITS;

	if (is_overlay)
		return add_overlay(
		    map, block, stored >> VSS_BLOCK_BITS, le32(at + 28), ceiling, err);
	if (is_forwarder)
		return add_entry(
		    map, block, relative >> VSS_BLOCK_BITS, VSS_ENTRY_FORWARD, ceiling, err);
	return add_entry(map, block, stored >> VSS_BLOCK_BITS, VSS_ENTRY_KEPT, ceiling, err);
}

bool vss_map_add(struct vss_map *map, struct bytes descriptors, size_t ceiling, struct err *err)
{
	for (size_t at = 0; at + VSS_DESCRIPTOR_LEN <= descriptors.len; at += VSS_DESCRIPTOR_LEN) {
		const uint8_t *descriptor = descriptors.at + at;

		if (le64(descriptor + 16) == 0 && le32(descriptor + 24) == 0)
			break; /* the rest of the block was never written */
		if (!add_descriptor(map, descriptor, ceiling, err))
			return false;
	}
	return true;
}

/* Heap sort by key: in place, and no order of a hostile list makes it slow. */
#define SORT_BY_KEY(name, type)                                                          \
	static void name##_sink(type *at, size_t root, size_t count)                     \
	{                                                                                \
		type moved = at[root];                                                   \
                                                                                         \
		for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) { \
			child += child + 1 < count && at[child].key < at[child + 1].key; \
			if (at[child].key <= moved.key)                                  \
				break;                                                   \
			at[root] = at[child];                                            \
			root = child;                                                    \
		}                                                                        \
		at[root] = moved;                                                        \
	}                                                                                \
	static void name(type *at, size_t count)                                         \
	{                                                                                \
		for (size_t i = count / 2; i > 0; i--)                                   \
			name##_sink(at, i - 1, count);                                   \
		for (size_t end = count; end > 1; end--) {                               \
			type last = at[end - 1];                                         \
                                                                                         \
			at[end - 1] = at[0];                                             \
			at[0] = last;                                                    \
			name##_sink(at, 0, end - 1);                                     \
		}                                                                        \
	}

struct target { /* a block that something was moved to */
	uint64_t key;
	uint64_t from; /* whose content stands there at the moment; NOWHERE */
};

SORT_BY_KEY(sort_entries, struct vss_entry)
SORT_BY_KEY(sort_overlays, struct vss_overlay)
SORT_BY_KEY(sort_targets, struct target)

static enum vss_entry_kind kind_in_value(const struct vss_entry *entry)
{
	return (enum vss_entry_kind)(entry->value & 0xff);
}

static bool target_lies_before(const void *element, uint64_t block)
{
	return ((const struct target *)element)->key < block;
}

static struct target *find_target(struct target *targets, size_t count, uint64_t block)
{
	size_t i = array_first_from(targets, count, sizeof(*targets), target_lies_before, block);

	return i < count && targets[i].key == block ? &targets[i] : NULL;
}

/* Every block that something was moved to, sorted, each once. */
static bool gather_targets(
    const struct vss_map *map, struct target **out, size_t *out_count, struct err *err)
{
	size_t forwards = 0, count = 0;

	for (size_t i = 0; i < map->count; i++)
		forwards += kind_in_value(&map->at[i]) == VSS_ENTRY_FORWARD;
	*out = NULL;
	*out_count = 0;
	if (forwards == 0)
		return true;
	struct target *targets = calloc(forwards, sizeof(*targets));

	if (!targets)
		return fail(err, ERR_MEMORY, "no memory for a list of blocks");
	for (size_t i = 0; i < map->count; i++)
		if (kind_in_value(&map->at[i]) == VSS_ENTRY_FORWARD)
			targets[count++] = (struct target){vss_entry_to(&map->at[i]), NOWHERE};
	sort_targets(targets, count);
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (kept == 0 || targets[kept - 1].key != targets[i].key)
			targets[kept++] = targets[i];
	*out = targets;
	*out_count = kept;
	return true;
}

/* In the order of the list: what is kept of a block to which another was moved belongs to that other one; a block
 * that was moved twice is found at the last place; one that came back is where it was. */
static void follow(struct vss_map *map, struct target *targets, size_t count)
{
	for (size_t i = 0; i < map->count; i++) {
		struct vss_entry *entry = &map->at[i];
		uint64_t block = entry->key >> ORDER_BITS;
		struct target *moved_here = find_target(targets, count, block);

		if (moved_here && moved_here->from != NOWHERE) {
			block = moved_here->from;
			moved_here->from = NOWHERE;
			entry->key = block << ORDER_BITS | i;
		}
		if (kind_in_value(entry) != VSS_ENTRY_FORWARD)
			continue;
		struct target *moved_to = find_target(targets, count, vss_entry_to(entry));

		if (block == vss_entry_to(entry))
			entry->value = VSS_ENTRY_CANCEL;
		else if (moved_to)
			moved_to->from = block;
	}
}

/* Of the entries of one block, in order, what holds: the last kept, else the last forward. */
static size_t settle(const struct vss_map *map, size_t i, struct vss_entry *out)
{
	uint64_t block = vss_entry_block(&map->at[i]);
	const struct vss_entry *kept = NULL, *forward = NULL;

	for (; i < map->count && vss_entry_block(&map->at[i]) == block; i++) {
		enum vss_entry_kind kind = kind_in_value(&map->at[i]);

		if (kind == VSS_ENTRY_CANCEL)
			kept = forward = NULL;
		else if (kind == VSS_ENTRY_KEPT)
			kept = &map->at[i];
		else
			forward = &map->at[i];
	}
	*out = (struct vss_entry){.key = NOWHERE};
	if (kept)
		*out = (struct vss_entry){block << ORDER_BITS | VSS_ENTRY_KEPT, kept->value};
	else if (forward)
		*out = (struct vss_entry){block << ORDER_BITS | VSS_ENTRY_FORWARD, forward->value};
	return i;
}

/* Of sorted overlays of one block the last that has a sector counts: the others lose it, and go when they have none. At most
 * VSS_SECTORS of a block remain. */
static void settle_overlays(struct vss_map *map)
{
	size_t kept = map->overlay_count;
	uint64_t block = NOWHERE;
	uint32_t covered = 0;

	for (size_t i = map->overlay_count; i > 0; i--) {
		struct vss_overlay overlay = map->overlays[i - 1];

		if (overlay.key >> ORDER_BITS != block)
			covered = 0;
		block = overlay.key >> ORDER_BITS;
		overlay.sectors &= ~covered;
		covered |= overlay.sectors;
		if (overlay.sectors)
			map->overlays[--kept] = overlay;
	}
	map->overlay_count -= kept;
	if (kept && map->overlay_count)
		memmove(map->overlays, map->overlays + kept,
		    map->overlay_count * sizeof(*map->overlays));
}

/* The array without the room that it does not need. */
static void *shrink(void *at, size_t count, size_t size, size_t *room)
{
	if (count == 0) {
		free(at);
		*room = 0;
		return NULL;
	}
	void *smaller = realloc(at, count * size);

	if (!smaller)
		return at;
	*room = count;
	return smaller;
}

bool vss_map_finish(struct vss_map *map, struct err *err)
{
	struct target *targets;
	size_t target_count, kept = 0;

	if (!gather_targets(map, &targets, &target_count, err))
		return false;
	if (target_count)
		follow(map, targets, target_count);
	free(targets);
	sort_entries(map->at, map->count);
	sort_overlays(map->overlays, map->overlay_count);
	settle_overlays(map);
	for (size_t i = 0; i < map->count;) {
		struct vss_entry entry;

		i = settle(map, i, &entry);
		if (entry.key != NOWHERE)
			map->at[kept++] = entry;
	}
	map->count = kept;
	map->at = shrink(map->at, kept, sizeof(*map->at), &map->room);
	map->overlays =
	    shrink(map->overlays, map->overlay_count, sizeof(*map->overlays), &map->overlay_room);
	return true;
}

void vss_map_free(struct vss_map *map)
{
	free(map->at);
	free(map->overlays);
	*map = (struct vss_map){0};
}

static bool entry_lies_before(const void *element, uint64_t block)
{
	return vss_entry_block(element) < block;
}

size_t vss_map_find(const struct vss_map *map, uint64_t block)
{
	return array_first_from(map->at, map->count, sizeof(*map->at), entry_lies_before, block);
}

static bool overlay_lies_before(const void *element, uint64_t block)
{
	return ((const struct vss_overlay *)element)->key >> ORDER_BITS < block;
}

size_t vss_map_find_overlay(const struct vss_map *map, uint64_t block)
{
	return array_first_from(
	    map->overlays, map->overlay_count, sizeof(*map->overlays), overlay_lies_before, block);
}
