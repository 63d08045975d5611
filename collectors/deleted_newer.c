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

/* Clusters of a run that are free in the shadow copy; what is not was another's then. */
static bool has_run(
    struct deleted_files *d, const struct collection_volume *newer, const struct ntfs_run *run)
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
		    !is_same_data(d, newer, lcn * g->cluster_size, same * g->cluster_size))
			return false;
		lcn += same;
	}
	return true;
}

/* Whether the newer state has the file, and of its data all that the shadow copy has. */
static bool has_file(
    struct deleted_files *d, struct collection_volume *newer, const struct ntfs_entry *entry)
{
	if (!has_record(newer, entry))
		return false;
	if (!d->bitmap || !d->knows_unkept ||
	    ntfs_volume_geometry(newer->ntfs)->cluster_size !=
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

void deleted_newer_begin(struct deleted_files *d)
{
	d->comparable = DELETED_COMPARED_MAX / BLOCK;
	d->lookable = d->volume->raw->size / BLOCK * 2 + DELETED_COMPARED_MAX / BLOCK;
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

/* What a state farther off has, those between have, too: a record does not come back with the number that it had. */
bool deleted_is_newer_too(struct deleted_files *d, const struct ntfs_entry *entry)
{
	struct collection_volume *now, *next;

	if (!d->volume->is_shadow)
		return false;
	now = &d->collection->plan->volumes->at[d->volume->shadow_of];
	if (now->has_deleted_list && has_file(d, now, entry))
		return true;
	next = next_newer(d);
	return next && has_file(d, next, entry);
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
