/* Whether the drive has emptied what was deleted (TRIM): asked of the clusters themselves, and of the registry. */
#include "collectors/deleted.h"

#include "formats/hive.h"

#define PIECE 4096u

void deleted_trim_see(struct deleted_files *d, const struct ntfs_stream *stream)
{
	struct deleted_trim *trim = &d->trim;
	enum ntfs_cluster_state state = NTFS_CLUSTER_UNKNOWN;

	if (!d->bitmap || stream->run_count == 0 || stream->runs[0].lcn == NTFS_HOLE ||
	    stream->initialized == 0 || stream->size == 0)
		return;
	(void)ntfs_bitmap_run(d->bitmap, stream->runs[0].lcn, 1, &state);
	if (state != NTFS_CLUSTER_FREE)
		return;
	if (trim->every == 0)
		trim->every = 1;
	if (trim->seen++ % trim->every != 0)
		return;
	/* Full: every second one goes, and from now on half as many come. */
	if (trim->count == DELETED_SAMPLES) {
		trim->count /= 2;
		for (size_t i = 0; i < trim->count; i++)
			trim->lcn[i] = trim->lcn[2 * i];
		trim->every *= 2;
	}
	trim->lcn[trim->count++] = stream->runs[0].lcn;
}

static bool is_blank(const uint8_t *at, size_t len)
{
	return (at[0] == 0 || at[0] == 0xff) && memcmp(at, at + 1, len - 1) == 0;
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
	uint32_t cluster = ntfs_volume_geometry(d->volume->ntfs)->cluster_size;
	struct deleted_trim *trim = &d->trim;
	uint8_t piece[PIECE];
	size_t len = cluster < PIECE ? cluster : PIECE;

	for (size_t i = 0; i < trim->count && !collect_stopped(d->collection); i++) {
		if (!source_read_exact(d->volume->raw, trim->lcn[i] * cluster, piece, len, NULL))
			continue;
		trim->sampled++;
		trim->blank += is_blank(piece, len);
	}
	trim->looks_trimmed = trim->blank * 2 >= trim->sampled && trim->blank > 0;
	ask_registry(d);
}

const char *deleted_trim_word(const struct deleted_trim *trim)
{
	if (trim->sampled == 0)
		return "unknown";
	return trim->blank * 10 >= trim->sampled * 9 ? "hopeless" : "possible";
}
