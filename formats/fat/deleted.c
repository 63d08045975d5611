/* What is left of a deleted file as a source. See fat.h. */
#include "formats/fat/volume.h"

#include "core/array.h"

#include <stdlib.h>

struct deleted_source {
	struct source source;
	struct source *whole; /* owned */
	struct fat_range *lost;
	size_t lost_count;
};

/* The first lost range that ends behind offset. */
static size_t lost_at(const struct deleted_source *deleted, uint64_t offset)
{
	size_t low = 0, high = deleted->lost_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (deleted->lost[middle].offset + deleted->lost[middle].len <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What is not its own is not even read. */
static bool deleted_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct deleted_source *deleted = (struct deleted_source *)self;

	*got = 0;
	while (*got < len && offset + *got < self->size) {
		uint64_t at = offset + *got;
		uint64_t left = self->size - at < len - *got ? self->size - at : len - *got;
		size_t i = lost_at(deleted, at), read = 0;
		const struct fat_range *lost = i < deleted->lost_count ? &deleted->lost[i] : NULL;
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

static struct fat_range *copy_ranges(const struct fat_range *from, size_t count)
{
	struct fat_range *to = malloc((count + 1) * sizeof(*to));

	if (to && count)
		memcpy(to, from, count * sizeof(*to));
	return to;
}

bool fat_deleted_open(struct fat_volume *volume, const struct fat_entry *entry, struct source **out,
    struct fat_range **lost, size_t *lost_count, struct err *damage, struct err *err)
{
	CLEANUP(fat_runs_free) struct fat_runs runs = {0};
	CLEANUP(free_memory) struct fat_range *ranges = NULL;
	CLEANUP(source_close) struct source *whole = NULL;
	enum fat_layout layout;
	size_t count = 0;
	struct err why = {0};

	if (!fat_content_open(volume, entry, &whole, NULL, damage, err))
		return false;
	if (!fat_content_runs(volume, entry, &runs, &layout, &why) && why.kind == ERR_MEMORY)
		return fail(err, ERR_MEMORY, "%s", why.text);
	if (!fat_claims_lost(volume, entry->place, &runs, &ranges, &count, err))
		return false;
	struct deleted_source *deleted = calloc(1, sizeof(*deleted));

	if (!deleted)
		return fail(err, ERR_MEMORY, "no memory to read a deleted file");
	deleted->source = (struct source){whole->size, deleted_read, deleted_close};
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
	return true;
}
