/* The receipt: per kind of information what was expected, taken, skipped, failed. Never silently nothing. */
#include "collectors/shadows.h"
#include "collectors/state.h"

#include "core/json.h"
#include "platform/file.h"

#include <stdio.h>

struct kind_name {
	const char *letter, *name, *japanese;
};

static const struct kind_name kind_names[KIND_COUNT] = {
    [KIND_FILE_SYSTEM] = {"ア", "file system", "ファイルシステムの情報"},
    [KIND_REGISTRY] = {"イ", "registry", "レジストリの情報"},
    [KIND_EVENT_LOG] = {"ウ", "event logs", "イベントログ"},
    [KIND_BROWSER] = {"エ", "web browser", "WEBブラウザの情報"},
    [KIND_MEMORY] = {"オ", "memory", "メモリ情報"},
    [KIND_SOFTWARE] = {"カ", "installed software", "インストールソフト情報"},
    [KIND_STARTUP] = {"キ", "startup programs", "スタートアッププログラム"},
    [KIND_HARDWARE] = {"ク", "hardware", "ハードウェア情報"},
};

static void write_counts(struct json *json, const struct collection_counts *counts)
{
	json_unsigned_field(json, "expected", counts->expected);
	json_unsigned_field(json, "taken", counts->taken);
	json_unsigned_field(json, "partial", counts->partial);
	json_unsigned_field(json, "skipped", counts->skipped);
	json_unsigned_field(json, "failed", counts->failed);
	if (counts->kept)
		json_unsigned_field(json, "kept", counts->kept);
	json_unsigned_field(json, "bytes", counts->bytes);
	json_key(json, "seconds");
	text_addf(json->to, "%llu.%03llu", (unsigned long long)(counts->milliseconds / 1000),
	    (unsigned long long)(counts->milliseconds % 1000));
	json->comma = true;
}

static void write_item(struct json *json, const struct collection_item *item)
{
	json_begin(json);
	json_string_field(json, "collector", item->collector->name);
	write_counts(json, &item->counts);
	if (item->shared)
		json_unsigned_field(json, "taken_by_others", item->shared);
	if (item->note)
		json_string_field(json, "note", item->note);
	else if (!item->ran)
		json_string_field(json, "note", "not finished");
	else if (item->counts.expected + item->shared == 0)
		json_string_field(json, "note", "nothing of it was found");
	json_end(json);
}

/* Whether one of that kind did not come to its end, and nothing else tells why. */
static bool is_cut(const struct collection *collection, enum information_kind kind)
{
	for (unsigned i = 0; i < collection->item_count; i++) {
		const struct collection_item *item = &collection->items[i];

		if (item->collector->kind == kind && !item->ran && !item->note)
			return collection->broken || collection->stopped;
	}
	return false;
}

/* What a kind's numbers alone would not say. */
static const char *kind_note(const struct collection *collection, enum information_kind kind,
    const struct collection_counts *counts, unsigned run)
{
	if (run == 0)
		return "no collector of this kind in this profile";
	if (counts->taken + counts->partial > 0)
		return NULL;
	if (is_cut(collection, kind))
		return "stopped before its end";
	if (volume_set_usable(collection->plan->volumes) == 0 && counts->skipped == 0)
		return "no usable volume";
	if (counts->skipped)
		return "not on this system, or turned off";
	return counts->failed ? "nothing could be taken" : "nothing of it was found";
}

static void write_kind(
    struct json *json, const struct collection *collection, enum information_kind kind)
{
	struct collection_counts counts = {0};
	unsigned run = 0;

	for (unsigned i = 0; i < collection->item_count; i++)
		if (collection->items[i].collector->kind == kind) {
			collection_count(&counts, &collection->items[i].counts);
			run++;
		}
	json_begin(json);
	json_string_field(json, "kind", kind_names[kind].letter);
	json_string_field(json, "name", kind_names[kind].name);
	json_string_field(json, "name_ja", kind_names[kind].japanese);
	write_counts(json, &counts);
	const char *note = kind_note(collection, kind, &counts, run);

	if (note)
		json_string_field(json, "note", note);
	json_key(json, "collectors");
	json_begin_array(json);
	for (unsigned i = 0; i < collection->item_count; i++)
		if (collection->items[i].collector->kind == kind)
			write_item(json, &collection->items[i]);
	json_end_array(json);
	json_end(json);
}

/* Why a shadow copy was not taken; NULL: it was. */
static const char *why_not_taken(const struct volume_set *set, size_t of, size_t snapshot)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->at[i].is_shadow && set->at[i].shadow_of == of &&
		    set->at[i].shadow_index == snapshot)
			return set->at[i].ntfs ? NULL : set->at[i].why.text;
	return "not chosen";
}

static void write_shadow(
    struct json *json, const struct volume_set *set, size_t of, size_t snapshot)
{
	const struct vss_info *info = vss_info(set->at[of].vss, snapshot);
	const char *why = why_not_taken(set, of, snapshot);
	char id[VSS_GUID_ROOM];

	json_begin(json);
	json_unsigned_field(json, "n", snapshot + 1);
	vss_guid_text(info->has_details ? info->copy_id : info->id, id);
	json_string_field(json, "id", id);
	vss_guid_text(info->id, id);
	json_string_field(json, "store", id);
	json_time_field(json, "created", info->created);
	if (info->has_details)
		json_unsigned_field(json, "attributes", info->attributes);
	if (info->flags & VSS_FLAG_OFFLINE)
		json_bool_field(json, "deleted", true);
	json_bool_field(json, "taken", !why);
	if (why)
		json_string_field(json, "reason", why);
	if (info->damage.kind != ERR_NONE)
		json_string_field(json, "damage", info->damage.text);
	json_end(json);
}

