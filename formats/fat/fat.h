/* FAT12, FAT16, FAT32 and exFAT read from the raw volume. Everything that comes off the disk is hostile:
 * every count, offset and length is checked, loops and cross-links end where they begin, depth and sizes
 * have limits (limits.h), damage is said and the rest goes on. Specifications and what we make of them:
 * docs/formats/fat.md.
 *
 * Offsets are bytes from the start of the volume. A volume may be read by one thread at a time. */
#ifndef KANSHIKI_FORMATS_FAT_FAT_H
#define KANSHIKI_FORMATS_FAT_FAT_H

#include "core/range.h"
#include "core/text.h"

enum fat_kind { FAT_12, FAT_16, FAT_32, FAT_EX };

#define FAT_FIRST_CLUSTER 2u /* clusters have the numbers 2 to clusters + 1 */

struct fat_geometry {
	enum fat_kind kind;
	uint32_t sector_size;  /* bytes: 512 .. 4096 */
	uint32_t cluster_size; /* bytes */
	uint64_t sectors;      /* of the volume */
	uint32_t clusters;
	uint64_t table;        /* offset of the first FAT */
	uint64_t table_size;   /* bytes of one FAT */
	uint32_t copies;       /* FATs: 1 or 2, rarely more */
	uint32_t active;       /* the one that counts */
	bool is_mirrored;      /* all copies are kept alike */
	uint64_t root;         /* FAT12, FAT16: offset of the root directory */
	uint64_t root_size;    /* FAT12, FAT16: its bytes */
	uint32_t root_cluster; /* FAT32, exFAT */
	uint64_t data;         /* offset of cluster 2 */
	uint32_t serial;
	uint64_t backup;     /* offset of the backup of the boot sector, 0: none */
	bool is_from_backup; /* the first boot sector is damaged */
	bool is_dirty;       /* exFAT, FAT: was not taken out properly */
	uint8_t label[11];   /* FAT: of the boot sector, as it stands; zeros: none */
};

/* Parses a boot sector (at least 512 bytes), FAT or exFAT. Strict enough to tell FAT, which has no mark of its
 * own, from other things. ERR_UNSUPPORTED: it is neither. */
bool fat_boot_parse(struct bytes sector, struct fat_geometry *out, struct err *err) MUST_CHECK;

/* "FAT12", "FAT16", "FAT32", "exFAT". */
const char *fat_kind_name(enum fat_kind kind);

struct fat_volume; /* opaque */

/* Opens the volume in raw, which it borrows. Reads the boot sector, or its backup when the first is damaged;
 * of exFAT also the checksum of the boot region and the allocation bitmap. ERR_UNSUPPORTED: neither FAT nor
 * exFAT. */
bool fat_volume_open(struct source *raw, struct fat_volume **out, struct err *err) MUST_CHECK;
void fat_volume_close(struct fat_volume *volume);
CLEANUP_POINTER(struct fat_volume, fat_volume_close);
const struct fat_geometry *fat_volume_geometry(const struct fat_volume *volume);

/* What is in use ---------------------------------------------------------------------------------- */

/* Whether a cluster is free now: in every readable copy of the FAT; by the allocation bitmap in exFAT. */
bool fat_cluster_is_free(
    struct fat_volume *volume, uint32_t cluster, bool *is_free, struct err *err) MUST_CHECK;

/* Directory entries ------------------------------------------------------------------------------- */

enum fat_zone {
	FAT_TIME_NONE,  /* not recorded, or no date that exists */
	FAT_TIME_LOCAL, /* the clock on the wall of a PC whose zone nobody wrote down */
	FAT_TIME_UTC,   /* exFAT with a valid offset */
};

struct fat_time {
	/* 100 ns ticks since 1601. FAT_TIME_UTC: true UTC; FAT_TIME_LOCAL: what the clock on the wall showed. */
	uint64_t ticks;
	enum fat_zone zone;
	int16_t offset; /* FAT_TIME_UTC: minutes that the wall clock was ahead of UTC */
	bool is_date;   /* a day without a time of it */
	uint16_t raw_date, raw_time;
	uint8_t raw_fine, raw_offset; /* 10 ms; exFAT's UTC offset byte */
};

enum fat_entry_kind {
	FAT_ENTRY_FILE,
	FAT_ENTRY_DIRECTORY,
	FAT_ENTRY_LABEL,  /* the name is the volume's */
	FAT_ENTRY_BITMAP, /* exFAT: the allocation bitmap */
	FAT_ENTRY_UPCASE, /* exFAT: the up-case table */
	FAT_ENTRY_NAME, /* parts of a long name whose file is gone: nothing but the name is known */
};

#define FAT_ATTRIBUTE_READ_ONLY 0x01u
#define FAT_ATTRIBUTE_HIDDEN    0x02u
#define FAT_ATTRIBUTE_SYSTEM    0x04u
#define FAT_ATTRIBUTE_LABEL     0x08u
#define FAT_ATTRIBUTE_DIRECTORY 0x10u
#define FAT_ATTRIBUTE_ARCHIVE   0x20u

