/* Where all that tells of files lies. See fat.h. */
#include "formats/fat/volume.h"

#include "core/array.h"

#include <stdlib.h>

struct gathering {
	struct fat_walker walker;
	struct fat_volume *volume;
	struct range *at;
	size_t count, room;
};

static bool add(struct gathering *gathering, uint64_t offset, uint64_t len, struct err *err)
{
	uint64_t size = gathering->volume->raw->size;

	if (offset >= size)
		return true;
	len = len < size - offset ? len : size - offset;
	struct range *last = gathering->count ? &gathering->at[gathering->count - 1] : NULL;

	if (last && last->offset + last->len == offset) {
		last->len += len;
		return true;
	}
	if (!array_grow(&gathering->at, &gathering->room, gathering->count + 1,
		sizeof(*gathering->at), FAT_LIMIT_DIR_CLUSTERS, err))
		return fail_in(err, "places of directories");
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): array_grow made room */
	gathering->at[gathering->count++] = (struct range){offset, len};
	return true;
}

static bool add_table(struct fat_walker *self, uint64_t offset, uint64_t len, struct err *err)
{
	return add((struct gathering *)self, offset, len, err);
}

static bool add_system(struct fat_walker *self, const struct fat_entry *entry, struct err *err)
{
	struct gathering *gathering = (struct gathering *)self;
	CLEANUP(fat_runs_free) struct fat_runs runs = {0};
	uint64_t size = gathering->volume->geometry.cluster_size;
	struct fat_entry told = *entry;
	enum fat_layout layout;
	struct err why = {0};

	if (entry->kind == FAT_ENTRY_BITMAP && entry->size > gathering->volume->bitmap_size)
		told.size = gathering->volume->bitmap_size;
	if ((entry->kind != FAT_ENTRY_BITMAP && entry->kind != FAT_ENTRY_UPCASE) ||
	    told.size > FAT_LIMIT_BITMAP)
		return true;
	if (!fat_content_runs(gathering->volume, &told, &runs, &layout, &why) &&
	    why.kind == ERR_MEMORY) {
		*err = why;
		return false;
	}
	for (size_t i = 0; i < runs.count; i++)
		if (!add(gathering, fat_cluster_offset(gathering->volume, runs.at[i].first),
			runs.at[i].count * size, err))
			return false;
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct range *x = a;
	const struct range *y = b;

	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Sorts and joins; returns how many are left. */
static size_t join(struct range *at, size_t count)
{
	size_t kept = 0;

	qsort(at, count, sizeof(*at), compare);
	for (size_t i = 0; i < count; i++) {
		struct range *last = kept ? &at[kept - 1] : NULL;

		if (!last || at[i].offset > last->offset + last->len)
			at[kept++] = at[i];
		else if (at[i].offset + at[i].len > last->offset + last->len)
			last->len = at[i].offset + at[i].len - last->offset;
	}
	return kept;
}

bool fat_metadata(struct fat_volume *volume, struct range **out, size_t *count, struct err *err)
{
	struct gathering gathering = {
	    .walker = {.each = add_system, .table = add_table}, .volume = volume};
	const struct fat_geometry *g = &volume->geometry;

	if (!add(&gathering, 0, g->data, err) || !fat_walk(volume, &gathering.walker, err)) {
		free(gathering.at);
		return false;
	}
	*count = join(gathering.at, gathering.count);
	*out = gathering.at;
	return true;
}
