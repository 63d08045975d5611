/* A node of an index and its entries (docs/formats/ntfs.md, "Index"). Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_INDEX_ENTRY_H
#define KANSHIKI_FORMATS_NTFS_INDEX_ENTRY_H

#include "formats/ntfs/ntfs.h"

#define NTFS_INDEX_ROOT_HEADER  16u /* before the node in $INDEX_ROOT */
#define NTFS_INDEX_BLOCK_HEADER 24u /* before the node in an INDX block */
#define NTFS_INDEX_NODE_HEADER  16u
#define NTFS_INDEX_ENTRY_HEADER 16u
#define NTFS_INDEX_ENTRY_SUB    1u
#define NTFS_INDEX_ENTRY_LAST   2u

struct ntfs_index_entry {
	struct ntfs_reference file;
	struct bytes key;
	bool last;
	bool has_sub;
	uint64_t sub;
};

/* The entries of a node, whose bytes begin at its header. */
bool ntfs_index_entries(struct bytes node, struct bytes *entries, struct err *err) MUST_CHECK;
/* Parses the entry at *pos of a node's entries and moves past it. */
bool ntfs_index_entry_next(
    struct bytes entries, size_t *pos, struct ntfs_index_entry *out, struct err *err) MUST_CHECK;

/* What an index is made of: sizes checked. */
struct ntfs_index_geometry {
	uint32_t block_size; /* bytes: a power of two within NTFS_LIMIT_BLOCK_MIN and _MAX */
	uint32_t vcn_size;   /* bytes that a block number counts */
};
/* root: the content of $INDEX_ROOT, at least NTFS_INDEX_ROOT_HEADER bytes. */
bool ntfs_index_geometry(struct bytes root, uint32_t cluster_size, struct ntfs_index_geometry *out,
    struct err *err) MUST_CHECK;

/* "$I30": the name of a directory's index and of its parts. */
struct bytes ntfs_index_i30(void);

#endif
