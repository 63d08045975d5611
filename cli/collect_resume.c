/* kanshiki collect --resume: what tells a collection from another, and what is said when it goes on. See collect.h. */
#include "cli/collect.h"

#include "core/json.h"
#include "core/tr.h"
#include "platform/console.h"

#include <stdio.h>

static bool hash_of(struct text *text, uint8_t out[SHA256_LEN], struct err *err)
{
	hash_sha256(text_bytes(text), out);
	return text_ok(text, err);
}

static bool hash_request(const struct collect_request *request, const char *profile,
    uint8_t out[SHA256_LEN], struct err *err)
{
	CLEANUP(text_free) struct text text = {0};
	struct json json = {.to = &text};

	json_begin(&json);
	json_string_field(&json, "profile", profile ? profile : COLLECT_PROFILE_DEFAULT);
	json_string_field(&json, "deleted", request->deleted);
	json_unsigned_field(&json, "deleted_cap", request->deleted_cap);
	json_string_field(&json, "shadow", request->shadow);
	json_bool_field(&json, "no_live", request->no_live);
	json_key(&json, "take");
	json_begin_array(&json);
	for (size_t i = 0; i < request->take.count; i++)
		json_string(&json, bytes_of(request->take.at[i]));
	json_end_array(&json);
	json_end(&json);
	return hash_of(&text, out, err);
}

/* Of a running machine also what Windows calls it: hosts may share a name. */
static bool hash_host(const char *host, const struct host_facts *machine, bool is_live,
    uint8_t out[SHA256_LEN], struct err *err)
{
	CLEANUP(text_free) struct text text = {0};
	struct json json = {.to = &text};

	json_begin(&json);
	json_string_field(&json, "host", host);
	if (is_live)
		json_bytes_field(&json, "guid", text_bytes(&machine->machine_guid));
	json_end(&json);
	return hash_of(&text, out, err);
}

static uint64_t serial_of(const struct collection_volume *volume)
{
	if (volume->ntfs)
		return ntfs_volume_geometry(volume->ntfs)->serial;
	return volume->fat ? fat_volume_geometry(volume->fat)->serial : 0;
}

/* Shadow copies come and go while a PC runs. */
static bool hash_sources(const struct volume_set *set, uint8_t out[SHA256_LEN], struct err *err)
{
	CLEANUP(text_free) struct text text = {0};
	struct json json = {.to = &text};

	json_begin_array(&json);
	for (size_t i = 0; i < set->count; i++) {
		const struct collection_volume *volume = &set->at[i];

		if (volume->is_shadow)
			continue;
		json_begin(&json);
		json_bytes_field(&json, "volume", text_bytes(&volume->name));
		json_unsigned_field(&json, "kind", volume->kind);
		json_unsigned_field(&json, "serial", serial_of(volume));
		json_unsigned_field(&json, "size", volume->raw ? volume->raw->size : 0);
		json_end(&json);
	}
	json_end_array(&json);
	return hash_of(&text, out, err);
}

bool collect_origin(const struct collect_request *request, const struct collect_about *about,
    struct bundle_origin *out, struct err *err)
{
	return hash_request(request, about->profile, out->request, err) &&
	       hash_host(about->host, about->machine, about->is_live, out->host, err) &&
	       hash_sources(about->volumes, out->sources, err);
}

/* The name behind the last separator. */
static bool last_name(const struct text *path, struct text *out, struct err *err)
{
	const char *at = text_string(path);
	size_t end = path->len;

	while (end > 1 && (at[end - 1] == '/' || at[end - 1] == '\\'))
		end--;
	size_t start = end;

	while (start > 0 && at[start - 1] != '/' && at[start - 1] != '\\')
		start--;
	text_clear(out);
	text_add(out, (struct bytes){(const uint8_t *)at + start, end - start});
	return text_ok(out, err);
}

/* "." says nothing to who reads it on the sheet; nor does "E:". */
static bool is_name(const char *name)
{
	return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, ':');
}

bool collect_resume_path(const char *typed, struct text *path, struct text *name, struct err *err)
{
	text_adds(path, typed);
	if (!collect_system_path(path, err) || !last_name(path, name, err))
		return false;
	return is_name(text_string(name)) ||
	       (file_real_path(typed, path, err) && last_name(path, name, err));
}

bool collect_show_reading(bool is_before, unsigned *shown, uint64_t done, uint64_t total)
{
	unsigned percent = done < total ? (unsigned)(done / (total / 100 + 1)) : 100;
	char line[96];

	if (percent != *shown && console_is_terminal(2)) {
		if (is_before)
			snprintf(line, sizeof(line), tr("Checking what is sealed %u %%"), percent);
		else
			snprintf(line, sizeof(line), tr("Reading back %u %%"), percent);
		console_progress(line);
		*shown = percent;
	}
	return !console_stopped();
}

static bool show_checking(void *context, uint64_t done, uint64_t total)
{
	return collect_show_reading(true, context, done, total);
}

bool collect_resume(struct store *store, const struct bundle_plan *plan, bool sizes_only,
    struct bundle_resumed *resumed, struct bundle_writer **out, struct err *err)
{
	unsigned shown = 0;
	struct bundle_checking checking = {sizes_only, show_checking, &shown};
	bool ok = bundle_resume(store, plan, &checking, resumed, out, err);

	if (shown)
		console_progress("");
	return ok;
}

bool collect_hold(const char *bundle, struct file_hold **out, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};
	struct err why = {0};

	/* Every bundle has it from the beginning to the end, and nobody writes to it. */
	file_join(&path, bundle, "README.txt");
	if (!text_ok(&path, err))
		return false;
	if (file_hold(text_string(&path), out, &why))
		return true;
	if (why.kind == ERR_DENIED)
		fail(&why, ERR_EXISTS, "another run is writing to it");
	if (err)
		*err = why;
	return false;
}

void collect_say_resumed(const struct bundle_resumed *resumed)
{
	say(tr("Going on: what was sealed before the interruption stays (files and streams: %llu, "
	       "volumes: %u).\n"),
	    (unsigned long long)resumed->entries, (unsigned)resumed->volumes);
	if (resumed->goes_on_inside)
		say("%s\n", tr("One more was sealed in part: it is gone on with."));
	if (resumed->set_aside)
		say(tr("Unfinished volumes, kept beside them, whose content is taken again: %u.\n"),
		    (unsigned)resumed->set_aside);
	if (resumed->unread)
		say(tr("Of these, not to be read to the end, and so not sealed (.unread): %u.\n"),
		    (unsigned)resumed->unread);
}