/* Every shadow copy that was found, taken or not. */
static void write_shadows(struct json *json, const struct volume_set *set, size_t of)
{
	const struct collection_volume *volume = &set->at[of];

	if (volume->vss) {
		json_key(json, "shadow_copies");
		json_begin_array(json);
		for (size_t i = 0; i < vss_count(volume->vss); i++)
			write_shadow(json, set, of, i);
		json_end_array(json);
	}
	if (volume->shadow_why.kind != ERR_NONE)
		json_string_field(json, "shadow_copies_reason", volume->shadow_why.text);
}

static void write_volumes(struct json *json, const struct volume_set *set)
{
	json_key(json, "volumes");
	json_begin_array(json);
	for (size_t i = 0; i < set->count; i++) {
		const struct collection_volume *volume = &set->at[i];

		if (volume->is_shadow)
			continue; /* with its volume */
		json_begin(json);
		json_bytes_field(json, "volume", text_bytes(&volume->name));
		json_bytes_field(json, "path", text_bytes(&volume->path));
		json_string_field(json, "is", volume->raw ? volume_kind_name(volume->kind) : NULL);
		json_bool_field(json, "live", volume->is_live);
		json_bool_field(json, "usable", collection_volume_usable(volume));
		if (!collection_volume_usable(volume))
			json_string_field(json, "reason", volume->why.text);
		write_shadows(json, set, i);
		json_end(json);
	}
	json_end_array(json);
}

static void write_disk(struct json *json, const struct volume_disk *disk, size_t index)
{
	CLEANUP(text_free) struct text name = {0};
	char id[DISK_GUID_ROOM];

	text_addf(&name, "$disk_%zu", index);
	if (disk->table.scheme == DISK_GPT)
		disk_guid_text(disk->table.guid, id);
	else
		(void)snprintf(id, sizeof(id), "%08x", disk->table.signature);
	json_begin(json);
	json_bytes_field(json, "disk", text_bytes(&name));
	json_bytes_field(json, "path", text_bytes(&disk->path));
	json_bool_field(json, "live", disk->is_live);
	json_unsigned_field(json, "size", disk->raw->size);
	json_unsigned_field(json, "sector_size", disk->table.sector_size);
	json_string_field(json, "table", disk->table.scheme == DISK_GPT ? "gpt" : "mbr");
	json_string_field(json, "id", id);
	json_unsigned_field(json, "partitions", disk->table.count);
	if (disk->table.from_backup)
		json_bool_field(json, "from_backup", true);
	json_end(json);
}

static void write_disks(struct json *json, const struct volume_set *set)
{
	if (set->disk_count == 0)
		return;
	json_key(json, "disks");
	json_begin_array(json);
	for (size_t i = 0; i < set->disk_count; i++)
		write_disk(json, &set->disks[i], i);
	json_end_array(json);
}

static void write_receipt(const struct collection *collection, struct text *out)
{
	struct json json = {.to = out};
	struct collection_counts totals;

	collection_totals(collection, &totals);
	json_begin(&json);
	json_string_field(
	    &json, "profile", collection->plan->profile ? collection->plan->profile : "default");
	json_key(&json, "kinds");
	json_begin_array(&json);
	for (unsigned i = 0; i < KIND_COUNT; i++)
		write_kind(&json, collection, (enum information_kind)i);
	json_end_array(&json);
	write_volumes(&json, collection->plan->volumes);
	write_disks(&json, collection->plan->volumes);
	json_key(&json, "totals");
	json_begin(&json);
	write_counts(&json, &totals);
	json_unsigned_field(&json, "problems", collection->problem_count);
	json_bool_field(&json, "stopped", collection->stopped);
	if (collection->broken && collection->broken_why.kind != ERR_STOPPED)
		json_string_field(&json, "broken", collection->broken_why.text);
	json_end(&json);
	json_end(&json);
}

static void write_touched(struct text *out, const char *what, struct bytes path, const char *how)
{
	struct json json = {.to = out};

	json_begin(&json);
	json_string_field(&json, "touched", what);
	json_bytes_field(&json, "path", path);
	json_string_field(&json, "how", how);
	json_unsigned_field(&json, "bytes_written", 0);
	json_end(&json);
	text_addc(out, '\n');
}

/* What we touched on the machine; and what Windows itself writes down about any program that starts. */
static void write_footprint(const struct collection *collection, struct text *out)
{
	const struct volume_set *set = collection->plan->volumes;

	for (size_t i = 0; i < set->count; i++)
		if (set->at[i].raw && !set->at[i].is_shadow)
			write_touched(out, set->at[i].is_live ? "volume" : "image",
			    text_bytes(&set->at[i].path), "opened for reading");
#ifdef _WIN32
	CLEANUP(text_free) struct text program = {0};

	if (!file_program_path(&program, NULL))
		text_clear(&program);
	write_touched(out, "system", text_bytes(&program),
	    "program started: Windows may note it in Prefetch, Amcache, BAM, UserAssist, "
	    "AppCompatCache, event 4688, and a USB disk in USBSTOR and setupapi.dev.log");
#endif
}

bool collection_receipt(struct collection *collection, struct err *err)
{
	CLEANUP(text_free) struct text receipt = {0};
	CLEANUP(text_free) struct text footprint = {0};

	write_receipt(collection, &receipt);
	write_footprint(collection, &footprint);
	return text_ok(&receipt, err) && text_ok(&footprint, err) &&
	       bundle_meta(collection->plan->writer, "receipt.json", text_bytes(&receipt), err) &&
	       bundle_meta(
		   collection->plan->writer, "footprint.jsonl", text_bytes(&footprint), err);
}
