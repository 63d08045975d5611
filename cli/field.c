/* A kit's program, double-clicked. See field.h. */
#include "cli/field.h"

#include "bundle/kit.h"
#include "bundle/writer.h"
#include "cli/collect.h"
#include "collectors/collection.h"
#include "core/array.h"
#include "core/time.h"
#include "core/tr.h"
#include "core/wrap.h"
#include "platform/console.h"
#include "platform/file.h"
#include "platform/host.h"
#include "platform/process.h"
#include "platform/store.h"

#define PLACE     "out" /* beside the kit's files, or on the disk that the person names */
#define PLACE_MAX 1000

struct field {
	struct text directory; /* of the program, the kit's files and the guide */
	struct text out;
	struct kit kit;
	struct host_facts machine;
	struct volume_info *volumes;
	size_t volume_count;
};

static void field_free_at(struct field *field)
{
	text_free(&field->directory);
	text_free(&field->out);
	kit_free(&field->kit);
	host_facts_free(&field->machine);
	free_memory_at(&field->volumes);
}

bool field_is_kit(void)
{
	CLEANUP(text_free) struct text directory = {0};

	return collect_kit_beside(&directory);
}

void field_wait(void)
{
	CLEANUP(text_free) struct text line = {0};

	DISCARD(console_ask(tr("Press Enter to close this window: "), &line, NULL));
}

static void say_wrapped(const char *text)
{
	CLEANUP(text_free) struct text out = {0};

	wrap_text(bytes_of(text), &out);
	if (text_ok(&out, NULL))
		say("%s", text_string(&out));
}

/* Full-width letters become plain ones: the input method may be on. Blanks at the ends go. */
static void add_plain(struct bytes typed, struct text *out)
{
	size_t pos = 0;

	while (pos < typed.len) {
		uint32_t code = text_decode(typed, &pos);

		if (code >= 0xff01 && code <= 0xff5e)
			code -= 0xff01 - '!';
		if (code == 0x3000) /* ideographic space */
			code = ' ';
		if (code != ' ' || out->len)
			text_add_code(out, code);
	}
	while (out->len && out->at[out->len - 1] == ' ')
		out->at[--out->len] = 0;
}

/* False when no more lines come. */
static bool ask(const char *question, struct text *answer)
{
	CLEANUP(text_free) struct text line = {0};
	struct err err = {0};

	text_clear(answer);
	if (!console_ask(question, &line, &err))
		return err.kind == ERR_LIMIT;
	add_plain(text_bytes(&line), answer);
	return text_ok(answer, NULL);
}

static bool is_word(const struct text *answer, const char *word)
{
	return text_same_name(text_bytes(answer), bytes_of(word));
}

static bool is_yes(const struct text *answer)
{
	return is_word(answer, "y") || is_word(answer, "yes") || is_word(answer, "はい");
}

static bool is_place(const struct text *answer)
{
	const char *at = text_string(answer);

	return answer->len <= PLACE_MAX && ((answer->len >= 2 && at[1] == ':') ||
					       (answer->len > 3 && strncmp(at, "\\\\", 2) == 0));
}

/* What collect will be told, for the questions that it answers about volumes. */
static struct collect_request request_of(const struct field *field)
{
	return (struct collect_request){
	    .kit = text_string(&field->directory), .out = text_string(&field->out)};
}

static void add_volume(struct text *to, const struct volume_info *volume)
{
	if (to->len)
		text_addc(to, ' ');
	if (volume->letter)
		text_addf(to, "%c:", volume->letter);
	else
		text_adds(to, tr("(one without a letter)"));
}

static void sort_volumes(const struct field *field, struct text *read, struct text *left)
{
	struct collect_request request = request_of(field);

	for (size_t i = 0; i < field->volume_count; i++)
		if (field->volumes[i].is_fixed)
			add_volume(collect_is_ours(&request, &field->volumes[i]) ? left : read,
			    &field->volumes[i]);
}

/* Free bytes there, or where it will be made. */
static bool free_space(const char *place, uint64_t *bytes)
{
	CLEANUP(text_free) struct text above = {0};

	file_join(&above, place, "..");
	return file_free_space(place, bytes, NULL) ||
	       (text_ok(&above, NULL) && file_free_space(text_string(&above), bytes, NULL));
}

