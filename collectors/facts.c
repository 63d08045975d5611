/* collection.json. See facts.h. */
#include "collectors/facts.h"

#include "collectors/state.h"
#include "core/time.h"

#include "collectors/facts_file.h"
#include "collectors/facts_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <yyjson.h>

#define TICKS_PER_MS (TIME_TICKS_PER_SECOND / 1000)

/* A fact that only a person can give: taken from the --facts file as it stands. */
static const char *const given_keys[] = {"evidence_no", "parent_collection", "dispatch",
    "authority", "operator", "witness", "location", "exclusions", "notes"};

void facts_missing(struct missing *missing, const char *field, const char *why)
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

static bool is_among(const char *word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return false;
}

bool facts_given(struct json *json, const struct facts *facts, const char *key, const char *from)
{
	yyjson_val *root = facts_file_root(facts->file);
	yyjson_val *given = root ? yyjson_obj_get(root, from) : NULL;

	if (given)
		add_value(json, key, given);
	else
		json_string_field(json, key, NULL);
	return given != NULL;
}

static void write_given(struct json *json, const struct facts *facts, struct missing *missing)
{
	for (size_t i = 0; i < ARRAY_LEN(given_keys); i++)
		if (!facts_given(json, facts, given_keys[i], given_keys[i]))
			facts_missing(missing, given_keys[i], "not given with --facts");
}

/* Whatever else was given. */
static void write_rest(struct json *json, const struct facts *facts)
{
	static const char *const elsewhere[] = {"media", "state_found"};
	yyjson_val *root = facts_file_root(facts->file);
	yyjson_val *key;
	yyjson_val *value;
	size_t at;
	size_t max;

	json_key(json, "facts");
	json_begin(json);
	if (root)
		yyjson_obj_foreach(root, at, max, key, value)
		{
			const char *name = yyjson_get_str(key);

			if (!is_among(name, given_keys, ARRAY_LEN(given_keys)) &&
			    !is_among(name, elsewhere, ARRAY_LEN(elsewhere)))
				add_value(json, name, value);
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

/* How far the clock was moved while we collected. */
static int64_t set_by_ms(const struct facts *facts)
{
	const struct facts_clock *start = &facts->started;
	const struct facts_clock *end = &facts->ended;

	return (int64_t)(end->utc / TICKS_PER_MS) - (int64_t)(start->utc / TICKS_PER_MS) -
	       (int64_t)(end->monotonic_ms - start->monotonic_ms);
}

static void text_or_null(struct json *json, const char *key, const char *value)
{
	json_string_field(json, key, value && *value ? value : NULL);
}

static void time_or_null(struct json *json, const char *key, uint64_t ticks)
{
	if (ticks)
		json_time_field(json, key, ticks);
	else
		json_string_field(json, key, NULL);
}

/* What keeps the clock right, at the start; at the end only when it was last good. */
static void write_sync(struct json *json, const struct clock_sync *start,
    const struct clock_sync *end, struct missing *missing)
{
	json_key(json, "w32time");
	json_begin(json);
	json_string_field(json, "service", start->service);
	text_or_null(json, "state", start->state);
	text_or_null(json, "type", text_string(&start->type));
	text_or_null(json, "source", text_string(&start->source));
	time_or_null(json, "last_good", start->last);
	text_or_null(json, "state_end", end->state);
	time_or_null(json, "last_good_end", end->last);
	json_end(json);
	if (!*start->state && !start->source.len)
		facts_missing(missing, "clock.w32time", "the system did not tell");
	else if (!start->last)
		facts_missing(missing, "clock.w32time.last_good", "the system did not tell");
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
		json_key(json, "offset_end_ms"); /* worked out: nobody looks at a clock then */
		json_integer(json, facts_offset_ms(reference) + set_by_ms(facts));
		return;
	}
	json_string_field(json, "reference_utc", NULL);
	json_string_field(json, "reference_host_utc", NULL);
	json_string_field(json, "offset_ms", NULL);
	json_string_field(json, "offset_end_ms", NULL);
	if (!told)
		facts_missing(missing, "clock.reference", "no --reference-time was given");
	facts_missing(missing, "clock.offset_ms", "no --reference-time was given");
	facts_missing(missing, "clock.offset_end_ms", "no --reference-time was given");
}

static void write_clock(struct json *json, const struct facts *facts, struct missing *missing)
{
	const struct facts_clock *start = &facts->started;
	const struct facts_clock *end = &facts->ended;

	json_key(json, "clock");
	json_begin(json);
	write_time(json, "start", start);
	write_time(json, "end", end);
	json_unsigned_field(json, "elapsed_ms", end->monotonic_ms - start->monotonic_ms);
	json_key(json, "set_by_ms"); /* moved while we collected */
	json_integer(json, set_by_ms(facts));
	json_bytes_field(json, "zone", text_bytes(&facts->machine->zone));
	write_reference(json, facts, missing);
	write_sync(json, facts->sync_started, facts->sync_ended, missing);
	json_end(json);
}

/* What runs before this one left. */
static void write_resumed(struct json *json, const struct bundle_resumed *resumed)
{
	if (!resumed)
		return;
	json_key(json, "resumed");
	json_begin(json);
	json_unsigned_field(json, "run", resumed->run);
	json_time_field(json, "begun", resumed->started);
	json_unsigned_field(json, "volumes_kept", resumed->volumes);
	json_unsigned_field(json, "entries_kept", resumed->entries);
	json_unsigned_field(json, "bytes_kept", resumed->bytes);
	json_unsigned_field(json, "volumes_set_aside", resumed->set_aside);
	json_end(json);
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
		facts_missing(missing, "tool.exe_sha256", "the program could not read itself");
	facts_missing(missing, "tool.commit", "builds are reproducible: version and hash name it");
	facts_missing(missing, "tool.signer", "not checked by this version");
	json_key(json, "profile");
	json_begin(json);
	json_string_field(json, "name", facts->profile);
	json_string_field(json, "sha256", NULL);
	json_string_field(json, "signer", NULL);
	json_end(json);
	facts_missing(missing, "profile.sha256", "profiles are built into the program");
	facts_missing(missing, "profile.signer", "profiles are built into the program");
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
	json_key(json, "recipient_names");
	json_begin_array(json);
	for (size_t i = 0; i < facts->kit->names.count; i++)
		json_string(json, bytes_of(facts->kit->names.at[i]));
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
		time_or_null(json, "start", item->started);
		time_or_null(json, "end", item->ended);
		json_unsigned_field(json, "milliseconds", item->counts.milliseconds);
		json_unsigned_field(json, "taken", item->counts.taken);
		json_unsigned_field(json, "partial", item->counts.partial);
		json_unsigned_field(json, "failed", item->counts.failed);
		json_end(json);
	}
	json_end_array(json);
}

