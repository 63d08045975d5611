/* collection.json: the PC that the evidence is of. See facts_parts.h. */
#include "collectors/facts_file.h"
#include "collectors/facts_parts.h"

#include <stdio.h>

#define FIELD_ROOM 64

static void null_field(struct json *json, struct missing *missing, const char *key, const char *why)
{
	char field[FIELD_ROOM];

	json_string_field(json, key, NULL);
	snprintf(field, sizeof(field), "target.%s", key);
	facts_missing(missing, field, why);
}

static void text_field(
    struct json *json, struct missing *missing, const char *key, const struct text *value)
{
	if (value->len)
		json_bytes_field(json, key, text_bytes(value));
	else
		null_field(json, missing, key, "the system did not tell");
}

static void list_field(
    struct json *json, struct missing *missing, const char *key, const struct text_list *list)
{
	if (list->count == 0) {
		null_field(json, missing, key, "the system did not tell");
		return;
	}
	json_key(json, key);
	json_begin_array(json);
	for (size_t i = 0; i < list->count; i++)
		json_string(json, bytes_of(list->at[i]));
	json_end_array(json);
}

static void time_field(struct json *json, struct missing *missing, const char *key, uint64_t ticks)
{
	if (ticks)
		json_time_field(json, key, ticks);
	else
		null_field(json, missing, key, "the system did not tell");
}

static void write_running(struct json *json, const struct facts *facts, struct missing *missing)
{
	const struct host_facts *machine = facts->machine;

	text_field(json, missing, "fqdn", &machine->fqdn);
	text_field(json, missing, "domain", &machine->domain);
	text_field(json, missing, "machine_guid", &machine->machine_guid);
	text_field(json, missing, "manufacturer", &machine->manufacturer);
	text_field(json, missing, "model", &machine->model);
	text_field(json, missing, "serial", &machine->serial);
	text_field(json, missing, "asset_tag", &machine->asset_tag);
	text_field(json, missing, "uuid", &machine->uuid);
	text_field(json, missing, "os", &machine->os);
	text_field(json, missing, "build", &machine->build);
	time_field(json, missing, "install_date", machine->installed);
	time_field(json, missing, "boot_time", facts->ended.boot_time);
	list_field(json, missing, "logged_on", &machine->logged_on);
	list_field(json, missing, "ip", &machine->ip);
	list_field(json, missing, "mac", &machine->mac);
}

static void write_of_image(struct json *json, struct missing *missing)
{
	static const char *const of_running[] = {"fqdn", "domain", "machine_guid", "manufacturer",
	    "model", "serial", "asset_tag", "uuid", "os", "build", "install_date", "boot_time",
	    "logged_on", "ip", "mac"};

	for (size_t i = 0; i < ARRAY_LEN(of_running); i++)
		null_field(json, missing, of_running[i], "taken from an image: see its hives");
}

void facts_target(struct json *json, const struct facts *facts, struct missing *missing)
{
	const char *state = facts_file_text(facts->file, "state_found", NULL);

	json_key(json, "target");
	json_begin(json);
	json_string_field(json, "hostname", facts->host);
	json_bool_field(json, "is_running", facts->is_live);
	if (facts->is_live)
		write_running(json, facts, missing);
	else
		write_of_image(json, missing);
	if (state)
		json_string_field(json, "state_found", state);
	else
		null_field(json, missing, "state_found", "not given with --facts");
	facts_disks(json, facts, missing);
	json_end(json);
}
