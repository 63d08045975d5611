/* Images of disks and volumes, whatever they are wrapped in: raw, split into parts, Expert Witness (E01). Live
 * volumes and devices as well, so that callers need one way to open what a person named. Read only. */
#ifndef KANSHIKI_PLATFORM_IMAGE_H
#define KANSHIKI_PLATFORM_IMAGE_H

#include "core/source.h"
#include "core/text.h"

#define IMAGE_PARTS_MAX 16384u /* files of one image */

/* Opens what path names, told by content, parts by name:
 *  - a live volume, a device, or a raw image: as volume_open does;
 *  - the first part of a split image ("x.001" or "x.000" and on, "x.aa" and on): all of them as one. ERR_MISSING
 *    names a part that is not there, ERR_DAMAGED one that has another size than those before it. Also "xaa" and on, "x.1"
 *    and on, when sizes and content say that they belong together. Of a link the parts beside it, else those beside what it
 *    leads to (not on Windows);
 *  - the first file of an E01 set, on Linux (ERR_UNSUPPORTED elsewhere). A chunk with a wrong checksum cannot
 *    be read: ERR_DAMAGED there, never zeros;
 *  - a fixed VHD: its content without the footer.
 * ERR_UNSUPPORTED for what must be converted first (VHDX, qcow2, VMDK, …), with the command that does it. */
bool image_open(const char *path, struct source **out, struct err *err) MUST_CHECK;

/* image_split.c: opens all parts of the set whose first file is path. *is_split is false, and nothing is opened, when the
 * name is none of a first part or it stands alone. */
bool image_open_split(
    const char *path, bool *is_split, struct source **out, struct err *err) MUST_CHECK;

/* posix/image_ewf.c, win/image_ewf.c: the E01 set whose first file is path. */
bool image_open_ewf(const char *path, struct source **out, struct err *err) MUST_CHECK;

#endif
