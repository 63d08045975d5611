/* Partition tables: which volumes lie where on a disk. MBR with extended partitions, GPT with its backup,
 * or none (the source is a volume itself). Nothing is trusted: chains, counts and ranges are bounded, what
 * is wrong is said and the rest goes on. Layout: docs/formats/disk.md. */
#ifndef KANSHIKI_FORMATS_DISK_DISK_H
#define KANSHIKI_FORMATS_DISK_DISK_H

#include "core/source.h"
#include "core/text.h"

#define DISK_LIMIT_ENTRIES    1024u             /* of a GPT; Windows writes 128 */
#define DISK_LIMIT_ENTRY_SIZE 4096u             /* bytes of one; Windows writes 128 */
#define DISK_LIMIT_ARRAY      ((size_t)1 << 20) /* bytes of the array */
#define DISK_LIMIT_LOGICAL    128u              /* links of a chain of extended boot records */
#define DISK_LIMIT_PARTITIONS 1024u             /* of one disk */
#define DISK_GUID_LEN         16u
#define DISK_NAME_ROOM        (36u * 3u + 1u) /* 36 UTF-16 units as WTF-8 */

enum disk_scheme {
	DISK_NONE, /* no table: a volume, or nothing that is known */
	DISK_MBR,
	DISK_GPT,
};

struct disk_partition {
	uint32_t index; /* MBR: 1 to 4, logical ones from 5; GPT: number of its entry, from 1 */
	uint64_t offset,
	    len;          /* bytes, cut to what the source holds; len 0: it begins behind the end */
	uint64_t claimed; /* bytes, as the table says */
	bool is_active;   /* MBR: boot flag; GPT: legacy boot attribute */
	bool is_logical;  /* in an extended partition */
	uint8_t type;     /* MBR: its id; 0 with a GPT */
	uint8_t type_guid[DISK_GUID_LEN]; /* GPT, as on disk (mixed-endian); zeros with an MBR */
	uint8_t guid[DISK_GUID_LEN];
	uint64_t attributes;       /* GPT */
	char name[DISK_NAME_ROOM]; /* GPT: WTF-8; "" */
};

struct disk { /* zero before use */
	enum disk_scheme scheme;
	uint32_t sector_size; /* 512 or 4096; 0 without a table */
	/* MBR: the disk's, which Windows calls it by; also in a protective one */
	uint32_t signature;
	uint8_t guid[DISK_GUID_LEN]; /* GPT */
	bool from_backup;          /* the first GPT header is damaged; this is the one at the end */
	struct disk_partition *at; /* by index */
	size_t count, room;
	struct err damage; /* the first damage met, ERR_NONE when whole */
	uint32_t damages;  /* how many */
};

/* Reads the partition table of raw. A source that begins with a volume, or with nothing that is known, is
 * DISK_NONE and no failure. Fails when it cannot be read (ERR_IO …) or there is no memory. */
bool disk_read(struct source *raw, struct disk *out, struct err *err) MUST_CHECK;
/* Whether the 512 bytes are a master boot record: the end mark, four entries that are empty or well formed; one without a length
 * beside a good one does not count. A table with nothing in it counts as well: it is no file system. */
bool disk_is_mbr(const uint8_t *sector);
/* The same where one thing is wrong, the end mark or one flag, but a partition begins with a boot record: for what is called no volume. */
bool disk_is_damaged_mbr(struct source *raw, const uint8_t *sector);
/* Whether there is a GPT with partitions whose header has the right checksum: the first, or any when the MBR in `sector` (512 bytes)
 * announces one. Not behind an MBR with other partitions alone. *is_announced: it does, and it is the first. */
bool disk_has_gpt(struct source *raw, const uint8_t *sector, bool *out, bool *is_announced,
    struct err *err) MUST_CHECK;
void disk_free(struct disk *disk);
static inline void disk_free_at(struct disk *disk)
{
	disk_free(disk);
}

/* The drive letters ('C') that the Windows installations on the disk had given to its partitions (registry: SYSTEM,
 * MountedDevices), one for each partition, 0 for none. Of two that disagree the first on the disk is right. What
 * cannot be read gives no letter. `letters` has disk->count bytes. */
void disk_letters(struct source *raw, const struct disk *disk, char *letters);

/* What the table calls a partition ("Linux", "EFI system"), a fixed text; NULL when not known. */
const char *disk_type_name(const struct disk_partition *partition);
/* Whether there is no file system in it by its type: Microsoft reserved, swap. */
bool disk_type_is_empty(const struct disk_partition *partition);

/* Whether it is one part of a volume that lies over several (dynamic disk, storage space, LVM, RAID). */
bool disk_type_is_part(const struct disk_partition *partition);

/* "{E3C9E316-0B5C-4DB8-817D-F92DF00215AE}". */
#define DISK_GUID_ROOM 39
void disk_guid_text(const uint8_t guid[DISK_GUID_LEN], char out[DISK_GUID_ROOM]);

#endif
