/* The volumes a collection takes from: live ones, devices and image files, each told for what it is. */
#ifndef KANSHIKI_COLLECTORS_VOLUMES_H
#define KANSHIKI_COLLECTORS_VOLUMES_H

#include "core/source.h"
#include "core/text.h"
#include "formats/disk/disk.h"
#include "formats/fat/fat.h"
#include "formats/ntfs/ntfs.h"
#include "formats/ntfs/object_index.h"
#include "formats/ntfs/secure.h"
#include "formats/volume_kind.h"
#include "formats/vss/vss.h"

#define VOLUME_SET_MAX 256 /* volumes in one collection, shadow copies among them */

struct collection_volume {
	char letter;     /* 'C', or 0 */
	bool is_live;    /* a device, not an image file */
	bool is_skipped; /* left out on purpose: it holds --out, the kit, the program, or nothing */
	bool is_shadow;  /* a snapshot: shadow_index of the volume shadow_of in the set */
	enum volume_kind kind;
	struct text name;   /* its directory in the bundle: "C", or "$vol_{GUID}" */
	struct text path;   /* as opened */
	struct source *raw; /* NULL: could not be opened */
	/* At most one of the two; neither: the volume is not usable. */
	struct ntfs_volume *ntfs;
	struct fat_volume *fat; /* FAT12, FAT16, FAT32, exFAT */
	struct ntfs_paths *paths;
	uint64_t zeros; /* bytes that were opened to be stored as zeros because nobody wrote them */
	struct ntfs_secure *secure;        /* owners and rights; NULL before collection_walk */
	struct ntfs_object_index *objects; /* the same */
	struct err why;                    /* why it is not usable; ERR_NONE when it is */
	size_t disk; /* 1 + index of the disk that it is a partition of; 0: a volume of its own */
	uint32_t partition; /* as the disk's table counts */
	/* shadows.h */
	struct vss *vss;       /* its shadow copies; NULL: not looked for, or none */
	struct err shadow_why; /* what is wrong with them as a whole */
	size_t shadow_of, shadow_index;
	/* Made by deleted_files.c, directory_slack.c: older shadow copies leave out what is in it. */
	bool has_deleted_list, has_slack_list;
};

struct volume_disk { /* a disk with a partition table, of which volumes are taken */
	struct text path;
	bool is_live;
	struct source *raw;
	struct disk table;
	struct err why; /* why partitions asked for are not among the volumes, or ERR_NONE */
};

/* Zero before use. */
struct volume_set {
	struct collection_volume *at;
	size_t count, room;
	struct volume_disk *disks;
	size_t disk_count, disk_room;
};

/* What is known of a volume before it is looked at; all borrowed. */
struct volume_place {
	char letter;      /* 0: none */
	const char *name; /* without a letter; NULL: made of the GUID */
	const char *guid; /* may be NULL */
	const char *path;
	bool is_live;
	size_t disk; /* as in collection_volume */
	uint32_t partition;
};

static inline bool collection_volume_usable(const struct collection_volume *volume)
{
	return volume->ntfs || volume->fat;
}

/* Adds the volume read from raw, which it takes (also on failure). ERR_USAGE: the letter is taken;
 * ERR_LIMIT, ERR_MEMORY. A volume with another file system than NTFS, FAT and exFAT, or too damaged, is added all the same, with `why`
 * ("BitLocker (locked)"): the collection names it. guid may be NULL. */
bool volume_set_add(struct volume_set *set, char letter, const char *guid, const char *path,
    bool is_live, struct source *raw, struct err *err) MUST_CHECK;
/* Adds one that could not be opened, with the reason. */
bool volume_set_add_unusable(struct volume_set *set, char letter, const char *guid,
    const char *path, bool is_live, const struct err *why, struct err *err) MUST_CHECK;
/* Adds a shadow copy of the volume `of` of the set, read from raw, which it takes; NULL: not to be read, for *why. */
bool volume_set_add_shadow(struct volume_set *set, size_t of, size_t snapshot, struct source *raw,
    const struct err *why, struct err *err) MUST_CHECK;
/* The same two for volumes that lie on a disk. */
bool volume_set_add_place(struct volume_set *set, const struct volume_place *place,
    struct source *raw, struct err *err) MUST_CHECK;
bool volume_set_add_left_out(struct volume_set *set, const struct volume_place *place,
    const struct err *why, bool is_skipped, struct err *err) MUST_CHECK;
/* Adds a disk, taking raw and table (also on failure). Its number is then disk_count. */
bool volume_set_add_disk(struct volume_set *set, const char *path, bool is_live, struct source *raw,
    struct disk *table, struct err *err) MUST_CHECK;
void volume_set_free(struct volume_set *set);
static inline void volume_set_free_at(struct volume_set *set)
{
	volume_set_free(set);
}
size_t volume_set_usable(const struct volume_set *set);

/* Opens the content of the file at a path ("Windows/System32/config/SYSTEM") of a usable NTFS volume. */
bool volume_set_open_file(struct collection_volume *volume, const char *path, struct source **out,
    struct err *err) MUST_CHECK;

/* The computer's name from the SYSTEM hive of the first volume that has one. ERR_MISSING when none. */
bool volume_set_host(struct volume_set *set, struct text *out, struct err *err) MUST_CHECK;

#endif
