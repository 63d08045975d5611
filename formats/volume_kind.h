/* What the first sectors of a volume say it is. */
#ifndef KANSHIKI_FORMATS_VOLUME_KIND_H
#define KANSHIKI_FORMATS_VOLUME_KIND_H

#include "core/source.h"

enum volume_kind {
	VOLUME_UNKNOWN,
	VOLUME_NTFS,
	VOLUME_BITLOCKER, /* locked: "-FVE-FS-" or MSWIN4.1 with the BitLocker To Go GUID */
	VOLUME_REFS,
	VOLUME_FAT,
	VOLUME_EXFAT,
	VOLUME_LINUX,       /* ext2/3/4, XFS, swap, LVM, LUKS */
	VOLUME_DISK,        /* a partition table, not a volume */
	VOLUME_EMPTY_DISK,  /* an empty one; a wiped boot sector looks like it */
	VOLUME_UNFORMATTED, /* the first 64 KiB are zeros (or a single repeated byte) */
};

/* Reads 64 KiB, and a few sectors where these leave a doubt: a partition table wins over what is called a volume and is not there, the
 * backup of a boot sector over a first sector that tells nothing or cannot be read. A source too short to tell is VOLUME_UNKNOWN. */
bool volume_kind_of(struct source *raw, enum volume_kind *out, struct err *err) MUST_CHECK;

/* "NTFS", "BitLocker (locked)", "ReFS", "FAT", "exFAT", "Linux", "a whole disk, not a volume", ... */
const char *volume_kind_name(enum volume_kind kind);

#endif
