/* Which table a disk has, and what both kinds share. See disk.h. */
#include "formats/disk/disk.h"

#include "core/array.h"
#include "formats/disk/table.h"
#include "formats/volume_kind.h"

#include <stdio.h>
#include <stdlib.h>

void table_damage(struct disk *disk, const char *format, ...)
{
	va_list args;

	disk->damages++;
	if (disk->damage.kind != ERR_NONE)
		return;
	disk->damage.kind = ERR_DAMAGED;
	va_start(args, format);
	(void)vsnprintf(disk->damage.text, sizeof(disk->damage.text), format, args);
	va_end(args);
}

bool table_add(struct disk *disk, const struct source *raw, uint64_t first, uint64_t sectors,
    struct disk_partition **out, struct err *err)
{
	uint64_t most = UINT64_MAX / disk->sector_size;
	uint64_t size = raw->size;

	if (!array_grow(&disk->at, &disk->room, disk->count + 1, sizeof(*disk->at),
		DISK_LIMIT_PARTITIONS, err))
		return fail_in(err, "partitions");
	struct disk_partition *partition = &disk->at[disk->count++];
	uint64_t offset = first > most ? UINT64_MAX : first * disk->sector_size;
	uint64_t len = sectors > most ? UINT64_MAX : sectors * disk->sector_size;
	uint64_t left = offset < size ? size - offset : 0;

	*partition = (struct disk_partition){
	    .offset = offset, .len = len < left ? len : left, .claimed = len};
	*out = partition;
	return true;
}

void disk_free(struct disk *disk)
{
	free(disk->at);
	*disk = (struct disk){0};
}

static int compare(const void *a, const void *b)
{
	const struct disk_partition *x = a;
	const struct disk_partition *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

static int compare_offsets(const void *a, const void *b)
{
	const struct disk_partition *const *x = a;
	const struct disk_partition *const *y = b;

	return ((*x)->offset > (*y)->offset) - ((*x)->offset < (*y)->offset);
}

/* Says which partitions share bytes, and which the source does not hold whole. */
static bool check_ranges(struct disk *disk, struct err *err)
{
	CLEANUP(free_memory) const struct disk_partition **by_offset = NULL;
	const struct disk_partition *widest = NULL;

	if (disk->count == 0)
		return true;
	by_offset = calloc(disk->count, sizeof(*by_offset));
	if (!by_offset)
		return fail(err, ERR_MEMORY, "no memory for a partition table");
	for (size_t i = 0; i < disk->count; i++)
		by_offset[i] = &disk->at[i];
	qsort(by_offset, disk->count, sizeof(*by_offset), compare_offsets);
	for (size_t i = 0; i < disk->count; i++) {
		const struct disk_partition *at = by_offset[i];

		if (at->len < at->claimed)
			table_damage(disk,
			    at->len ? "partition %u ends behind the end of the disk"
				    : "partition %u begins behind the end of the disk",
			    at->index);
		if (widest && at->offset < widest->offset + widest->len)
			table_damage(
			    disk, "partitions %u and %u overlap", widest->index, at->index);
		if (!widest || at->offset + at->len > widest->offset + widest->len)
			widest = at;
	}
	return true;
}

static bool is_volume(enum volume_kind kind)
{
	return kind != VOLUME_UNKNOWN && kind != VOLUME_DISK && kind != VOLUME_EMPTY_DISK &&
	       kind != VOLUME_UNFORMATTED;
}

/* What the four entries of an MBR say: is there one, does it announce a GPT, does it hold anything else. */
static void look_at_mbr(
    const uint8_t sector[MBR_LEN], bool *is_table, bool *is_protective, bool *is_empty)
{
	*is_table = disk_is_mbr(sector);
	*is_protective = false;
	*is_empty = true;
	for (size_t i = 0; i < MBR_SLOTS; i++) {
		struct mbr_entry entry;

		mbr_entry(sector, i, &entry);
		*is_protective |= entry.type == MBR_PROTECT;
		*is_empty &= entry.type == 0;
	}
}

bool disk_has_gpt(
    struct source *raw, const uint8_t *sector, bool *out, bool *is_announced, struct err *err)
{
	CLEANUP(disk_free) struct disk disk = {0};
	bool is_table, is_protective, is_empty;
	bool found = false;

	*out = false;
	*is_announced = false;
	look_at_mbr(sector, &is_table, &is_protective, &is_empty);
	if (is_table && !is_protective && !is_empty)
		return true;
	/* Every partition is asked, often more than once: a hostile disk has a thousand. */
	if (!gpt_read(raw, sector, true, &disk, &found, err))
		return false;
	bool is_used = found && disk.count;
	bool is_first = is_used && !disk.from_backup;

	/* The backup outlives what comes later, and an MBR alone may as well. */
	*is_announced = is_first && is_table && is_protective;
	*out = is_first || (is_used && is_table && is_protective);
	return true;
}

static bool read_tables(struct source *raw, struct disk *disk, struct err *err)
{
	uint8_t sector[MBR_LEN];
	bool is_table, is_protective, is_empty;
	bool found = false;

	if (!source_read_exact(raw, 0, sector, sizeof(sector), err)) {
		if (err->kind != ERR_IO && err->kind != ERR_DAMAGED)
			return false;
		table_damage(disk, "the first sector: %.150s", err->text);
		*err = (struct err){0};
		memset(sector, 0, sizeof(sector));
	}
	look_at_mbr(sector, &is_table, &is_protective, &is_empty);
	/* A table of its own without the mark of a GPT: what may still lie behind it is of former times. */
	if (!is_table || is_protective || is_empty)
		if (!gpt_read(raw, sector, false, disk, &found, err))
			return false;
	if (found) {
		disk->signature = le32(sector + 440);
		if (!is_protective)
			table_damage(disk, "no protective MBR in front of the GPT");
		return true;
	}
	if (is_protective && is_table)
		table_damage(disk, "the GPT that the MBR announces cannot be read");
	if (!is_table && !disk_is_damaged_mbr(raw, sector))
		return true;
	return mbr_read(raw, sector, disk, err);
}

bool disk_read(struct source *raw, struct disk *out, struct err *err)
{
	CLEANUP(disk_free) struct disk disk = {0};
	enum volume_kind kind = VOLUME_UNKNOWN;
	struct err why = {0};

	if (!volume_kind_of(raw, &kind, &why))
		kind = VOLUME_UNKNOWN;
	if (why.kind == ERR_MEMORY) {
		*err = why;
		return false;
	}
	if (!is_volume(kind)) {
		why = (struct err){0};
		if (!read_tables(raw, &disk, &why) || !check_ranges(&disk, &why)) {
			if (err)
				*err = why;
			return false;
		}
		if (disk.count)
			qsort(disk.at, disk.count, sizeof(*disk.at), compare);
	}
	*out = disk;
	disk = (struct disk){0};
	return true;
}
