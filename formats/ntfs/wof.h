/* Files that the Windows Overlay Filter packed ("compact /exe", CompactOS): chunks in the stream
 * WofCompressedData (docs/formats/ntfs.md, "WOF"). */
#ifndef KANSHIKI_FORMATS_NTFS_WOF_H
#define KANSHIKI_FORMATS_NTFS_WOF_H

#include "formats/ntfs/ntfs.h"

enum ntfs_wof_algorithm {
	NTFS_WOF_XPRESS4K,
	NTFS_WOF_LZX,
	NTFS_WOF_XPRESS8K,
	NTFS_WOF_XPRESS16K,
};

struct ntfs_wof {
	enum ntfs_wof_algorithm algorithm;
	uint64_t size;                    /* of the content */
	const struct ntfs_stream *packed; /* in the entry */
};

/* The stream that holds what WOF packed of the file: no content of its own. NULL when there is none, or no unnamed
 * stream that it belongs to. */
const struct ntfs_stream *ntfs_wof_packed(const struct ntfs_entry *entry);
/* The stream of that name, whatever the file says that it is; NULL. */
const struct ntfs_stream *ntfs_wof_stream(const struct ntfs_entry *entry);

/* Whether WOF packed the file's unnamed stream: then *found is true, also on failure: ERR_UNSUPPORTED (in a WIM
 * file, or an unknown algorithm), ERR_DAMAGED (no packed stream). False without *found: the stream is one hole and
 * its reparse point cannot be read, so nobody knows what it stands for. */
bool ntfs_wof_find(struct ntfs_volume *volume, const struct ntfs_entry *entry, struct ntfs_wof *out,
    bool *found, struct err *err) MUST_CHECK;

/* "xpress4k", "lzx" … */
const char *ntfs_wof_word(enum ntfs_wof_algorithm algorithm);

/* Opens the content. A chunk that cannot be read or unpacked is damage of its range (*got of a read ends before it),
 * those behind it can be read. ERR_DAMAGED when the table of chunks cannot be there, ERR_LIMIT when the content would
 * be more than NTFS_WOF_RATIO times as long as what is stored. Copies what it needs, as ntfs_stream_open does. */
#define NTFS_WOF_RATIO 1024u
bool ntfs_wof_open(struct ntfs_volume *volume, const struct ntfs_entry *entry,
    const struct ntfs_wof *wof, struct source **out, struct err *err) MUST_CHECK;
/* The same over any source with the bytes of the stream WofCompressedData, which it takes when it succeeds. */
bool ntfs_wof_open_source(struct source *packed, enum ntfs_wof_algorithm algorithm, uint64_t size,
    struct source **out, struct err *err) MUST_CHECK;

#endif
