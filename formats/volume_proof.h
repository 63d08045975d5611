/* Whether a volume is there that its first sector, or the copy of it, tells of. */
#ifndef KANSHIKI_FORMATS_VOLUME_PROOF_H
#define KANSHIKI_FORMATS_VOLUME_PROOF_H

#include "formats/volume_kind.h"

/* head: the first bytes of raw, at least a sector. Whether what they claim is also where the boot sector, or its backup, puts it: $MFT,
 * a FAT, the metadata of BitLocker. What cannot be read is not there. */
bool volume_proof_is_there(struct source *raw, struct bytes head, enum volume_kind claimed);

/* For a first sector that tells nothing: the volume whose backup of it is in its place. VOLUME_UNKNOWN: none. */
enum volume_kind volume_proof_backup(struct source *raw, struct bytes head);
/* The same where the first sector cannot be read: reads the places of backups alone, into head (len bytes, scratch). */
enum volume_kind volume_proof_unread(struct source *raw, uint8_t *head, size_t len);

#endif
