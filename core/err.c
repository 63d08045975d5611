/* Errors as values: kind, OS code and one line of text. See err.h. */
#include "core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WHOLE 6144 /* a path and what is wrong with it */
#define DOTS  "\xe2\x80\xa6"

#define SUBJECT_MIN 40 /* bytes that a shortened one keeps, about */

static bool is_inside(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Cuts a UTF-8 string so that it does not end inside a character. */
static void cut_at_character(char *text)
{
	size_t len = strlen(text);
	size_t start = len;

	while (start > 0 && is_inside(text[start - 1]))
		start--;
	if (start == 0)
		return;
	unsigned char lead = (unsigned char)text[start - 1];
	size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;

	if (len - (start - 1) < need)
		text[start - 1] = 0;
}

/* The longest part between quotes: the subject, mostly a path. Returns its length. */
static size_t find_subject(const char *whole, size_t *at)
{
	size_t longest = 0;
	const char *from = strchr(whole, '\'');

	while (from) {
		const char *to = strchr(from + 1, '\'');
		size_t len = to ? (size_t)(to - from) - 1 : 0;

		if (len > longest) {
			longest = len;
			*at = (size_t)(from - whole) + 1;
		}
		from = to;
	}
	return longest;
}

/* What was wrong stands behind a long path and must not be lost: the path loses its middle. False: there is none. */
static bool shorten_subject(char *whole, size_t len, size_t room)
{
	size_t at = 0;
	size_t subject = find_subject(whole, &at);
	size_t cut = len - room + strlen(DOTS);

	if (subject <= SUBJECT_MIN)
		return false;
	if (cut > subject - SUBJECT_MIN + strlen(DOTS))
		cut = subject - SUBJECT_MIN + strlen(DOTS);
	size_t from = at + (subject - cut) / 2;
	size_t to = from + cut;

	while (from > at && is_inside(whole[from]))
		from--;
	while (to < at + subject && is_inside(whole[to]))
		to++;
	memcpy(whole + from, DOTS, strlen(DOTS));
	memmove(whole + from + strlen(DOTS), whole + to, len - to + 1);
	return true;
}

static void set_text(struct err *err, char *whole)
{
	size_t len = strlen(whole);

	while (len >= sizeof(err->text) && shorten_subject(whole, len, sizeof(err->text) - 1))
		len = strlen(whole);
	if (len >= sizeof(err->text))
		len = sizeof(err->text) - 1;
	memcpy(err->text, whole, len);
	err->text[len] = 0;
	cut_at_character(err->text);
}

bool fail(struct err *err, enum err_kind kind, const char *format, ...)
{
	char whole[WHOLE];
	va_list args;

	if (!err)
		return false;
	err->kind = kind;
	err->os_code = 0;
	va_start(args, format);
	vsnprintf(whole, sizeof(whole), format, args);
	va_end(args);
	set_text(err, whole);
	return false;
}

bool fail_in(struct err *err, const char *format, ...)
{
	char whole[WHOLE];
	va_list args;

	if (!err)
		return false;
	va_start(args, format);
	vsnprintf(whole, sizeof(whole) - sizeof(err->text) - 2, format, args);
	va_end(args);
	size_t used = strlen(whole);

	snprintf(whole + used, sizeof(whole) - used, ": %s", err->text);
	set_text(err, whole);
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
