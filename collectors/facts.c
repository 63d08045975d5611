/* collection.json. See facts.h. */
#include "collectors/facts.h"

#include "collectors/state.h"
#include "core/time.h"

#include "collectors/facts_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <yyjson.h>

#define TICKS_PER_MS (TIME_TICKS_PER_SECOND / 1000)

/* A fact that only a person can give: taken from the --facts file as it stands. */
static const char *const given_keys[] = {"evidence_no", "parent_collection", "dispatch",
    "authority", "operator", "witness", "location", "exclusions", "media", "notes"};

/* The fields without a source, for `why`. */
struct missing {
	struct text fields;
	struct json json;
};

static void add_missing(struct missing *missing, const char *field, const char *why)
{
	json_string_field(&missing->json, field, why);
}

static void add_value(struct json *json, const char *key, yyjson_val *value)
{
	char *text = yyjson_val_write(value, 0, NULL);

	json_key(json, key);
	text_adds(json->to, text ? text : "null");
	json->comma = true;
	free(text);
}

static bool is_given_key(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(given_keys); i++)
		if (strcmp(given_keys[i], key) == 0)
			return true;
	return false;
}

static void write_given(struct json *json, const struct facts *facts, struct missing *missing)
{
	yyjson_val *root = facts_file_root(facts->file);
	yyjson_val *key;
	size_t at;
	size_t max;
	yyjson_val *value;

	for (size_t i = 0; i < ARRAY_LEN(given_keys); i++) {
		yyjson_val *given = root ? yyjson_obj_get(root, given_keys[i]) : NULL;

		if (given) {
			add_value(json, given_keys[i], given);
			continue;
		}
		json_string_field(json, given_keys[i], NULL);
		add_missing(missing, given_keys[i], "not given with --facts");
	}
	json_key(json, "facts"); /* whatever else was given */
	json_begin(json);
	if (root)
		yyjson_obj_foreach(root, at, max, key, value)
		{
			if (!is_given_key(yyjson_get_str(key)))
				add_value(json, yyjson_get_str(key), value);
		}
	json_end(json);
}

/* {utc, local, tz_offset_min, boot_time, uptime_ms, source} */
static void write_time(struct json *json, const char *key, const struct facts_clock *clock)
{
	char local[TIME_ISO_ROOM];
	char whole[TIME_ISO_ROOM + 8];
	int32_t zone = clock->zone_minutes;
	int32_t minutes = zone < 0 ? -zone : zone;
	uint64_t boot = clock->boot_time;

	json_key(json, key);
	json_begin(json);
	json_time_field(json, "utc", clock->utc);
	time_iso(
	    clock->utc + (uint64_t)((int64_t)zone * 60 * (int64_t)TIME_TICKS_PER_SECOND), local);
	local[strlen(local) - 1] = 0; /* the Z */
	snprintf(whole, sizeof(whole), "%s%c%02d:%02d", local, zone < 0 ? '-' : '+',
	    (int)(minutes / 60 % 24), (int)(minutes % 60));
	json_string_field(json, "local", whole);
	json_key(json, "tz_offset_min");
	json_integer(json, zone);
	if (boot && boot <= clock->utc) {
		json_time_field(json, "boot_time", boot);
		json_unsigned_field(json, "uptime_ms", (clock->utc - boot) / TICKS_PER_MS);
	} else {
		json_string_field(json, "boot_time", NULL);
		json_string_field(json, "uptime_ms", NULL);
	}
	json_string_field(json, "source", "clock of the machine that collected");
	json_end(json);
}

static void text_field(
    struct json *json, struct missing *missing, const char *key, const struct text *value)
{
	char field[64];

	if (value->len) {
		json_bytes_field(json, key, text_bytes(value));
		return;
	}
	json_string_field(json, key, NULL);
	snprintf(field, sizeof(field), "target.%s", key);
	add_missing(missing, field, "the system did not tell");
}

