/* Headers of the pax tar (POSIX.1-2017, pax Interchange Format): ustar, and an extended header in front only when
 * ustar cannot say it. docs/bundle-format.md, Tar. */
#ifndef KANSHIKI_BUNDLE_TAR_H
#define KANSHIKI_BUNDLE_TAR_H

#include "bundle/writer.h"

#define TAR_BLOCK   512
#define TAR_END_LEN (2 * TAR_BLOCK) /* end-of-archive: two blocks of zeros */
#define TAR_NAME_MAX \
	65536 /* bytes of a member's name: 32767 UTF-16 units fit, escapes included mostly */

/* Adds the header blocks of a regular file: [extended header and its records] ustar header. ERR_LIMIT for a
 * name that is empty, too long or holds NUL or newline. */
bool tar_header(const struct bundle_member *member, struct text *out, struct err *err) MUST_CHECK;

/* Zeros that follow size bytes of content. */
static inline size_t tar_padding(uint64_t size)
{
	return (size_t)(-size % TAR_BLOCK);
}

/* A time in the decimal form of pax ("1522152704.1234567", "-0.5"). */
void tar_time(uint64_t ticks, struct text *out);

#endif
