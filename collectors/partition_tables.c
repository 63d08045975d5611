/* What lies on a disk outside its volumes: the sectors of its partition tables, and what they say. Page:
 * docs/collectors/partition-tables.md. */
#include "collectors/collection.h"
#include "collectors/state.h"

#include "core/json.h"

#define GPT_ARRAY   ((uint64_t)16384) /* bytes of the entries, as Windows writes them */
#define FRONT_LEAST ((uint64_t)34)    /* sectors of 512: MBR, GPT header, entries */
#define FRONT_MOST  ((uint64_t)1 << 20)

static void take_sectors(struct collection *collection, const struct volume_disk *disk,
    const char *name, uint64_t offset, uint64_t len)
{
	struct source *window = source_window(disk->raw, offset, len, false);
	struct err err = {0};

	if (window) {
		collect_source(collection, name, window);
		return;
	}
	fail(&err, ERR_MEMORY, "no memory for its sectors");
	collect_problem(collection, name, &err);
}

/* All in front of the first partition, where boot code lies: what a table needs at least, 1 MiB at most. */
static uint64_t front_of(const struct disk *table)
{
	uint64_t least = FRONT_LEAST * 512;
	uint64_t first = FRONT_MOST;

	if (table->sector_size > 512)
		least = 2 * (uint64_t)table->sector_size + GPT_ARRAY;
	for (size_t i = 0; i < table->count; i++)
		if (table->at[i].offset < first)
			first = table->at[i].offset;
	return first < least ? least : first;
}

static void describe_partition(const struct disk *table, const struct disk_partition *partition,
    const char *volume, struct text *out)
{
	struct json json = {.to = out};
	char guid[DISK_GUID_ROOM];

	json_begin(&json);
	json_unsigned_field(&json, "partition", partition->index);
	json_unsigned_field(&json, "offset", partition->offset);
	json_unsigned_field(&json, "size", partition->claimed);
	if (partition->len < partition->claimed)
		json_unsigned_field(&json, "size_in_image", partition->len);
	if (table->scheme == DISK_GPT) {
		disk_guid_text(partition->type_guid, guid);
		json_string_field(&json, "type", guid);
		disk_guid_text(partition->guid, guid);
		json_string_field(&json, "guid", guid);
		json_string_field(&json, "name", partition->name);
		json_unsigned_field(&json, "attributes", partition->attributes);
	} else {
		json_unsigned_field(&json, "type", partition->type);
		json_bool_field(&json, "logical", partition->is_logical);
	}
	json_string_field(&json, "type_name", disk_type_name(partition));
	json_bool_field(&json, "active", partition->is_active);
	json_string_field(&json, "volume", volume);
	json_end(&json);
}

/* The volume of the set that is that partition; NULL when it was not asked for. */
static const char *volume_of(const struct volume_set *set, size_t disk, uint32_t partition)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->at[i].disk == disk + 1 && set->at[i].partition == partition)
			return text_string(&set->at[i].name);
	return NULL;
}

static void describe(
    struct collection *collection, const struct volume_set *set, size_t index, const char *name)
{
	const struct disk *table = &set->disks[index].table;
	struct collect_lines lines;

	collect_lines_begin(&lines, collection, name);
	for (size_t i = 0; i < table->count; i++) {
		CLEANUP(text_free) struct text line = {0};

		describe_partition(
		    table, &table->at[i], volume_of(set, index, table->at[i].index), &line);
		collect_lines_add(&lines, text_bytes(&line));
	}
	collect_lines_end(&lines);
}

static void take_disk(struct collection *collection, const struct volume_set *set, size_t index)
{
	const struct volume_disk *disk = &set->disks[index];
	uint64_t back = disk->table.sector_size + GPT_ARRAY;
	CLEANUP(text_free) struct text name = {0};
	size_t len;

	text_addf(&name, "fs/$disk_%zu", index);
	len = name.len;
	text_adds(&name, "/first-sectors");
	take_sectors(collection, disk, text_string(&name), 0, front_of(&disk->table));
	name.len = len;
	text_adds(&name, "/last-sectors");
	if (disk->raw->size > back && disk->raw->size < UINT64_MAX / 2)
		take_sectors(collection, disk, text_string(&name), disk->raw->size - back, back);
	name.len = len;
	text_adds(&name, "/partitions.jsonl");
	describe(collection, set, index, text_string(&name));
}

static void run(struct collection *collection)
{
	const struct volume_set *set = collection->plan->volumes;

	for (size_t i = 0; i < set->disk_count && !collect_stopped(collection); i++)
		take_disk(collection, set, i);
}

const struct collector collect_partition_tables = {
    .name = "partition-tables",
    .summary = "partition tables of disks",
    .kind = KIND_FILE_SYSTEM,
    .volatility = 99,
    .needs = NEEDS_VOLUME | NEEDS_ADMIN,
    .run = run,
};
