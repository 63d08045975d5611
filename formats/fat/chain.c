/* Clusters of a file: chains of the FAT, runs, reading through them. See volume.h. */
#include "formats/fat/volume.h"

#include "core/array.h"

#include <stdlib.h>

void fat_runs_free(struct fat_runs *runs)
{
	free(runs->at);
	*runs = (struct fat_runs){0};
}

bool fat_runs_add(struct fat_runs *runs, uint32_t first, uint32_t count, struct err *err)
{
	struct fat_run *last = runs->count ? &runs->at[runs->count - 1] : NULL;

	if (count > UINT32_MAX - runs->clusters)
		return fail(err, ERR_LIMIT, "more clusters than there can be");
	if (last && last->first + last->count == first && last->count <= UINT32_MAX - count) {
		last->count += count;
	} else {
		if (!array_grow(&runs->at, &runs->room, runs->count + 1, sizeof(*runs->at),
			FAT_LIMIT_RUNS, err))
			return fail_in(err, "pieces of a file");
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): array_grow made room */
		runs->at[runs->count++] =
		    (struct fat_run){.index = runs->clusters, .first = first, .count = count};
	}
	runs->clusters += count;
	return true;
}

static int compare_first(const void *a, const void *b)
{
	const struct fat_run *x = a;
	const struct fat_run *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* Whether a cluster stands in two of the first `count` runs. scratch has room for them. */
static bool has_overlap(const struct fat_runs *runs, size_t count, struct fat_run *scratch)
{
	memcpy(scratch, runs->at, count * sizeof(*scratch));
	qsort(scratch, count, sizeof(*scratch), compare_first);
	for (size_t i = 1; i < count; i++)
		if (scratch[i].first - scratch[i - 1].first < scratch[i - 1].count)
			return true;
	return false;
}

/* How many clusters of the run at `last` come before one that an earlier run has. */
static uint32_t distinct(const struct fat_runs *runs, size_t last)
{
	const struct fat_run *run = &runs->at[last];
	uint32_t count = run->count;

	for (size_t i = 0; i < last; i++) {
		const struct fat_run *earlier = &runs->at[i];

		if (run->first >= earlier->first && run->first - earlier->first < earlier->count)
			return 0;
		if (earlier->first > run->first && earlier->first - run->first < count)
			count = earlier->first - run->first;
	}
	return count;
}

bool fat_runs_cut(struct fat_runs *runs, bool *was_cut, struct err *err)
{
	*was_cut = false;
	if (runs->count < 2)
		return true;
	CLEANUP(free_memory) struct fat_run *scratch = malloc(runs->count * sizeof(*scratch));
	size_t low = 1, high = runs->count; /* the first `low` have no overlap */

	if (!scratch)
		return fail(err, ERR_MEMORY, "no memory to look at a chain");
	if (!has_overlap(runs, runs->count, scratch))
		return true;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (has_overlap(runs, middle, scratch))
			high = middle;
		else
			low = middle;
	}
	struct fat_run *first_bad = &runs->at[low];

	first_bad->count = distinct(runs, low);
	runs->clusters = first_bad->index + first_bad->count;
	runs->count = first_bad->count ? low + 1 : low;
	*was_cut = true;
	return true;
}

uint32_t fat_clusters_end(const struct fat_volume *volume)
{
	const struct fat_geometry *g = &volume->geometry;
	uint64_t bytes = volume->raw->size > g->data ? volume->raw->size - g->data : 0;
	uint64_t present = bytes / g->cluster_size + (bytes % g->cluster_size != 0);

	return FAT_FIRST_CLUSTER + (present < g->clusters ? (uint32_t)present : g->clusters);
}

uint64_t fat_links_max(const struct fat_volume *volume)
{
	return FAT_LIMIT_LINKS + 4ull * fat_clusters_end(volume);
}

uint32_t fat_clusters_for(const struct fat_volume *volume, uint64_t size)
{
	uint64_t cluster = volume->geometry.cluster_size;
	uint64_t count = size / cluster + (size % cluster != 0);

	return count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
}

