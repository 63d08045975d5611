/* Errors as values: kind, OS code and one line of text. See err.h. */
#include "core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Cuts a UTF-8 string so that it does not end inside a character. */
static void cut_at_character(char *text)
{
	size_t len = strlen(text);
	size_t start = len;

	while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start == 0)
		return;
	unsigned char lead = (unsigned char)text[start - 1];
	size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;

	if (len - (start - 1) < need)
		text[start - 1] = 0;
}

bool fail(struct err *err, enum err_kind kind, const char *format, ...)
{
	va_list args;

	if (!err)
		return false;
	err->kind = kind;
	err->os_code = 0;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	cut_at_character(err->text);
	return false;
}

bool fail_in(struct err *err, const char *format, ...)
{
	char where[sizeof(err->text)];
	char whole[2 * sizeof(err->text) + 2];
	va_list args;

	if (!err)
		return false;
	va_start(args, format);
	vsnprintf(where, sizeof(where), format, args);
	va_end(args);
	snprintf(whole, sizeof(whole), "%s: %s", where, err->text);
	memcpy(err->text, whole, sizeof(err->text) - 1);
	err->text[sizeof(err->text) - 1] = 0;
	cut_at_character(err->text);
	return false;
}

const char *err_kind_name(enum err_kind kind)
{
	static const char *const names[] = {
	    [ERR_NONE] = "none",
	    [ERR_MEMORY] = "memory",
	    [ERR_IO] = "io",
	    [ERR_DENIED] = "denied",
	    [ERR_MISSING] = "missing",
	    [ERR_DAMAGED] = "damaged",
	    [ERR_UNSUPPORTED] = "unsupported",
	    [ERR_LIMIT] = "limit",
	    [ERR_STOPPED] = "stopped",
	    [ERR_FULL] = "full",
	    [ERR_USAGE] = "usage",
	    [ERR_EXISTS] = "exists",
	    [ERR_UNTRUSTED] = "untrusted",
	    [ERR_KEY] = "key",
	};

	return (size_t)kind < ARRAY_LEN(names) ? names[kind] : "unknown";
}
