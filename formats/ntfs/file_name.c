/* $FILE_NAME (docs/formats/ntfs.md). See file_name.h. */
#include "formats/ntfs/file_name.h"

#include "formats/ntfs/record.h"

#define HEADER_SIZE 66u

struct ntfs_times ntfs_times_parse(const uint8_t *p)
{
	return (struct ntfs_times){
	    .created = le64(p),
	    .modified = le64(p + 8),
	    .changed = le64(p + 16),
	    .accessed = le64(p + 24),
	};
}

bool ntfs_file_name_parse(struct bytes content, struct ntfs_name *out, struct err *err)
{
	struct ntfs_name name = {0};

	if (content.len < HEADER_SIZE)
		return fail(err, ERR_DAMAGED, "$FILE_NAME of %zu bytes", content.len);
	name.parent = ntfs_reference_parse(content.at);
	name.times = ntfs_times_parse(content.at + 8);
	name.allocated = le64(content.at + 40);
	name.size = le64(content.at + 48);
	name.attributes = le32(content.at + 56);
	name.name_space = content.at[65];
	if (!bytes_slice(content, HEADER_SIZE, 2u * content.at[64], &name.utf16))
		return fail(err, ERR_DAMAGED, "$FILE_NAME of %zu bytes cannot hold %u characters",
		    content.len, content.at[64]);
	*out = name;
	return true;
}
