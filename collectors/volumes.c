/* The volumes of a collection. See volumes.h. */
#include "collectors/volumes.h"

#include "core/array.h"
#include "formats/hive.h"

#include <stdlib.h>

static void volume_clear(struct collection_volume *volume)
{
	ntfs_secure_close(volume->secure);
	if (volume->objects)
		ntfs_object_index_close(volume->objects);
	if (volume->paths)
		ntfs_paths_free(volume->paths);
	if (volume->ntfs)
		ntfs_volume_close(volume->ntfs);
	if (volume->fat)
		fat_volume_close(volume->fat);
	if (volume->vss)
		vss_close(volume->vss);
	source_close(volume->raw);
	text_free(&volume->name);
	text_free(&volume->path);
	*volume = (struct collection_volume){0};
}

static void disk_clear(struct volume_disk *disk)
{
	disk_free(&disk->table);
	source_close(disk->raw);
	text_free(&disk->path);
	*disk = (struct volume_disk){0};
}

void volume_set_free(struct volume_set *set)
{
	for (size_t i = set->count; i > 0; i--) /* shadow copies before what they are copies of */
		volume_clear(&set->at[i - 1]);
	for (size_t i = 0; i < set->disk_count; i++)
		disk_clear(&set->disks[i]);
	free(set->at);
	free(set->disks);
	*set = (struct volume_set){0};
}

size_t volume_set_usable(const struct volume_set *set)
{
	size_t usable = 0;

	for (size_t i = 0; i < set->count; i++)
		usable += collection_volume_usable(&set->at[i]);
	return usable;
}

/* Appends an empty volume with its names; NULL with *err on failure. */
static struct collection_volume *append(
    struct volume_set *set, const struct volume_place *place, struct err *err)
{
	for (size_t i = 0; i < set->count; i++)
		if (place->letter && set->at[i].letter == place->letter && !set->at[i].is_shadow) {
			fail(err, ERR_USAGE, "volume %c is given twice", place->letter);
			return NULL;
		}
	if (!array_grow(
		&set->at, &set->room, set->count + 1, sizeof(*set->at), VOLUME_SET_MAX, err)) {
		fail_in(err, "volumes");
		return NULL;
	}
	struct collection_volume *volume = &set->at[set->count];

	*volume = (struct collection_volume){.letter = place->letter,
	    .is_live = place->is_live,
	    .disk = place->disk,
	    .partition = place->partition};
	text_adds(&volume->path, place->path);
	if (place->letter)
		text_addc(&volume->name, place->letter);
	else if (place->name)
		text_adds(&volume->name, place->name);
	else
		text_addf(&volume->name, "$vol_%s",
		    place->guid && *place->guid ? place->guid : "{unknown}");
	if (!text_ok(&volume->path, err) || !text_ok(&volume->name, err)) {
		volume_clear(volume);
		return NULL;
	}
	set->count++;
	return volume;
}

/* Whole sentences, so that they can be told in Japanese. */
static const char *why_not_ntfs(enum volume_kind kind)
{
	switch (kind) {
	case VOLUME_BITLOCKER:
		return "BitLocker (locked); unlock it first (dislocker, cryptsetup bitlkOpen) and "
		       "give what they show";
	case VOLUME_REFS:
		return "not NTFS: ReFS";
	case VOLUME_LINUX:
		return "not NTFS: Linux";
	case VOLUME_DISK:
	case VOLUME_EMPTY_DISK:
		return "not NTFS: a partition table within a partition";
	case VOLUME_UNFORMATTED:
		return "not NTFS: not formatted";
	case VOLUME_NTFS:
	case VOLUME_FAT:
	case VOLUME_EXFAT:
	case VOLUME_UNKNOWN:
		break;
	}
	return "no NTFS, FAT or exFAT: no file system that we know";
}

/* Opens it as NTFS; why not, otherwise. */
static void open_ntfs(struct collection_volume *volume, const struct err *unread)
{
	struct err err = {0};

	if (!ntfs_volume_open(volume->raw, &volume->ntfs, &err)) {
		volume->ntfs = NULL;
		volume->why = unread->kind != ERR_NONE ? *unread : err;
		if (unread->kind == ERR_NONE && volume->kind != VOLUME_NTFS && err.kind != ERR_IO)
			fail(&volume->why, ERR_UNSUPPORTED, "%s", why_not_ntfs(volume->kind));
		return;
	}
	volume->kind = VOLUME_NTFS;
	if (!ntfs_paths_new(ntfs_volume_mft(volume->ntfs), &volume->paths, &err)) {
		volume->paths = NULL;
		ntfs_volume_close(volume->ntfs);
		volume->ntfs = NULL;
		volume->why = err;
	}
}

/* Opens it as FAT or exFAT; false when it is none that can be read. */
static bool open_fat(struct collection_volume *volume, struct err *err)
{
	if (!fat_volume_open(volume->raw, &volume->fat, err)) {
		volume->fat = NULL;
		return false;
	}
	volume->kind = fat_volume_geometry(volume->fat)->kind == FAT_EX ? VOLUME_EXFAT : VOLUME_FAT;
	return true;
}

