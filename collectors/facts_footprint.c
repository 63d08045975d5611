/* collection.json: the medium that is written to, and what the run itself did to the PC, as far as it can be measured. See
 * facts_parts.h. */
#include "collectors/facts_parts.h"

#include "platform/file.h"
#include "platform/process.h"
#include "platform/storage.h"

/* What Windows notes about any program that starts; whether it did is for the analyst to see in what was collected. */
static const char *const expected_traces[] = {
    "Prefetch of the program",
    "Amcache, AppCompatCache, BAM and UserAssist of the program",
    "event 4688 where process creation is audited",
    "USBSTOR, MountedDevices and setupapi.dev.log of the disk it came on",
};

static void write_medium(struct json *json, const char *path)
{
	CLEANUP(storage_place_free) struct storage_place place = {0};
	bool is_known = path && storage_of(path, &place);

	facts_disk_fields(json, &place.disk);
	json_string_field(
	    json, "fs", place.file_system.len ? text_string(&place.file_system) : NULL);
	json_string_field(json, "volume_serial", *place.volume_serial ? place.volume_serial : NULL);
	json_key(json, "volume_size");
	if (is_known && place.size)
		json_unsigned(json, place.size);
	else
		json_null(json);
}

static void counter_field(struct json *json, const char *key, uint64_t bytes, uint64_t unknown)
{
	json_key(json, key);
	if (bytes == unknown)
		json_null(json);
	else
		json_unsigned(json, bytes);
}

void facts_media(struct json *json, const struct facts *facts, struct missing *missing)
{
	uint64_t left = UINT64_MAX;

	if (!facts->out || !file_free_space(facts->out, &left, NULL))
		left = UINT64_MAX;
	json_key(json, "media");
	json_begin(json);
	write_medium(json, facts->out);
	counter_field(json, "free_before", facts->free_before, UINT64_MAX);
	counter_field(json, "free_after", left, UINT64_MAX);
	json_string_field(json, "wiped", NULL);
	facts_missing(missing, "media.wiped", "a person knows: media.given");
	facts_given(json, facts, "given", "media");
	json_end(json);
}

static void write_prefetch(struct json *json)
{
	CLEANUP(text_free) struct text path = {0};
	uint64_t modified = 0;

	json_key(json, "prefetch");
	if (!process_own_prefetch(&path, &modified)) {
		json_null(json);
		return;
	}
	json_begin(json);
	json_bytes_field(json, "path", text_bytes(&path));
	json_time_field(json, "modified", modified);
	json_end(json);
	json->comma = true;
}

static void write_program(struct json *json)
{
	CLEANUP(text_free) struct text program = {0};
	bool is_known = file_program_path(&program, NULL);

	json_string_field(json, "program", is_known ? text_string(&program) : NULL);
	json_key(json, "program_medium");
	json_begin(json);
	write_medium(json, is_known ? text_string(&program) : NULL);
	json_end(json);
	json->comma = true;
}

static void write_traces(struct json *json, bool is_live)
{
	json_key(json, "expected_traces");
	json_begin_array(json);
	for (size_t i = 0; is_live && i < ARRAY_LEN(expected_traces); i++)
		json_string(json, bytes_of(expected_traces[i]));
	json_end_array(json);
}

void facts_footprint(struct json *json, const struct facts *facts)
{
	struct process_io io;
	struct file_made made;

	process_io(&io);
	file_made(&made);
	json_key(json, "footprint");
	json_begin(json);
	json_unsigned_field(json, "process_id", process_own_id());
	write_program(json);
	json_unsigned_field(json, "peak_memory", process_peak_memory());
	counter_field(json, "bytes_read", io.read_bytes, 0);
	counter_field(json, "bytes_written", io.written_bytes, 0);
	json_string_field(json, "written_below", facts->out);
	json_unsigned_field(json, "files_made", made.files);
	json_unsigned_field(json, "directories_made", made.directories);
	json_unsigned_field(json, "bytes_to_files", made.bytes);
	json_string_field(json, "registry", "read only");
	write_prefetch(json);
	write_traces(json, facts->is_live);
	json_end(json);
	json->comma = true;
}
