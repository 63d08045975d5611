/* How the content of a stream comes into the bundle: as it is, unpacked, its runs alone, or cut where the volume ends;
 * and where it is when it is not on the volume. */
#ifndef KANSHIKI_COLLECTORS_CONTENT_H
#define KANSHIKI_COLLECTORS_CONTENT_H

#include "collectors/volumes.h"
#include "formats/ntfs/wof.h"

struct content {               /* zero it; free it once */
	struct source *source; /* what is stored */
	uint64_t cut;          /* bytes at the end that no cluster holds: not stored */
	bool is_sparse;        /* only the ranges in sparse are stored */
	struct range *sparse;
	size_t sparse_count;
	bool is_wof; /* unpacked: wof tells how, packed_size from how much */
	struct ntfs_wof wof;
	uint64_t packed_size;
	/* bytes that the unnamed stream stores itself, which nobody gets to read */
	uint64_t beneath;
	/* why what WOF packed, or may have packed, is not unpacked: the stream is then as it lies */
	struct err wof_why;
};

/* Bytes of its content as it is stored: what EFS encrypted goes on to the end of its last unit, which nobody can decrypt cut. */
uint64_t content_size(const struct ntfs_stream *stream);
/* Opens the stream for storing. only_runs: holes are left out however small (the journal). */
bool content_open(struct collection_volume *volume, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, bool only_runs, struct content *out,
    struct err *err) MUST_CHECK;
void content_free(struct content *content);
static inline void content_free_at(struct content *content)
{
	content_free(content);
}

/* Sets *why when the stream, though read without fault, is not the file's content as a program would get it:
 * encrypted, or in the cloud, the deduplication store … */
void content_elsewhere(struct collection_volume *volume, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, struct err *why);

#endif