struct fat_entry { /* views live until the callback returns */
	/* UTF-8 (WTF-8), no leading '/', '/' between; '/' and NUL in a name become U+FFFD */
	struct bytes path;
	struct bytes name;       /* the last component of path: the long name, else the short one */
	struct bytes long_utf16; /* the long name as it stands; empty: none */
	struct bytes short_name; /* FAT: UTF-8; empty: none */
	uint8_t short_raw[11];   /* FAT: as it stands */
	/* FAT, deleted, with its long name: the first byte of the short name as its checksum tells, else 0. */
	uint8_t first_byte;
	enum fat_entry_kind kind;
	bool is_deleted;    /* not in use, or below a deleted directory */
	bool is_beyond_end; /* found behind the end mark of its directory */
	bool is_below_deleted;
	/* in a directory that no entry leads to: path begins with "$Orphan/cluster N", of slack "$Orphan/sector N" */
	bool is_lost;
	/* from a free sector where no cluster begins, so of an earlier layout of the volume: what it says of clusters means
	 * nothing now, cluster is 0 */
	bool is_slack;
	uint16_t attributes; /* FAT_ATTRIBUTE_* */
	struct fat_time created, modified, accessed;
	uint64_t size; /* bytes; of a directory those of its clusters, 0 when they are not known */
	/* exFAT: what was written; zeros from there to the size. Else as size */
	uint64_t valid_size;
	uint32_t cluster; /* the first; 0: none */
	/* FAT32, deleted: Windows clears the high half of the first cluster, and the volume is so
	 * large that this matters: cluster is the low half. */
	bool is_high_lost;
	/* of a deleted directory: that half was found by what lies in the cluster */
	bool is_start_found;
	bool is_contiguous;   /* exFAT: no chain, one run */
	uint64_t place;       /* offset of its (short, file) entry on the volume */
	uint64_t first_place; /* of the first of its entries: a long name's parts come before */
	/* its place in entries of 32 bytes: the address that The Sleuth Kit gives it */
	uint64_t number;
	uint64_t parent;   /* number of the directory's entry, 2 for the root */
	struct err damage; /* what is wrong with it, ERR_NONE when whole */
};

#define FAT_ORPHAN "$Orphan"

/* Looks through the free clusters for directories that no entry leads to: their own entry was used anew, or the volume was
 * formatted. Later walks list them, and what is below them, in FAT_ORPHAN. A second call does nothing. go_on (may be NULL)
 * is asked now and then: false ends it with ERR_STOPPED. */
bool fat_volume_find_lost(struct fat_volume *volume,
    bool (*go_on)(void *context, uint64_t done, uint64_t total), void *context,
    struct err *err) MUST_CHECK;

struct fat_walker {
	/* False ends the walk with *err. */
	bool (*each)(struct fat_walker *self, const struct fat_entry *entry, struct err *err);
	/* Something could not be read or understood at that offset. May be NULL. */
	void (*damage)(struct fat_walker *self, uint64_t place, const struct err *why);
	/* Directory entries lie there: told before those of that directory. False ends the walk. May be NULL. */
	bool (*table)(struct fat_walker *self, uint64_t offset, uint64_t len, struct err *err);
};

/* Every entry of every directory, each directory's own entry before what is in it: live and deleted ones, those
 * behind the end mark, those below deleted directories whose clusters are free and still hold entries. Each
 * cluster is read as a directory once. False: memory, or what each() said. */
bool fat_walk(struct fat_volume *volume, struct fat_walker *walker, struct err *err) MUST_CHECK;

/* Content ----------------------------------------------------------------------------------------- */

enum fat_layout {
	FAT_LAYOUT_NONE,       /* no clusters */
	FAT_LAYOUT_CHAIN,      /* followed in the FAT */
	FAT_LAYOUT_CONTIGUOUS, /* exFAT says it is one run */
	FAT_LAYOUT_ASSUMED,    /* its chain is gone: taken to be one run */
};

enum fat_recovery {
	FAT_RECOVERY_FULL, /* every cluster is free and no other readable record claims it */
	FAT_RECOVERY_PARTIAL,
	FAT_RECOVERY_OVERWRITTEN, /* no cluster is */
	FAT_RECOVERY_TRIMMED, /* its clusters hold one byte: for those who read them, not said here */
};

struct fat_recovered { /* what is left of a deleted file */
	enum fat_recovery result;
	enum fat_layout layout;
	uint32_t clusters; /* that it had */
	uint32_t good;     /* of them free and claimed by nobody else */
	uint32_t unknown;  /* claimed by nobody else, but nothing tells whether they are free */
	uint32_t absent;   /* of these: the image ends before them */
	bool is_doubtful;  /* is_high_lost: it may lie elsewhere, so it is never full */
};

/* The first call walks the whole volume to learn who claims what. Not for entries in use. */
bool fat_recovery_of(struct fat_volume *volume, const struct fat_entry *entry,
    struct fat_recovered *out, struct err *err) MUST_CHECK;

/* What is left of a deleted file: as fat_content_open, with zeros in place of the clusters that are not its own. Their
 * ranges in the content are in *lost, sorted, which the caller frees. Where the high half of its first cluster is lost and its
 * name tells how such files begin, it is read from the one free cluster that begins so, if there is exactly one: *found, else 0. */
bool fat_deleted_open(struct fat_volume *volume, const struct fat_entry *entry, struct source **out,
    struct range **lost, size_t *lost_count, uint32_t *found, struct err *damage,
    struct err *err) MUST_CHECK;

/* Where all that tells of files lies: boot sectors, FATs, root, directories (also deleted ones), exFAT's bitmap and
 * up-case table. Sorted, joined, inside the volume as far as raw has it. A copy of them alone, with zeros in place of
 * all else, lists the same. The caller frees. */
bool fat_metadata(
    struct fat_volume *volume, struct range **out, size_t *count, struct err *err) MUST_CHECK;

/* The content of a file, in use or deleted. Its size is entry->size, or less where no cluster on the volume holds the
 * end: *damage then says why, else it is ERR_NONE. The volume must stay open, the entry need not. layout and damage may
 * be NULL. */
bool fat_content_open(struct fat_volume *volume, const struct fat_entry *entry, struct source **out,
    enum fat_layout *layout, struct err *damage, struct err *err) MUST_CHECK;

#endif
