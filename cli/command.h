/* A command of the program `kanshiki`: one file, one row in list.h, one man page. */
#ifndef KANSHIKI_CLI_COMMAND_H
#define KANSHIKI_CLI_COMMAND_H

#include "core/err.h"
#include "core/text.h"

enum exit_code {
	EXIT_COMPLETE = 0,
	EXIT_GAPS = 1, /* finished with gaps */
	EXIT_USAGE = 64,
	EXIT_BAD_INPUT = 65, /* damaged or tampered input */
	EXIT_NO_INPUT = 66,  /* no such kit, path or bundle */
	EXIT_BUG = 70,
	EXIT_CANNOT_CREATE = 73,
	EXIT_IO = 74,
	EXIT_DENIED = 77,
	EXIT_STOPPED = 130,     /* as a shell tells of a program that Ctrl-C ended */
	EXIT_READER_GONE = 141, /* as a shell tells of a program that SIGPIPE ended */
};

struct command {
	const char *name;    /* "kit new" has name "kit" and handles its own second word */
	const char *summary; /* English, one line; shown through tr() */
	const char *usage;   /* "kanshiki verify BUNDLE [--keys KEYDIR]" */
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
	bool
	    stop_is_gap; /* stopped it ends with EXIT_GAPS, as what was written by then is good; else EXIT_STOPPED */
	/* Adds "Example" and the option lines; called by --help. */
	void (*help)(struct text *out);
};

/* Says the error in the user's language on stderr, as "kanshiki: <what kind>: <text>", and returns the exit
 * code that belongs to its kind. Output that nobody reads any more (`| head`) is no error, but not the whole: 141, nothing said. */
int command_fail(const struct err *err);
/* The same about a bundle: the line names it, once, so that who goes through many sees which it was.
 * NULL: about none. A wrong command line is about none either. */
int command_fail_about(const char *bundle, const struct err *err);
/* The words of such a line, printable and in the user's language, for one that begins otherwise. */
void command_line_about(const char *bundle, const char *english, struct text *out);
/* The exit code that belongs to a kind of error. */
int command_exit(enum err_kind kind);

#endif
