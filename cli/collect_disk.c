/* Volumes of kanshiki collect that lie on disks: which partitions, under which letters. See collect.h. */
#include "cli/collect.h"

#include "cli/command.h"
#include "cli/image_target.h"
#include "core/array.h"
#include "core/tr.h"
#include "platform/console.h"
#include "platform/image.h"
#include "platform/volume.h"

#include <stdio.h>
#include <stdlib.h>

#define NAME_ROOM 64

/* An image under way into the set. */
struct opened {
	struct volume_set *set;
	char letter; /* asked for; 0: none */
	const struct image_target *target;
	struct source *raw;
	struct disk table;
	char *letters; /* by the registry, one a partition */
	bool is_live;
};

static void opened_free_at(struct opened *opened)
{
	disk_free(&opened->table);
	source_close(opened->raw);
	free(opened->letters);
}

static bool is_letter_used(const struct volume_set *set, char letter)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->at[i].letter == letter)
			return true;
	return false;
}

static bool is_name_used(const struct volume_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(text_string(&set->at[i].name), name) == 0)
			return true;
	return false;
}

/* "$vol_{GUID}", "$vol_p2", or when that is another's: "$vol_d1_p2", with the number of the disk. */
static void make_name(const struct volume_set *set, const struct disk *table,
    const struct disk_partition *partition, char out[NAME_ROOM])
{
	char guid[DISK_GUID_ROOM];
	uint32_t index = partition ? partition->index : 0;

	if (partition && table->scheme == DISK_GPT) {
		disk_guid_text(partition->guid, guid);
		(void)snprintf(out, NAME_ROOM, "$vol_%s", guid);
	} else {
		(void)snprintf(out, NAME_ROOM, "$vol_p%u", index);
	}
	for (unsigned i = 1; is_name_used(set, out) && i <= VOLUME_SET_MAX; i++)
		(void)snprintf(out, NAME_ROOM, "$vol_d%u_p%u", i, index);
}

/* "C:" and "\\.\C:" say their letter themselves. */
static char letter_of_device(const char *path)
{
	size_t len = strlen(path);

	if (!volume_is_live(path) || len < 2 || path[len - 1] != ':')
		return 0;
	char letter = (char)(path[len - 2] & ~0x20);

	return letter >= 'A' && letter <= 'Z' ? letter : 0;
}

/* No table: the whole of it is the volume. */
static bool add_whole(struct opened *opened, struct err *err)
{
	const char *path = text_string(&opened->target->path);
	char letter = opened->letter ? opened->letter : letter_of_device(path);
	char name[NAME_ROOM];
	struct volume_place place = {
	    .letter = letter, .name = name, .path = path, .is_live = opened->is_live};

	make_name(opened->set, &opened->table, NULL, name);
	return volume_set_add_place(opened->set, &place, TAKE(opened->raw), err);
}

static bool add_partition(
    struct opened *opened, size_t disk, size_t i, char letter, struct err *err)
{
	const struct volume_disk *from = &opened->set->disks[disk];
	const struct disk_partition *partition = &from->table.at[i];
	CLEANUP(text_free) struct text path = {0};
	CLEANUP(source_close) struct source *window = NULL;
	char name[NAME_ROOM];
	struct err why = {0};

	text_addf(&path, "%s@%u", text_string(&from->path), partition->index);
	if (!text_ok(&path, err))
		return false;
	make_name(opened->set, &from->table, partition, name);
	struct volume_place place = {
	    .letter = letter,
	    .name = name,
	    .path = text_string(&path),
	    .is_live = from->is_live,
	    .disk = disk + 1,
	    .partition = partition->index,
	};

	if (disk_type_is_empty(partition)) {
		fail(&why, ERR_UNSUPPORTED, "left out: partitions of this type hold no files");
		return volume_set_add_left_out(opened->set, &place, &why, true, err);
	}
	if (!image_partition_open(from->raw, partition, &window, &why))
		return volume_set_add_left_out(opened->set, &place, &why, false, err);
	if (!volume_set_add_place(opened->set, &place, TAKE(window), err))
		return false;
	struct collection_volume *volume = &opened->set->at[opened->set->count - 1];

	if (disk_type_is_part(partition) && !collection_volume_usable(volume) &&
	    volume->kind == VOLUME_UNKNOWN)
		fail(&volume->why, ERR_UNSUPPORTED,
		    "part of a volume over several disks or partitions");
	return true;
}

static bool is_readable(enum volume_kind kind)
{
	return kind == VOLUME_NTFS || kind == VOLUME_FAT || kind == VOLUME_EXFAT;
}

