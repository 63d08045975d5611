/* Object ids. See object_id.h. */
#include "formats/ntfs/object_id.h"

#define GUID_LEN 16u

static const uint8_t *guid_at(struct bytes content, size_t index)
{
	return content.len >= (index + 1) * GUID_LEN ? content.at + index * GUID_LEN : NULL;
}

bool ntfs_object_id_parse(struct bytes content, struct ntfs_object_id *out, struct err *err)
{
	if (content.len < GUID_LEN)
		return fail(err, ERR_DAMAGED, "object id of %zu bytes", content.len);
	*out = (struct ntfs_object_id){
	    .object = guid_at(content, 0),
	    .birth_volume = guid_at(content, 1),
	    .birth_object = guid_at(content, 2),
	    .domain = guid_at(content, 3),
	};
	return true;
}
