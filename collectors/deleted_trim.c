/* Whether the drive has emptied what was deleted (TRIM): asked of the clusters themselves, and of the registry. */
#include "collectors/deleted.h"

#include "formats/hive.h"

void deleted_trim_see(struct deleted_files *d, const struct ntfs_stream *stream)
{
	uint32_t cluster = ntfs_volume_geometry(d->volume->ntfs)->cluster_size;
	enum ntfs_cluster_state state = NTFS_CLUSTER_UNKNOWN;

	if (!d->bitmap || stream->run_count == 0 || stream->runs[0].lcn == NTFS_HOLE ||
	    stream->initialized == 0 || stream->size == 0)
		return;
	(void)ntfs_bitmap_run(d->bitmap, stream->runs[0].lcn, 1, &state);
	if (state != NTFS_CLUSTER_FREE)
		return;
	trim_see(&d->trim, stream->runs[0].lcn * cluster);
}

/* ControlSetNNN/Control/FileSystem of the SYSTEM hive, when this volume has one. */
static void ask_registry(struct deleted_files *d)
{
	CLEANUP(source_close) struct source *file = NULL;
	CLEANUP(hive_close) struct hive *hive = NULL;
	CLEANUP(text_free) struct text path = {0};
	struct hive_key root, key;
	uint32_t current = 1;

	if (!volume_set_open_file(d->volume, "Windows/System32/config/SYSTEM", &file, NULL) ||
	    !hive_open(file, &hive, NULL))
		return;
	hive_root(hive, &root);
	if (hive_find(hive, &root, "Select", &key, NULL))
		DISCARD(
		    hive_number(hive, &key, "Current", &current, NULL)); /* 1 is the usual one */
	text_addf(&path, "ControlSet%03u/Control/FileSystem", current % 1000);
	if (hive_find(hive, &root, text_string(&path), &key, NULL))
		d->trim.has_setting =
		    hive_number(hive, &key, "DisableDeleteNotification", &d->trim.setting, NULL);
}

void deleted_trim_judge(struct deleted_files *d)
{
	trim_judge(&d->trim, d->collection, d->volume,
	    ntfs_volume_geometry(d->volume->ntfs)->cluster_size);
	ask_registry(d);
}
