/* The console on both systems: formatting, the progress line, stdout as a sink. See console.h. */
#include "platform/console.h"

#include "core/wrap.h"
#include "platform/os.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STDOUT_PIECE ((size_t)64 << 10)

static struct err lost;      /* the first write to stdout that failed */
static int progress_columns; /* of the progress line on the screen */

static void blank(struct text *out, int columns)
{
	for (int i = 0; i < columns; i++)
		text_addc(out, ' ');
}

static void clear_progress(void)
{
	CLEANUP(text_free) struct text out = {0};

	if (progress_columns == 0)
		return;
	text_addc(&out, '\r');
	blank(&out, progress_columns);
	text_addc(&out, '\r');
	progress_columns = 0;
	DISCARD(os_console_write(2, text_bytes(&out), NULL));
}

/* Whatever a path or a name in it may hold, the terminal sees no control character but the ends of lines and tabs. */
static void add_harmless(struct text *out, const char *said)
{
	while (*said) {
		size_t len = strcspn(said, "\n\t");

		text_add_printable(out, (struct bytes){(const uint8_t *)said, len});
		said += len;
		if (*said)
			text_addc(out, *said++);
	}
}

void say(const char *format, ...)
{
	CLEANUP(text_free) struct text harmless = {0};
	char *line;
	va_list args;

	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);

	va_end(args);
	if (len < 0)
		return;
	line = malloc((size_t)len + 1);
	if (!line)
		return;
	va_start(args, format);
	vsnprintf(line, (size_t)len + 1, format, args);
	va_end(args);
	add_harmless(&harmless, line);
	free(line);
	clear_progress();
	DISCARD(os_console_write(2, text_bytes(&harmless), NULL));
}

bool console_write(struct bytes data, struct err *err)
{
	struct err why = {0};

	clear_progress();
	if (os_console_write(1, data, &why))
		return true;
	if (lost.kind == ERR_NONE)
		lost = why;
	if (err)
		*err = why;
	return false;
}

bool console_lost(struct err *err)
{
	if (lost.kind == ERR_NONE)
		return false;
	if (err)
		*err = lost;
	return true;
}

bool console_end(struct err *err)
{
	struct err why = {0};

	if (lost.kind == ERR_NONE && !os_console_end(&why))
		lost = why;
	return !console_lost(err);
}

/* Up to and with the end of the line; what is over the limit is read and dropped. */
static bool read_line(struct text *line, bool *is_long, struct err *err)
{
	*is_long = false;
	for (;;) {
		size_t before = line->len;

		if (!os_console_read(line, err) || !text_ok(line, err))
			return false;
		if (line->len == before)
			return before || *is_long || fail(err, ERR_MISSING, "no more lines");
		if (line->at[line->len - 1] == '\n')
			return true;
		if (line->len > CONSOLE_LINE) {
			text_clear(line);
			*is_long = true;
		}
	}
}

bool console_ask(const char *question, struct text *out, struct err *err)
{
	CLEANUP(text_free) struct text line = {.ceiling = 4 * CONSOLE_LINE};
	bool is_long;

	clear_progress();
	DISCARD(os_console_write(2, bytes_of(question), NULL));
	if (!read_line(&line, &is_long, err))
		return false;
	while (line.len && (line.at[line.len - 1] == '\n' || line.at[line.len - 1] == '\r'))
		line.len--;
	if (is_long || line.len > CONSOLE_LINE)
		return fail(err, ERR_LIMIT, "more than %zu bytes in a line", CONSOLE_LINE);
	text_add_printable(out, text_bytes(&line));
	return text_ok(out, err);
}

bool console_is_closed(const struct err *err)
{
#ifdef _WIN32
	/* ERROR_BROKEN_PIPE, ERROR_NO_DATA ("the pipe is being closed") */
	return err->kind == ERR_IO && (err->os_code == 109 || err->os_code == 232);
#else
	return err->kind == ERR_IO && err->os_code == EPIPE;
#endif
}

void console_progress(const char *line)
{
	CLEANUP(text_free) struct text out = {0};
	struct bytes bytes = bytes_of(line);
	int room = console_width() - 1;
	int columns = 0;
	size_t pos = 0;

	if (!console_is_terminal(2))
		return;
	if (!*line) {
		clear_progress();
		return;
	}
	text_addc(&out, '\r');
	while (pos < bytes.len) {
		size_t start = pos;
		int more = wrap_columns(text_decode(bytes, &pos));

		if (columns + more > room)
			break;
		columns += more;
		text_add(&out, (struct bytes){bytes.at + start, pos - start});
	}
	blank(&out, progress_columns - columns);
	progress_columns = columns;
	if (!out.failed)
		DISCARD(os_console_write(2, text_bytes(&out), NULL));
}

struct console_sink {
	struct sink sink;
	size_t held;
	uint8_t piece[STDOUT_PIECE];
};

static bool sink_flush(struct console_sink *to, struct err *err)
{
	struct bytes held = {to->piece, to->held};

	to->held = 0;
	return held.len == 0 || console_write(held, err);
}

static bool sink_write(struct sink *self, struct bytes data, struct err *err)
{
	struct console_sink *to = (struct console_sink *)self;

	if (data.len > STDOUT_PIECE - to->held && !sink_flush(to, err))
		return false;
	if (data.len >= STDOUT_PIECE)
		return console_write(data, err);
	if (data.len)
		memcpy(to->piece + to->held, data.at, data.len);
	to->held += data.len;
	return true;
}

static bool sink_finish(struct sink *self, struct err *err)
{
	return sink_flush((struct console_sink *)self, err);
}

static void sink_free_console(struct sink *self)
{
	free(self);
}

struct sink *console_sink(void)
{
	struct console_sink *to = calloc(1, sizeof(*to));

	if (!to)
		return NULL;
	to->sink = (struct sink){sink_write, sink_finish, sink_free_console};
	return &to->sink;
}