static void add_place(const struct field *field, struct text *out)
{
	CLEANUP(text_free) struct text place = {0};
	uint64_t bytes = 0;

	text_add_printable(&place, text_bytes(&field->out));
	text_addf(out, tr("Saved to: %s"), text_string(&place));
	if (free_space(text_string(&field->out), &bytes))
		text_addf(out, tr(" (%.1f GB free)"), (double)bytes / 1e9);
	text_addc(out, '\n');
}

static void add_who(const struct field *field, struct text *out)
{
	CLEANUP(text_free) struct text machine = {0};
	CLEANUP(text_free) struct text kit = {0};
	char end[TIME_ISO_ROOM];

	text_add_printable(&machine, text_bytes(&field->machine.name));
	text_add_printable(&kit, text_bytes(&field->kit.name));
	time_iso(field->kit.expires, end);
	text_addf(out, tr("This PC: %s\n"), text_string(&machine));
	text_addf(out, tr("Kit: %s, can seal until %.10s (UTC)\n"), text_string(&kit), end);
}

/* What is done, before anybody agrees to it. */
static bool say_plan(const struct field *field, struct err *err)
{
	const struct text *profile = &field->kit.profile;
	CLEANUP(text_free) struct text out = {0};
	CLEANUP(text_free) struct text read = {0};
	CLEANUP(text_free) struct text left = {0};

	text_adds(&out, tr("This takes evidence from this PC and seals it. Nothing is written to "
			   "the PC's disks, and the network is not used.\n\n"));
	add_who(field, &out);
	text_adds(&out, tr("Taken:\n"));
	if (!collection_describe(profile->len ? text_string(profile) : "default", &out, err))
		return false;
	sort_volumes(field, &read, &left);
	text_addf(&out, tr("From the disks: %s\n"), read.len ? text_string(&read) : tr("no disk"));
	if (left.len)
		text_addf(&out, tr("Not from: %s (the kit or the place to save to is there)\n"),
		    text_string(&left));
	add_place(field, &out);
	text_adds(&out, tr("Only the office can open it. How long it takes depends on the PC: the "
			   "time left will be shown.\n"));
	if (!text_ok(&out, err))
		return false;
	say_wrapped(text_string(&out));
	return true;
}

static bool is_on_system(const char *path)
{
	char letter = volume_system_letter();

	return letter && volume_letter_of(path) == letter;
}

/* Says what is wrong with a place that was typed. */
static bool take_place(struct field *field, struct text *answer)
{
	CLEANUP(text_free) struct text place = {0};
	CLEANUP(text_free) struct text root = {0};
	const char *typed = text_string(answer);

	if (typed[1] == ':')
		answer->at[0] &= ~0x20;
	text_addf(&root, "%.2s\\", typed);
	if (answer->len > 3)
		text_adds(&place, typed);
	else
		file_join(&place, text_string(&root), PLACE);
	if (!collect_system_path(&place, NULL) || !text_ok(&root, NULL))
		return false;
	if (typed[1] == ':' && file_kind(text_string(&root)) != FILE_KIND_DIRECTORY) {
		say(tr("There is no disk %.2s\n"), typed);
		return false;
	}
	if (is_on_system(text_string(&place))) {
		say(tr("%.2s is the PC's own disk: what is saved there would destroy deleted "
		       "files. Take a USB disk.\n"),
		    typed);
		return false;
	}
	text_clear(&field->out);
	text_add(&field->out, text_bytes(&place));
	return text_ok(&field->out, NULL);
}

/* Whether the person agrees. *err when something failed. */
static bool agrees(struct field *field, struct err *err)
{
	CLEANUP(text_free) struct text answer = {0};

	if (!say_plan(field, err))
		return false;
	for (;;) {
		say("\n");
		say_wrapped(tr(
		    "Has the person in charge of this PC agreed? Then type y and press Enter.\n"
		    "To save elsewhere, type the disk, like F:   Enter alone: nothing is done.\n"));
		if (!ask(tr("Begin (y): "), &answer))
			return false;
		if (is_yes(&answer))
			return true;
		if (!is_place(&answer))
			return false;
		if (take_place(field, &answer) && !say_plan(field, err))
			return false;
	}
}

