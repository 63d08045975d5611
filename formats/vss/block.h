/* Blocks of metadata, and the chains that they make. Private to formats/vss. */
#ifndef KANSHIKI_FORMATS_VSS_BLOCK_H
#define KANSHIKI_FORMATS_VSS_BLOCK_H

#include "core/source.h"

#define VSS_BLOCK      0x4000u /* bytes of every block, metadata or data */
#define VSS_BLOCK_BITS 14u
#define VSS_BLOCK_HEAD 128u /* bytes of a block's header */
#define VSS_SECTORS    32u  /* of 512 bytes in a block */

enum vss_block_type {
	VSS_BLOCK_VOLUME = 1, /* the header of the volume */
	VSS_BLOCK_CATALOG = 2,
	VSS_BLOCK_LIST = 3,
	VSS_BLOCK_STORE = 4,
	VSS_BLOCK_RANGES = 5,
	VSS_BLOCK_BITMAP = 6,
};

struct vss_block_head {
	uint32_t type;
	uint64_t relative; /* in its file */
	uint64_t current;  /* on its volume */
	uint64_t next;     /* of the chain, on its volume; 0: last */
	uint64_t details;  /* VSS_BLOCK_STORE: bytes behind the header */
};

/* Parses a header (at least VSS_BLOCK_HEAD bytes). ERR_MISSING without the identifier of VSS. */
bool vss_block_parse(struct bytes block, struct vss_block_head *out, struct err *err) MUST_CHECK;

/* Walks a chain. Set storage, type and next; zero the rest. */
struct vss_chain {
	struct source *storage;
	enum vss_block_type type;
	uint64_t next;              /* offset of the block to come, 0: none */
	uint64_t mark, steps, span; /* to notice a loop */
	uint8_t data[VSS_BLOCK];
};

/* The content of the next block, without its header; empty at the end. ERR_DAMAGED: not such a block, not at its
 * own place, or a loop; the chain then ends. */
bool vss_chain_next(struct vss_chain *chain, struct bytes *body, struct err *err) MUST_CHECK;

#endif