/* The one partition that stands for the letter: named, or so called by the registry, or alone. */
static bool choose(struct opened *opened, size_t *out, struct err *err)
{
	const struct disk *table = &opened->table;
	size_t usable = 0;
	size_t any = 0;
	size_t last_usable = 0;
	size_t last = 0;

	if (opened->target->partition)
		return image_find_partition(table, opened->target, out, err) ||
		       fail_in(err, "'%s'", text_string(&opened->target->path));
	for (size_t i = 0; i < table->count; i++) {
		const char *type = disk_type_name(&table->at[i]);

		if (opened->letters[i] == opened->letter) {
			*out = i;
			return true;
		}
		if (disk_type_is_empty(&table->at[i]))
			continue;
		any++;
		last = i;
		if (is_readable(image_partition_kind(opened->raw, &table->at[i])) &&
		    !(type && strcmp(type, "EFI system") == 0)) {
			usable++;
			last_usable = i;
		}
	}
	*out = usable == 1 ? last_usable : last;
	if (usable == 1 || (usable == 0 && any == 1))
		return true;
	image_say_partitions(
	    text_string(&opened->target->path), opened->raw, table, opened->letters);
	return fail(err, ERR_USAGE,
	    "which partition is %c? say it, as in %c=disk.img@2, or leave the letter out to take "
	    "all",
	    opened->letter, opened->letter);
}

/* What cannot be opened is added with the reason. */
static bool add_unopened(const struct opened *opened, const struct err *why, struct err *err)
{
	char name[NAME_ROOM];
	struct volume_place place = {.letter = opened->letter,
	    .name = name,
	    .path = text_string(&opened->target->path),
	    .is_live = opened->is_live};

	make_name(opened->set, &opened->table, NULL, name);
	return volume_set_add_left_out(opened->set, &place, why, false, err);
}

/* Under the letter asked for, or that the registry gives when nobody else has it. */
static bool add_called(struct opened *opened, size_t disk, size_t i, struct err *err)
{
	char letter = opened->letter ? opened->letter : opened->letters[i];

	if (!opened->letter && letter && is_letter_used(opened->set, letter))
		letter = 0;
	return add_partition(opened, disk, i, letter, err);
}

/* Every partition; when there are more than fit, those that can be read come first, and the rest is said. */
static bool add_all(struct opened *opened, size_t disk, struct err *err)
{
	const struct disk *table = &opened->set->disks[disk].table;
	struct source *raw = opened->set->disks[disk].raw;
	size_t room = VOLUME_SET_MAX - opened->set->count;
	bool fits = table->count <= room;
	size_t left = 0;

	for (int pass = fits; pass < 2; pass++)
		for (size_t i = 0; i < table->count; i++) {
			if (!fits &&
			    is_readable(image_partition_kind(raw, &table->at[i])) != (pass == 0))
				continue;
			if (opened->set->count == VOLUME_SET_MAX)
				left++;
			else if (!add_called(opened, disk, i, err))
				return false;
		}
	if (left)
		fail(&opened->set->disks[disk].why, ERR_LIMIT,
		    "%zu partitions are over the limit of %u volumes: name them one by one", left,
		    VOLUME_SET_MAX);
	return true;
}

static bool add_disk(struct opened *opened, struct err *err)
{
	const char *path = text_string(&opened->target->path);
	size_t disk = opened->set->disk_count;
	size_t chosen = 0;
	bool is_one = opened->letter || opened->target->partition;

	if (opened->table.count == 0) {
		struct err why = {0};

		fail(&why, ERR_UNSUPPORTED, "a disk without partitions");
		return add_unopened(opened, &why, err);
	}
	opened->letters = calloc(opened->table.count + 1, 1);
	if (!opened->letters)
		return fail(err, ERR_MEMORY, "no memory for '%s'", path);
	disk_letters(opened->raw, &opened->table, opened->letters);
	if (is_one && !choose(opened, &chosen, err))
		return false;
	if (!volume_set_add_disk(
		opened->set, path, opened->is_live, TAKE(opened->raw), &opened->table, err))
		return false;
	return is_one ? add_called(opened, disk, chosen, err) : add_all(opened, disk, err);
}

/* Whether an empty table is a boot sector of which nothing else is left. */
static bool hides_volume(struct source *raw)
{
	CLEANUP(ntfs_volume_close) struct ntfs_volume *ntfs = NULL;
	enum volume_kind kind = VOLUME_UNKNOWN;

	return volume_kind_of(raw, &kind, NULL) && kind == VOLUME_EMPTY_DISK &&
	       ntfs_volume_open(raw, &ntfs, NULL);
}

bool collect_add_image(
    struct volume_set *set, char letter, const struct image_target *target, struct err *err)
{
	CLEANUP(opened_free)
	struct opened opened = {
	    .set = set,
	    .letter = letter,
	    .target = target,
	    .is_live = volume_is_live(text_string(&target->path)),
	};
	struct err why = {0};

	if (!image_open(text_string(&target->path), &opened.raw, &why))
		return add_unopened(&opened, &why, err);
	if (!disk_read(opened.raw, &opened.table, &why))
		return add_unopened(&opened, &why, err);
	if (opened.table.count == 0 && !target->partition && hides_volume(opened.raw))
		return add_whole(&opened, err);
	if (opened.table.scheme != DISK_NONE)
		return add_disk(&opened, err);
	size_t ignored;

	if (target->partition)
		return image_find_partition(&opened.table, target, &ignored, err) ||
		       fail_in(err, "'%s'", text_string(&target->path));
	return add_whole(&opened, err);
}
