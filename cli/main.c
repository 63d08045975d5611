/* One program on both systems: the table of commands, --help, --version. */
#include "cli/command.h"
#include "cli/field.h"
#include "core/nearest.h"
#include "core/tr.h"
#include "core/wipe.h"
#include "core/wrap.h"
#include "platform/console.h"

#include <string.h>

#define COMMAND(name) extern const struct command command_##name;
#include "cli/list.h"
#undef COMMAND

#define COMMAND(name) &command_##name,
static const struct command *const commands[] = {
#include "cli/list.h"
};
#undef COMMAND

static bool write_wrapped(const struct text *text)
{
	CLEANUP(text_free) struct text out = {0};

	wrap_text(text_bytes(text), &out);
	return text_ok(&out, NULL) && console_write(text_bytes(&out), NULL);
}

static void print_overview(void)
{
	CLEANUP(text_free) struct text out = {0};

	text_adds(&out,
	    tr("kanshiki - takes from a Windows PC what can tell what happened, and seals it\n\n"));
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		text_addf(&out, "  %-11s %s\n", commands[i]->name, tr(commands[i]->summary));
	text_adds(
	    &out, tr("\nkanshiki COMMAND --help tells more. --lang ja|en chooses the language.\n"));
	DISCARD(write_wrapped(&out));
}

static const struct command *find_command(const char *name)
{
	if (strcmp(name, "--version") == 0)
		name = "version";
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

/* Who double-clicks it would see a window open and vanish. */
static int run_bare(void)
{
	bool is_clicked = console_is_own() && console_is_terminal(0) && console_is_terminal(2);

	if (is_clicked && field_is_kit())
		return field_run(find_command("collect"));
	print_overview();
	if (!is_clicked)
		return EXIT_USAGE;
	say("\n%s\n", tr("To collect, start the kanshiki.exe of a kit, or type a command in a "
			 "Command Prompt that "
			 "runs as\nadministrator: GUIDE.txt of the kit tells which."));
	field_wait();
	return EXIT_USAGE;
}

static int print_help(const struct command *command)
{
	CLEANUP(text_free) struct text out = {0};

	text_addf(&out, "%s\n\n%s\n\n", tr(command->summary), command->usage);
	if (command->help)
		command->help(&out);
	text_adds(
	    &out, command->stop_is_gap
		      ? tr("\nExit codes: 0 complete, 1 finished with gaps or stopped, 64 usage, "
			   "65 damaged "
			   "or tampered input, "
			   "66 no such kit, path or bundle, 70 our bug, 73 cannot create, 74 I/O, "
			   "77 no permission\n")
		      : tr("\nExit codes: 0 complete, 1 finished with gaps, 64 usage, 65 damaged "
			   "or tampered input, "
			   "66 no such kit, path or bundle, 70 our bug, 73 cannot create, 74 I/O, "
			   "77 no permission, 130 stopped, 141 cut off: nobody read on\n"));
	DISCARD(write_wrapped(&out));
	return EXIT_COMPLETE;
}

/* Takes --lang ja|en out of argv, wherever it stands before "--"; else the system's language. */
static bool take_language(int *argc, char **argv, struct err *err)
{
	const char *language = console_locale();
	int kept = 0;
	bool only_operands = false;

	for (int i = 0; i < *argc; i++) {
		const char *value = NULL;

		only_operands = only_operands || strcmp(argv[i], "--") == 0;
		if (!only_operands && strcmp(argv[i], "--lang") == 0)
			value = i + 1 < *argc ? argv[++i] : "";
		else if (!only_operands && strncmp(argv[i], "--lang=", 7) == 0)
			value = argv[i] + 7;
		else
			argv[kept++] = argv[i];
		if (value && strcmp(value, "ja") != 0 && strcmp(value, "en") != 0)
			return fail(err, ERR_USAGE, "--lang takes ja or en, not '%s'", value);
		if (value)
			language = value;
	}
	*argc = kept;
	argv[kept] = NULL;
	tr_set_language(tr_language_from(language));
	return true;
}

static bool asks(const char *what, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], what) == 0)
			return true;
	return false;
}

static int no_such(const char *name)
{
	struct nearest nearest = {.typed = bytes_of(name)};
	struct err err = {0};

	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		nearest_look(&nearest, commands[i]->name);
	if (nearest.word)
		fail(&err, ERR_USAGE, "no such command '%s'; did you mean '%s'?", name,
		    nearest.word);
	else
		fail(&err, ERR_USAGE, "no such command '%s'; kanshiki --help lists them", name);
	return command_fail(&err);
}

static bool is_help_word(const char *word)
{
	return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int run(int argc, char **argv)
{
	struct err err = {0};

	/* Before anything else of libcrypto. */
	if (!wipe_start()) {
		fail(&err, ERR_MEMORY, "libcrypto takes no memory from us");
		return command_fail(&err);
	}
	if (!console_start(&argc, &argv, &err) || !take_language(&argc, argv, &err))
		return command_fail(&err);
	bool is_help = argc > 1 && is_help_word(argv[1]);

	if (argc < 2)
		return run_bare();
	if (is_help && argc == 2) {
		print_overview();
		return EXIT_COMPLETE;
	}
	if (is_help)
		argv++;
	const struct command *command = find_command(argv[1]);

	if (!command)
		return no_such(argv[1]);
	if (is_help || asks("--help", argc - 1, argv + 1) || asks("-h", argc - 1, argv + 1))
		return print_help(command);
	if (asks("--version", argc - 1, argv + 1))
		return find_command("version")->run(1, argv + 1);
	return command->run(argc - 1, argv + 1);
}

/* Data that did not go out is a failure of every command: told here unless the command did. Where the bundle is what
 * was wanted and stdout tells only its place, that is a gap. */
int main(int argc, char **argv)
{
	struct err err = {0};
	int code = run(argc, argv);

	if (console_end(&err) || code > EXIT_GAPS)
		return code;
	int failed = command_fail(&err);

	return code == EXIT_GAPS ? code : failed;
}
