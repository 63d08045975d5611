/* The timeline of the partitions of a disk. See timeline_disk.h. */
#include "cli/timeline_disk.h"

#include "cli/command.h"
#include "core/array.h"
#include "core/tr.h"
#include "platform/console.h"

#include <stdio.h>
#include <stdlib.h>

bool timeline_add_kind(
    struct timeline *timeline, struct source *raw, enum volume_kind kind, struct err *err)
{
	switch (kind) {
	case VOLUME_NTFS:
	case VOLUME_UNKNOWN: /* a damaged start may hide an NTFS volume */
	case VOLUME_UNFORMATTED:
		return timeline_add_volume(timeline, raw, err);
	case VOLUME_FAT:
	case VOLUME_EXFAT:
		return timeline_add_fat(timeline, raw, err);
	case VOLUME_EMPTY_DISK: /* so may one of which the end mark is left */
		if (timeline_add_volume(timeline, raw, err))
			return true;
		if (err->kind != ERR_UNSUPPORTED)
			return false;
		break;
	case VOLUME_DISK:
	case VOLUME_LINUX:
	case VOLUME_BITLOCKER:
	case VOLUME_REFS:
		break;
	}
	if (kind == VOLUME_BITLOCKER)
		return fail(err, ERR_UNSUPPORTED,
		    "BitLocker (locked); unlock it first (dislocker, cryptsetup bitlkOpen) and "
		    "give what they show");
	return fail(err, ERR_UNSUPPORTED, "%s; a timeline is made of NTFS, FAT or exFAT",
	    volume_kind_name(kind));
}

struct work {
	struct timeline *timeline;
	struct source *raw;
	const struct disk *disk;
	const char *path;
	size_t taken;
	size_t *gaps;
};

static void say_left_out(
    const struct work *work, const struct disk_partition *partition, const char *why)
{
	CLEANUP(text_free) struct text reason = {0};

	command_line_about(NULL, why, &reason);
	say(tr("kanshiki: '%s', partition %u: %s\n"), work->path, partition->index,
	    text_string(&reason));
}

static void say_damage(const struct work *work)
{
	CLEANUP(text_free) struct text reason = {0};

	command_line_about(NULL, work->disk->damage.text, &reason);
	say(tr("kanshiki: '%s', its partition table: %s\n"), work->path, text_string(&reason));
}

/* Failures that are not the partition's: the rest would meet them, too. */
static bool is_ours(const struct err *err)
{
	return err->kind == ERR_STOPPED || err->kind == ERR_MEMORY || err->kind == ERR_FULL;
}

static bool add_partition(struct work *work, size_t i, char letter, struct err *err)
{
	const struct disk_partition *partition = &work->disk->at[i];
	enum volume_kind kind = image_partition_kind(work->raw, partition);
	CLEANUP(source_close) struct source *window = NULL;
	char prefix[16];
	struct err why = {0};

	if (disk_type_is_empty(partition))
		return true;
	if (letter)
		(void)snprintf(prefix, sizeof(prefix), "%c/", letter);
	else
		(void)snprintf(prefix, sizeof(prefix), "p%u/", partition->index);
	if (!timeline_prefix(work->timeline, prefix, err))
		return false;
	if (image_partition_open(work->raw, partition, &window, &why) &&
	    timeline_add_kind(work->timeline, window, kind, &why)) {
		work->taken++;
		return true;
	}
	if (is_ours(&why)) {
		*err = why;
		return false;
	}
	bool is_nothing = kind == VOLUME_UNKNOWN || kind == VOLUME_UNFORMATTED;

	say_left_out(work, partition,
	    is_nothing && why.kind == ERR_UNSUPPORTED ? volume_kind_name(kind) : why.text);
	++*work->gaps;
	return true;
}

static bool add_chosen(
    struct work *work, const struct image_target *target, const char *letters, struct err *err)
{
	size_t chosen = 0;

	if (target->partition && !image_find_partition(work->disk, target, &chosen, err))
		return false;
	for (size_t i = 0; i < work->disk->count; i++)
		if ((!target->partition || i == chosen) && !add_partition(work, i, letters[i], err))
			return false;
	return work->taken ||
	       fail(err, ERR_UNSUPPORTED, "no partition with a volume that can be read");
}

/* Every partition: each may hold the shadow copies of another. */
struct stores {
	struct source **at;
	size_t count;
};

static void stores_free_at(struct stores *stores)
{
	for (size_t i = 0; i < stores->count; i++)
		source_close(stores->at[i]);
	free(stores->at);
}

static bool stores_open(
    struct stores *stores, struct source *raw, const struct disk *disk, struct err *err)
{
	stores->at = calloc(disk->count + 1, sizeof(struct source *));
	if (!stores->at)
		return fail(err, ERR_MEMORY, "no memory for a disk");
	stores->count = disk->count;
	for (size_t i = 0; i < disk->count; i++)
		if (!image_partition_open(raw, &disk->at[i], &stores->at[i], NULL))
			stores->at[i] = NULL;
	return true;
}

bool timeline_disk(struct timeline *timeline, struct source *raw, const struct disk *disk,
    const struct image_target *target, size_t *gaps, struct err *err)
{
	CLEANUP(free_memory) char *letters = calloc(disk->count + 1, 1);
	CLEANUP(stores_free) struct stores stores = {0};
	struct work work = {
	    .timeline = timeline,
	    .raw = raw,
	    .disk = disk,
	    .path = text_string(&target->path),
	    .gaps = gaps,
	};

	if (!letters)
		return fail(err, ERR_MEMORY, "no memory for a disk");
	if (!stores_open(&stores, raw, disk, err))
		return false;
	timeline_stores(timeline, stores.at, stores.count);
	disk_letters(raw, disk, letters);
	if (disk->damages) {
		say_damage(&work);
		++*gaps;
	}
	bool ok = add_chosen(&work, target, letters, err);

	timeline_stores(timeline, NULL, 0);
	return ok;
}
