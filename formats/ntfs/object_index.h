/* $Extend/$ObjId:$O: the object ids of a volume with what their files were born as, which $OBJECT_ID itself does not
 * tell (docs/formats/ntfs.md, "Extended attributes and object ids"). */
#ifndef KANSHIKI_FORMATS_NTFS_OBJECT_INDEX_H
#define KANSHIKI_FORMATS_NTFS_OBJECT_INDEX_H

#include "formats/ntfs/ntfs.h"

#define NTFS_OBJECT_GUID 16u /* bytes of each id */

struct ntfs_object {
	uint8_t id[NTFS_OBJECT_GUID];
	struct ntfs_reference file;
	uint8_t birth_volume[NTFS_OBJECT_GUID];
	uint8_t birth_id[NTFS_OBJECT_GUID];
	uint8_t domain[NTFS_OBJECT_GUID];
};

struct ntfs_object_index; /* opaque */

/* Reads the whole index, at most NTFS_LIMIT_OBJECT_IDS ids and NTFS_LIMIT_OBJECT_BYTES bytes. A volume without one, or
 * with one that cannot be read, gives one without ids: ntfs_object_index_damage tells. ERR_MEMORY. */
bool ntfs_object_index_open(
    struct ntfs_volume *volume, struct ntfs_object_index **out, struct err *err) MUST_CHECK;
void ntfs_object_index_close(struct ntfs_object_index *index);
CLEANUP_POINTER(struct ntfs_object_index, ntfs_object_index_close);

/* The first damage met, ERR_NONE when there is none. */
const struct err *ntfs_object_index_damage(const struct ntfs_object_index *index);

/* The one with that id (16 bytes); NULL. */
const struct ntfs_object *ntfs_object_index_find(
    const struct ntfs_object_index *index, const uint8_t *id);

#endif
