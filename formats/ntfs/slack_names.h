/* The names of one directory that were seen, to tell slack that is live, given already or gone. Private to
 * formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_SLACK_NAMES_H
#define KANSHIKI_FORMATS_NTFS_SLACK_NAMES_H

#include "formats/ntfs/index_slack.h"

struct slack_name {         /* name 0: an empty place */
	uint64_t name, key; /* hashes: of the name, of the whole entry */
	uint64_t file;      /* record | sequence << 48, as in the entry */
};

/* Zero before use. */
struct slack_names {
	struct slack_name *at;
	size_t count, room; /* room is a power of two */
	bool is_full;       /* not everything is in it */
};

/* Empties it and keeps the memory. */
void slack_names_clear(struct slack_names *names);
void slack_names_free(struct slack_names *names);

/* key: the $FILE_NAME; file: of the entry, 0 when it was overwritten; is_foreign: of another directory. */
struct slack_name slack_name_of(struct bytes key, uint64_t file, bool is_foreign);
/* Adds; false with ERR_MEMORY only. Over NTFS_LIMIT_SLACK_NAMES it becomes full. */
bool slack_names_add(
    struct slack_names *names, const struct slack_name *name, struct err *err) MUST_CHECK;
/* Whether the very same entry is in it. */
bool slack_names_has(const struct slack_names *names, const struct slack_name *name);
/* What it knows of the name. */
enum ntfs_slack_live slack_names_live(
    const struct slack_names *names, const struct slack_name *name);

#endif
