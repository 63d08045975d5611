/* What the types in partition tables are called: UEFI 2.10 table 5.7, Microsoft PARTITION_INFORMATION_GPT, and
 * the ids that fdisk and Windows write. */
#include "formats/disk/disk.h"

#include <stdio.h>

struct known_id {
	uint8_t type;
	bool is_empty;
	const char *name;
};

static const struct known_id ids[] = {
    {0x01, false, "FAT12"},
    {0x04, false, "FAT16"},
    {0x06, false, "FAT16"},
    {0x07, false, "NTFS or exFAT"},
    {0x0b, false, "FAT32"},
    {0x0c, false, "FAT32"},
    {0x0e, false, "FAT16"},
    {0x12, false, "maker's recovery"},
    {0x27, false, "Windows recovery"},
    {0x42, false, "Windows dynamic disk"},
    {0x82, true, "Linux swap"},
    {0x83, false, "Linux"},
    {0x8e, false, "Linux LVM"},
    {0xa5, false, "FreeBSD"},
    {0xaf, false, "Apple HFS+"},
    {0xee, false, "GPT"},
    {0xef, false, "EFI system"},
    {0xfd, false, "Linux RAID"},
};

struct known_guid {
	const char *guid;
	bool is_empty;
	const char *name;
};

static const struct known_guid guids[] = {
    {"{C12A7328-F81F-11D2-BA4B-00A0C93EC93B}", false, "EFI system"},
    {"{E3C9E316-0B5C-4DB8-817D-F92DF00215AE}", true, "Microsoft reserved"},
    {"{EBD0A0A2-B9E5-4433-87C0-68B6B72699C7}", false, "Windows data"},
    {"{DE94BBA4-06D1-4D40-A16A-BFD50179D6AC}", false, "Windows recovery"},
    {"{5808C8AA-7E8F-42E0-85D2-E1E90434CFB3}", true, "Windows dynamic disk database"},
    {"{AF9B60A0-1431-4F62-BC68-3311714A69AD}", false, "Windows dynamic disk"},
    {"{E75CAF8F-F680-4CEE-AFA3-B001E56EFC2D}", false, "Windows storage space"},
    {"{0FC63DAF-8483-4772-8E79-3D69D8477DE4}", false, "Linux"},
    {"{0657FD6D-A4AB-43C4-84E5-0933C84B4F4F}", true, "Linux swap"},
    {"{E6D6D379-F507-44C2-A23C-238F2A3DF928}", false, "Linux LVM"},
    {"{A19D880F-05FC-4D3B-A006-743F0F84911E}", false, "Linux RAID"},
    {"{21686148-6449-6E6F-744E-656564454649}", true, "BIOS boot"},
    {"{48465300-0000-11AA-AA11-00306543ECAC}", false, "Apple HFS+"},
    {"{7C3457EF-0000-11AA-AA11-00306543ECAC}", false, "Apple APFS"},
};

void disk_guid_text(const uint8_t guid[DISK_GUID_LEN], char out[DISK_GUID_ROOM])
{
	(void)snprintf(out, DISK_GUID_ROOM, "{%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}",
	    le32(guid), le16(guid + 4), le16(guid + 6), guid[8], guid[9], guid[10], guid[11],
	    guid[12], guid[13], guid[14], guid[15]);
}

static const struct known_id *find_id(const struct disk_partition *partition)
{
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		if (ids[i].type == partition->type)
			return &ids[i];
	return NULL;
}

static const struct known_guid *find_guid(const struct disk_partition *partition)
{
	char text[DISK_GUID_ROOM];

	disk_guid_text(partition->type_guid, text);
	for (size_t i = 0; i < ARRAY_LEN(guids); i++)
		if (memcmp(guids[i].guid, text, DISK_GUID_ROOM) == 0)
			return &guids[i];
	return NULL;
}

const char *disk_type_name(const struct disk_partition *partition)
{
	const struct known_id *id = partition->type ? find_id(partition) : NULL;
	const struct known_guid *guid = partition->type ? NULL : find_guid(partition);

	if (id)
		return id->name;
	return guid ? guid->name : NULL;
}

bool disk_type_is_part(const struct disk_partition *partition)
{
	static const char *const parts[] = {
	    "Windows dynamic disk", "Windows storage space", "Linux LVM", "Linux RAID"};
	const char *name = disk_type_name(partition);

	for (size_t i = 0; name && i < ARRAY_LEN(parts); i++)
		if (strcmp(name, parts[i]) == 0)
			return true;
	return false;
}

bool disk_type_is_empty(const struct disk_partition *partition)
{
	const struct known_id *id = partition->type ? find_id(partition) : NULL;
	const struct known_guid *guid = partition->type ? NULL : find_guid(partition);

	return (id && id->is_empty) || (guid && guid->is_empty);
}
