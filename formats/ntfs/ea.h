/* $EA: extended attributes, names with values (MS-FSCC 2.4.16): OS/2's once, today WSL's owner and mode
 * (LXATTRB, $LXUID …) and what Windows notes about programs ($KERNEL.PURGE.ESBCACHE …). */
#ifndef KANSHIKI_FORMATS_NTFS_EA_H
#define KANSHIKI_FORMATS_NTFS_EA_H

#include "formats/ntfs/ntfs.h"

#define NTFS_EA_MAX ((size_t)128 << 10) /* bytes of $EA that are read; Windows: 64 KiB */

#define NTFS_EA_NEEDED 0x80u /* who does not know it must not open the file */

struct ntfs_ea {           /* views are into the attribute's content */
	uint8_t flags;     /* NTFS_EA_NEEDED */
	struct bytes name; /* ASCII, as it lies */
	struct bytes value;
};

/* Reads the one at *pos and moves *pos to the next. At the end *found is false. ERR_DAMAGED: what follows cannot be
 * read; *pos is then at the end. */
bool ntfs_ea_next(struct bytes content, size_t *pos, struct ntfs_ea *out, bool *found,
    struct err *err) MUST_CHECK;

#endif
