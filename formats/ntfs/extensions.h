/* Which extension records belong to a file, found by looking at every record of the MFT: for a bare $MFT, where an
 * attribute list in clusters of the volume cannot be read, for deleted files, whose list may be another's by
 * now, and for files in use whose list does not lead to all of them. A walk from the first record to the last of a bare $MFT shows them by the way; a question before its
 * end makes them all be read at once. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_EXTENSIONS_H
#define KANSHIKI_FORMATS_NTFS_EXTENSIONS_H

#include "formats/ntfs/attribute_list.h"
#include "formats/ntfs/mft.h"

struct ntfs_extensions; /* opaque */
void ntfs_extensions_free(struct ntfs_extensions *extensions);

/* Whether a question needs no reading. */
bool ntfs_extensions_known(const struct ntfs_mft *mft);
/* Looks at a raw record, or one after its fix-ups; NULL: it cannot be read. Counts only if it is the next one. */
bool ntfs_extensions_see(
    struct ntfs_mft *mft, uint64_t record, const uint8_t *block, struct err *err) MUST_CHECK;

/* Adds every record that names the entry's record as its base to *out, sorted among themselves. ERR_DAMAGED: some that may do could not be
 * read, or are over a limit; the others are in *out. */
bool ntfs_extensions_find(struct ntfs_mft *mft, const struct ntfs_entry *entry,
    struct ntfs_references *out, struct err *err) MUST_CHECK;

#endif
