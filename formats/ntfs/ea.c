/* Extended attributes. See ea.h. */
#include "formats/ntfs/ea.h"

#define HEADER 8u

bool ntfs_ea_next(
    struct bytes content, size_t *pos, struct ntfs_ea *out, bool *found, struct err *err)
{
	size_t at = *pos;
	size_t left = content.len - at;

	*found = false;
	if (left == 0)
		return true;
	*pos = content.len;
	if (left < HEADER)
		return fail(err, ERR_DAMAGED, "extended attributes end in a header");
	const uint8_t *p = content.at + at;
	uint32_t next = le32(p);
	size_t name_len = p[5];
	size_t value_len = le16(p + 6);
	size_t used = HEADER + name_len + 1 + value_len; /* a NUL ends the name */

	if (used > left || (next != 0 && next < used))
		return fail(err, ERR_DAMAGED, "extended attribute at byte %zu reaches over %s", at,
		    used > left ? "the end" : "the next");
	*out = (struct ntfs_ea){
	    .flags = p[4],
	    .name = {p + HEADER, name_len},
	    .value = {p + HEADER + name_len + 1, value_len},
	};
	*found = true;
	/* 0: the last one. On disk it tells its own length instead, which may be rounded up. */
	if (next != 0 && next < left)
		*pos = at + next;
	return true;
}
