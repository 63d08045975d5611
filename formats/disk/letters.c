/* The drive letters of a disk's partitions, as the Windows on it had them: SYSTEM, key MountedDevices. See disk.h. */
#include "formats/disk/disk.h"

#include "formats/hive.h"
#include "formats/ntfs/ntfs.h"
#include "formats/volume_kind.h"

#include <stdio.h>

#define MBR_VALUE_LEN 12u /* signature of the disk, offset of the partition in bytes */
#define GPT_VALUE_LEN 24u /* "DMIO:ID:", GUID of the partition */
#define LETTERS       26u
#define NAME_PREFIX   "\\DosDevices\\"

/* Of one disk: a thousand partitions may be one and the same. Windows keeps a value for each volume it ever saw, some hundreds. */
#define HIVES_MAX  32u
#define VALUES_MAX 65536u

/* What may still be looked at. */
struct quota {
	uint32_t hives, values;
};

/* What a hive says of each letter, the first of a name. */
struct mounts {
	struct hive *hive;
	uint8_t value[LETTERS][GPT_VALUE_LEN];
	size_t len[LETTERS]; /* 0: nothing that names a partition */
	bool is_said[LETTERS];
};

static bool names_partition(
    const struct disk *disk, const struct disk_partition *partition, struct bytes value)
{
	if (disk->scheme == DISK_MBR)
		return value.len == MBR_VALUE_LEN && le32(value.at) == disk->signature &&
		       le64(value.at + 4) == partition->offset;
	return value.len == GPT_VALUE_LEN && memcmp(value.at, "DMIO:ID:", 8) == 0 &&
	       memcmp(value.at + 8, partition->guid, DISK_GUID_LEN) == 0;
}

static bool is_taken(const char *letters, size_t count, char letter)
{
	return memchr(letters, letter, count) != NULL;
}

static void give_letter(const struct disk *disk, char letter, struct bytes value, char *letters)
{
	for (size_t i = 0; i < disk->count; i++)
		if (!letters[i] && names_partition(disk, &disk->at[i], value)) {
			letters[i] = letter;
			return;
		}
}

/* "\\DosDevices\\C:" */
static bool take_mount(void *context, const struct hive_item *item)
{
	static const size_t prefix = sizeof(NAME_PREFIX) - 1;
	CLEANUP(text_free) struct text value = {0};
	struct mounts *mounts = context;
	struct bytes head;

	if (item->name.len != prefix + 2 || item->name.at[prefix + 1] != ':' ||
	    !bytes_slice(item->name, 0, prefix, &head) ||
	    !text_same_name(head, bytes_of(NAME_PREFIX)))
		return true;
	unsigned letter = (unsigned)(item->name.at[prefix] & ~0x20) - 'A';

	if (letter >= LETTERS || mounts->is_said[letter])
		return true;
	mounts->is_said[letter] = true;
	if (item->data_len <= GPT_VALUE_LEN && hive_data(mounts->hive, item, &value, NULL)) {
		memcpy(mounts->value[letter], text_string(&value), value.len);
		mounts->len[letter] = value.len;
	}
	return true;
}

/* Gives the letters of one hive to the partitions that have none yet. */
static void letters_of_hive(
    struct hive *hive, const struct disk *disk, struct quota *quota, char *letters)
{
	struct mounts mounts = {.hive = hive};
	struct hive_key root, key;
	uint32_t seen = 0;

	hive_root(hive, &root);
	if (!hive_find(hive, &root, "MountedDevices", &key, NULL))
		return;
	DISCARD(hive_values(hive, &key, quota->values, take_mount, &mounts, &seen, NULL));
	quota->values -= seen;
	for (unsigned i = 0; i < LETTERS; i++)
		if (!is_taken(letters, disk->count, (char)('A' + i)))
			give_letter(disk, (char)('A' + i),
			    (struct bytes){mounts.value[i], mounts.len[i]}, letters);
}

static void letters_of_file(struct ntfs_volume *volume, const struct ntfs_entry *entry,
    const struct disk *disk, struct quota *quota, char *letters)
{
	const struct ntfs_stream *stream = ntfs_entry_stream(entry, NTFS_DATA, (struct bytes){0});
	CLEANUP(source_close) struct source *file = NULL;
	CLEANUP(hive_close) struct hive *hive = NULL;

	if (!entry->in_use || !stream || !ntfs_stream_open(volume, entry, stream, &file, NULL) ||
	    !hive_open(file, &hive, NULL))
		return;
	quota->hives--;
	letters_of_hive(hive, disk, quota, letters);
}

static void letters_of_volume(
    struct source *raw, const struct disk *disk, struct quota *quota, char *letters)
{
	static const char *const hives[] = {
	    "Windows/System32/config/SYSTEM", "WINNT/system32/config/system"};
	CLEANUP(ntfs_volume_close) struct ntfs_volume *volume = NULL;
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	struct ntfs_reference file;

	if (!ntfs_volume_open(raw, &volume, NULL))
		return;
	for (size_t i = 0; i < ARRAY_LEN(hives) && quota->hives; i++)
		if (ntfs_find(volume, bytes_of(hives[i]), &file, NULL) &&
		    ntfs_entry_load(ntfs_volume_mft(volume), file.record, &entry, NULL))
			letters_of_file(volume, &entry, disk, quota, letters);
}

void disk_letters(struct source *raw, const struct disk *disk, char *letters)
{
	struct quota quota = {.hives = HIVES_MAX, .values = VALUES_MAX};

	memset(letters, 0, disk->count);
	for (size_t i = 0; i < disk->count && quota.hives && quota.values; i++) {
		const struct disk_partition *partition = &disk->at[i];
		CLEANUP(source_close) struct source *window = NULL;
		enum volume_kind kind = VOLUME_UNKNOWN;

		if (partition->len == 0)
			continue;
		window = source_window(raw, partition->offset, partition->len, false);
		if (window && volume_kind_of(window, &kind, NULL) && kind == VOLUME_NTFS)
			letters_of_volume(window, disk, &quota, letters);
	}
}
