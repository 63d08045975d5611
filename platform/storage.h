/* Disks of the running system, and on which of them a path or a volume lies. What the system does not tell is empty or 0.
 * What cannot be proven under Wine is in docs/unproven.md. */
#ifndef KANSHIKI_PLATFORM_STORAGE_H
#define KANSHIKI_PLATFORM_STORAGE_H

#include "core/text.h"

#define STORAGE_PATH_ROOM 128

struct storage_disk {
	char path[STORAGE_PATH_ROOM];      /* "\\.\PhysicalDrive0", "/dev/sda" */
	struct text vendor, model, serial; /* as the disk says */
	const char *bus;                   /* "USB", "NVMe", "SATA", ...; "" unknown */
	uint64_t size;
	bool is_removable;
};
void storage_disk_free(struct storage_disk *disk);
static inline void storage_disk_free_at(struct storage_disk *disk)
{
	storage_disk_free(disk);
}

/* Calls each for every disk of this system, in order; *disk is borrowed. */
bool storage_list(bool (*each)(void *context, const struct storage_disk *disk, struct err *err),
    void *context, struct err *err) MUST_CHECK;

struct storage_place {            /* what a path lies on */
	struct text file_system;  /* "NTFS", "exFAT", "ext4" */
	char volume_serial[20];   /* "1A2B-3C4D" */
	uint64_t size, free;      /* of the file system */
	struct storage_disk disk; /* the first one below it */
};
void storage_place_free(struct storage_place *place);
static inline void storage_place_free_at(struct storage_place *place)
{
	storage_place_free(place);
}
/* False when nothing of it can be told (a network path). Zero *out before. */
bool storage_of(const char *path, struct storage_place *out);

/* Where on which disk a live volume ("\\.\C:", "/dev/sda1") begins; false when it cannot be told, or it lies on several. */
bool storage_extent(const char *volume, char disk[STORAGE_PATH_ROOM], uint64_t *offset);

/* Whether the disk below a live volume is told of what is deleted (TRIM, UNMAP) and may empty it; false when it cannot be told. */
bool storage_trims(const char *volume, bool *trims);

#endif
