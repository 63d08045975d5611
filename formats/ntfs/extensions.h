/* Which extension records belong to a file, found by looking through the whole MFT: for a bare $MFT, where an
 * attribute list in clusters of the volume cannot be read, and for deleted files, whose list may be
 * another's by now. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_EXTENSIONS_H
#define KANSHIKI_FORMATS_NTFS_EXTENSIONS_H

#include "formats/ntfs/attribute_list.h"
#include "formats/ntfs/mft.h"

struct ntfs_extensions; /* opaque: built at the first question */
void ntfs_extensions_free(struct ntfs_extensions *extensions);

/* Puts every record that names the entry's record as its base into *out, sorted. */
bool ntfs_extensions_find(struct ntfs_mft *mft, const struct ntfs_entry *entry,
    struct ntfs_references *out, struct err *err) MUST_CHECK;

#endif
