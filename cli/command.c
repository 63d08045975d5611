/* What all commands share: an error on the screen and its exit code. */
#include "cli/command.h"

#include "core/tr.h"
#include "platform/console.h"

int command_exit(enum err_kind kind)
{
	switch (kind) {
	case ERR_NONE:
		return EXIT_COMPLETE;
	case ERR_USAGE:
		return EXIT_USAGE;
	case ERR_DAMAGED:
	case ERR_UNSUPPORTED:
	case ERR_LIMIT:
	case ERR_UNTRUSTED:
	case ERR_KEY:
		return EXIT_BAD_INPUT;
	case ERR_MISSING:
		return EXIT_NO_INPUT;
	case ERR_EXISTS:
		return EXIT_CANNOT_CREATE;
	case ERR_IO:
	case ERR_FULL:
		return EXIT_IO;
	case ERR_DENIED:
		return EXIT_DENIED;
	case ERR_STOPPED:
		return EXIT_GAPS;
	case ERR_MEMORY:
		return EXIT_BUG;
	}
	return EXIT_BUG;
}

int command_fail(const struct err *err)
{
	CLEANUP(text_free) struct text line = {0};
	CLEANUP(text_free) struct text said = {0};

	if (console_is_closed(err))
		return EXIT_COMPLETE;
	tr_error(err->text, &said);
	text_add_printable(&line, text_bytes(&said));
	say("kanshiki: %s: %s\n", tr_err_kind(err->kind), text_string(&line));
	return command_exit(err->kind);
}
