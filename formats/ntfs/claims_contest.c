/* Which of several deleted files had a cluster last. See claims.h. */
#include "formats/ntfs/claims_state.h"

#include "core/array.h"
#include "formats/ntfs/limits.h"

#include <stdlib.h>

static void sink_down(struct claim *at, size_t root, size_t count)
{
	struct claim moved = at[root];

	for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
		if (child + 1 < count && at[child + 1].lcn > at[child].lcn)
			child++;
		if (at[child].lcn <= moved.lcn)
			break;
		at[root] = at[child];
		root = child;
	}
	at[root] = moved;
}

void claims_sort(struct claim *at, size_t count)
{
	for (size_t i = count / 2; i > 0; i--)
		sink_down(at, i - 1, count);
	for (size_t end = count; end > 1; end--) {
		struct claim last = at[end - 1];

		at[end - 1] = at[0];
		at[0] = last;
		sink_down(at, 0, end - 1);
	}
}

/* The two farthest ends, or nearest starts, of different owners. */
struct nearest {
	uint64_t first, second;
	uint32_t owner; /* of the first */
};

/* Marks what an earlier claim of another owner reaches into. */
static void mark_forward(struct claim_list *list)
{
	struct nearest far = {.owner = CLAIM_UNDECIDED};

	for (size_t i = 0; i < list->count; i++) {
		struct claim *claim = &list->at[i];
		uint64_t end = claim->lcn + claim->length;
		uint64_t other = claim->owner == far.owner ? far.second : far.first;

		if (other > claim->lcn)
			claim->length |= CLAIM_CONTESTED;
		if (claim->owner == far.owner) {
			far.first = end > far.first ? end : far.first;
		} else if (end > far.first) {
			far.second = far.first;
			far.first = end;
			far.owner = claim->owner;
		} else if (end > far.second) {
			far.second = end;
		}
	}
}

/* Marks what reaches into a later claim of another owner. */
static void mark_backward(struct claim_list *list)
{
	struct nearest near = {UINT64_MAX, UINT64_MAX, CLAIM_UNDECIDED};

	for (size_t i = list->count; i > 0; i--) {
		struct claim *claim = &list->at[i - 1];
		uint64_t end = claim->lcn + (claim->length & ~CLAIM_CONTESTED);

		if (end > (claim->owner == near.owner ? near.second : near.first))
			claim->length |= CLAIM_CONTESTED;
		if (claim->owner != near.owner)
			near.second = near.first;
		near.first = claim->lcn;
		near.owner = claim->owner;
	}
}

/* Leaves only the claims that meet one of another owner. */
static void keep_contested(struct claim_list *list)
{
	size_t kept = 0;

	mark_forward(list);
	mark_backward(list);
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i].length & CLAIM_CONTESTED) {
			list->at[kept] = list->at[i];
			list->at[kept++].length &= ~CLAIM_CONTESTED;
		}
	list->count = kept;
}

static void note_times(struct claim_clock *clock, const struct ntfs_times *times)
{
	const uint64_t all[] = {times->created, times->modified, times->changed, times->accessed};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i] > clock->latest)
			clock->latest = all[i];
}

static void load_clock(struct ntfs_claims *claims, struct claim_clock *clock)
{
	struct ntfs_entry *entry = &claims->owner;

	if (!ntfs_entry_load(ntfs_volume_mft(claims->volume), clock->owner, entry, NULL))
		return;
	clock->lsn = claims_log_number(claims, entry);
	clock->usn = entry->usn;
	if (!entry->has_standard)
		return;
	clock->changed = entry->times.changed;
	note_times(clock, &entry->times);
	for (size_t i = 0; i < entry->name_count; i++) {
		note_times(clock, &entry->names[i].times);
		if (entry->times.created < entry->names[i].times.created)
			clock->is_forged = true;
	}
}

/* Reads when the owners of the claims were there, in the order of records. */
static void load_clocks(struct ntfs_claims *claims)
{
	const struct claim_list *list = &claims->claims;
	CLEANUP(free_memory) struct claim *owners = calloc(list->count + 1, sizeof(*owners));

	claims->clock_count = 0;
	for (size_t i = 0; owners && i < list->count; i++)
		owners[i].lcn = list->at[i].owner;
	if (owners)
		claims_sort(owners, list->count);
	for (size_t i = 0; owners && i < list->count; i++) {
		struct claim_clock clock = {.owner = (uint32_t)owners[i].lcn};

		if (clock.owner >= CLAIM_UNDECIDED || (i > 0 && owners[i].lcn == owners[i - 1].lcn))
			continue;
		if (!array_grow(&claims->clocks, &claims->clock_room, claims->clock_count + 1,
			sizeof(clock), NTFS_LIMIT_CLAIM_CLOCKS, NULL))
			return;
		load_clock(claims, &clock);
		claims->clocks[claims->clock_count++] = clock;
	}
}

static bool is_clock_before(const void *element, uint64_t key)
{
	const struct claim_clock *one = element;

	return one->owner < key;
}

static const struct claim_clock *find_clock(const struct ntfs_claims *claims, uint32_t owner)
{
	size_t low = array_first_from(
	    claims->clocks, claims->clock_count, sizeof(*claims->clocks), is_clock_before, owner);

	if (low < claims->clock_count && claims->clocks[low].owner == owner)
		return &claims->clocks[low];
	return NULL;
}

