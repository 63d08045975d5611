/* The Windows console. See platform/console.h. */
#include "platform/console.h"

#include "platform/os.h"
#include "platform/win/edge.h"
#include "platform/win/late.h"

#include <fcntl.h>
#include <io.h>
#include <shellapi.h>
#include <stdlib.h>

#define CONSOLE_UNITS ((size_t)8 << 10)  /* WriteConsoleW of Windows 7 fails near 32 Ki units */
#define PIPE_PIECE    ((size_t)64 << 10) /* what a pipe takes without waiting, roughly */
#define CLOSE_WAIT_MS 20000 /* Windows itself ends us after some 5 s (close) or 20 s (shutdown) */

static volatile LONG stopped;
static HANDLE done;

static HANDLE stream_handle(int stream)
{
	static const DWORD names[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};

	return GetStdHandle(names[stream]);
}

/* The command line as UTF-8; lives as long as the program. */
static bool take_arguments(int *argc, char ***argv, struct err *err)
{
	int count = 0;
	wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);

	if (!wide)
		return system_fail(err, GetLastError());
	char **list = calloc((size_t)count + 1, sizeof(*list));
	bool ok = list != NULL;

	for (int i = 0; ok && i < count; i++) {
		struct text one = {0};

		text_adds(&one, "");
		text_add_wide(&one, wide[i]);
		ok = !one.failed;
		list[i] = one.at;
	}
	LocalFree(wide);
	if (!ok)
		return fail(err, ERR_MEMORY, "no memory for the command line");
	*argc = count;
	*argv = list;
	return true;
}

bool console_start(int *argc, char ***argv, struct err *err)
{
	late_start();
	/* No dialog boxes: a drive without a medium is an error like any other. */
	SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX);
	_setmode(1, _O_BINARY);
	_setmode(2, _O_BINARY);
	return take_arguments(argc, argv, err) || fail_in(err, "cannot read the command line");
}

const char *console_locale(void)
{
	return PRIMARYLANGID(GetUserDefaultUILanguage()) == LANG_JAPANESE ? "ja" : "en";
}

/* Bytes of a character that a write to a console cut off; the next one brings the rest. */
struct cut {
	uint8_t at[4];
	size_t len;
};
static struct cut cuts[3];

/* Bytes at the end of utf8 that start a character but do not finish it: 0 to 3. */
static size_t cut_len(struct bytes utf8)
{
	for (size_t back = 1; back <= 3 && back <= utf8.len; back++) {
		uint8_t byte = utf8.at[utf8.len - back];
		size_t need = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;

		if ((byte & 0xc0) != 0x80)
			return need > back ? back : 0;
	}
	return 0;
}

static bool write_units(HANDLE console, struct bytes units, struct err *err)
{
	const wchar_t *at = (const wchar_t *)(const void *)units.at;
	size_t left = units.len / sizeof(*at);

	while (left) {
		size_t take = left < CONSOLE_UNITS ? left : CONSOLE_UNITS;
		DWORD n = 0;

		if (take < left && IS_HIGH_SURROGATE(at[take - 1]))
			take--;
		if (!WriteConsoleW(console, at, (DWORD)take, &n, NULL))
			return system_fail(err, GetLastError());
		if (n == 0)
			return fail(err, ERR_IO, "the console takes nothing");
		at += n;
		left -= n;
	}
	return true;
}

static bool write_console(HANDLE console, struct cut *cut, struct bytes utf8, struct err *err)
{
	CLEANUP(text_free) struct text whole = {0};
	CLEANUP(text_free) struct text units = {0};

	text_add(&whole, (struct bytes){cut->at, cut->len});
	text_add(&whole, utf8);
	if (!text_ok(&whole, err))
		return false;
	cut->len = cut_len(text_bytes(&whole));
	whole.len -= cut->len;
	memcpy(cut->at, whole.at + whole.len, cut->len);
	text_to_utf16(text_bytes(&whole), &units);
	return text_ok(&units, err) && write_units(console, text_bytes(&units), err);
}

