/* kanshiki collect: what to type to go on with a collection that did not come to its end. See collect.h. */
#include "cli/collect.h"

#include "bundle/kit_files.h"
#include "bundle/manifest.h"
#include "core/tr.h"
#include "platform/console.h"
#include "platform/file.h"

#include <stdlib.h>
#include <string.h>

#define LOOKED_AT_MAX 1000 /* directories beside a new bundle */
#define SHOWN_MAX     3

#ifdef _WIN32
#define PLAIN_ALSO "\\:" /* cmd.exe takes them as they are */
#else
#define PLAIN_ALSO ":"
#endif

bool collect_system_path(struct text *path, struct err *err)
{
#ifdef _WIN32
	for (size_t i = 0; i < path->len; i++)
		if (path->at[i] == '/')
			path->at[i] = '\\';
#endif
	return text_ok(path, err);
}

static bool is_plain(const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789._/=@,-" PLAIN_ALSO;

	return *word && word[strspn(word, plain)] == 0;
}

/* A quote ends at the next one; a \ before that would guard it (CommandLineToArgvW). */
static void add_quoted(struct text *out, const char *word)
{
#ifdef _WIN32
	size_t len = strlen(word);

	text_addf(out, "\"%s", word);
	while (len > 0 && word[--len] == '\\')
		text_addc(out, '\\');
	text_addc(out, '"');
#else
	text_addc(out, '\'');
	for (; *word; word++)
		if (*word == '\'')
			text_adds(out, "'\\''");
		else
			text_addc(out, *word);
	text_addc(out, '\'');
#endif
}

void collect_add_word(struct text *out, const char *word)
{
	if (out->len)
		text_addc(out, ' ');
	if (is_plain(word))
		text_adds(out, word);
	else
		add_quoted(out, word);
}

static void add_option(struct text *out, const char *option, const char *value)
{
	if (!value)
		return;
	collect_add_word(out, option);
	collect_add_word(out, value);
}

/* What the bundle does not keep: who people are. */
static void add_request(struct text *out, const struct collect_request *request)
{
	add_option(out, "--facts", request->facts);
	add_option(out, "--operator", request->operator);
}

static void say_command(
    const char *introduction, const struct collect_request *request, const char *bundle)
{
	CLEANUP(text_free) struct text command = {0};
	CLEANUP(text_free) struct text program = {0};
	CLEANUP(text_free) struct text shown = {0};

	collect_add_word(
	    &command, file_program_path(&program, NULL) ? text_string(&program) : "kanshiki");
	collect_add_word(&command, "collect");
	add_option(&command, "--kit", request->kit);
	add_option(&command, "--resume", bundle);
	add_request(&command, request);
	text_add_printable(&shown, text_bytes(&command));
	say("%s\n  %s\n", introduction, text_string(&shown));
}

bool collect_is_resumable(const char *bundle)
{
	CLEANUP(text_free) struct text path = {0};

	file_join(&path, bundle, "RESUME.000");
	return file_kind(text_string(&path)) == FILE_KIND_FILE;
}

void collect_say_again(const struct collect_request *request, const char *bundle)
{
	if (collect_is_resumable(bundle) && console_stopped())
		say_command(tr("This collection was stopped. To go on with it:"), request, bundle);
	else if (collect_is_resumable(bundle))
		say_command(tr("This collection has not come to its end. Once there is room (this "
			       "directory may be copied\nto a larger disk) go on with it by:"),
		    request, bundle);
}

/* A run that goes on all the while was not interrupted. */
static bool is_held(const char *bundle)
{
	struct file_hold *hold = NULL;
	bool is_free = collect_hold(bundle, &hold, NULL);

	file_hold_free(hold);
	return !is_free;
}

static bool read_chain(const char *directory, struct text *out)
{
	CLEANUP(text_free) struct text path = {0};

	file_join(&path, directory, KIT_CHAIN);
	return text_ok(&path, NULL) && file_read_all(text_string(&path), KIT_FILE_MAX, out, NULL);
}

/* Another kit is refused, and so is this one as it is since it was renewed. */
static bool is_of_kit(const char *bundle, const char *kit)
{
	CLEANUP(text_free) struct text ours = {0};
	CLEANUP(text_free) struct text its = {0};

	return read_chain(kit, &ours) && read_chain(bundle, &its) &&
	       bytes_equal(text_bytes(&ours), text_bytes(&its));
}

