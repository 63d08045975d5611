/* What a shadow copy kept of deleted files: of what was free when it was made it need keep nothing. See deleted.h. */
#include "collectors/deleted.h"

#define LOAD_TRIES 3u

/* Clusters that are free in the shadow copy, as ntfs_claims_set_keeping asks. */
static uint64_t ask(void *context, uint64_t first, uint64_t count, enum ntfs_fate *fate)
{
	const struct deleted_files *d = context;
	const struct collection_volume *volume = d->volume;
	const struct vss *vss = d->collection->plan->volumes->at[volume->shadow_of].vss;
	uint64_t cluster = ntfs_volume_geometry(volume->ntfs)->cluster_size;
	bool is_kept;

	if (!d->knows_unkept) {
		*fate = NTFS_FATE_UNKNOWN;
		return count;
	}
	uint64_t run =
	    vss_kept_run(vss, volume->shadow_index, first * cluster, count * cluster, &is_kept);

	if (is_kept && run >= cluster)
		return run / cluster;
	*fate = NTFS_FATE_UNKEPT; /* of a cluster of several blocks one is enough */
	return is_kept ? 1 : run / cluster + (run % cluster != 0);
}

void deleted_kept_ask(struct deleted_files *d)
{
	const struct collection_volume *volume = d->volume;

	if (!volume->is_shadow)
		return;
	d->knows_unkept = vss_knows_unkept(
	    d->collection->plan->volumes->at[volume->shadow_of].vss, volume->shadow_index);
	ntfs_claims_set_keeping(d->claims, ask, d);
	deleted_newer_begin(d);
}

bool deleted_load(
    struct deleted_files *d, uint64_t record, struct ntfs_entry *entry, struct err *err)
{
	const struct volume_set *set = d->collection->plan->volumes;
	bool changed = false;

	if (!d->volume->is_shadow || !d->volume->is_live)
		return hit_load(d->volume, record, entry, err);
	for (unsigned tries = 0; tries < LOAD_TRIES; tries++) {
		if (changed)
			ntfs_mft_forget(ntfs_volume_mft(d->volume->ntfs));
		bool ok = hit_load(d->volume, record, entry, err);

		if (!shadow_refresh(set, d->volume, &changed, err))
			return false;
		if (!changed)
			return ok;
	}
	return fail(err, ERR_DAMAGED, "a part of it was overwritten while it was read");
}

void deleted_kept_row(const struct deleted_files *d, struct row *row)
{
	const struct volume_set *set = d->collection->plan->volumes;

	row->read = d->volume->is_shadow ? "vss" : "raw";
	row->shadow = shadow_info(set, d->volume);
	row->now = deleted_newer_word(d, row->entry);
}