static int compare_known(uint64_t a, uint64_t b)
{
	return a == 0 || b == 0 ? 0 : (a < b) - (a > b);
}

/* Times count only as a whole: what one was last known to do lies before the other's last change. */
static int compare_times(const struct claim_clock *a, const struct claim_clock *b)
{
	if (a->is_forged || b->is_forged || a->changed == 0 || b->changed == 0)
		return 0;
	return (b->changed > a->latest) - (a->changed > b->latest);
}

/* Above 0: b had the cluster later than a; below: a; 0: it cannot be told. A file had its cluster until it was deleted,
 * and the two had it one after the other. So when b was still there after a had got it, b had it later. Each number
 * of a record is from after it got its clusters and from before it was deleted. */
static int compare_clocks(const struct claim_clock *a, const struct claim_clock *b)
{
	const int votes[] = {
	    compare_known(a->lsn, b->lsn), compare_known(a->usn, b->usn), compare_times(a, b)};
	int order = 0;

	for (size_t i = 0; i < ARRAY_LEN(votes); i++) {
		if (votes[i] != 0 && order != 0 && votes[i] != order)
			return 0;
		order = votes[i] != 0 ? votes[i] : order;
	}
	return order;
}

struct active { /* a claim that holds the cluster at which the sweep stands */
	uint64_t end;
	uint32_t owner;
	const struct claim_clock *clock; /* NULL: not known */
};

struct sweep {
	struct ntfs_claims *claims;
	struct active at[NTFS_LIMIT_CLAIM_DEPTH];
	size_t count;
	uint64_t position;
	uint64_t crowded_to; /* more files than `at` holds had the clusters up to here */
};

static uint32_t last_owner(const struct sweep *s)
{
	const struct active *best = &s->at[0];

	for (size_t i = 0; i < s->count; i++)
		if (s->at[i].owner == CLAIM_IN_USE)
			return CLAIM_IN_USE;
	if (s->position < s->crowded_to)
		return CLAIM_UNDECIDED;
	for (size_t i = 0; i < s->count; i++) {
		if (!s->at[i].clock)
			return CLAIM_UNDECIDED;
		if (compare_clocks(best->clock, s->at[i].clock) > 0)
			best = &s->at[i];
	}
	for (size_t i = 0; i < s->count; i++)
		if (s->at[i].owner != best->owner &&
		    compare_clocks(s->at[i].clock, best->clock) <= 0)
			return CLAIM_UNDECIDED;
	return best->owner;
}

static bool is_contested(const struct sweep *s)
{
	if (s->position < s->crowded_to)
		return true;
	for (size_t i = 1; i < s->count; i++)
		if (s->at[i].owner != s->at[0].owner)
			return true;
	return false;
}

static void emit(struct sweep *s, uint64_t end)
{
	struct ntfs_claims *claims = s->claims;
	struct claim_list *list = &claims->contested;
	struct claim *last = list->count ? &list->at[list->count - 1] : NULL;
	uint64_t length = end - s->position;
	struct claim claim = {.lcn = s->position, .length = (uint32_t)length};

	if (!is_contested(s) || s->position >= claims->known_to)
		return;
	claim.owner = last_owner(s);
	if (last && last->owner == claim.owner && last->lcn + last->length == claim.lcn &&
	    length <= CLAIM_LENGTH - last->length) {
		last->length += claim.length;
		return;
	}
	if (!array_grow(&list->at, &list->room, list->count + 1, sizeof(claim),
		NTFS_LIMIT_CONTESTED, NULL)) {
		claims->known_to = s->position;
		return;
	}
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): array_grow made room */
	list->at[list->count++] = claim;
}

/* Where the set of active claims changes next, at most `to`. */
static uint64_t next_change(const struct sweep *s, uint64_t to)
{
	if (s->position < s->crowded_to && s->crowded_to < to)
		to = s->crowded_to;
	for (size_t i = 0; i < s->count; i++)
		if (s->at[i].end < to)
			to = s->at[i].end;
	return to;
}

static void move_to(struct sweep *s, uint64_t to)
{
	while (s->position < to && (s->count > 0 || s->position < s->crowded_to)) {
		uint64_t next = next_change(s, to);
		size_t kept = 0;

		emit(s, next);
		s->position = next;
		for (size_t i = 0; i < s->count; i++)
			if (s->at[i].end > next)
				s->at[kept++] = s->at[i];
		s->count = kept;
	}
	s->position = to;
}

void claims_contest(struct ntfs_claims *claims)
{
	const struct claim_list *list = &claims->claims;
	struct sweep s = {.claims = claims};

	keep_contested(&claims->claims);
	load_clocks(claims);
	for (size_t i = 0; i < list->count; i++) {
		const struct claim *claim = &list->at[i];
		uint64_t end = claim->lcn + claim->length;

		move_to(&s, claim->lcn);
		if (s.count < NTFS_LIMIT_CLAIM_DEPTH)
			s.at[s.count++] =
			    (struct active){end, claim->owner, find_clock(claims, claim->owner)};
		else if (end > s.crowded_to)
			s.crowded_to = end;
	}
	move_to(&s, UINT64_MAX);
	free(claims->clocks);
	claims->clocks = NULL;
	claims->clock_count = 0;
	claims->clock_room = 0;
}
