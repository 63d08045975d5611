/* Raw volumes: "\\.\C:" on Windows, block devices and image files everywhere. Read only, aligned
 * reads inside. What cannot be proven under Wine is in docs/unproven.md. */
#ifndef KANSHIKI_PLATFORM_VOLUME_H
#define KANSHIKI_PLATFORM_VOLUME_H

#include "core/source.h"
#include "core/text.h"

/* Opens a raw volume ("\\.\X:", "\\?\GLOBALROOT\Device\...", "/dev/sdb1") or an image file. Size from
 * IOCTL_DISK_GET_LENGTH_INFO, file size, or BLKGETSIZE64; when none is known it is UINT64_MAX / 2 and
 * reads end where the device ends (the boot sector then tells the real size). */
bool volume_open(const char *path, struct source **out, struct err *err) MUST_CHECK;

/* Whether path names a live volume or device and not an image file. */
bool volume_is_live(const char *path);

/* The map of clusters in use of a live volume as its file system has it in memory, laid out as NTFS' $Bitmap: a bit a cluster, the lowest of
 * a byte first. Each read asks anew. ERR_UNSUPPORTED where the system does not tell: on Linux, of other things than
 * mounted volumes. */
bool volume_bitmap_open(const char *path, struct source **out, struct err *err) MUST_CHECK;

struct volume_info {
	char letter;          /* 'C', or 0 */
	char path[64];        /* "\\.\C:" or "\\?\Volume{GUID}" */
	char guid[48];        /* "{...}" or "" */
	char file_system[16]; /* what the OS says: "NTFS", "ReFS", "" */
	bool is_fixed;
};
/* Every volume of this system with a letter, or mounted without one. Empty list on Linux. */
bool volume_list(struct volume_info **out, size_t *count, struct err *err) MUST_CHECK;

/* The drive letter that path lies on, upper case; 0 on Linux or for a network path. */
char volume_letter_of(const char *path);

/* The drive letter of the Windows that runs, upper case; 0 on Linux. */
char volume_system_letter(void);

/* Whether path lies on the volume: on the device `volume` or a partition of it, or on a mount of one or of that image file. For "does
 * --out lie on the evidence". False when it cannot be told. */
bool volume_holds(const char *volume, const char *path);

#endif