static bool write_stream(int stream, struct bytes bytes, struct err *err)
{
	HANDLE handle = stream_handle(stream);
	DWORD mode;

	if (!handle || handle == INVALID_HANDLE_VALUE)
		return fail(err, ERR_IO, "it is not open");
	if (!GetConsoleMode(handle, &mode)) {
		while (bytes.len) {
			size_t take = bytes.len < PIPE_PIECE ? bytes.len : PIPE_PIECE;

			if (!os_write((intptr_t)handle, (struct bytes){bytes.at, take}, err))
				return false;
			bytes.at += take;
			bytes.len -= take;
		}
		return true;
	}
	return write_console(handle, &cuts[stream], bytes, err);
}

bool os_console_write(int stream, struct bytes bytes, struct err *err)
{
	return write_stream(stream, bytes, err) ||
	       fail_in(err, stream == 1 ? "cannot write to stdout" : "cannot write to stderr");
}

bool os_console_end(struct err *err)
{
	(void)err;
	return true; /* WriteFile tells all there is to tell */
}

/* A console gives UTF-16; Ctrl-Z at the start of a line is the end, as programs on Windows have it. */
static bool read_console(HANDLE console, struct text *out, struct err *err)
{
	wchar_t units[512];
	DWORD n = 0;

	if (!ReadConsoleW(console, units, ARRAY_LEN(units), &n, NULL))
		return system_fail(err, GetLastError());
	if (n && units[0] != 0x1a)
		text_add_units(out, units, n);
	return true;
}

bool os_console_read(struct text *out, struct err *err)
{
	HANDLE handle = stream_handle(0);
	uint8_t piece[1024];
	DWORD mode;
	DWORD n = 0;

	if (!handle || handle == INVALID_HANDLE_VALUE)
		return true;
	if (GetConsoleMode(handle, &mode))
		return read_console(handle, out, err);
	if (!ReadFile(handle, piece, sizeof(piece), &n, NULL) &&
	    GetLastError() != ERROR_BROKEN_PIPE)
		return system_fail(err, GetLastError());
	text_add(out, (struct bytes){piece, n});
	return true;
}

bool console_is_own(void)
{
	DWORD ids[2];

	return GetConsoleProcessList(ids, 2) == 1;
}

void console_ignore_clicks(bool ignore)
{
	static DWORD taken; /* what to give back */
	HANDLE handle = stream_handle(0);
	DWORD mode;

	if (!GetConsoleMode(handle, &mode))
		return;
	if (ignore)
		taken = mode & ENABLE_QUICK_EDIT_MODE;
	mode = ignore ? mode & ~(DWORD)ENABLE_QUICK_EDIT_MODE : mode | taken;
	SetConsoleMode(handle, mode | ENABLE_EXTENDED_FLAGS);
}

bool console_is_terminal(int stream)
{
	DWORD mode;

	return GetConsoleMode(stream_handle(stream), &mode) != 0;
}

int console_width(void)
{
	CONSOLE_SCREEN_BUFFER_INFO info;

	if (!GetConsoleScreenBufferInfo(stream_handle(2), &info))
		return 80;
	int columns = info.srWindow.Right - info.srWindow.Left + 1;

	return columns > 0 ? columns : 80;
}

/* Runs in a thread of its own that the system makes. When it returns from one of the last three, the
 * process is ended: so it waits until what was taken is sealed. */
static BOOL WINAPI on_event(DWORD event)
{
	InterlockedExchange(&stopped, 1);
	if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT && done)
		WaitForSingleObject(done, CLOSE_WAIT_MS);
	return TRUE;
}

void console_catch_stop(void)
{
	if (!done)
		done = CreateEventW(NULL, TRUE, FALSE, NULL);
	SetConsoleCtrlHandler(NULL, FALSE); /* a parent may have switched Ctrl-C off */
	SetConsoleCtrlHandler(on_event, TRUE);
}

bool console_stopped(void)
{
	return InterlockedCompareExchange(&stopped, 0, 0) != 0;
}

void console_done(void)
{
	if (done)
		SetEvent(done);
}
