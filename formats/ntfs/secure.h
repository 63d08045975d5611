/* $Secure:$SDS, MFT record 9: the security descriptors of a volume by their ids (docs/formats/ntfs.md, "$Secure"). */
#ifndef KANSHIKI_FORMATS_NTFS_SECURE_H
#define KANSHIKI_FORMATS_NTFS_SECURE_H

#include "formats/ntfs/ntfs.h"

struct ntfs_secure; /* opaque; one thread at a time */

/* Opens the $SDS of a volume, which must stay open. It is read through once; at most NTFS_LIMIT_SECURITY_IDS ids
 * are kept (12 MiB). What the hash of a descriptor does not vouch for is taken from its mirror copy. A volume
 * without $Secure (before NTFS 3.0), or with one that cannot be read, gives one without ids: ntfs_secure_damage
 * tells. */
bool ntfs_secure_open(
    struct ntfs_volume *volume, struct ntfs_secure **out, struct err *err) MUST_CHECK;
/* The same over the content of a $SDS, which it borrows. */
bool ntfs_secure_open_sds(struct source *sds, struct ntfs_secure **out, struct err *err) MUST_CHECK;
void ntfs_secure_close(struct ntfs_secure *secure);
CLEANUP_POINTER(struct ntfs_secure, ntfs_secure_close);

/* The first damage met, ERR_NONE when there is none. */
const struct err *ntfs_secure_damage(const struct ntfs_secure *secure);

/* The raw descriptor of an id. Valid until the next call. ERR_MISSING: no such id; ERR_DAMAGED: no copy has the
 * hash that it should. */
bool ntfs_secure_raw(
    struct ntfs_secure *secure, uint32_t id, struct bytes *out, struct err *err) MUST_CHECK;

struct ntfs_security {
	struct bytes owner; /* "S-1-5-…", empty: the descriptor names none */
	struct bytes sddl;  /* docs/formats/ntfs.md, "Security descriptor" */
	struct err damage;  /* of the descriptor: what is not damaged is in sddl */
};

/* The same as text. The last ones asked for are kept, so that a row for every file costs little. Valid until the
 * next call. */
bool ntfs_secure_find(
    struct ntfs_secure *secure, uint32_t id, struct ntfs_security *out, struct err *err) MUST_CHECK;

/* The security of a file: by its id, else out of its own $SECURITY_DESCRIPTOR (before NTFS 3.0, and of a few files
 * of the system after). ERR_MISSING when it has neither. Valid until the next call. */
bool ntfs_secure_of(struct ntfs_secure *secure, const struct ntfs_entry *entry,
    struct ntfs_security *out, struct err *err) MUST_CHECK;

#endif
