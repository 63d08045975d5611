/* What is left of a deleted file as a source. See fat.h. */
#include "formats/fat/volume.h"

#include "core/array.h"

#include <stdlib.h>

struct deleted_source {
	struct source source;
	struct source *whole; /* owned */
	struct range *lost;
	size_t lost_count;
};

/* What is not its own is not even read. */
static bool deleted_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct deleted_source *deleted = (struct deleted_source *)self;

	*got = 0;
	while (*got < len && offset + *got < self->size) {
		uint64_t at = offset + *got;
		uint64_t left = self->size - at < len - *got ? self->size - at : len - *got;
		size_t i = range_behind(deleted->lost, deleted->lost_count, at), read = 0;
		const struct range *lost = i < deleted->lost_count ? &deleted->lost[i] : NULL;
		uint8_t *piece = (uint8_t *)to + *got;

		if (lost && lost->offset <= at) {
			uint64_t gone = lost->offset + lost->len - at;

			read = (size_t)(gone < left ? gone : left);
			memset(piece, 0, read);
			*got += read;
			continue;
		}
		if (lost && lost->offset - at < left)
			left = lost->offset - at;
		bool ok = deleted->whole->read(deleted->whole, at, piece, (size_t)left, &read, err);

		*got += read;
		if (!ok)
			return false;
		if (read < left)
			return fail(
			    err, ERR_DAMAGED, "ends at byte %llu", (unsigned long long)(at + read));
	}
	return true;
}

static void deleted_close(struct source *self)
{
	struct deleted_source *deleted = (struct deleted_source *)self;

	source_close(deleted->whole);
	free(deleted->lost);
	free(deleted);
}

static struct range *copy_ranges(const struct range *from, size_t count)
{
	struct range *to = malloc((count + 1) * sizeof(*to));

	if (to && count)
		memcpy(to, from, count * sizeof(*to));
	return to;
}

/* The ranges of its runs that are in use now: all that can be said of a file whose place was guessed. */
static bool lost_in_use(struct fat_volume *volume, const struct fat_runs *runs, struct range **out,
    size_t *count, struct err *err)
{
	CLEANUP(free_memory) struct range *lost = NULL;
	uint64_t size = volume->geometry.cluster_size;
	size_t room = 0, n = 0;
	uint32_t end = fat_clusters_end(volume);

	for (size_t i = 0; i < runs->count; i++)
		for (uint32_t k = 0; k < runs->at[i].count && runs->at[i].first + k < end; k++) {
			bool is_free = false;

			if (!fat_cluster_is_free(volume, runs->at[i].first + k, &is_free, NULL) ||
			    is_free)
				continue;
			if (!array_grow(&lost, &room, n + 1, sizeof(*lost), FAT_LIMIT_RUNS, err))
				return fail_in(err, "lost parts of a file");
			lost[n++] = (struct range){(runs->at[i].index + (uint64_t)k) * size, size};
		}
	*out = TAKE(lost);
	*count = n;
	return true;
}

bool fat_deleted_open(struct fat_volume *volume, const struct fat_entry *entry, struct source **out,
    struct range **lost, size_t *lost_count, uint32_t *found, struct err *damage, struct err *err)
{
	CLEANUP(fat_runs_free) struct fat_runs runs = {0};
	CLEANUP(free_memory) struct range *ranges = NULL;
	CLEANUP(source_close) struct source *whole = NULL;
	struct fat_entry told = *entry;
	uint32_t start = entry->is_high_lost ? fat_start_of_file(volume, entry) : 0;
	enum fat_layout layout;
	size_t count = 0;
	struct err why = {0};

	if (start)
		told.cluster = start;
	if (!fat_content_open(volume, &told, &whole, NULL, damage, err))
		return false;
	if (!fat_content_runs(volume, &told, &runs, &layout, &why) && why.kind == ERR_MEMORY)
		return fail(err, ERR_MEMORY, "%s", why.text);
	if (!(start ? lost_in_use(volume, &runs, &ranges, &count, err)
		    : fat_claims_lost(volume, entry->place, &runs, &ranges, &count, err)))
		return false;
	struct deleted_source *deleted = calloc(1, sizeof(*deleted));

	if (!deleted)
		return fail(err, ERR_MEMORY, "no memory to read a deleted file");
	deleted->source =
	    (struct source){.size = whole->size, .read = deleted_read, .close = deleted_close};
	deleted->lost = copy_ranges(ranges, count);
	deleted->lost_count = count;
	if (!deleted->lost) {
		free(deleted);
		return fail(err, ERR_MEMORY, "no memory to read a deleted file");
	}
	deleted->whole = TAKE(whole);
	*out = &deleted->source;
	*lost = TAKE(ranges);
	*lost_count = count;
	*found = start;
	return true;
}
