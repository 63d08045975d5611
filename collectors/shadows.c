/* The shadow copies of a collection's volumes. See shadows.h. */
#include "collectors/shadows.h"

#define AHEAD_BYTES 65536u /* of a file table: what loading a record reads at least */
#define AHEAD_TRIES 4u

/* The volume that holds the stores: itself, or the one in the set that its header names. */
static struct source *find_storage(const struct volume_set *set, const struct vss_header *header)
{
	for (size_t i = 0; i < set->count; i++) {
		struct vss_header other;

		if (set->at[i].raw && !set->at[i].is_shadow &&
		    vss_header_read(set->at[i].raw, &other, NULL) &&
		    memcmp(other.volume, header->storage, VSS_GUID_LEN) == 0)
			return set->at[i].raw;
	}
	return NULL;
}

static bool add_shadow(struct volume_set *set, size_t of, size_t index,
    const struct vss_choice *choice, struct err *err)
{
	struct vss *vss = set->at[of].vss;
	struct source *raw = NULL;
	struct err why = vss_info(vss, index)->why;

	if (why.kind == ERR_NONE && !vss_is_chosen(vss, index, choice))
		return true;
	if (why.kind == ERR_NONE && !vss_snapshot_open(vss, index, VSS_KEPT_ONLY, &raw, &why) &&
	    why.kind == ERR_NONE)
		fail(&why, ERR_DAMAGED, "the shadow copy cannot be opened");
	return volume_set_add_shadow(set, of, index, raw, &why, err);
}

static bool add_shadows_of(
    struct volume_set *set, size_t of, const struct vss_choice *choice, struct err *err)
{
	struct vss_header header;
	struct err why = {0};

	if (!vss_header_read(set->at[of].raw, &header, &why))
		return true; /* never had any; a volume that cannot be read there says so itself */
	if (!vss_open(set->at[of].raw,
		vss_header_is_local(&header) ? NULL : find_storage(set, &header), &set->at[of].vss,
		&why)) {
		set->at[of].vss = NULL;
		if (why.kind == ERR_MEMORY) {
			*err = why;
			return false;
		}
		if (why.kind != ERR_MISSING)
			set->at[of].shadow_why = why;
		return true;
	}
	set->at[of].shadow_why = *vss_damage(set->at[of].vss);
	for (size_t i = vss_count(set->at[of].vss); i > 0; i--)
		if (!add_shadow(set, of, i - 1, choice, &why)) {
			if (why.kind == ERR_MEMORY) {
				*err = why;
				return false;
			}
			set->at[of].shadow_why = why;
			return true; /* too many volumes: those before are there */
		}
	return true;
}

/* Also of a volume whose own files cannot be read any more; one that is FAT now keeps nothing. */
static bool may_have_shadows(const struct collection_volume *volume)
{
	return volume->raw && !volume->fat && !volume->is_shadow;
}

bool volume_set_add_shadows(
    struct volume_set *set, const struct vss_choice *choice, struct err *err)
{
	size_t count = set->count;

	if (!vss_choice_any(choice))
		return true;
	for (size_t i = 0; i < count; i++)
		if (may_have_shadows(&set->at[i]) && !add_shadows_of(set, i, choice, err))
			return false;
	return true;
}

const struct vss_info *shadow_info(
    const struct volume_set *set, const struct collection_volume *volume)
{
	return volume->is_shadow ? vss_info(set->at[volume->shadow_of].vss, volume->shadow_index)
				 : NULL;
}

bool shadow_is_newer(const struct volume_set *set, const struct collection_volume *other,
    const struct collection_volume *volume)
{
	return other == &set->at[volume->shadow_of] ||
	       (other->is_shadow && other->shadow_of == volume->shadow_of &&
		   other->shadow_index > volume->shadow_index);
}

/* Runs count in clusters; whoever forges a boot sector can have other ones. */
static bool same_clusters(
    const struct collection_volume *volume, const struct collection_volume *other)
{
	return ntfs_volume_geometry(volume->ntfs)->cluster_size ==
	       ntfs_volume_geometry(other->ntfs)->cluster_size;
}

static bool same_runs(const struct ntfs_stream *a, const struct ntfs_stream *b)
{
	if (a->run_count != b->run_count || a->incomplete || b->incomplete)
		return false;
	for (size_t i = 0; i < a->run_count; i++)
		if (a->runs[i].vcn != b->runs[i].vcn || a->runs[i].lcn != b->runs[i].lcn ||
		    a->runs[i].length != b->runs[i].length)
			return false;
	return true;
}

