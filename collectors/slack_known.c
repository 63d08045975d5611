/* Names told of, and directories that did not change. See slack_known.h. */
#include "collectors/slack_known.h"

#include "collectors/state.h"
#include "core/array.h"
#include "core/hash.h"

#include <stdlib.h>

#define SLOTS_FIRST ((size_t)1 << 12)
#define SLOTS_MAX   ((size_t)1 << 22) /* three quarters of them are used */

struct slack_known {
	uint64_t *slots; /* 0: free */
	size_t room, count;
	struct hash *hash;
};

struct slack_known *slack_known_new(void)
{
	struct slack_known *known = calloc(1, sizeof(*known));

	if (!known)
		return NULL;
	known->room = SLOTS_FIRST;
	known->slots = calloc(known->room, sizeof(*known->slots));
	known->hash = hash_new(HASH_SHA256);
	if (known->slots && known->hash)
		return known;
	slack_known_free(known);
	return NULL;
}

void slack_known_free(struct slack_known *known)
{
	if (!known)
		return;
	hash_free(known->hash);
	free(known->slots);
	free(known);
}

static void add_number(struct hash *hash, uint64_t number)
{
	uint8_t bytes[8];

	put_le64(bytes, number);
	hash_add(hash, (struct bytes){bytes, sizeof(bytes)});
}

/* SHA-256, so that nobody makes a name that hides another; never 0. */
static uint64_t key_of(struct hash *hash, size_t volume, const struct ntfs_slack *slack)
{
	const struct ntfs_name *name = &slack->name;
	const uint64_t numbers[] = {volume, slack->file.record, slack->file.sequence,
	    name->parent.record, name->parent.sequence, name->name_space, name->times.created,
	    name->times.modified, name->times.changed, name->times.accessed, name->size,
	    name->allocated, name->attributes};
	uint8_t sum[SHA256_LEN];

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		add_number(hash, numbers[i]);
	hash_add(hash, name->utf16);
	hash_take(hash, sum);
	return le64(sum) ? le64(sum) : 1;
}

/* Where the key stands, or is to stand. There is always a free slot. */
static uint64_t *slot_of(uint64_t *slots, size_t room, uint64_t key)
{
	size_t at = (size_t)key & (room - 1);

	while (slots[at] && slots[at] != key)
		at = (at + 1) & (room - 1);
	return &slots[at];
}

static bool make_room(struct slack_known *known)
{
	uint64_t *larger;

	if (known->count < known->room / 4 * 3)
		return true;
	if (known->room >= SLOTS_MAX)
		return false;
	larger = calloc(known->room * 2, sizeof(*larger));
	if (!larger)
		return false;
	for (size_t i = 0; i < known->room; i++)
		if (known->slots[i])
			*slot_of(larger, known->room * 2, known->slots[i]) = known->slots[i];
	free(known->slots);
	known->slots = larger;
	known->room *= 2;
	return true;
}

bool slack_known_is_new(struct slack_known *known, size_t volume, const struct ntfs_slack *slack)
{
	uint64_t key = key_of(known->hash, volume, slack);

	if (*slot_of(known->slots, known->room, key))
		return false;
	if (make_room(known)) {
		*slot_of(known->slots, known->room, key) = key;
		known->count++;
	}
	return true;
}

bool slack_state_open(struct collection_volume *volume, struct slack_state *out)
{
	*out = (struct slack_state){
	    .volume = volume, .index = volume->is_shadow ? volume->shadow_index : VSS_PRESENT};
	if (hit_load(volume, 0, &out->mft, NULL))
		out->data = ntfs_entry_stream(&out->mft, NTFS_DATA, (struct bytes){0});
	if (out->data && !out->data->resident && !out->data->incomplete) {
		out->left = ntfs_volume_geometry(volume->ntfs)->clusters;
		return true;
	}
	slack_state_close(out);
	return false;
}

void slack_state_close(struct slack_state *state)
{
	ntfs_entry_free(&state->mft);
	*state = (struct slack_state){0};
}

static bool ends_before(const void *element, uint64_t vcn)
{
	const struct ntfs_run *run = element;

	return run->vcn + run->length <= vcn;
}

static uint32_t cluster_of(const struct slack_state *state)
{
	return ntfs_volume_geometry(state->volume->ntfs)->cluster_size;
}

static uint32_t record_size(const struct slack_state *state)
{
	return ntfs_mft_record_size(ntfs_volume_mft(state->volume->ntfs));
}

/* Where a record lies on the volume. False: not in one piece, or nowhere. */
static bool find_record(const struct slack_state *state, uint64_t record, uint64_t *offset)
{
	uint64_t cluster = cluster_of(state), size = record_size(state);
	uint64_t clusters = ntfs_volume_geometry(state->volume->ntfs)->clusters;
	const struct ntfs_stream *data = state->data;
	uint64_t at;
	size_t i;

	if (record > INT64_MAX / size)
		return false;
	at = record * size;
	i = array_first_from(
	    data->runs, data->run_count, sizeof(*data->runs), ends_before, at / cluster);
	if (i == data->run_count)
		return false;
	const struct ntfs_run *run = &data->runs[i];

	if (run->vcn > at / cluster || run->lcn == NTFS_HOLE || run->lcn >= clusters ||
	    run->length > clusters - run->lcn ||
	    (at + size - 1) / cluster >= run->vcn + run->length)
		return false;
	*offset = run->lcn * cluster + (at - run->vcn * cluster);
	return true;
}

static bool is_same_record(const struct vss *vss, struct slack_state *state,
    const struct slack_state *newer, uint64_t record)
{
	uint64_t then, now;

	return find_record(state, record, &then) && find_record(newer, record, &now) &&
	       then == now &&
	       vss_is_same(vss, state->index, newer->index, then, record_size(state));
}

/* The records say that the runs are the same. */
static bool is_same_stream(const struct vss *vss, struct slack_state *state,
    const struct slack_state *newer, const struct ntfs_stream *stream)
{
	uint64_t cluster = cluster_of(state);
	uint64_t clusters = ntfs_volume_geometry(state->volume->ntfs)->clusters;

	for (size_t i = 0; i < stream->run_count; i++) {
		const struct ntfs_run *run = &stream->runs[i];

		if (run->lcn == NTFS_HOLE)
			continue;
		if (run->lcn >= clusters || run->length > clusters - run->lcn ||
		    run->length > state->left)
			return false;
		state->left -= run->length;
		if (!vss_is_same(
			vss, state->index, newer->index, run->lcn * cluster, run->length * cluster))
			return false;
	}
	return true;
}

bool slack_state_is_same(const struct vss *vss, struct slack_state *state,
    const struct slack_state *newer, const struct ntfs_entry *directory)
{
	const struct ntfs_reference *parts;
	size_t count = ntfs_entry_parts(directory, &parts);

	if (!state->data || !newer->data || cluster_of(state) != cluster_of(newer) ||
	    record_size(state) != record_size(newer) || directory->damage.kind != ERR_NONE ||
	    directory->lost.kind != ERR_NONE ||
	    !is_same_record(vss, state, newer, directory->record))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!is_same_record(vss, state, newer, parts[i].record))
			return false;
	for (size_t i = 0; i < directory->stream_count; i++)
		if (!directory->streams[i].resident &&
		    !is_same_stream(vss, state, newer, &directory->streams[i]))
			return false;
	return true;
}
