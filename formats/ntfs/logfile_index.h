/* Where the names in a directory's index blocks are, as far as the log told it: an update of a name's times gives its
 * place alone. Private to formats/ntfs. Bounded: the blocks used last are kept. */
#ifndef KANSHIKI_FORMATS_NTFS_LOGFILE_INDEX_H
#define KANSHIKI_FORMATS_NTFS_LOGFILE_INDEX_H

#include "formats/ntfs/ntfs.h"

#define LOGFILE_INDEX_BLOCKS  128u
#define LOGFILE_INDEX_ENTRIES 64u /* of one block; 4 KiB hold 45 */

struct logfile_index_entry {
	uint32_t at, len; /* bytes from the start of the block, or of the root's attribute */
	struct ntfs_reference file;
};
struct logfile_index_block {
	uint64_t directory; /* MFT record */
	uint64_t place;     /* in the index, or LOGFILE_INDEX_ROOT */
	uint64_t used;      /* when last; 0: never */
	size_t count;
	struct logfile_index_entry at[LOGFILE_INDEX_ENTRIES];
};
struct logfile_index { /* zero before use */
	uint64_t clock;
	uint64_t forgotten; /* blocks used last then or before are not known any more */
	struct logfile_index_block blocks[LOGFILE_INDEX_BLOCKS];
};
#define LOGFILE_INDEX_ROOT UINT64_MAX

/* The block, new and empty when it was not known. */
struct logfile_index_block *logfile_index_block(
    struct logfile_index *index, uint64_t directory, uint64_t place);
/* Records were missed: no block is known any more. */
void logfile_index_miss(struct logfile_index *index);
/* What an entry put in or taken out at a place does to it and to those behind it. */
void logfile_index_add(
    struct logfile_index_block *block, uint32_t at, uint32_t len, struct ntfs_reference file);
void logfile_index_remove(struct logfile_index_block *block, uint32_t at, uint32_t len);
/* The entries from a place on are these now. */
void logfile_index_replace(struct logfile_index_block *block, uint32_t at, struct bytes entries);
/* The same for a whole INDX block. */
void logfile_index_write(struct logfile_index_block *block, struct bytes indx);
/* NULL: it is not known what is there. */
const struct logfile_index_entry *logfile_index_find(
    const struct logfile_index_block *block, uint32_t at);

#endif
