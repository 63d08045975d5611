/* Deleted files of a shadow copy that the volume, or a newer shadow copy, lists as well. See deleted.h. */
#include "collectors/deleted.h"

#define BLOCK 16384u /* what a shadow copy keeps together */

static bool is_same_stream(const struct ntfs_stream *a, const struct ntfs_stream *b)
{
	if (a->type != b->type || a->flags != b->flags || a->resident != b->resident ||
	    a->incomplete != b->incomplete || a->size != b->size ||
	    a->initialized != b->initialized || a->run_count != b->run_count ||
	    !bytes_equal(a->utf16, b->utf16))
		return false;
	if (a->resident)
		return bytes_equal(a->content, b->content);
	for (size_t i = 0; i < a->run_count; i++)
		if (a->runs[i].vcn != b->runs[i].vcn || a->runs[i].lcn != b->runs[i].lcn ||
		    a->runs[i].length != b->runs[i].length)
			return false;
	return true;
}

static bool is_same_time(const struct ntfs_times *a, const struct ntfs_times *b)
{
	return a->created == b->created && a->modified == b->modified && a->changed == b->changed &&
	       a->accessed == b->accessed;
}

static bool is_same_name(const struct ntfs_name *a, const struct ntfs_name *b)
{
	return bytes_equal(a->utf16, b->utf16) && a->name_space == b->name_space &&
	       a->parent.record == b->parent.record && a->parent.sequence == b->parent.sequence &&
	       is_same_time(&a->times, &b->times);
}

/* Not the LSN, which checking a disk sets anew. */
static bool is_same_file(const struct ntfs_entry *a, const struct ntfs_entry *b)
{
	if (a->in_use != b->in_use || a->sequence != b->sequence ||
	    a->base.record != b->base.record || a->base.sequence != b->base.sequence ||
	    a->is_directory != b->is_directory || a->has_standard != b->has_standard ||
	    !is_same_time(&a->times, &b->times) || a->name_count != b->name_count ||
	    a->stream_count != b->stream_count)
		return false;
	for (size_t i = 0; i < a->name_count; i++)
		if (!is_same_name(&a->names[i], &b->names[i]))
			return false;
	for (size_t i = 0; i < a->stream_count; i++)
		if (!is_same_stream(&a->streams[i], &b->streams[i]))
			return false;
	return true;
}

/* Whether the record of the file is the same there. Mostly its head tells that it is another. */
static bool has_record(struct collection_volume *volume, const struct ntfs_entry *entry)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry other = {0};
	bool ok = ntfs_entry_load_head(ntfs_volume_mft(volume->ntfs), entry->record, &other, NULL);

	if (ok && (other.in_use || other.sequence != entry->sequence))
		return false;
	if (!hit_load(volume, entry->record, &other, NULL))
		return false;
	ntfs_deleted_give_sizes(volume->ntfs, &other);
	return is_same_file(entry, &other);
}

/* False: enough was compared. What is left counts as the same, and the list says so. */
static bool spend(uint64_t *left)
{
	*left -= *left > 0;
	return *left > 0;
}

/* Whether a piece of a block that the shadow copy kept is the same in the newer state. */
static bool is_same_piece(
    struct deleted_files *d, const struct collection_volume *newer, uint64_t offset, size_t len)
{
	uint8_t then[BLOCK], now[BLOCK];

	if (!spend(&d->comparable) ||
	    !source_read_patiently(d->volume->raw, offset, then, len, NULL))
		return true; /* nothing to be had */
	return source_read_patiently(newer->raw, offset, now, len, NULL) &&
	       memcmp(then, now, len) == 0;
}

/* The same of bytes of which it need not have kept all. */
static bool is_same_data(
    struct deleted_files *d, const struct collection_volume *newer, uint64_t offset, uint64_t len)
{
	const struct vss *vss = d->collection->plan->volumes->at[d->volume->shadow_of].vss;
	size_t then = d->volume->shadow_index;
	size_t now = newer->is_shadow ? newer->shadow_index : VSS_PRESENT;

	for (uint64_t at = offset, run; at < offset + len; at += run) {
		bool is_kept;

		run = vss_kept_run(vss, then, at, offset + len - at, &is_kept);
		if (!is_kept)
			continue;
		run = run < BLOCK - at % BLOCK ? run : BLOCK - at % BLOCK;
		if (!spend(&d->lookable))
			return true;
		if (!vss_is_same(vss, then, now, at, run) &&
		    !is_same_piece(d, newer, at, (size_t)run))
			return false;
	}
	return true;
}

/* Whether another file has one of the clusters in the newer state, though it wrote nothing there as yet: what is read there is then
 * not given as the deleted file's. Of a map that cannot be read nobody is said to have them. */
