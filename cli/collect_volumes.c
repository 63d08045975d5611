/* Which volumes kanshiki collect takes from. See collect.h. */
#include "cli/collect.h"

#include "cli/command.h"
#include "cli/image_target.h"
#include "core/array.h"
#include "platform/file.h"
#include "platform/process.h"

#include <stdlib.h>

#define HOST_BYTES_MAX 255

#ifdef _WIN32
#define HAS_LIVE_VOLUMES true
#else
#define HAS_LIVE_VOLUMES false
#endif

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

char collect_volume_letter(const char *word)
{
	return is_letter(word[0]) && word[1] == '=' ? (char)(word[0] & ~0x20) : 0;
}

static bool refuse(int *code, int exit_code)
{
	*code = exit_code;
	return false;
}

static bool check_destination(
    const struct collect_request *request, const char *path, int *code, struct err *err)
{
	if (!request->out || !volume_holds(path, request->out))
		return true;
	fail(err, ERR_USAGE, "--out '%s' lies on '%s', which is to be collected: give another disk",
	    request->out, path);
	return refuse(code, EXIT_USAGE);
}

/* Opens one and adds it. What cannot be opened is added with the reason. */
static bool add_volume(struct volume_set *set, char letter, const char *guid, const char *path,
    int *code, struct err *err)
{
	struct source *raw = NULL;
	bool is_live = volume_is_live(path);
	struct err why = {0};
	bool ok;

	if (volume_open(path, &raw, &why))
		ok = volume_set_add(set, letter, guid, path, is_live, raw, err);
	else
		ok = volume_set_add_unusable(set, letter, guid, path, is_live, &why, err);
	return ok || refuse(code, EXIT_USAGE);
}

/* "C=PATH", or a path alone: a disk, whose partitions have letters of their own. */
static bool add_word(const struct collect_request *request, struct volume_set *set,
    const char *word, int *code, struct err *err)
{
	CLEANUP(image_target_free) struct image_target target = {0};
	char letter = collect_volume_letter(word);

	word += letter ? 2 : 0;
	if (!*word) {
		fail(err, ERR_USAGE, "--volume takes an image or volume, as in C=disk.img");
		return refuse(code, EXIT_USAGE);
	}
	if (!image_target_parse(word, &target, err))
		return refuse(code, EXIT_USAGE);
	const char *path = text_string(&target.path);

	if (!volume_is_live(path) && file_kind(path) == FILE_KIND_MISSING) {
		fail(err, ERR_MISSING, "no such volume or image '%s'", path);
		return refuse(code, EXIT_NO_INPUT);
	}
	return check_destination(request, path, code, err) &&
	       (collect_add_image(set, letter, &target, err) || refuse(code, EXIT_USAGE));
}

static bool add_asked(
    const struct collect_request *request, struct volume_set *set, int *code, struct err *err)
{
	for (size_t i = 0; i < request->volumes.count; i++)
		if (!add_word(request, set, request->volumes.at[i], code, err))
			return false;
	return true;
}

bool collect_is_ours(const struct collect_request *request, const struct volume_info *volume)
{
	CLEANUP(text_free) struct text program = {0};
	const char *places[3] = {request->out, request->kit, NULL};

	if (file_program_path(&program, NULL))
		places[2] = text_string(&program);
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (places[i] && volume_holds(volume->path, places[i]))
			return true;
	return false;
}

/* Adds it as one that is left out, so that row, receipt and screen name it. */
static bool skip_volume(
    struct volume_set *set, const struct volume_info *volume, int *code, struct err *err)
{
	struct err why = {0};

	fail(&why, ERR_UNSUPPORTED,
	    "left out, for it holds --out, the kit or the program: --volume takes it");
	if (!volume_set_add_unusable(
		set, volume->letter, volume->guid, volume->path, true, &why, err))
		return refuse(code, EXIT_IO);
	set->at[set->count - 1].is_skipped = true;
	return true;
}

static bool add_fixed(
    const struct collect_request *request, struct volume_set *set, int *code, struct err *err)
{
	CLEANUP(free_memory) struct volume_info *volumes = NULL;
	size_t count = 0;

	if (!volume_list(&volumes, &count, err))
		return refuse(code, EXIT_IO);
	for (size_t i = 0; i < count; i++) {
		const struct volume_info *volume = &volumes[i];

		if (!volume->is_fixed)
			continue;
		if (!(collect_is_ours(request, volume)
			    ? skip_volume(set, volume, code, err)
			    : add_volume(
				  set, volume->letter, volume->guid, volume->path, code, err)))
			return false;
	}
	return true;
}

