/* The walk through the directories of a volume, for the files that take their entries apart. */
#ifndef KANSHIKI_FORMATS_FAT_WALK_H
#define KANSHIKI_FORMATS_FAT_WALK_H

#include "formats/fat/directory.h"

#define FAT_NUMBER_ROOT 2u /* as The Sleuth Kit counts */

/* seen.c: clusters that were read as a directory. Zero before use. */
struct fat_seen {
	uint32_t *at; /* open addressing, 0: empty */
	size_t count, room;
};
/* Adds; *is_new: it was not there. */
bool fat_seen_add(
    struct fat_seen *seen, uint32_t cluster, bool *is_new, struct err *err) MUST_CHECK;
bool fat_seen_has(const struct fat_seen *seen, uint32_t cluster);
void fat_seen_free(struct fat_seen *seen);

#define FAT_LONG_PARTS 20u
#define FAT_LONG_PART  26u /* bytes: 13 units of UTF-16 */

struct fat_long { /* parts of a long name, in the order of the disk: its end first */
	uint8_t parts[FAT_LONG_PARTS][FAT_LONG_PART];
	unsigned count;
	uint8_t checksum, order;
	bool is_marked; /* as deleted: the order is lost */
	bool has_end;   /* the first of them says that it is the name's last */
	uint64_t place; /* of the first */
};

#define FAT_SET_ENTRIES 19u /* exFAT: a file, its stream, 17 parts of its name */

struct fat_set { /* an entry set of exFAT */
	uint8_t entries[FAT_SET_ENTRIES][FAT_ENTRY_LEN];
	uint64_t places[FAT_SET_ENTRIES];
	unsigned count;
	unsigned wanted;
	bool is_used;
};

struct fat_frame { /* an open directory */
	struct fat_directory directory;
	size_t path_len; /* of walk->path: its own */
	uint64_t number; /* of its entry */
	uint32_t cluster;
	bool is_deleted;
	bool is_ended; /* its end mark was passed */
	bool is_lost;
	bool is_slack; /* a piece of an earlier layout: fat_lost.inside */
};

struct fat_walk {
	struct fat_volume *volume;
	struct fat_walker *walker;
	struct fat_seen seen;
	struct fat_frame *frames;
	size_t depth, room;
	struct text path;
	struct text short_name, long_name; /* scratch of one entry */
	struct fat_long parts;
	struct fat_set set;
	size_t next_lost;             /* of volume->lost */
	const struct fat_lost *slack; /* the piece that is told now, else NULL */
	uint64_t links;               /* followed in chains of deleted directories */
};

static inline struct fat_frame *fat_walk_top(struct fat_walk *walk)
{
	return &walk->frames[walk->depth - 1];
}

/* Tells the walker of damage. */
void fat_walk_damage(struct fat_walk *walk, uint64_t place, const struct err *why);
/* The number of the entry at place. */
uint64_t fat_number(const struct fat_geometry *geometry, uint64_t place);
/* Gives the entry its path by its name (UTF-8) and the directory it is in, tells the walker, and goes below when
 * it is a directory. False: the walk ends. */
bool fat_walk_emit(
    struct fat_walk *walk, struct fat_entry *entry, struct bytes name, struct err *err) MUST_CHECK;

/* fat_entries.c, exfat_entries.c: the next entry of the directory on top, NULL at its end. */
bool fat_walk_fat(
    struct fat_walk *walk, const uint8_t *raw, uint64_t place, struct err *err) MUST_CHECK;
bool fat_walk_exfat(
    struct fat_walk *walk, const uint8_t *raw, uint64_t place, struct err *err) MUST_CHECK;

/* lost.c: the next directory that no entry leads to, when the root is at its end. *any: there was one. */
bool fat_walk_lost(struct fat_walk *walk, bool *any, struct err *err) MUST_CHECK;
/* Tells the walker of an entry whose path is the walk's. */
bool fat_walk_tell(
    struct fat_walk *walk, struct fat_entry *entry, size_t name_at, struct err *err) MUST_CHECK;
/* exfat_entries.c: whether count raw entries are a set that its checksum proves. */
bool fat_set_is_whole(const uint8_t *raw, unsigned count);

/* below.c: the clusters of a directory that no other one has, those of a deleted one while they are free and hold
 * entries. Empty runs: there is nothing to walk; entry->damage tells why where that is damage. */
bool fat_below_runs(struct fat_walk *walk, struct fat_entry *entry, struct fat_runs *out,
    struct err *err) MUST_CHECK;
/* The root directory, likewise. */
bool fat_below_root(struct fat_walk *walk, struct fat_runs *out, struct err *err) MUST_CHECK;

/* piece.c: whether the head of a cluster is filled with entries of FAT and nothing else: a later piece of a directory. */
bool fat_piece_is_directory(const struct fat_volume *volume, const uint8_t *head, size_t len);
/* The same of a sector inside a cluster, where "." and ".." of an earlier layout may stand first; of exFAT, whether a set begins it
 * that its checksum proves. */
bool fat_piece_is_slack(const struct fat_volume *volume, const uint8_t *sector, size_t len);
/* Whether a cluster of exFAT begins with a set that its checksum proves, or with what is left of one (its first entries end the cluster
 * before) and then such a set. */
bool fat_piece_goes_on(const uint8_t *head, size_t len);

/* Whether 32 bytes could be an entry of a FAT directory: what is said of them must be possible. */
bool fat_entry_is_plausible(const struct fat_volume *volume, const uint8_t *raw);

#endif
