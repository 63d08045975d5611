/* The geometry of a volume whose boot sector and the copy of it are gone. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_SEARCH_H
#define KANSHIKI_FORMATS_NTFS_SEARCH_H

#include "formats/ntfs/ntfs.h"

/* Looks for the first two records of $MFT, or of $MFTMirr: they tell the clusters where both begin, and stand at one of them, which
 * tells the size of a cluster. Believed only when both places then hold a record 0 of $MFT. The volume begins where raw does.
 * False: there is none. Reads the first NTFS_LIMIT_SEARCH bytes and a few places where Windows puts $MFT. */
bool ntfs_search_geometry(struct source *raw, struct ntfs_geometry *out);

#endif
