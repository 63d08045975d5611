/* The map of clusters in use, read in windows. See bitmap.h. */
#include "formats/ntfs/bitmap.h"

#include "core/array.h"
#include "formats/ntfs/limits.h"
#include "formats/ntfs/volume.h"

#include <stdlib.h>

#define BITMAP_RECORD 6u
#define WINDOW        ((size_t)16 << 10) /* bytes read at once */
#define STRIDE        512u               /* bytes that are known or unknown together */
#define SLOTS         128u               /* windows kept, each at the place its number gives it */
#define WINDOW_BITS   (8 * (uint64_t)WINDOW)
#define STRIDE_BITS   (8 * (uint64_t)STRIDE)

_Static_assert(WINDOW / STRIDE == 32, "a window's strides fill a mask of 32 bits");

struct slot {
	uint64_t number; /* of the window, UINT64_MAX: empty */
	uint32_t bad;    /* a bit per stride that could not be read */
	uint8_t *at;
};

struct sum { /* of a whole window; used is SUM_UNSET before it is known */
	uint32_t used, unknown;
};
#define SUM_UNSET UINT32_MAX

struct ntfs_bitmap {
	struct source *content;
	struct source *live; /* borrowed; NULL: none */
	uint64_t known;      /* clusters that it has a bit for */
	uint8_t *memory;
	struct slot slots[SLOTS];
	struct sum *sums;
	uint64_t sum_count; /* windows that have one: the first */
	struct err damage;
};

static void note(struct ntfs_bitmap *bitmap, const struct err *why)
{
	if (bitmap->damage.kind == ERR_NONE) {
		bitmap->damage = *why;
		fail_in(&bitmap->damage, "$Bitmap");
	}
}

static size_t window_bytes(const struct ntfs_bitmap *bitmap, uint64_t number)
{
	uint64_t left = bitmap->content->size - number * WINDOW;

	return left < WINDOW ? (size_t)left : WINDOW;
}

/* Reads what can be read of a window whose reading at once failed. */
static void read_strides(struct ntfs_bitmap *bitmap, struct slot *slot, size_t len)
{
	for (size_t at = 0; at < len; at += STRIDE) {
		size_t want = len - at < STRIDE ? len - at : STRIDE;
		struct err why = {0};

		if (source_read_exact(
			bitmap->content, slot->number * WINDOW + at, slot->at + at, want, &why))
			continue;
		slot->bad |= UINT32_C(1) << (at / STRIDE);
		note(bitmap, &why);
	}
}

/* The file system's own map ends with the last cluster, $Bitmap is padded. */
static bool read_live(struct ntfs_bitmap *bitmap, struct slot *slot, size_t len)
{
	uint64_t at = slot->number * WINDOW;
	uint64_t left = at < bitmap->live->size ? bitmap->live->size - at : 0;
	size_t want = left < len ? (size_t)left : len;

	memset(slot->at + want, 0xff, len - want);
	return want > 0 && source_read_exact(bitmap->live, at, slot->at, want, NULL);
}

static struct slot *load(struct ntfs_bitmap *bitmap, uint64_t number)
{
	struct slot *slot = &bitmap->slots[number % SLOTS];
	size_t len = window_bytes(bitmap, number);

	if (slot->number == number)
		return slot;
	slot->number = number;
	slot->bad = 0;
	if (bitmap->live && read_live(bitmap, slot, len))
		return slot;
	if (!source_read_exact(bitmap->content, number * WINDOW, slot->at, len, NULL))
		read_strides(bitmap, slot, len);
	return slot;
}

/* Bits that are 1 in [from, to) of bytes. */
static uint64_t ones(const uint8_t *at, uint64_t from, uint64_t to)
{
	uint64_t count = 0;

	while (from < to) {
		uint64_t left = to - from;

		if (from % 8 == 0 && left >= 64) {
			count += (unsigned)__builtin_popcountll(le64(at + from / 8));
			from += 64;
		} else {
			unsigned inside = (unsigned)(from % 8);
			unsigned take = left < 8 - inside ? (unsigned)left : 8 - inside;
			unsigned mask = ((1u << take) - 1) << inside;

			count += (unsigned)__builtin_popcount(at[from / 8] & mask);
			from += take;
		}
	}
	return count;
}

/* Sums up bits [from, to) of a window. */
static struct sum sum_part(const struct slot *slot, uint64_t from, uint64_t to)
{
	struct sum sum = {0};

