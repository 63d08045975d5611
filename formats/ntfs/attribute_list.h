/* $ATTRIBUTE_LIST: which other MFT records hold attributes of a file. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_ATTRIBUTE_LIST_H
#define KANSHIKI_FORMATS_NTFS_ATTRIBUTE_LIST_H

#include "formats/ntfs/ntfs.h"

struct ntfs_references {
	struct ntfs_reference *at;
	size_t count;
	size_t room;
};

/* Puts every record that the list names into *out, sorted, each once, without `base` itself. On damage
 * those around it are in *out. */
bool ntfs_attribute_list_parse(
    struct bytes list, uint64_t base, struct ntfs_references *out, struct err *err) MUST_CHECK;

#endif
