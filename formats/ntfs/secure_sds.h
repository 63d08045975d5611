/* The table of what lies in a $SDS. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_SECURE_SDS_H
#define KANSHIKI_FORMATS_NTFS_SECURE_SDS_H

#include "core/source.h"

#define SDS_BLOCK ((size_t)256 << 10) /* descriptors, then as many bytes of their mirror copy */

struct ntfs_sds_item {
	uint32_t id;
	uint32_t at;        /* of its header in the $SDS, in units of 16 bytes */
	unsigned size : 20, /* of the descriptor, without its header */
	    is_bad : 1;     /* its hash is not that of its bytes */
};

struct ntfs_sds {
	struct source *content;      /* borrowed */
	struct ntfs_sds_item *items; /* by id, each id once */
	size_t count, room;
	struct err damage; /* the first */
};

/* Reads the whole $SDS; damage is noted and the rest read. False only when out of memory. */
bool ntfs_sds_scan(struct ntfs_sds *sds, struct err *err) MUST_CHECK;
/* Reads the descriptor of an item to `to` (SDS_BLOCK bytes). */
bool ntfs_sds_read(const struct ntfs_sds *sds, const struct ntfs_sds_item *item, uint8_t *to,
    struct bytes *out, struct err *err) MUST_CHECK;
void ntfs_sds_free(struct ntfs_sds *sds);

#endif
