/* A volume by the records of its $MFT, where its boot sectors are gone or in doubt. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_SEARCH_H
#define KANSHIKI_FORMATS_NTFS_SEARCH_H

#include "formats/ntfs/ntfs.h"

struct ntfs_wanted { /* a file by its record; the name in ASCII */
	uint32_t number;
	const char *name;
};

struct ntfs_found { /* what its record tells; 0: nothing */
	bool is_named;
	uint64_t cluster,
	    size; /* of the unnamed $DATA outside the record: its first cluster, its bytes */
	uint64_t bad_size;   /* of the stream $Bad */
	uint32_t index_size; /* of a block of its index */
};

/* Whether the whole, undamaged record of that file is at that place; records larger than 4 KiB are not looked at. */
bool ntfs_search_record(struct source *raw, uint64_t at, uint32_t size,
    const struct ntfs_wanted *wanted, struct ntfs_found *out);

/* Looks for the first two records of $MFT, or of $MFTMirr: they tell the clusters where both begin, and stand at one of them, which
 * tells the size of a cluster. Believed only when both places then hold a record 0 of $MFT. The volume begins where raw does.
 * False: there is none. Reads the first NTFS_LIMIT_SEARCH bytes and a few places where Windows puts $MFT. */
bool ntfs_search_geometry(struct source *raw, struct ntfs_geometry *out);

#endif
