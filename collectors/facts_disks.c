/* collection.json: the disks of the target and what of them BitLocker has encrypted. See facts_parts.h.
 *
 * BitLocker keeps its mark in the first sector of the partition as it lies on the disk; through the volume's own name
 * Windows shows what is decrypted. Both together tell the state, without asking any service. */
#include "collectors/facts_parts.h"

#include "platform/storage.h"
#include "platform/volume.h"

static const char *scheme_name(enum disk_scheme scheme)
{
	switch (scheme) {
	case DISK_MBR:
		return "MBR";
	case DISK_GPT:
		return "GPT";
	case DISK_NONE:
		break;
	}
	return "none";
}

static void text_or_null(struct json *json, const char *key, const struct text *value)
{
	json_string_field(json, key, value->len ? text_string(value) : NULL);
}

void facts_disk_fields(struct json *json, const struct storage_disk *disk)
{
	json_string_field(json, "path", *disk->path ? disk->path : NULL);
	text_or_null(json, "vendor", &disk->vendor);
	text_or_null(json, "model", &disk->model);
	text_or_null(json, "serial", &disk->serial);
	json_string_field(json, "bus", disk->bus && *disk->bus ? disk->bus : NULL);
	json_key(json, "size");
	if (disk->size)
		json_unsigned(json, disk->size);
	else
		json_null(json);
	json_bool_field(json, "removable", disk->is_removable);
}

/* What the partition begins with, as it lies on the disk. */
static const char *kind_at(struct source *raw, uint64_t offset, uint64_t len)
{
	CLEANUP(source_close)
	struct source *window = len ? source_window(raw, offset, len, false) : NULL;
	enum volume_kind kind;

	if (!window || !volume_kind_of(window, &kind, NULL))
		return NULL;
	return kind == VOLUME_BITLOCKER ? "BitLocker" : volume_kind_name(kind);
}

static void write_partition(
    struct json *json, struct source *raw, const struct disk_partition *partition)
{
	json_begin(json);
	json_unsigned_field(json, "number", partition->index);
	json_unsigned_field(json, "offset", partition->offset);
	json_unsigned_field(json, "size", partition->claimed);
	json_string_field(json, "type", disk_type_name(partition));
	json_string_field(json, "holds", kind_at(raw, partition->offset, partition->len));
	json_end(json);
}

static void write_table(struct json *json, struct source *raw, const struct disk *table)
{
	json_string_field(json, "partition_style", scheme_name(table->scheme));
	json_key(json, "partitions");
	json_begin_array(json);
	for (size_t i = 0; i < table->count; i++)
		write_partition(json, raw, &table->at[i]);
	json_end_array(json);
}

static bool write_live_disk(void *context, const struct storage_disk *disk, struct err *err)
{
	CLEANUP(source_close) struct source *raw = NULL;
	CLEANUP(disk_free) struct disk table = {0};
	struct json *json = context;
	struct err why = {0};

	(void)err;
	json_begin(json);
	facts_disk_fields(json, disk);
	if (volume_open(disk->path, &raw, &why) && disk_read(raw, &table, &why)) {
		write_table(json, raw, &table);
	} else {
		json_string_field(json, "partition_style", NULL);
		json_string_field(json, "why", why.text);
	}
	json_end(json);
	return true;
}

static void write_image_disk(struct json *json, const struct volume_disk *disk)
{
	json_begin(json);
	json_bytes_field(json, "path", text_bytes(&disk->path));
	json_unsigned_field(json, "size", disk->raw->size);
	write_table(json, disk->raw, &disk->table);
	json_end(json);
}

/* An image of a volume, which no disk is known of. */
static void write_image_volume(struct json *json, const struct collection_volume *volume)
{
	json_begin(json);
	json_bytes_field(json, "path", text_bytes(&volume->path));
	json_unsigned_field(json, "size", volume->raw->size);
	json_string_field(json, "partition_style", scheme_name(DISK_NONE));
	json_string_field(json, "holds", volume_kind_name(volume->kind));
	json_end(json);
}

static void write_disks(struct json *json, const struct facts *facts)
{
	const struct volume_set *set = facts->volumes;
	struct err ignored = {0};

	json_key(json, "disks");
	json_begin_array(json);
	if (facts->is_live)
		(void)!storage_list(write_live_disk, json, &ignored);
	for (size_t i = 0; i < set->disk_count; i++)
		if (!set->disks[i].is_live)
			write_image_disk(json, &set->disks[i]);
	for (size_t i = 0; i < set->count; i++)
		if (!set->at[i].is_live && !set->at[i].is_shadow && !set->at[i].disk &&
		    set->at[i].raw)
			write_image_volume(json, &set->at[i]);
	json_end_array(json);
}

/* *why: what hinders when the state is NULL. */
static const char *lock_state(const struct collection_volume *volume, const char **why)
{
	CLEANUP(source_close) struct source *raw = NULL;
	char disk[STORAGE_PATH_ROOM];
	const char *kind = NULL;
	uint64_t offset;

	*why = NULL;
	if (volume->kind == VOLUME_BITLOCKER ||
	    (volume->why.kind == ERR_DENIED && strstr(volume->why.text, "BitLocker")))
		return "locked";
	if (!volume->raw) {
		*why = "the volume could not be opened";
		return NULL;
	}
	if (!volume->is_live)
		return "not encrypted";
	if (storage_extent(text_string(&volume->path), disk, &offset) &&
	    volume_open(disk, &raw, NULL) && offset < raw->size)
		kind = kind_at(raw, offset, raw->size - offset);
	if (kind)
		return strcmp(kind, "BitLocker") == 0 ? "encrypted, unlocked" : "not encrypted";
	*why = "the disk below the volume could not be read";
	return NULL;
}

static void write_bitlocker(struct json *json, const struct volume_set *set)
{
	json_key(json, "bitlocker");
	json_begin_array(json);
	for (size_t i = 0; i < set->count; i++) {
		const struct collection_volume *volume = &set->at[i];
		const char *why;

		if (volume->is_shadow)
			continue;
		json_begin(json);
		json_bytes_field(json, "volume", text_bytes(&volume->name));
		json_string_field(json, "state", lock_state(volume, &why));
		if (why)
			json_string_field(json, "why", why);
		json_end(json);
	}
	json_end_array(json);
}

void facts_disks(struct json *json, const struct facts *facts, struct missing *missing)
{
	(void)missing;
	write_disks(json, facts);
	write_bitlocker(json, facts->volumes);
}