	if (slot->bad == 0)
		return (struct sum){.used = (uint32_t)ones(slot->at, from, to)};
	while (from < to) {
		uint64_t end = (from / STRIDE_BITS + 1) * STRIDE_BITS;

		if (end > to)
			end = to;
		if (slot->bad >> (from / STRIDE_BITS) & 1)
			sum.unknown += (uint32_t)(end - from);
		else
			sum.used += (uint32_t)ones(slot->at, from, end);
		from = end;
	}
	return sum;
}

/* The bits of a window that are inside [first, end), summed up. A whole window is summed only once. */
static struct sum sum_window(
    struct ntfs_bitmap *bitmap, uint64_t number, uint64_t from, uint64_t to)
{
	bool whole = from == 0 && to == WINDOW_BITS && number < bitmap->sum_count;

	if (whole && bitmap->sums[number].used != SUM_UNSET)
		return bitmap->sums[number];
	struct sum sum = sum_part(load(bitmap, number), from, to);

	if (whole)
		bitmap->sums[number] = sum;
	return sum;
}

struct ntfs_cluster_counts ntfs_bitmap_count(
    struct ntfs_bitmap *bitmap, uint64_t first, uint64_t count)
{
	struct ntfs_cluster_counts counts = {0};
	uint64_t known = bitmap ? bitmap->known : 0;
	uint64_t inside = first < known ? known - first : 0;

	if (inside > count)
		inside = count;
	counts.unknown = count - inside;
	for (uint64_t at = first, end = first + inside; at < end;) {
		uint64_t start = at / WINDOW_BITS * WINDOW_BITS;
		uint64_t to = end - start < WINDOW_BITS ? end - start : WINDOW_BITS;
		struct sum sum = sum_window(bitmap, at / WINDOW_BITS, at - start, to);
		uint64_t bits = start + to - at;

		counts.used += sum.used;
		counts.unknown += sum.unknown;
		counts.free += bits - sum.used - sum.unknown;
		at += bits;
	}
	return counts;
}

static enum ntfs_cluster_state state_at(const struct slot *slot, uint64_t bit)
{
	if (slot->bad >> (bit / STRIDE_BITS) & 1)
		return NTFS_CLUSTER_UNKNOWN;
	return slot->at[bit / 8] >> (bit % 8) & 1 ? NTFS_CLUSTER_USED : NTFS_CLUSTER_FREE;
}

/* The bit up to which, from `from` on, the state goes on; `to` at most. */
static uint64_t same_until(
    const struct slot *slot, uint64_t from, uint64_t to, enum ntfs_cluster_state state)
{
	uint64_t even = state == NTFS_CLUSTER_USED ? UINT64_MAX : 0;

	while (from < to && state_at(slot, from) == state) {
		bool skips = state != NTFS_CLUSTER_UNKNOWN && from % 64 == 0 && to - from >= 64 &&
			     le64(slot->at + from / 8) == even;

		if (state == NTFS_CLUSTER_UNKNOWN)
			from = (from / STRIDE_BITS + 1) * STRIDE_BITS;
		else
			from += skips ? 64 : 1;
	}
	return from < to ? from : to;
}

uint64_t ntfs_bitmap_run(
    struct ntfs_bitmap *bitmap, uint64_t first, uint64_t count, enum ntfs_cluster_state *state)
{
	uint64_t known = bitmap ? bitmap->known : 0;

	*state = NTFS_CLUSTER_UNKNOWN;
	if (first >= known || count == 0)
		return count;
	uint64_t end = count < known - first ? first + count : known;
	uint64_t at = first;

	*state = state_at(load(bitmap, at / WINDOW_BITS), at % WINDOW_BITS);
	while (at < end) {
		uint64_t start = at / WINDOW_BITS * WINDOW_BITS;
		uint64_t to = end - start < WINDOW_BITS ? end - start : WINDOW_BITS;
		uint64_t stop = same_until(load(bitmap, at / WINDOW_BITS), at - start, to, *state);

		at = start + stop;
		if (stop < to)
			break;
	}
	if (at == known && *state == NTFS_CLUSTER_UNKNOWN)
		return count;
	return at - first;
}

const struct err *ntfs_bitmap_damage(const struct ntfs_bitmap *bitmap)
{
	return &bitmap->damage;
}

