/* Finding $FILE_NAMEs of index entries in bytes that nothing points to. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_SLACK_CARVE_H
#define KANSHIKI_FORMATS_NTFS_SLACK_CARVE_H

#include "formats/ntfs/file_name.h"
#include "formats/ntfs/index_entry.h"
#include "formats/ntfs/index_slack.h"

#define SLACK_KEY_HEADER 66u /* of a $FILE_NAME before its name */

struct slack_carver {
	struct bytes bytes; /* all of the block; entries begin at multiples of 8 from its start */
	size_t from;        /* where the slack begins */
	size_t pos;         /* from here on; set to from */
	uint64_t directory; /* whose names are looked for */
	uint64_t records;   /* of the MFT */
	bool own_only;      /* names of other directories are not wanted */
};

/* The next remnant: fills file, name and offset of *out, and *key with its $FILE_NAME. False at the end. */
bool slack_carve_next(struct slack_carver *carver, struct ntfs_slack *out, struct bytes *key);

#endif
