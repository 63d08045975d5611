/* What all commands share: an error on the screen and its exit code. */
#include "cli/command.h"

#include "core/tr.h"
#include "platform/console.h"

#include <string.h>

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

/* Whether the text tells of that path, or of something below it, already. */
static bool names(const char *text, struct bytes path)
{
	for (const char *at = text; (at = strchr(at, '\'')) != NULL;) {
		at++;
		if (strncmp(at, (const char *)path.at, path.len) == 0 && at[path.len] &&
		    strchr("'/\\", at[path.len]))
			return true;
	}
	return false;
}

/* As it was typed, but for a slash at its end. */
static struct bytes trimmed(const char *path)
{
	struct bytes name = bytes_of(path);

	while (name.len > 1 && name.at[name.len - 1] == '/')
		name.len--;
	return name;
}

void command_line_about(const char *bundle, const char *english, struct text *out)
{
	CLEANUP(text_free) struct text said = {0};

	if (bundle && !names(english, trimmed(bundle))) {
		text_addc(&said, '\'');
		text_add(&said, trimmed(bundle));
		text_adds(&said, "': ");
	}
	tr_error(english, &said);
	text_add_printable(out, text_bytes(&said));
}

int command_fail_about(const char *bundle, const struct err *err)
{
	CLEANUP(text_free) struct text line = {0};
	struct err lost;

	if (console_is_closed(err))
		return EXIT_READER_GONE;
	/* What was at work when stdout was lost has no part in it. */
	if (console_lost(&lost) && strstr(err->text, lost.text)) {
		err = &lost;
		bundle = NULL;
	}
	command_line_about(err->kind == ERR_USAGE ? NULL : bundle, err->text, &line);
	say("kanshiki: %s: %s\n", tr_err_kind(err->kind), text_string(&line));
	return command_exit(err->kind);
}

int command_fail(const struct err *err)
{
	return command_fail_about(NULL, err);
}