/* Bytes of a run on the volume; false: none, or outside of it. */
static bool run_bytes(const struct collection_volume *volume, const struct ntfs_run *run,
    uint64_t *offset, uint64_t *len)
{
	const struct ntfs_geometry *geometry = ntfs_volume_geometry(volume->ntfs);

	if (run->lcn == NTFS_HOLE || run->lcn >= geometry->clusters)
		return false;
	*len = geometry->clusters - run->lcn;
	*len = (run->length < *len ? run->length : *len) * geometry->cluster_size;
	*offset = run->lcn * geometry->cluster_size;
	return true;
}

bool shadow_is_same(const struct volume_set *set, const struct collection_volume *volume,
    const struct ntfs_stream *stream, const struct collection_volume *other,
    const struct ntfs_stream *others)
{
	const struct vss *vss = set->at[volume->shadow_of].vss;
	size_t index = other->is_shadow ? other->shadow_index : VSS_PRESENT;
	uint64_t offset, len;

	if (stream->resident != others->resident || stream->size != others->size ||
	    stream->flags != others->flags || stream->initialized != others->initialized ||
	    stream->compression_unit != others->compression_unit || stream->torn || others->torn)
		return false;
	if (stream->resident)
		return bytes_equal(stream->content, others->content);
	if (!same_clusters(volume, other) || !same_runs(stream, others))
		return false;
	for (size_t i = 0; i < stream->run_count; i++)
		if (run_bytes(volume, &stream->runs[i], &offset, &len) &&
		    !vss_is_same(vss, volume->shadow_index, index, offset, len))
			return false;
	return true;
}

uint64_t shadow_unkept(const struct volume_set *set, const struct collection_volume *volume,
    const struct ntfs_stream *stream)
{
	const struct vss *vss = set->at[volume->shadow_of].vss;
	uint64_t cluster = ntfs_volume_geometry(volume->ntfs)->cluster_size;
	uint64_t unkept = 0, offset, len;

	for (size_t i = 0; !stream->resident && i < stream->run_count; i++) {
		const struct ntfs_run *run = &stream->runs[i];

		if (run->vcn >= stream->initialized / cluster + 1)
			break; /* zeros, whatever lies there */
		uint64_t left = stream->initialized - run->vcn * cluster;

		if (run_bytes(volume, run, &offset, &len))
			unkept +=
			    vss_unkept(vss, volume->shadow_index, offset, len < left ? len : left);
	}
	return unkept;
}

bool shadow_refresh(const struct volume_set *set, const struct collection_volume *volume,
    bool *changed, struct err *err)
{
	*changed = false;
	return !volume->is_live || vss_refresh(set->at[volume->shadow_of].vss, changed, err);
}

bool shadow_read_ahead(const struct volume_set *set, const struct collection_volume *volume,
    uint64_t record, struct err *err)
{
	struct ntfs_mft *mft;
	bool changed = true;

	if (!volume->is_shadow || !volume->is_live)
		return true;
	mft = ntfs_volume_mft(volume->ntfs);
	if (record % (AHEAD_BYTES / ntfs_mft_record_size(mft)) != 0)
		return true;
	for (unsigned tries = 0; changed && tries < AHEAD_TRIES; tries++) {
		CLEANUP(ntfs_entry_free) struct ntfs_entry first = {0};

		ntfs_mft_forget(mft);
		DISCARD(
		    ntfs_entry_load_head(mft, record, &first, NULL)); /* whoever wants it is told */
		if (!shadow_refresh(set, volume, &changed, err))
			return false;
	}
	return !changed || fail(err, ERR_DAMAGED, "a part of it was overwritten while it was read");
}

bool shadow_places(const struct volume_set *set, const struct collection_volume *volume,
    const struct ntfs_stream *stream, uint64_t *out, struct err *err)
{
	const struct vss *vss = set->at[volume->shadow_of].vss;
	uint64_t offset, len;
	bool changed;

	*out = 0;
	if (!volume->is_live)
		return true;
	if (!shadow_refresh(set, volume, &changed, err))
		return false;
	for (size_t i = 0; !stream->resident && i < stream->run_count; i++)
		if (run_bytes(volume, &stream->runs[i], &offset, &len))
			*out = *out * 31 + vss_places(vss, volume->shadow_index, offset, len);
	return true;
}
