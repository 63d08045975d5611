/* Directories that did not change. See slack_state.h. */
#include "collectors/slack_state.h"

#include "collectors/state.h"
#include "core/array.h"

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
