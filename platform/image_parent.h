/* Disks of virtual machines that hold only what changed since another one, their parent. Read only as far as to tell. */
#ifndef KANSHIKI_PLATFORM_IMAGE_PARENT_H
#define KANSHIKI_PLATFORM_IMAGE_PARENT_H

#include "core/source.h"
#include "core/text.h"

/* "VHD" or "VHDX" when raw is a differencing one, else NULL; *parent is then the path it names, for a person to see, empty when
 * it names none. */
const char *image_parent_of(struct source *raw, struct text *parent);

#endif
