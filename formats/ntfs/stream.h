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
	bool incomplete; /* as the stream says */

	/* Compressed streams: the one unit that was asked for last. */
	size_t unit_size;
	uint64_t unit_number;
	bool unit_is_plain;   /* it is as its runs say: nothing of it is in unit */
	uint8_t *unit;        /* unit_size */
	uint8_t *packed;      /* unit_size */
	uint16_t *chunk_good; /* bytes that are good of each LZNT1_CHUNK of it */
	struct err unit_why;  /* tells about the rest */
};

/* Reads clusters as they lie, holes as zeros, without regard to size or compression. *got bytes are good
 * on failure too. */
bool ntfs_stream_read_runs(const struct ntfs_stream_source *s, uint64_t offset, uint8_t *to,
    size_t len, size_t *got, struct err *err) MUST_CHECK;

/* Makes s->unit hold that unit, if it is not plain. Damage goes to unit_why and chunk_good; false only when out of
 * memory. */
bool ntfs_unit_load(struct ntfs_stream_source *s, uint64_t number, struct err *err) MUST_CHECK;
/* How many bytes of s->unit are good from there on, want at most. */
size_t ntfs_unit_good(const struct ntfs_stream_source *s, size_t inside, size_t want);

#endif
