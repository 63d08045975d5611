/* A sparse member as the file that it is a part of: zeros where nothing was stored. */
#ifndef KANSHIKI_CLI_MEMBER_IMAGE_H
#define KANSHIKI_CLI_MEMBER_IMAGE_H

#include "cli/member.h"

#define MEMBER_IMAGE_BYTES \
	((size_t)256 << 20) /* kept in memory; a larger one is read where it lies */

/* Its hash is compared first: ERR_DAMAGED. The member must outlive the source. */
bool member_image_open(
    const struct member *member, struct source **out, struct err *err) MUST_CHECK;

/* The same of a member whose hash was compared before; nothing is kept. */
bool member_image_of_checked(
    const struct member *member, struct source **out, struct err *err) MUST_CHECK;

#endif