static bool any_live(const struct volume_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->at[i].is_live)
			return true;
	return false;
}

static bool check_elevation(
    const struct collect_request *request, const struct volume_set *set, int *code, struct err *err)
{
	bool wants = HAS_LIVE_VOLUMES && (any_live(set) || !request->no_live);

	if (!wants || request->unelevated || process_is_elevated())
		return true;
	fail(err, ERR_DENIED,
	    "not elevated: right-click, Run as administrator; or --unelevated to take what can be "
	    "taken");
	return refuse(code, EXIT_DENIED);
}

/* The exit code for volumes of which none can be used. */
static int unusable_code(const struct err *why)
{
	switch (why->kind) {
	case ERR_MISSING:
		return EXIT_NO_INPUT;
	case ERR_DENIED:
		return EXIT_DENIED;
	case ERR_IO:
		return EXIT_IO;
	default:
		return EXIT_BAD_INPUT;
	}
}

static void why_unusable(const struct collection_volume *volume, struct err *err)
{
	*err = volume->why;
	fail_in(err, "%s: '%s'", text_string(&volume->name), text_string(&volume->path));
}

bool collect_open_volumes(
    const struct collect_request *request, struct volume_set *set, int *code, struct err *err)
{
	bool asked = request->volumes.count > 0;

	if (!asked && !HAS_LIVE_VOLUMES) {
		fail(err, ERR_USAGE, "--volume IMAGE is needed on this system");
		return refuse(code, EXIT_USAGE);
	}
	return (asked ? add_asked : add_fixed)(request, set, code, err) &&
	       check_elevation(request, set, code, err);
}

bool collect_check_volumes(
    const struct collect_request *request, const struct volume_set *set, int *code, struct err *err)
{
	if (request->volumes.count == 0 || volume_set_usable(set) > 0)
		return true;
	for (size_t i = set->count - 1; i > 0; i--) {
		why_unusable(&set->at[i], err);
		DISCARD(command_fail(err));
	}
	why_unusable(&set->at[0], err);
	return refuse(code, unusable_code(err));
}

/* "disk.img" of "/cases/disk.img", without its ending. */
static void add_file_name(struct text *out, const char *path)
{
	const char *name = path;
	const char *dot;

	for (const char *at = path; *at; at++)
		if (*at == '/' || *at == '\\')
			name = at + 1;
	dot = strrchr(name, '.');
	text_add(out, (struct bytes){(const uint8_t *)name,
			  dot && dot > name ? (size_t)(dot - name) : strlen(name)});
	if (out->len == 0)
		text_adds(out, "image");
}

/* A hive may hold anything: no computer's name is longer. */
static void cut_host(struct text *name)
{
	size_t pos = 0;

	while (pos < name->len) {
		size_t before = pos;

		(void)text_decode(text_bytes(name), &pos);
		if (pos > HOST_BYTES_MAX) {
			name->len = before;
			name->at[before] = 0;
		}
	}
}

enum collect_host collect_host_name(const struct collect_request *request, struct volume_set *set,
    const char *machine, struct text *out)
{
	bool runs_here = HAS_LIVE_VOLUMES && (request->volumes.count == 0 || any_live(set));

	text_clear(out);
	/* A live volume may be another PC's disk, so its own hive is asked first. */
	if (request->volumes.count > 0 && volume_set_host(set, out, NULL) && out->len > 0) {
		cut_host(out);
		return runs_here && text_same_name(text_bytes(out), bytes_of(machine))
			   ? HOST_THIS_MACHINE
			   : HOST_TOLD;
	}
	text_clear(out);
	if (runs_here)
		text_adds(out, machine);
	for (size_t i = 0; i < set->count && out->len == 0; i++)
		if (collection_volume_usable(&set->at[i]))
			add_file_name(out, text_string(&set->at[i].path));
	if (out->len == 0)
		text_adds(out, "unknown");
	return runs_here ? HOST_THIS_MACHINE : HOST_FILE_NAME;
}
