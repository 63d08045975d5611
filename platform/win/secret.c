/* The Windows console without echo. See platform/secret.h. */
#include "platform/os.h"
#include "platform/win/edge.h"

#include "core/wipe.h"

#include <string.h>

#define LINE_UNITS 1024

static bool read_units(HANDLE console, wchar_t *units, DWORD *count, struct err *err)
{
	if (!ReadConsoleW(console, units, LINE_UNITS, count, NULL))
		return system_fail(err, GetLastError());
	if (*count == 0 || units[0] == 0x1a) /* Ctrl-C, Ctrl-Z */
		return fail(err, ERR_STOPPED, "no passphrase was given");
	if (units[*count - 1] != L'\n')
		return fail(err, ERR_LIMIT, "a passphrase of more than %d characters", LINE_UNITS);
	return true;
}

static bool ask(HANDLE console, uint8_t *to, size_t room, size_t *len, struct err *err)
{
	wchar_t units[LINE_UNITS];
	DWORD count = 0;
	bool ok = read_units(console, units, &count, err);

	if (ok) {
		int n = WideCharToMultiByte(
		    CP_UTF8, 0, units, (int)count, (char *)to, (int)room, NULL, NULL);

		ok = n > 0 || system_fail(err, GetLastError());
		*len = n > 0 ? (size_t)n : 0;
	}
	wipe(units, sizeof(units));
	return ok;
}

bool os_secret_line(const char *prompt, uint8_t *to, size_t room, size_t *len, struct err *err)
{
	HANDLE console = CreateFileW(L"CONIN$", GENERIC_READ | GENERIC_WRITE,
	    FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
	DWORD mode;

	if (console == INVALID_HANDLE_VALUE || !GetConsoleMode(console, &mode)) {
		if (console != INVALID_HANDLE_VALUE)
			CloseHandle(console);
		return fail(err, ERR_UNSUPPORTED, "there is no console to ask on");
	}
	bool ok =
	    SetConsoleMode(console, ENABLE_LINE_INPUT | ENABLE_PROCESSED_INPUT)
		? os_console_write(2, bytes_of(prompt), err) && ask(console, to, room, len, err)
		: system_fail(err, GetLastError());

	SetConsoleMode(console, mode);
	CloseHandle(console);
	DISCARD(os_console_write(2, bytes_of("\n"), NULL));
	return ok;
}

static bool read_stdin(uint8_t *to, size_t room, size_t *len, struct err *err)
{
	HANDLE file = GetStdHandle(STD_INPUT_HANDLE);
	DWORD n = 1;

	for (*len = 0; *len < room && n; *len += n)
		if (!ReadFile(file, to + *len, (DWORD)(room - *len), &n, NULL))
			return GetLastError() == ERROR_BROKEN_PIPE ||
			       system_fail(err, GetLastError());
	return true;
}

bool os_secret_file(const char *path, uint8_t *to, size_t room, size_t *len, struct err *err)
{
	intptr_t file;
	uint64_t size;

	if (strcmp(path, "-") == 0)
		return read_stdin(to, room, len, err);
	if (!os_open(path, &file, &size, err))
		return false;
	size_t want = size < room ? (size_t)size : room;
	bool ok = os_read(file, 0, to, want, len, err);

	DISCARD(os_close(file, NULL));
	return ok;
}