static void write_target(struct json *json, const struct facts *facts, struct missing *missing)
{
	static const char *const untold[] = {"fqdn", "asset_tag", "uuid", "build", "install_date",
	    "state_found", "logged_on", "ip", "mac", "bitlocker", "disks"};
	const struct host_facts *machine = facts->machine;
	char field[64];

	json_key(json, "target");
	json_begin(json);
	json_string_field(json, "hostname", facts->host);
	json_bool_field(json, "is_running", facts->is_live);
	if (facts->is_live) {
		text_field(json, missing, "domain", &machine->domain);
		text_field(json, missing, "machine_guid", &machine->machine_guid);
		text_field(json, missing, "manufacturer", &machine->manufacturer);
		text_field(json, missing, "model", &machine->model);
		text_field(json, missing, "serial", &machine->serial);
		text_field(json, missing, "os", &machine->os);
		if (facts->ended.boot_time)
			json_time_field(json, "boot_time", facts->ended.boot_time);
		else
			text_field(json, missing, "boot_time", &(const struct text){0});
	} else {
		static const char *const of_running[] = {
		    "domain", "machine_guid", "manufacturer", "model", "serial", "os", "boot_time"};

		for (size_t i = 0; i < ARRAY_LEN(of_running); i++) {
			json_string_field(json, of_running[i], NULL);
			snprintf(field, sizeof(field), "target.%s", of_running[i]);
			add_missing(missing, field, "taken from an image: see its hives");
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(untold); i++) {
		json_string_field(json, untold[i], NULL);
		snprintf(field, sizeof(field), "target.%s", untold[i]);
		add_missing(missing, field, "not asked by this version");
	}
	json_end(json);
}

/* What a person read from a clock that is right, and how far ours is from it. */
static void write_reference(struct json *json, const struct facts *facts, struct missing *missing)
{
	const struct facts_reference *reference = &facts->reference;
	const char *told = facts_file_text(facts->file, "clock", "reference");

	json_string_field(json, "reference", reference->typed ? reference->typed : told);
	if (reference->typed) {
		json_time_field(json, "reference_utc", reference->utc);
		json_time_field(json, "reference_host_utc", reference->host);
		json_key(json, "offset_ms");
		json_integer(json, facts_offset_ms(reference));
		return;
	}
	json_string_field(json, "reference_utc", NULL);
	json_string_field(json, "reference_host_utc", NULL);
	json_string_field(json, "offset_ms", NULL);
	if (!told)
		add_missing(missing, "clock.reference", "no --reference-time was given");
	add_missing(missing, "clock.offset_ms", "no --reference-time was given");
}

static void write_clock(struct json *json, const struct facts *facts, struct missing *missing)
{
	const struct facts_clock *start = &facts->started;
	const struct facts_clock *end = &facts->ended;
	int64_t by_clock =
	    (int64_t)(end->utc / TICKS_PER_MS) - (int64_t)(start->utc / TICKS_PER_MS);

	json_key(json, "clock");
	json_begin(json);
	write_time(json, "start", start);
	write_time(json, "end", end);
	json_unsigned_field(json, "elapsed_ms", end->monotonic_ms - start->monotonic_ms);
	json_key(json, "set_by_ms"); /* moved while we collected */
	json_integer(json, by_clock - (int64_t)(end->monotonic_ms - start->monotonic_ms));
	json_bytes_field(json, "zone", text_bytes(&facts->machine->zone));
	write_reference(json, facts, missing);
	json_string_field(json, "w32time", NULL);
	json_end(json);
	add_missing(missing, "clock.w32time", "not asked by this version");
}

static void write_tool(struct json *json, const struct facts *facts, struct missing *missing)
{
	bool has_hash = facts->program_sha256[0];

	json_key(json, "tool");
	json_begin(json);
	json_string_field(json, "name", "kanshiki");
	json_string_field(json, "version", KANSHIKI_VERSION);
	json_string_field(json, "exe_sha256", has_hash ? facts->program_sha256 : NULL);
	json_string_field(json, "commit", NULL);
	json_string_field(json, "signer", NULL);
	json_bytes_field(json, "run_by", text_bytes(&facts->machine->user));
	json_bytes_field(json, "run_on", text_bytes(&facts->machine->name));
	json_bytes_field(json, "run_on_os", text_bytes(&facts->machine->os));
	json_end(json);
	if (!has_hash)
		add_missing(missing, "tool.exe_sha256", "the program could not read itself");
	add_missing(missing, "tool.commit", "builds are reproducible: version and hash name it");
	add_missing(missing, "tool.signer", "not checked by this version");
	json_key(json, "profile");
	json_begin(json);
	json_string_field(json, "name", facts->profile);
	json_string_field(json, "sha256", NULL);
	json_string_field(json, "signer", NULL);
	json_end(json);
	add_missing(missing, "profile.sha256", "profiles are built into the program");
	add_missing(missing, "profile.signer", "profiles are built into the program");
	json_key(json, "rules");
	json_begin_array(json);
	json_end_array(json);
}

static void write_kit(struct json *json, const struct facts *facts)
{
	uint8_t certificate[SHA256_LEN];

	json_key(json, "recipients");
	json_begin_array(json);
	for (size_t i = 0; i < facts->kit->recipients.count; i++)
		json_string(json, bytes_of(facts->kit->recipients.at[i]));
	json_end_array(json);
	seal_key_certificate_sha256(facts->kit->seal, certificate);
	json_key(json, "seal");
	json_begin(json);
	json_hex_field(json, "cert_sha256", (struct bytes){certificate, sizeof(certificate)});
	json_string_field(json, "alg", "ECDSA P-256, SHA-256, CMS");
	json_bytes_field(json, "kit", text_bytes(&facts->kit->name));
	json_end(json);
}

static void write_steps(struct json *json, const struct collection *collection)
{
	json_key(json, "steps");
	json_begin_array(json);
	for (unsigned i = 0; i < collection->item_count; i++) {
		const struct collection_item *item = &collection->items[i];

		json_begin(json);
		json_unsigned_field(json, "seq", i + 1);
		json_string_field(json, "name", item->collector->name);
		json_key(json, "order_class");
		json_integer(json, item->collector->volatility);
		if (item->note)
			json_string_field(json, "note", item->note);
		json_bool_field(json, "finished", item->ran);
		json_unsigned_field(json, "milliseconds", item->counts.milliseconds);
		json_unsigned_field(json, "taken", item->counts.taken);
		json_unsigned_field(json, "partial", item->counts.partial);
		json_unsigned_field(json, "failed", item->counts.failed);
		json_end(json);
	}
	json_end_array(json);
}

static void write_totals(struct json *json, const struct facts *facts)
{
	struct bundle_totals totals;
	struct collection_counts counts;

	bundle_totals(facts->writer, &totals);
	collection_totals(facts->collection, &counts);
	json_key(json, "totals");
	json_begin(json);
	json_unsigned_field(json, "files", counts.taken + counts.partial);
	json_unsigned_field(json, "not_taken", counts.failed);
	json_unsigned_field(json, "entries", totals.entries);
	json_unsigned_field(json, "rows", totals.rows);
	json_unsigned_field(json, "bytes", totals.bytes_in);
	json_end(json);
}

static const char *status_of(const struct collection *collection)
{
	if (collection->broken)
		return "destination failed";
	if (collection->stopped)
		return "stopped by the user";
	return collection->problem_count ? "finished with gaps" : "complete";
}

/* Of the volumes with evidence: this file lies in one that comes after them. */
static void write_read_back(struct json *json, const struct read_back *read_back)
{
	json_key(json, "verify");
	json_begin(json);
	json_string_field(json, "read_back", read_back->result);
	json_unsigned_field(json, "volumes", read_back->done.volumes);
	json_unsigned_field(json, "bytes", read_back->done.bytes);
	json_unsigned_field(json, "milliseconds", read_back->milliseconds);
	json_end(json);
}

void facts_write(const struct facts *facts, struct text *out)
{
	struct json json = {.to = out};
	struct missing missing = {0};
	char id[37];

	missing.json.to = &missing.fields;
	bundle_id_text(facts->collection_id, id);
	json_begin(&missing.json);
	json_begin(&json);
	json_string_field(&json, "schema", "kanshiki/collection/1");
	json_string_field(&json, "collection_id", id);
	json_string_field(&json, "case_id", facts->case_id);
	if (!facts->case_id)
		add_missing(&missing, "case_id", "no --case was given");
	json_string_field(&json, "public", facts->ids_only ? KIT_PUBLIC_IDS : KIT_PUBLIC_NAMES);
	json_string_field(&json, "status", status_of(facts->collection));
	write_given(&json, facts, &missing);
	write_target(&json, facts, &missing);
	write_clock(&json, facts, &missing);
	write_tool(&json, facts, &missing);
	write_kit(&json, facts);
	write_steps(&json, facts->collection);
	write_totals(&json, facts);
	json_string_field(&json, "hashes", NULL);
	add_missing(&missing, "hashes", "MANIFEST.sha256 has them: it is written after this file");
	write_read_back(&json, facts->read_back);
	json_end(&missing.json);
	json_key(&json, "why");
	text_add(out, text_bytes(&missing.fields));
	json_end(&json);
	text_addc(out, '\n');
	if (missing.fields.failed)
		out->failed = true;
	text_free(&missing.fields);
}