/* Where a chain breaks. */
static bool broken(enum fat_link link, uint32_t cluster, uint32_t next, struct err *err)
{
	switch (link) {
	case FAT_LINK_FREE:
		return fail(err, ERR_DAMAGED, "its chain runs into free cluster %u", cluster);
	case FAT_LINK_BAD:
		return fail(err, ERR_DAMAGED, "its chain runs into bad cluster %u", cluster);
	default:
		return fail(err, ERR_DAMAGED,
		    "its chain leads from cluster %u to %u, which is none", cluster, next);
	}
}

bool fat_chain_follow(struct fat_volume *volume, uint32_t first, uint32_t most,
    struct fat_runs *out, bool *ended, struct err *err)
{
	uint32_t cluster = first, next = 0;
	uint32_t mark = first, power = 1, steps = 0; /* Brent: a loop meets its mark again */
	enum fat_link link;

	*ended = false;
	if (!fat_is_cluster(volume, first))
		return fail(err, ERR_DAMAGED, "there is no cluster %u", first);
	for (;;) {
		if (out->clusters >= most)
			return true;
		volume->links++;
		if (!fat_table_next(volume, cluster, &link, &next, err))
			return false;
		if (link != FAT_LINK_NEXT && link != FAT_LINK_END)
			return broken(link, cluster, next, err);
		if (!fat_runs_add(out, cluster, 1, err))
			return false;
		if (link == FAT_LINK_END) {
			*ended = true;
			return true;
		}
		cluster = next;
		if (cluster == mark)
			return fail(
			    err, ERR_DAMAGED, "its chain comes back to cluster %u", cluster);
		if (++steps == power) {
			mark = cluster;
			power = power > UINT32_MAX / 2 ? UINT32_MAX : power * 2;
			steps = 0;
		}
	}
}

bool fat_chain_straight(struct fat_volume *volume, uint32_t first, uint32_t count,
    struct fat_runs *out, struct err *err)
{
	if (count == 0)
		return true;
	if (!fat_is_cluster(volume, first))
		return fail(err, ERR_DAMAGED, "there is no cluster %u", first);
	uint32_t left = volume->geometry.clusters - (first - FAT_FIRST_CLUSTER);

	if (!fat_runs_add(out, first, count < left ? count : left, err))
		return false;
	if (count > left)
		return fail(err, ERR_DAMAGED, "%u of its clusters lie behind the end of the volume",
		    count - left);
	return true;
}

static bool ends_before(const void *element, uint64_t index)
{
	const struct fat_run *run = element;

	return run->index + (uint64_t)run->count <= index;
}

const struct fat_run *fat_runs_find(const struct fat_runs *runs, uint32_t index)
{
	size_t i = array_first_from(runs->at, runs->count, sizeof(*runs->at), ends_before, index);

	return i < runs->count ? &runs->at[i] : NULL;
}

bool fat_runs_read(struct fat_volume *volume, const struct fat_runs *runs, uint64_t offset,
    void *to, size_t len, size_t *got, struct err *err)
{
	uint64_t size = volume->geometry.cluster_size;

	*got = 0;
	while (*got < len) {
		uint64_t at = offset + *got;
		const struct fat_run *run =
		    at / size < runs->clusters ? fat_runs_find(runs, (uint32_t)(at / size)) : NULL;

		if (!run)
			return fail(err, ERR_DAMAGED, "its clusters end at byte %llu",
			    (unsigned long long)(runs->clusters * size));
		uint64_t inside = at - run->index * size;
		uint64_t left = run->count * size - inside;
		size_t wanted = len - *got < left ? len - *got : (size_t)left;
		size_t read = 0;
		bool ok =
		    volume->raw->read(volume->raw, fat_cluster_offset(volume, run->first) + inside,
			(uint8_t *)to + *got, wanted, &read, err);

		*got += read;
		if (!ok)
			return false;
		if (read < wanted)
			return fail(err, ERR_DAMAGED, "the volume or image ends inside it");
	}
	return true;
}
