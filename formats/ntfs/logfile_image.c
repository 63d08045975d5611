/* MFT records inside log records. See logfile_decode.h. */
#include "formats/ntfs/attribute.h"
#include "formats/ntfs/file_name.h"
#include "formats/ntfs/logfile_decode.h"
#include "formats/ntfs/record.h"

#define HEADER_SHORT  24u /* what an undo of a deletion keeps */
#define HEADER_NUMBER 48u /* with the record's own number: NTFS 3.1 */
#define STANDARD_LEN  36u /* times and attributes of $STANDARD_INFORMATION */

static void take_standard(struct bytes content, struct logfile_image *image)
{
	if (content.len < STANDARD_LEN)
		return;
	image->has_standard = true;
	image->standard = content;
	image->times = ntfs_times_parse(content.at);
	image->attributes = le32(content.at + 32);
}

static void take_name(struct bytes content, struct logfile_image *image)
{
	struct ntfs_name name;

	if (!ntfs_file_name_parse(content, &name, NULL))
		return;
	if (image->has_name && name.name_space == NTFS_NAME_DOS)
		return;
	if (image->has_name && image->name.name_space != NTFS_NAME_DOS)
		return;
	image->name = name;
	image->has_name = true;
}

static void take_data(const struct ntfs_attribute *a, struct logfile_image *image)
{
	if (a->name.len || image->has_data || (!a->resident && a->first_vcn != 0))
		return;
	image->has_data = true;
	image->size = a->resident ? a->content.len : a->size;
	image->allocated = a->resident ? 0 : a->allocated;
	image->initialized = a->resident ? image->size : a->initialized;
	image->mapping = a->mapping;
	image->first_vcn = a->first_vcn;
	image->last_vcn = a->last_vcn;
}

static void take_attributes(struct bytes data, size_t pos, struct logfile_image *image)
{
	struct ntfs_attribute a;
	bool found = true;

	while (found && ntfs_attribute_next(data, &pos, &a, &found, NULL)) {
		if (!found)
			break;
		if (a.type == NTFS_STANDARD_INFORMATION && a.resident)
			take_standard(a.content, image);
		else if (a.type == NTFS_FILE_NAME && a.resident)
			take_name(a.content, image);
		else if (a.type == NTFS_DATA)
			take_data(&a, image);
	}
}

bool logfile_image_parse(struct bytes data, struct logfile_image *out)
{
	struct logfile_image image = {0};

	if (data.len < HEADER_SHORT || memcmp(data.at, "FILE", 4) != 0)
		return false;
	uint16_t attributes = le16(data.at + 20);
	uint16_t flags = le16(data.at + 22);

	image.file.sequence = le16(data.at + 16);
	image.in_use = flags & NTFS_RECORD_IN_USE;
	image.is_directory = flags & NTFS_RECORD_DIRECTORY;
	if (data.len >= HEADER_NUMBER) {
		struct ntfs_reference base = ntfs_reference_parse(data.at + 32);

		image.is_extension = base.record || base.sequence;
		image.has_number = le16(data.at + 4) >= HEADER_NUMBER;
		image.file.record = image.has_number ? le32(data.at + 44) : 0;
		if (le32(data.at + 24) < data.len)
			data.len = le32(data.at + 24);
		if (attributes >= HEADER_NUMBER - 6 && attributes % 4 == 0 && attributes < data.len)
			take_attributes(data, attributes, &image);
	}
	*out = image;
	return true;
}