static bool has_owner(
    struct deleted_files *d, struct ntfs_bitmap *newer, uint64_t first, uint64_t count)
{
	for (uint64_t i = 0; newer && i < count && spend(&d->lookable);) {
		enum ntfs_cluster_state state;
		uint64_t same = ntfs_bitmap_run(newer, first + i, count - i, &state);

		if (state == NTFS_CLUSTER_USED)
			return true;
		i += same;
	}
	return false;
}

/* Clusters of a run that are free in the shadow copy; what is not was another's then. */
static bool has_run(
    struct deleted_files *d, const struct deleted_state *newer, const struct ntfs_run *run)
{
	const struct ntfs_geometry *g = ntfs_volume_geometry(d->volume->ntfs);
	uint64_t end;

	if (run->lcn == NTFS_HOLE || run->lcn >= g->clusters)
		return true;
	end = run->length < g->clusters - run->lcn ? run->lcn + run->length : g->clusters;
	for (uint64_t lcn = run->lcn; lcn < end && spend(&d->lookable);) {
		enum ntfs_cluster_state state;
		uint64_t same = ntfs_bitmap_run(d->bitmap, lcn, end - lcn, &state);

		if (state == NTFS_CLUSTER_FREE &&
		    (has_owner(d, newer->bitmap, lcn, same) ||
			!is_same_data(
			    d, newer->volume, lcn * g->cluster_size, same * g->cluster_size)))
			return false;
		lcn += same;
	}
	return true;
}

/* Whether the newer state has the file, and of its data all that the shadow copy has. */
static bool has_file(
    struct deleted_files *d, const struct deleted_state *newer, const struct ntfs_entry *entry)
{
	if (!newer->volume || !has_record(newer->volume, entry))
		return false;
	if (!d->bitmap || !d->knows_unkept ||
	    ntfs_volume_geometry(newer->volume->ntfs)->cluster_size !=
		ntfs_volume_geometry(d->volume->ntfs)->cluster_size)
		return true;
	for (size_t i = 0; i < entry->stream_count; i++) {
		const struct ntfs_stream *stream = &entry->streams[i];

		if (stream->resident || !hit_is_wanted(entry, stream))
			continue;
		for (size_t r = 0; r < stream->run_count; r++)
			if (!has_run(d, newer, &stream->runs[r]))
				return false;
	}
	return true;
}

/* The shadow copy made next, of those that have a list; NULL: none. */
static struct collection_volume *next_newer(const struct deleted_files *d)
{
	const struct volume_set *set = d->collection->plan->volumes;
	struct collection_volume *next = NULL;

	for (size_t i = 0; i < set->count; i++) {
		struct collection_volume *other = &set->at[i];

		if (other->is_shadow && other->has_deleted_list &&
		    shadow_is_newer(set, other, d->volume) &&
		    (!next || other->shadow_index < next->shadow_index))
			next = other;
	}
	return next;
}

static void open_state(struct deleted_state *state, struct collection_volume *volume)
{
	state->volume = volume;
	if (!ntfs_bitmap_open(volume->ntfs, &state->bitmap, NULL))
		state->bitmap = NULL;
}

void deleted_newer_begin(struct deleted_files *d)
{
	struct collection_volume *now = &d->collection->plan->volumes->at[d->volume->shadow_of];
	struct collection_volume *next = next_newer(d);

	d->comparable = DELETED_COMPARED_MAX / BLOCK;
	d->lookable = d->volume->raw->size / BLOCK * 2 + DELETED_COMPARED_MAX / BLOCK;
	if (now->has_deleted_list)
		open_state(&d->states[0], now);
	if (next)
		open_state(&d->states[1], next);
}

void deleted_newer_end(struct deleted_files *d)
{
	for (size_t i = 0; i < ARRAY_LEN(d->states); i++)
		ntfs_bitmap_close(d->states[i].bitmap);
}

/* What a state farther off has, those between have, too: a record does not come back with the number that it had. */
bool deleted_is_newer_too(struct deleted_files *d, const struct ntfs_entry *entry)
{
	for (size_t i = 0; i < ARRAY_LEN(d->states); i++)
		if (has_file(d, &d->states[i], entry))
			return true;
	return false;
}

const char *deleted_newer_word(const struct deleted_files *d, const struct ntfs_entry *entry)
{
	struct collection_volume *now;

	if (!d->volume->is_shadow)
		return NULL;
	now = &d->collection->plan->volumes->at[d->volume->shadow_of];
	if (!now->ntfs)
		return NULL;
	return has_record(now, entry) ? "changed" : "gone";
}