static bool is_begun_here(const char *bundle, const char *host)
{
	CLEANUP(manifest_free) struct manifest manifest = {0};
	CLEANUP(text_free) struct text path = {0};
	CLEANUP(text_free) struct text text = {0};

	file_join(&path, bundle, MANIFEST_NAME);
	return collect_is_resumable(bundle) && text_ok(&path, NULL) &&
	       file_read_all(text_string(&path), MANIFEST_BYTES, &text, NULL) &&
	       manifest_parse(text_bytes(&text), &manifest, NULL) && !manifest.complete &&
	       strcmp(text_string(&manifest.host), host) == 0 && !is_held(bundle);
}

struct looking {
	const char *out, *kit, *host;
	struct text_list names;
	struct text_list found; /* the newest first */
};

static void looking_free_at(struct looking *looking)
{
	text_list_free(&looking->names);
	text_list_free(&looking->found);
}

/* A name that no bundle of ours has is none that we tell anybody to type. */
static bool add_name(void *context, const char *name, enum file_kind kind, struct err *err)
{
	struct looking *looking = context;

	return kind != FILE_KIND_DIRECTORY || !is_plain(name) ||
	       text_list_add(&looking->names, bytes_of(name), err);
}

/* "20261120T220415Z_01234567", the end of a bundle's name: case and host come before it. "" of any other name. */
static const char *time_of(const char *name)
{
	static const char form[] = "_00000000T000000Z_00000000";
	size_t len = strlen(name);
	const char *at = name + len - (sizeof(form) - 1);

	if (len < sizeof(form) - 1 || at[0] != '_' || at[9] != 'T' || at[16] != 'Z')
		return "";
	return at + 1;
}

static int by_time(const void *left, const void *right)
{
	const char *a = *(const char *const *)left;
	const char *b = *(const char *const *)right;
	int order = strcmp(time_of(b), time_of(a));

	return order ? order : strcmp(b, a);
}

static void look_at(struct looking *looking, const char *name)
{
	CLEANUP(text_free) struct text path = {0};

	file_join(&path, looking->out, name);
	if (collect_system_path(&path, NULL) && is_begun_here(text_string(&path), looking->host) &&
	    is_of_kit(text_string(&path), looking->kit))
		DISCARD(text_list_add(&looking->found, text_bytes(&path), NULL));
}

static void look_through(struct looking *looking)
{
	DISCARD(file_list(looking->out, add_name, looking, NULL));
	if (looking->names.count)
		qsort(looking->names.at, looking->names.count, sizeof(*looking->names.at), by_time);
	for (size_t i = 0;
	     i < looking->names.count && i < LOOKED_AT_MAX && looking->found.count < SHOWN_MAX; i++)
		look_at(looking, looking->names.at[i]);
}

bool collect_find_interrupted(
    const char *out, const char *kit, const char *host, struct text *bundle)
{
	CLEANUP(looking_free) struct looking looking = {.out = out, .kit = kit, .host = host};

	look_through(&looking);
	if (looking.found.count == 0)
		return false;
	text_adds(bundle, looking.found.at[0]);
	return text_ok(bundle, NULL);
}

void collect_say_interrupted(const struct collect_request *request, const char *host)
{
	CLEANUP(looking_free)
	struct looking looking = {.out = request->out, .kit = request->kit, .host = host};
	CLEANUP(text_free) struct text shown = {0};
	CLEANUP(text_free) struct text line = {0};

	if (request->resume || !request->out || !request->kit)
		return;
	look_through(&looking);
	text_add_printable(&shown, bytes_of(host));
	text_addf(&line,
	    console_is_terminal(0) && console_is_terminal(2)
		? tr("A collection of '%s' was interrupted and lies there. To go on with it, stop "
		     "this one\nwith Ctrl-C and type:")
		: tr("A collection of '%s' was interrupted and lies there. To go on with it, type "
		     "instead:"),
	    text_string(&shown));
	for (size_t i = looking.found.count; i > 0; i--)
		say_command(text_string(&line), request, looking.found.at[i - 1]);
}
