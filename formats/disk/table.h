/* What mbr.c and gpt.c hand to disk.c. Private to formats/disk. */
#ifndef KANSHIKI_FORMATS_DISK_TABLE_H
#define KANSHIKI_FORMATS_DISK_TABLE_H

#include "formats/disk/disk.h"

#define MBR_LEN       512u
#define MBR_ENTRIES   446u
#define MBR_ENTRY_LEN 16u
#define MBR_SLOTS     4u
#define MBR_PROTECT   0xeeu

struct mbr_entry {
	uint8_t flag, type;
	uint32_t first, sectors;
};

void mbr_entry(const uint8_t sector[MBR_LEN], size_t slot, struct mbr_entry *out);

/* Adds the partitions of an MBR, and those of its extended ones. */
bool mbr_read(struct source *raw, const uint8_t sector[MBR_LEN], struct disk *disk,
    struct err *err) MUST_CHECK;

/* Looks for a GPT; *found tells. The MBR in front may tell where the disk ended when it was made. is_hasty: whatever the
 * checksum of the entries says, which costs most of the time. */
bool gpt_read(struct source *raw, const uint8_t sector[MBR_LEN], bool is_hasty, struct disk *disk,
    bool *found, struct err *err) MUST_CHECK;

/* Adds a partition of `sectors` from sector `first`, cut at the end of raw. *out, when not NULL, borrows until
 * the next one is added. */
bool table_add(struct disk *disk, const struct source *raw, uint64_t first, uint64_t sectors,
    struct disk_partition **out, struct err *err) MUST_CHECK;
/* Notes damage. */
void table_damage(struct disk *disk, const char *format, ...) PRINTF(2, 3);

#endif
