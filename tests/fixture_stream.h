/* A small volume whose clusters tell their numbers, and streams on it. */
#ifndef KANSHIKI_TESTS_FIXTURE_STREAM_H
#define KANSHIKI_TESTS_FIXTURE_STREAM_H

#include "tests/unit.h"

#include "formats/ntfs/volume.h"

/* A volume of 64 clusters of 512 bytes; cluster n is filled with the byte n. */
#define FIXTURE_CLUSTERS 64u

struct fixture_stream_disk {
	uint8_t at[FIXTURE_CLUSTERS * 512];
	struct source *raw;
	struct ntfs_volume volume;
};

static inline void fixture_stream_disk(struct fixture_stream_disk *d)
{
	for (size_t i = 0; i < sizeof(d->at); i++)
		d->at[i] = (uint8_t)(i / 512);
	d->raw = source_of_bytes((struct bytes){.at = d->at, .len = sizeof(d->at)});
	assert_non_null(d->raw);
	d->volume = (struct ntfs_volume){.raw = d->raw,
	    .geometry = {.sector_size = 512, .cluster_size = 512, .clusters = FIXTURE_CLUSTERS}};
}

static inline struct ntfs_stream fixture_stream_of(
    struct ntfs_run *runs, size_t count, uint64_t size)
{
	return (struct ntfs_stream){
	    .type = NTFS_DATA, .runs = runs, .run_count = count, .size = size, .initialized = size};
}

static inline struct source *fixture_stream_open(
    struct fixture_stream_disk *d, const struct ntfs_stream *stream)
{
	struct source *source = NULL;
	struct err err = {0};

	if (!ntfs_stream_open(&d->volume, NULL, stream, &source, &err))
		print_error("%s\n", err.text);
	assert_non_null(source);
	return source;
}

#endif
