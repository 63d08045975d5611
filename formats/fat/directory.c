/* The entries of a directory. See directory.h. */
#include "formats/fat/directory.h"

#include <stdlib.h>

static bool start(
    struct fat_directory *directory, struct fat_volume *volume, uint64_t size, struct err *err)
{
	directory->volume = volume;
	directory->size = size < FAT_LIMIT_DIRECTORY ? size : FAT_LIMIT_DIRECTORY;
	directory->buffer = malloc(FAT_PAGE);
	return directory->buffer || fail(err, ERR_MEMORY, "no memory to read a directory");
}

bool fat_directory_open(struct fat_directory *directory, struct fat_volume *volume,
    struct fat_runs *runs, struct err *err)
{
	uint64_t size = (uint64_t)runs->clusters * volume->geometry.cluster_size;

	*directory = (struct fat_directory){.runs = *runs};
	*runs = (struct fat_runs){0};
	return start(directory, volume, size, err);
}

bool fat_directory_open_root(
    struct fat_directory *directory, struct fat_volume *volume, struct err *err)
{
	*directory = (struct fat_directory){0};
	return start(directory, volume, volume->geometry.root_size, err);
}

void fat_directory_close(struct fat_directory *directory)
{
	fat_runs_free(&directory->runs);
	free(directory->buffer);
	*directory = (struct fat_directory){0};
}

static uint64_t place_of(const struct fat_directory *directory, uint64_t pos)
{
	const struct fat_geometry *g = &directory->volume->geometry;
	const struct fat_runs *runs = &directory->runs;
	size_t low = 0, high = runs->count;
	uint64_t index = pos / g->cluster_size;

	if (runs->count == 0)
		return g->root + pos;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (runs->at[middle].index <= index)
			low = middle;
		else
			high = middle;
	}
	return fat_cluster_offset(directory->volume, runs->at[low].first) +
	       (index - runs->at[low].index) * g->cluster_size + pos % g->cluster_size;
}

static bool read_piece(
    struct fat_directory *directory, uint64_t pos, uint8_t *to, size_t len, struct err *err)
{
	struct fat_volume *volume = directory->volume;
	size_t got = 0;

	if (directory->runs.count == 0)
		return source_read_exact(volume->raw, volume->geometry.root + pos, to, len, err);
	return fat_runs_read(volume, &directory->runs, pos, to, len, &got, err);
}

/* Goes on behind what the image does not have: a small one may claim a root directory of 2 MiB, or a cluster of 32. */
static void skip_missing(struct fat_directory *directory)
{
	const struct fat_geometry *g = &directory->volume->geometry;
	uint64_t end = directory->volume->raw->size;

	while (directory->pos < directory->size && place_of(directory, directory->pos) >= end) {
		uint64_t next = (directory->pos / g->cluster_size + 1) * g->cluster_size;

		if (directory->damage.kind == ERR_NONE) {
			fail(&directory->damage, ERR_DAMAGED,
			    "the volume or image ends inside a directory");
			directory->damage_place = end;
		}
		directory->pos =
		    directory->runs.count && next < directory->size ? next : directory->size;
	}
}

/* Fills the buffer from pos; sectors that cannot be read become entries of nothing. */
static void fill(struct fat_directory *directory)
{
	uint32_t sector = directory->volume->geometry.sector_size;
	uint64_t left = directory->size - directory->pos;

	directory->from = directory->pos;
	directory->len = left < FAT_PAGE ? (size_t)left : FAT_PAGE;
	if (read_piece(directory, directory->pos, directory->buffer, directory->len, NULL))
		return;
	for (size_t at = 0; at < directory->len; at += sector) {
		size_t len = directory->len - at < sector ? directory->len - at : sector;
		struct err why = {0};

		if (read_piece(directory, directory->pos + at, directory->buffer + at, len, &why))
			continue;
		memset(directory->buffer + at, FAT_NEVER, len);
		if (directory->damage.kind == ERR_NONE) {
			directory->damage = why;
			directory->damage_place = place_of(directory, directory->pos + at);
		}
	}
}

const uint8_t *fat_directory_next(struct fat_directory *directory, uint64_t *place)
{
	if (directory->len == 0 || directory->pos - directory->from >= directory->len) {
		skip_missing(directory);
		fill(directory);
	}
	if (directory->size - directory->pos < FAT_ENTRY_LEN)
		return NULL;
	const uint8_t *entry = directory->buffer + (directory->pos - directory->from);

	*place = place_of(directory, directory->pos);
	directory->pos += FAT_ENTRY_LEN;
	return entry;
}
