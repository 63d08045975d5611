/* See match_index.h. Of each literal one window of SHORTEST bytes is chosen. A path is looked at every STRIDE bytes: the
 * piece that stands there can be any of the STRIDE pieces of a window, all of which are in a filter; what passes
 * it is looked up as each window that it can be part of. A literal shorter than a window is always tried. */
#include "collectors/match_index.h"

#include "core/array.h"

#include <stdlib.h>

#define PIECE    4u
#define STRIDE   4u
#define SHORTEST (PIECE + STRIDE - 1)
#define BITS     17u /* of the filter in front of the table: 16 KiB stay near */
#define NONE     UINT32_MAX

struct entry {
	uint64_t window;
	uint32_t pattern;
	uint32_t next; /* with the same hash; NONE */
};

struct match_index {
	uint64_t filter[(1u << BITS) / 64];
	uint32_t *heads; /* by the upper bits of the hash */
	unsigned shift;
	struct entry *entries;
	size_t entry_count;
	uint32_t *always;
	size_t always_count;
	uint32_t *seen; /* per pattern: the turn that gave it last */
	uint32_t turn;
	size_t count;
};

void match_index_free(struct match_index *index)
{
	if (!index)
		return;
	free(index->heads);
	free(index->entries);
	free(index->always);
	free(index->seen);
	free(index);
}
CLEANUP_POINTER(struct match_index, match_index_free);

static uint32_t hash_of(uint32_t piece)
{
	return piece * 0x9e3779b1u;
}

/* Its SHORTEST bytes, the middle one twice. */
static uint64_t window_at(const uint8_t *at)
{
	return le32(at) | (uint64_t)le32(at + SHORTEST - PIECE) << 32;
}

static size_t slot_of(const struct match_index *index, uint64_t window)
{
	return (size_t)(window * 0x9e3779b97f4a7c15ull >> index->shift);
}

static uint32_t filter_bit(uint32_t hash)
{
	return hash >> (32 - BITS);
}

static struct match_index *make(size_t count)
{
	CLEANUP(match_index_free) struct match_index *index = calloc(1, sizeof(*index));
	unsigned bits = 4;

	if (!index)
		return NULL;
	while ((size_t)1 << bits < count)
		bits++;
	index->count = count;
	index->shift = 64 - bits;
	index->heads = malloc(sizeof(*index->heads) << bits);
	index->entries = calloc(count + 1, sizeof(*index->entries));
	index->always = calloc(count + 1, sizeof(*index->always));
	index->seen = calloc(count + 1, sizeof(*index->seen));
	if (!index->heads || !index->entries || !index->always || !index->seen)
		return NULL;
	for (size_t i = 0; i < (size_t)1 << bits; i++)
		index->heads[i] = NONE;
	return TAKE(index);
}

static void add_window(struct match_index *index, const uint8_t *at, size_t pattern)
{
	uint64_t window = window_at(at);
	uint32_t *head = &index->heads[slot_of(index, window)];

	for (size_t i = 0; i < STRIDE; i++) {
		uint32_t bit = filter_bit(hash_of(le32(at + i)));

		index->filter[bit / 64] |= 1ull << bit % 64;
	}
	index->entries[index->entry_count] =
	    (struct entry){.window = window, .pattern = (uint32_t)pattern, .next = *head};
	*head = (uint32_t)index->entry_count++;
}

/* How often pieces come in all literals, by a part of their hash: what is in many says little. */
struct counts {
	uint16_t at[1u << BITS];
};

static void count_pieces(struct counts *counts, struct bytes literal)
{
	for (size_t at = 0; at + PIECE <= literal.len; at++) {
		uint16_t *count = &counts->at[filter_bit(hash_of(le32(literal.at + at)))];

		*count = (uint16_t)(*count + (*count != UINT16_MAX));
	}
}

/* Where the literal is least like the others; late rather than early, where paths are alike. */
static size_t choose(const struct counts *counts, struct bytes literal)
{
	size_t best = 0;
	uint64_t least = UINT64_MAX;

	for (size_t at = 0; at + SHORTEST <= literal.len; at++) {
		uint64_t sum = 0;

		for (size_t i = 0; i < STRIDE; i++)
			sum += counts->at[filter_bit(hash_of(le32(literal.at + at + i)))];
		if (sum > least)
			continue;
		least = sum;
		best = at;
	}
	return best;
}

bool match_index_new(size_t count, struct bytes (*literal)(const void *context, size_t i),
    const void *context, struct match_index **out, struct err *err)
{
	CLEANUP(match_index_free) struct match_index *index = make(count);
	CLEANUP(free_memory) struct counts *counts = calloc(1, sizeof(*counts));

	if (!index || !counts)
		return fail(err, ERR_MEMORY, "no memory for patterns");
	for (size_t i = 0; i < count; i++)
		count_pieces(counts, literal(context, i));
	for (size_t i = 0; i < count; i++) {
		struct bytes text = literal(context, i);

		if (text.len < SHORTEST) {
			index->always[index->always_count++] = (uint32_t)i;
			continue;
		}
		add_window(index, text.at + choose(counts, text), i);
	}
	*out = TAKE(index);
	return true;
}

/* The patterns of the windows that the piece at `at` is part of, each once a turn. */
static void give(struct match_index *index, struct bytes folded, size_t at,
    void (*each)(void *context, size_t pattern), void *context)
{
	for (size_t k = 0; k < STRIDE && k <= at; k++) {
		if (folded.len - (at - k) < SHORTEST)
			continue;
		uint64_t window = window_at(folded.at + at - k);
		uint32_t i = index->heads[slot_of(index, window)];

		for (; i != NONE; i = index->entries[i].next) {
			const struct entry *entry = &index->entries[i];

			if (entry->window != window || index->seen[entry->pattern] == index->turn)
				continue;
			index->seen[entry->pattern] = index->turn;
			each(context, entry->pattern);
		}
	}
}

void match_index_find(struct match_index *index, struct bytes folded,
    void (*each)(void *context, size_t pattern), void *context)
{
	if (++index->turn == 0) { /* after four billion paths */
		memset(index->seen, 0, index->count * sizeof(*index->seen));
		index->turn = 1;
	}
	for (size_t i = 0; i < index->always_count; i++)
		each(context, index->always[i]);
	for (size_t at = 0; at + PIECE <= folded.len; at += STRIDE) {
		uint32_t bit = filter_bit(hash_of(le32(folded.at + at)));

		if (index->filter[bit / 64] >> bit % 64 & 1)
			give(index, folded, at, each, context);
	}
}