void ntfs_bitmap_close(struct ntfs_bitmap *bitmap)
{
	if (!bitmap)
		return;
	source_close(bitmap->content);
	free(bitmap->memory);
	free(bitmap->sums);
	free(bitmap);
}

/* Opens the stream without its holes and without what was never written: $Bitmap has neither, and zeros
 * made up would say "free". */
static bool open_content(struct ntfs_volume *volume, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, struct source **out, struct err *err)
{
	struct ntfs_stream copy = *stream;
	CLEANUP(free_memory)
	struct ntfs_run *runs = calloc(stream->run_count + 1, sizeof(*runs));

	if (!runs)
		return fail(err, ERR_MEMORY, "no memory for the runs of $Bitmap");
	copy.runs = runs;
	copy.run_count = 0;
	copy.flags = 0;
	if (copy.size > copy.initialized && !copy.resident)
		copy.size = copy.initialized;
	for (size_t i = 0; i < stream->run_count; i++)
		if (stream->runs[i].lcn != NTFS_HOLE)
			runs[copy.run_count++] = stream->runs[i];
	return ntfs_stream_open(volume, entry, &copy, out, err);
}

static bool make_slots(struct ntfs_bitmap *bitmap, struct err *err)
{
	uint64_t windows = bitmap->content->size / WINDOW;

	bitmap->sum_count = windows < NTFS_LIMIT_BITMAP_SUMS ? windows : NTFS_LIMIT_BITMAP_SUMS;
	bitmap->memory = malloc(SLOTS * WINDOW);
	bitmap->sums = malloc((size_t)(bitmap->sum_count + 1) * sizeof(*bitmap->sums));
	if (!bitmap->memory || !bitmap->sums)
		return fail(err, ERR_MEMORY, "no memory for $Bitmap");
	for (size_t i = 0; i < SLOTS; i++)
		bitmap->slots[i] =
		    (struct slot){.number = UINT64_MAX, .at = bitmap->memory + i * WINDOW};
	for (size_t i = 0; i < bitmap->sum_count; i++)
		bitmap->sums[i].used = SUM_UNSET;
	return true;
}

/* Clusters that have a bit. No more bits than the raw volume has room for: forged runs could make a
 * $Bitmap of any size out of one cluster. */
static uint64_t known_clusters(const struct ntfs_volume *volume, uint64_t size)
{
	if (size > volume->raw->size)
		size = volume->raw->size;
	if (size > UINT64_MAX / 8 || size * 8 > volume->geometry.clusters)
		return volume->geometry.clusters;
	return size * 8;
}

void ntfs_volume_set_live_bitmap(struct ntfs_volume *volume, struct source *live)
{
	uint64_t bytes = volume->geometry.clusters / 8 + (volume->geometry.clusters % 8 != 0);

	volume->live_bitmap = live && live->size == bytes ? live : NULL;
}

bool ntfs_bitmap_open(struct ntfs_volume *volume, struct ntfs_bitmap **out, struct err *err)
{
	CLEANUP(ntfs_bitmap_close) struct ntfs_bitmap *bitmap = calloc(1, sizeof(*bitmap));
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	const struct ntfs_stream *stream;

	if (!bitmap)
		return fail(err, ERR_MEMORY, "no memory for $Bitmap");
	if (!ntfs_entry_load(volume->mft, BITMAP_RECORD, &entry, err))
		return fail_in(err, "$Bitmap");
	stream = ntfs_entry_stream(&entry, NTFS_DATA, (struct bytes){0});
	if (!stream || stream->flags & (NTFS_STREAM_COMPRESSED | NTFS_STREAM_ENCRYPTED))
		return fail(err, ERR_DAMAGED, "$Bitmap has no content that can be read");
	if (!open_content(volume, &entry, stream, &bitmap->content, err) ||
	    !make_slots(bitmap, err))
		return fail_in(err, "$Bitmap");
	bitmap->live = volume->live_bitmap;
	bitmap->known = known_clusters(volume, bitmap->content->size);
	if (bitmap->known < volume->geometry.clusters)
		fail(&bitmap->damage, ERR_DAMAGED, "$Bitmap tells of %llu of %llu clusters",
		    (unsigned long long)bitmap->known,
		    (unsigned long long)volume->geometry.clusters);
	*out = TAKE(bitmap);
	return true;
}
