/* The frame of an MFT record: signature, fix-ups, header. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_RECORD_H
#define KANSHIKI_FORMATS_NTFS_RECORD_H

#include "formats/ntfs/limits.h"
#include "formats/ntfs/ntfs.h"

#define NTFS_RECORD_IN_USE    0x0001u
#define NTFS_RECORD_DIRECTORY 0x0002u

#define NTFS_STRIDE 512u /* bytes between two fix-ups */

struct ntfs_strides { /* a bit for each stride of a block */
	uint64_t bits[NTFS_LIMIT_BLOCK_MAX / NTFS_STRIDE / 64];
};

struct ntfs_record {
	uint64_t lsn;
	uint16_t sequence, links, flags;
	size_t attributes; /* offset of the first attribute */
	size_t used;       /* bytes in use, cut at the record's size */
	struct ntfs_reference base;
	struct ntfs_strides torn; /* not written together with the header: of another time */
};

/* Whether any of the bytes from `from` up to `end` lies in a torn stride. */
bool ntfs_record_is_torn(const struct ntfs_record *record, size_t from, size_t end);

/* A file reference: 48 bits of record number, 16 of sequence number. */
static inline struct ntfs_reference ntfs_reference_parse(const uint8_t *p)
{
	uint64_t both = le64(p);

	return (struct ntfs_reference){
	    .record = both & 0xffffffffffffull, .sequence = (uint16_t)(both >> 48)};
}

/* Undoes the update sequence in a multi-sector block (FILE, INDX) of len bytes, in strides of 512
 * bytes whatever the sector size is. A stride whose end is not the update sequence number was not
 * written with the others: *torn is set, and the rest is still undone. ERR_DAMAGED when the
 * array itself cannot be: the block is then unchanged. */
bool ntfs_fixup(uint8_t *block, size_t len, bool *torn, struct err *err) MUST_CHECK;

/* Checks and fixes up a record in place and parses its header. ERR_MISSING for one that was never used.
 * What is wrong and does not stop the reading goes to *damage (the first one is kept). */
bool ntfs_record_parse(uint8_t *record, size_t len, struct ntfs_record *out, struct err *damage,
    struct err *err) MUST_CHECK;
/* The same out of a raw record that stays as it is: copied to `to`, of len bytes, as far as it is in use. */
bool ntfs_record_take(const uint8_t *raw, uint8_t *to, size_t len, struct ntfs_record *out,
    struct err *damage, struct err *err) MUST_CHECK;

#endif
