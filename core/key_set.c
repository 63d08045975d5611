/* Open addressing. See key_set.h. */
#include "core/key_set.h"

#include <stdlib.h>

bool key_set_new(struct key_set *set, size_t room, size_t most)
{
	*set = (struct key_set){
	    .slots = calloc(room, sizeof(*set->slots)), .room = room, .most = most};
	return set->slots != NULL;
}

void key_set_free(struct key_set *set)
{
	free(set->slots);
	*set = (struct key_set){0};
}

/* Where the key stands, or is to stand. There is always a free slot. */
static uint64_t *slot_of(uint64_t *slots, size_t room, uint64_t key)
{
	size_t at = (size_t)key & (room - 1);

	while (slots[at] && slots[at] != key)
		at = (at + 1) & (room - 1);
	return &slots[at];
}

static bool make_room(struct key_set *set)
{
	if (set->count < set->room / 4 * 3)
		return true;
	if (set->room >= set->most)
		return false;
	uint64_t *larger = calloc(set->room * 2, sizeof(*larger));

	if (!larger)
		return false;
	for (size_t i = 0; i < set->room; i++)
		if (set->slots[i])
			*slot_of(larger, set->room * 2, set->slots[i]) = set->slots[i];
	free(set->slots);
	set->slots = larger;
	set->room *= 2;
	return true;
}

bool key_set_add(struct key_set *set, uint64_t key)
{
	key = key ? key : 1;
	if (*slot_of(set->slots, set->room, key))
		return false;
	if (make_room(set)) {
		*slot_of(set->slots, set->room, key) = key;
		set->count++;
	}
	return true;
}