/* Whether an interrupted collection of this PC is there and is to be gone on with. False in *ok: no more lines come. */
static bool goes_on(const struct field *field, struct text *bundle, bool *ok)
{
	CLEANUP(text_free) struct text shown = {0};
	CLEANUP(text_free) struct text answer = {0};
	const char *host =
	    field->kit.ids_only ? BUNDLE_WITHHELD : text_string(&field->machine.name);

	*ok = true;
	if (!collect_find_interrupted(
		text_string(&field->out), text_string(&field->directory), host, bundle))
		return false;
	text_add_printable(&shown, text_bytes(bundle));
	say(tr("\nAn interrupted collection of this PC lies there:\n  %s\n"
	       "Enter goes on with it: what is sealed is not taken again. n begins a new one.\n"),
	    text_string(&shown));
	*ok = ask(tr("Go on (Enter) or new (n): "), &answer);
	return *ok && !is_word(&answer, "n") && !is_word(&answer, "no");
}

static int collect(const struct field *field, const struct command *command)
{
	CLEANUP(text_free) struct text bundle = {0};
	char name[] = "collect";
	char kit[] = "--kit";
	char out[] = "--out";
	char resume[] = "--resume";
	char *argv[] = {name, kit, field->directory.at, out, field->out.at, NULL};
	bool ok;
	int code;

	if (goes_on(field, &bundle, &ok)) {
		argv[3] = resume;
		argv[4] = bundle.at;
	}
	if (!ok)
		return EXIT_COMPLETE;
	console_ignore_clicks(true);
	code = command->run((int)ARRAY_LEN(argv) - 1, argv);
	console_ignore_clicks(false);
	say("\n%s\n", code == EXIT_COMPLETE || code == EXIT_GAPS
			  ? tr("Finished. Once this window is closed the disk may be unplugged.")
			  : tr("It did not come to its end: the reason stands above. Tell the "
			       "office."));
	return code;
}

static bool open_kit(struct field *field, struct err *err)
{
	CLEANUP(store_free) struct store *store = NULL;

	if (!collect_kit_beside(&field->directory))
		return fail(err, ERR_MISSING, "no kit beside the program");
	return (store_open_directory(text_string(&field->directory), &store, err) &&
		kit_read(store, &field->kit, err));
}

static bool prepare(struct field *field, struct err *err)
{
	const char *directory;

	if (!open_kit(field, err))
		return fail_in(err, "kit");
	directory = text_string(&field->directory);
	if (is_on_system(directory))
		return fail(err, ERR_USAGE,
		    "the kit lies on %c:, the PC's own disk, which could not be taken: copy the "
		    "kit "
		    "to a USB disk and start it there",
		    volume_system_letter());
	file_join(&field->out, directory, PLACE);
	host_facts(&field->machine);
	return collect_system_path(&field->out, err) &&
	       volume_list(&field->volumes, &field->volume_count, err);
}

/* True when there is nothing more to do in this window. */
static bool hand_over(int *code)
{
	CLEANUP(text_free) struct text answer = {0};

	say_wrapped(
	    tr("Kanshiki needs administrator rights to read this PC's disks. Press Enter, and when "
	       "Windows asks, choose \"Yes\".\n"));
	*code = EXIT_COMPLETE;
	if (ask(tr("Enter: "), &answer) && process_start_elevated(NULL))
		return true;
	*code = EXIT_DENIED;
	say_wrapped(tr("Without them nothing was done. To try again: right-click kanshiki.exe, "
		       "\"Run as administrator\". If a password is asked for, it is that of an "
		       "administrator of this PC.\n"));
	return false;
}

int field_run(const struct command *command)
{
	CLEANUP(field_free) struct field field = {0};
	struct err err = {0};
	int code = EXIT_COMPLETE;

	if (!process_is_elevated()) {
		if (!hand_over(&code))
			field_wait();
		return code;
	}
	if (prepare(&field, &err) && agrees(&field, &err))
		code = collect(&field, command);
	else if (err.kind != ERR_NONE)
		code = command_fail(&err);
	else
		say("%s\n", tr("Nothing was done."));
	field_wait();
	return code;
}