/* Fills in what the volume is; on anything that is not usable, why. */
static void examine(struct collection_volume *volume)
{
	struct err unread = {0};

	if (volume->raw->size == 0) {
		fail(&volume->why, ERR_DAMAGED, "the image is empty");
		return;
	}
	if (!volume_kind_of(volume->raw, &volume->kind, &unread))
		volume->kind = VOLUME_UNKNOWN;
	switch (volume->kind) {
	case VOLUME_FAT:
	case VOLUME_EXFAT:
		DISCARD(open_fat(volume, &volume->why));
		return;
	case VOLUME_NTFS:
	case VOLUME_UNKNOWN:
	case VOLUME_EMPTY_DISK:
	case VOLUME_UNFORMATTED:
		break;
	default:
		fail(&volume->why, ERR_UNSUPPORTED, "%s", why_not_ntfs(volume->kind));
		return;
	}
	/* A damaged, wiped or unreadable start may hide a volume: the backup at its end, or near its start, decides. */
	open_ntfs(volume, &unread);
	if (!volume->ntfs && volume->kind != VOLUME_NTFS && open_fat(volume, NULL))
		volume->why = (struct err){0};
}

bool volume_set_add_place(
    struct volume_set *set, const struct volume_place *place, struct source *raw, struct err *err)
{
	struct collection_volume *volume = append(set, place, err);

	if (!volume) {
		source_close(raw);
		return false;
	}
	volume->raw = raw;
	examine(volume);
	return true;
}

bool volume_set_add_shadow(struct volume_set *set, size_t of, size_t snapshot, struct source *raw,
    const struct err *why, struct err *err)
{
	struct volume_place place = {
	    .path = text_string(&set->at[of].path), .is_live = set->at[of].is_live};
	struct collection_volume *volume = append(set, &place, err);

	if (!volume) {
		source_close(raw);
		return false;
	}
	volume->raw = raw;
	volume->letter = set->at[of].letter;
	volume->is_shadow = true;
	volume->shadow_of = of;
	volume->shadow_index = snapshot;
	text_clear(&volume->name);
	text_addf(&volume->name, "$vss$/%s/%zu", text_string(&set->at[of].name), snapshot + 1);
	if (!text_ok(&volume->name, err))
		return false;
	if (raw)
		examine(volume);
	else
		volume->why = *why;
	return true;
}

bool volume_set_add(struct volume_set *set, char letter, const char *guid, const char *path,
    bool is_live, struct source *raw, struct err *err)
{
	struct volume_place place = {
	    .letter = letter, .guid = guid, .path = path, .is_live = is_live};

	return volume_set_add_place(set, &place, raw, err);
}

bool volume_set_add_left_out(struct volume_set *set, const struct volume_place *place,
    const struct err *why, bool is_skipped, struct err *err)
{
	struct collection_volume *volume = append(set, place, err);

	if (!volume)
		return false;
	volume->why = *why;
	volume->is_skipped = is_skipped;
	return true;
}

bool volume_set_add_unusable(struct volume_set *set, char letter, const char *guid,
    const char *path, bool is_live, const struct err *why, struct err *err)
{
	struct volume_place place = {
	    .letter = letter, .guid = guid, .path = path, .is_live = is_live};

	return volume_set_add_left_out(set, &place, why, false, err);
}

bool volume_set_add_disk(struct volume_set *set, const char *path, bool is_live, struct source *raw,
    struct disk *table, struct err *err)
{
	struct volume_disk disk = {.is_live = is_live, .raw = raw, .table = *table};

	*table = (struct disk){0};
	text_adds(&disk.path, path);
	if (!text_ok(&disk.path, err) ||
	    !array_grow(&set->disks, &set->disk_room, set->disk_count + 1, sizeof(*set->disks),
		VOLUME_SET_MAX, err)) {
		disk_clear(&disk);
		return false;
	}
	set->disks[set->disk_count++] = disk;
	return true;
}

bool volume_set_open_file(
    struct collection_volume *volume, const char *path, struct source **out, struct err *err)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	struct ntfs_reference file;

	if (!ntfs_find(volume->ntfs, bytes_of(path), &file, err) ||
	    !ntfs_entry_load(ntfs_volume_mft(volume->ntfs), file.record, &entry, err))
		return false;
	if (!entry.in_use)
		return fail(err, ERR_MISSING, "'%s' was deleted", path);
	return ntfs_content_open(volume->ntfs, &entry, out, err) || fail_in(err, "'%s'", path);
}

static bool name_from_hive(
    struct collection_volume *volume, const char *path, struct text *out, struct err *err)
{
	CLEANUP(source_close) struct source *file = NULL;
	CLEANUP(hive_close) struct hive *hive = NULL;

	return volume_set_open_file(volume, path, &file, err) && hive_open(file, &hive, err) &&
	       hive_computer_name(hive, out, err);
}

bool volume_set_host(struct volume_set *set, struct text *out, struct err *err)
{
	static const char *const hives[] = {
	    "Windows/System32/config/SYSTEM", "WINNT/system32/config/system"};

	for (size_t i = 0; i < set->count; i++)
		for (size_t j = 0; set->at[i].ntfs && j < ARRAY_LEN(hives); j++)
			if (name_from_hive(&set->at[i], hives[j], out, NULL))
				return true;
	return fail(err, ERR_MISSING, "no SYSTEM hive with a computer name");
}
