/* The source behind ntfs_stream_open. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_STREAM_H
#define KANSHIKI_FORMATS_NTFS_STREAM_H

#include "formats/ntfs/volume.h"

struct ntfs_stream_source {
	struct source source;
	struct ntfs_volume *volume;
	uint8_t *content; /* resident */
	struct ntfs_run *runs;
	size_t run_count;
	uint32_t cluster_size;
	uint64_t initialized;

	/* Compressed streams: the one unit that is decompressed. */
	size_t unit_size;
	uint64_t unit_number;
	size_t unit_good; /* bytes of it that are good; unit_why tells about the rest */
	struct err unit_why;
	uint8_t *unit;   /* unit_size */
	uint8_t *packed; /* unit_size */
};

/* Reads clusters as they lie, holes as zeros, without regard to size or compression. *got bytes are good
 * on failure too. */
bool ntfs_stream_read_runs(const struct ntfs_stream_source *s, uint64_t offset, uint8_t *to,
    size_t len, size_t *got, struct err *err) MUST_CHECK;

/* Makes s->unit hold that unit. Damage goes to unit_why and unit_good; false only when out of memory. */
bool ntfs_unit_load(struct ntfs_stream_source *s, uint64_t number, struct err *err) MUST_CHECK;

#endif
