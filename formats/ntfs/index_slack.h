/* Names that a directory does not have any more: what is left of index entries behind the last one in use of a block, in
 * blocks that are free, in the unused end of the directory's MFT record (docs/formats/ntfs.md, "Slack of an
 * index"). */
#ifndef KANSHIKI_FORMATS_NTFS_INDEX_SLACK_H
#define KANSHIKI_FORMATS_NTFS_INDEX_SLACK_H

#include "formats/ntfs/ntfs.h"

enum ntfs_slack_place {
	NTFS_SLACK_ROOT,    /* $INDEX_ROOT, behind its last entry */
	NTFS_SLACK_RECORD,  /* the MFT record, behind its last attribute */
	NTFS_SLACK_TAIL,    /* a block in use, behind its last entry */
	NTFS_SLACK_FREE,    /* a block that the index does not use (any more) */
	NTFS_SLACK_DELETED, /* an entry of a directory that is itself deleted */
};
/* "root", "record", "tail", "free", "deleted". */
const char *ntfs_slack_word(enum ntfs_slack_place place);

enum ntfs_slack_live {
	NTFS_SLACK_GONE,     /* the directory has no such name */
	NTFS_SLACK_LIVE,     /* it has: this is an older state of the entry */
	NTFS_SLACK_REPLACED, /* it has, and means another file by it */
	NTFS_SLACK_UNKNOWN,  /* damaged, too large to remember, or a name of another directory */
};
/* "gone", "live", "replaced", "unknown". */
const char *ntfs_slack_live_word(enum ntfs_slack_live live);

struct ntfs_slack {                 /* borrowed until each() returns */
	struct ntfs_reference file; /* record and sequence 0: overwritten */
	struct ntfs_name name;      /* parent 0, 0: overwritten */
	enum ntfs_slack_place place;
	enum ntfs_slack_live live;
	bool has_block; /* it lies in $INDEX_ALLOCATION */
	uint64_t block; /* its number there */
	/* of the $FILE_NAME: in the block, in the content of $INDEX_ROOT, in the record */
	size_t offset;
};

struct ntfs_slack_lister {
	/* What stands in the index as it is now, and what was given already, is not given. */
	bool (*each)(
	    struct ntfs_slack_lister *self, const struct ntfs_slack *slack, struct err *err);
	void (*damage)(struct ntfs_slack_lister *self, const struct err *why); /* may be NULL */
};

struct
    ntfs_index_slack; /* opaque: the memory (1 MiB, 24 more at most), for one directory after the other */

/* Borrows mft. Of a bare $MFT only what lies in records is found. */
bool ntfs_index_slack_new(
    struct ntfs_mft *mft, struct ntfs_index_slack **out, struct err *err) MUST_CHECK;
void ntfs_index_slack_free(struct ntfs_index_slack *slack);
CLEANUP_POINTER(struct ntfs_index_slack, ntfs_index_slack_free);

/* Looks through a directory, in use or deleted; nothing for what is none. The entry must not be loaded anew
 * meanwhile. Of indexes that lie in clusters, as many bytes are read in all as the volume has, and 16 GiB at
 * most; what is left out then is damage (ERR_LIMIT). False when each() said stop or there is no memory. */
bool ntfs_index_slack_list(struct ntfs_index_slack *slack, const struct ntfs_entry *directory,
    struct ntfs_slack_lister *lister, struct err *err) MUST_CHECK;

#endif
