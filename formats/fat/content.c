/* The content of a file as a source. See fat.h. */
#include "formats/fat/volume.h"

#include <stdlib.h>

struct content_source {
	struct source source;
	struct fat_volume *volume;
	struct fat_runs runs;
	uint64_t valid; /* zeros from here */
};

static bool content_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct content_source *content = (struct content_source *)self;
	uint64_t left = offset < self->size ? self->size - offset : 0;
	size_t wanted = len < left ? len : (size_t)left;
	uint64_t valid = offset < content->valid ? content->valid - offset : 0;
	size_t stored = wanted < valid ? wanted : (size_t)valid;

	*got = 0;
	if (stored && !fat_runs_read(content->volume, &content->runs, offset, to, stored, got, err))
		return false;
	memset((uint8_t *)to + stored, 0, wanted - stored);
	*got = wanted;
	return true;
}

static void content_close(struct source *self)
{
	struct content_source *content = (struct content_source *)self;

	fat_runs_free(&content->runs);
	free(content);
}

/* A chain that is still in the FAT although its clusters are free: exFAT leaves it there. */
static bool old_chain(struct fat_volume *volume, const struct fat_entry *entry, uint32_t count,
    struct fat_runs *out, struct err *err)
{
	bool ended = false, is_free = false;

	/* Mostly another file has its first cluster by now: then the rest is not asked for. */
	if (!fat_cluster_is_free(volume, entry->cluster, &is_free, err) || !is_free ||
	    !fat_chain_follow(volume, entry->cluster, count, out, &ended, err) ||
	    out->clusters < count)
		return false;
	for (size_t i = 0; i < out->count; i++)
		for (uint32_t n = 0; n < out->at[i].count; n++)
			if (!fat_cluster_is_free(volume, out->at[i].first + n, &is_free, err) ||
			    !is_free)
				return false;
	return true;
}

static bool deleted_runs(struct fat_volume *volume, const struct fat_entry *entry, uint32_t count,
    struct fat_runs *out, enum fat_layout *layout, struct err *err)
{
	struct err why = {0};

	*layout = entry->is_contiguous ? FAT_LAYOUT_CONTIGUOUS : FAT_LAYOUT_ASSUMED;
	if (volume->geometry.kind == FAT_EX && !entry->is_contiguous) {
		if (old_chain(volume, entry, count, out, &why)) {
			*layout = FAT_LAYOUT_CHAIN;
			return true;
		}
		fat_runs_free(out);
		if (why.kind == ERR_MEMORY) {
			*err = why;
			return false;
		}
	}
	return fat_chain_straight(volume, entry->cluster, count, out, err);
}

/* A chain that breaks off or comes back is cut where it does. */
static bool chain_runs(struct fat_volume *volume, const struct fat_entry *entry, uint32_t count,
    struct fat_runs *out, struct err *err)
{
	bool ended = false, was_cut = false;
	bool ok = fat_chain_follow(volume, entry->cluster, count, out, &ended, err);

	if (!ok && err->kind != ERR_DAMAGED)
		return false;
	if (!fat_runs_cut(out, &was_cut, err) || !ok)
		return false;
	if (was_cut)
		return fail(err, ERR_DAMAGED, "its chain passes a cluster twice");
	if (out->clusters < count)
		return fail(err, ERR_DAMAGED, "its chain has %u clusters, its size needs %u",
		    out->clusters, count);
	return true;
}

static bool fail_too_long(const struct fat_entry *entry, struct err *err)
{
	return fail(err, ERR_DAMAGED, "%llu bytes are more than the volume or image holds",
	    (unsigned long long)entry->size);
}

bool fat_content_runs(struct fat_volume *volume, const struct fat_entry *entry,
    struct fat_runs *out, enum fat_layout *layout, struct err *err)
{
	uint32_t count = fat_clusters_for(volume, entry->size);

	*layout = FAT_LAYOUT_NONE;
	if (entry->size == 0 || entry->kind == FAT_ENTRY_NAME)
		return true;
	if (entry->cluster == 0)
		return fail(err, ERR_DAMAGED, "%llu bytes, but no cluster",
		    (unsigned long long)entry->size);
	bool is_too_long = count > volume->geometry.clusters;

	if (is_too_long && entry->is_deleted)
		return fail_too_long(entry, err);
	if (entry->is_deleted)
		return deleted_runs(volume, entry, count, out, layout, err);
	if (is_too_long)
		count = volume->geometry.clusters;
	*layout = entry->is_contiguous ? FAT_LAYOUT_CONTIGUOUS : FAT_LAYOUT_CHAIN;
	bool ok = entry->is_contiguous ? fat_chain_straight(volume, entry->cluster, count, out, err)
				       : chain_runs(volume, entry, count, out, err);

	return is_too_long && (ok || err->kind == ERR_DAMAGED) ? fail_too_long(entry, err) : ok;
}

/* No file is larger: zeros behind what was written have no end of their own. */
static uint64_t largest(const struct fat_volume *volume)
{
	uint64_t clusters = (uint64_t)volume->geometry.clusters * volume->geometry.cluster_size;

	return clusters < volume->raw->size ? clusters : volume->raw->size;
}

/* Where the last cluster ends that the image or device has. */
static uint64_t reach(const struct fat_volume *volume, const struct fat_runs *runs)
{
	uint64_t size = volume->geometry.cluster_size;

	for (size_t i = runs->count; i-- > 0;) {
		const struct fat_run *run = &runs->at[i];
		uint64_t offset = fat_cluster_offset(volume, run->first);
		uint64_t left = offset < volume->raw->size ? volume->raw->size - offset : 0;

		if (left)
			return run->index * size +
			       (left < run->count * size ? left : run->count * size);
	}
	return 0;
}

bool fat_content_open(struct fat_volume *volume, const struct fat_entry *entry, struct source **out,
    enum fat_layout *layout, struct err *damage, struct err *err)
{
	CLEANUP(fat_runs_free) struct fat_runs runs = {0};
	enum fat_layout found = FAT_LAYOUT_NONE;
	uint64_t valid = entry->valid_size < entry->size ? entry->valid_size : entry->size;
	struct err why = {0};

	/* A chain that breaks off is damage where it does: the bytes before it are read. */
	if (!fat_content_runs(volume, entry, &runs, &found, &why) &&
	    (why.kind != ERR_DAMAGED || runs.clusters == 0)) {
		*err = why;
		return false;
	}
	uint64_t covered = reach(volume, &runs);
	uint64_t most = largest(volume);

	if (covered < valid && covered == 0)
		return fail(err, ERR_DAMAGED,
		    "none of its %llu bytes lies inside the volume or image",
		    (unsigned long long)entry->size);
	if (covered < valid && why.kind == ERR_NONE)
		fail(&why, ERR_DAMAGED, "the last %llu bytes lie outside the volume or image",
		    (unsigned long long)(entry->size - covered));
	if (entry->size > most && why.kind == ERR_NONE)
		fail_too_long(entry, &why);
	struct content_source *content = calloc(1, sizeof(*content));

	if (!content)
		return fail(err, ERR_MEMORY, "no memory to read a file");
	content->source = (struct source){.size = covered < valid      ? covered
						  : entry->size < most ? entry->size
								       : most,
	    .read = content_read,
	    .close = content_close};
	content->volume = volume;
	content->runs = runs;
	runs = (struct fat_runs){0};
	content->valid = valid;
	*out = &content->source;
	if (layout)
		*layout = found;
	if (damage)
		*damage = why;
	return true;
}
