/* $FILE_NAME (docs/formats/ntfs.md). See file_name.h. */
#include "formats/ntfs/file_name.h"

#include "formats/ntfs/record.h"

#define HEADER_SIZE 66u

bool ntfs_file_name_parse(struct bytes content, struct ntfs_name *out, struct err *err)
{
	if (content.len < HEADER_SIZE)
		return fail(err, ERR_DAMAGED, "$FILE_NAME of %zu bytes", content.len);
	struct bytes utf16 = {.at = content.at + HEADER_SIZE, .len = 2u * content.at[64]};

	if (utf16.len > content.len - HEADER_SIZE)
		return fail(err, ERR_DAMAGED, "$FILE_NAME of %zu bytes cannot hold %u characters",
		    content.len, content.at[64]);
	*out = (struct ntfs_name){
	    .parent = ntfs_reference_parse(content.at),
	    .times = ntfs_times_parse(content.at + 8),
	    .allocated = le64(content.at + 40),
	    .size = le64(content.at + 48),
	    .attributes = le32(content.at + 56),
	    .name_space = content.at[65],
	    .utf16 = utf16,
	};
	return true;
}
