/* The content of a $FILE_NAME attribute, which index entries repeat. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_FILE_NAME_H
#define KANSHIKI_FORMATS_NTFS_FILE_NAME_H

#include "formats/ntfs/ntfs.h"

/* Times at p (32 bytes), in the order that both $STANDARD_INFORMATION and $FILE_NAME keep. */
static inline struct ntfs_times ntfs_times_parse(const uint8_t *p)
{
	return (struct ntfs_times){
	    .created = le64(p),
	    .modified = le64(p + 8),
	    .changed = le64(p + 16),
	    .accessed = le64(p + 24),
	};
}

bool ntfs_file_name_parse(struct bytes content, struct ntfs_name *out, struct err *err) MUST_CHECK;

#endif
