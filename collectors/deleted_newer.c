/* Deleted files of a shadow copy that the volume, or a newer shadow copy, lists as well. See deleted.h. */
#include "collectors/deleted.h"

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

/* Mostly its head tells that it is another. */
static bool has_file(struct collection_volume *volume, const struct ntfs_entry *entry)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry other = {0};

	if (!ntfs_entry_load_head(ntfs_volume_mft(volume->ntfs), entry->record, &other, NULL) ||
	    other.in_use || other.sequence != entry->sequence ||
	    !hit_load(volume, entry->record, &other, NULL))
		return false;
	ntfs_deleted_give_sizes(volume->ntfs, &other);
	return is_same_file(entry, &other);
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
bool deleted_is_newer_too(const struct deleted_files *d, const struct ntfs_entry *entry)
{
	struct collection_volume *now, *next;

	if (!d->volume->is_shadow)
		return false;
	now = &d->collection->plan->volumes->at[d->volume->shadow_of];
	if (now->has_deleted_list && has_file(now, entry))
		return true;
	next = next_newer(d);
	return next && has_file(next, entry);
}