/* The first of them, as they were shown; all have their rows. */
static void write_errors(struct json *json, const struct collection *collection)
{
	json_key(json, "errors");
	json_begin_array(json);
	for (size_t i = 0; i < collection->problems.count; i++)
		json_string(json, bytes_of(collection->problems.at[i]));
	json_end_array(json);
	json_unsigned_field(json, "errors_in_all", collection->problem_count);
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
	json_unsigned_field(json, "volumes", totals.volumes);
	json_unsigned_field(json, "bytes_sealed", totals.bytes_out);
	json_end(json);
}

static const char *status_of(const struct collection *collection)
{
	if (collection->broken && collection->broken_why.kind != ERR_STOPPED)
		return "destination failed";
	if (collection->stopped)
		return "stopped by the user";
	return collection->problem_count ? "finished with gaps" : "complete";
}

static const char *const read_back_words[] = {NULL, "good", "bad", "stopped", "left out"};

/* Of the volumes with evidence: this file lies in one that comes after them. */
static void write_read_back(struct json *json, const struct read_back *read_back)
{
	json_key(json, "verify");
	json_begin(json);
	json_string_field(json, "read_back", read_back_words[read_back->result]);
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
		facts_missing(&missing, "case_id", "no --case was given");
	json_string_field(&json, "public", facts->ids_only ? KIT_PUBLIC_IDS : KIT_PUBLIC_NAMES);
	json_string_field(&json, "status", status_of(facts->collection));
	write_given(&json, facts, &missing);
	write_rest(&json, facts);
	facts_target(&json, facts, &missing);
	write_clock(&json, facts, &missing);
	write_resumed(&json, facts->resumed);
	write_tool(&json, facts, &missing);
	write_kit(&json, facts);
	write_steps(&json, facts->collection);
	write_errors(&json, facts->collection);
	facts_media(&json, facts, &missing);
	facts_footprint(&json, facts);
	write_totals(&json, facts);
	json_string_field(&json, "hashes", NULL);
	facts_missing(
	    &missing, "hashes", "MANIFEST.sha256 has them: it is written after this file");
	write_read_back(&json, facts->read_back);
	json_string_field(&json, "locale", facts->locale);
	json_end(&missing.json);
	json_key(&json, "why");
	text_add(out, text_bytes(&missing.fields));
	json_end(&json);
	text_addc(out, '\n');
	if (missing.fields.failed)
		out->failed = true;
	text_free(&missing.fields);
}
