/* One attribute as it lies in one MFT record. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_ATTRIBUTE_H
#define KANSHIKI_FORMATS_NTFS_ATTRIBUTE_H

#include "formats/ntfs/ntfs.h"

struct ntfs_attribute { /* all views are into the record */
	uint32_t type;
	uint16_t flags, id;
	struct bytes name;
	bool resident;
	struct bytes content; /* resident */
	struct bytes mapping; /* non-resident: mapping pairs of this extent */
	uint64_t first_vcn,
	    last_vcn; /* of this extent; last_vcn is first_vcn - 1 when it is empty */
	uint64_t allocated, size, initialized; /* only true in the extent with first_vcn 0 */
	uint8_t compression_unit;
	bool torn;    /* a part of it lies in a stride of the record that is of another time */
	size_t order; /* in which it was met */
};

struct ntfs_attributes { /* zero before use */
	struct ntfs_attribute *at;
	size_t count, room;
	bool lacks; /* content or a name, or all that follows in a record, could not be parsed */
};

/* Reads the attribute at *pos of a fixed-up record cut at its used bytes, and moves *pos to the next
 * one. At the end *pos becomes record.len and *found false. On damage *pos is moved past the bad
 * attribute when its length can be believed, else to the end: calling on is always right. *out is of no use
 * unless *found. */
bool ntfs_attribute_next(struct bytes record, size_t *pos, struct ntfs_attribute *out, bool *found,
    struct err *err) MUST_CHECK;
/* Adds all of them from pos on. The first damage met goes to *damage, which the caller has cleared; to->lacks is set, never
 * cleared. False only when out of memory or limits. */
bool ntfs_attributes_add(struct ntfs_attributes *to, struct bytes record, size_t pos,
    struct err *damage, struct err *err) MUST_CHECK;

#endif
