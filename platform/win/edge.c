/* UTF-8 inside, UTF-16 at the edge. See edge.h. */
#include "platform/win/edge.h"

#include <stdio.h>
#include <stdlib.h>

#define PATH_UNITS_MAX 32767 /* what the kernel takes (UNICODE_STRING) */

void text_add_units(struct text *text, const wchar_t *wide, size_t count)
{
	text_add_utf16(text, (struct bytes){(const uint8_t *)wide, count * sizeof(*wide)});
}

void text_add_wide(struct text *text, const wchar_t *wide)
{
	text_add_units(text, wide, wcslen(wide));
}

/* Hands the memory of *units (UTF-16LE bytes, not yet ended) over as a string. */
static wchar_t *take_wide(struct text *units, struct err *err)
{
	static const uint8_t nul[2];

	text_add(units, (struct bytes){nul, sizeof(nul)});
	if (!text_ok(units, err))
		return NULL;
	return (wchar_t *)(void *)TAKE(units->at);
}

wchar_t *wide_of(const char *utf8, struct err *err)
{
	CLEANUP(text_free) struct text units = {0};

	text_to_utf16(bytes_of(utf8), &units);
	return take_wide(&units, err);
}

static bool is_separator(char c)
{
	return c == '\\' || c == '/';
}

static bool has_drive(const char *path)
{
	return ((path[0] | 32) >= 'a' && (path[0] | 32) <= 'z') && path[1] == ':';
}

/* "\\.\" or "\\?\", in either slash. */
static bool is_device(const char *path)
{
	return is_separator(path[0]) && is_separator(path[1]) &&
	       (path[2] == '.' || path[2] == '?') && is_separator(path[3]);
}

/* The directory that a relative path starts from; of a drive when it names one ("d:x"). */
static bool add_current(struct text *out, const char *path, struct err *err)
{
	wchar_t of[3] = L".";
	wchar_t *units;

	if (has_drive(path)) {
		of[0] = (wchar_t)path[0];
		of[1] = L':';
	}
	DWORD room = GetFullPathNameW(of, 0, NULL, NULL);

	if (room == 0)
		return system_fail(err, GetLastError());
	units = calloc(room, sizeof(*units));
	if (!units)
		return fail(err, ERR_MEMORY, "no memory for the current directory");
	DWORD len = GetFullPathNameW(of, room, units, NULL);

	if (len > 0 && len < room)
		text_add_units(out, units, len);
	free(units);
	return len > 0 && len < room ? text_ok(out, err) : system_fail(err, ERROR_BAD_PATHNAME);
}

/* Adds the components of path, each behind a '\', without ".", "" and what ".." takes back; never
 * below *floor, the length of the root. */
static void add_components(struct text *out, const char *path, size_t floor)
{
	while (*path) {
		size_t len = strcspn(path, "\\/");

		if (len == 2 && path[0] == '.' && path[1] == '.') {
			while (out->len > floor && out->at[--out->len] != '\\')
				continue;
			out->at[out->len] = 0;
		} else if (len && !(len == 1 && path[0] == '.')) {
			text_addc(out, '\\');
			text_add(out, (struct bytes){(const uint8_t *)path, len});
		}
		path += len;
		path += *path != 0;
	}
}

/* Length of "//server/share" at the start of a UNC path. */
static size_t unc_root(const char *path)
{
	size_t server = strcspn(path + 2, "\\/");
	size_t share = path[2 + server] ? strcspn(path + 3 + server, "\\/") : 0;

	return 2 + server + (path[2 + server] ? 1 : 0) + share;
}

/* Adds the root of an absolute path, behind "\\?\", and tells where the rest starts. */
static size_t add_root(struct text *out, const char *path)
{
	if (has_drive(path)) {
		text_addf(out, "\\\\?\\%c:", path[0]);
		return 2;
	}
	size_t root = unc_root(path);

	text_adds(out, "\\\\?\\UNC");
	for (size_t i = 1; i < root; i++)
		text_addc(out, is_separator(path[i]) ? '\\' : path[i]);
	return root;
}

static bool make_absolute(struct text *out, const char *path, struct err *err)
{
	CLEANUP(text_free) struct text current = {0};
	bool is_unc = is_separator(path[0]) && is_separator(path[1]);
	bool is_full = is_unc || (has_drive(path) && is_separator(path[2]));
	const char *base = path;

	if (!is_full) {
		if (!add_current(&current, path, err))
			return false;
		base = text_string(&current);
	}
	size_t rest = add_root(out, base);
	size_t floor = out->len;

	if (!text_ok(out, err))
		return false;
	if (is_full || !is_separator(path[0]))
		add_components(out, base + rest, floor);
	if (!is_full)
		add_components(out, path + (has_drive(path) ? 2 : 0), floor);
	if (out->len == floor)
		text_addc(out, '\\'); /* a root directory, not a device */
	return text_ok(out, err);
}

static wchar_t *checked_path(const char *path, struct err *err)
{
	CLEANUP(text_free) struct text whole = {.ceiling = 4 * PATH_UNITS_MAX};
	CLEANUP(text_free) struct text units = {.ceiling = 2 * PATH_UNITS_MAX};

	if (!*path)
		return fail(err, ERR_MISSING, "the path is empty"), NULL;
	if (is_device(path)) {
		text_adds(&whole, path);
		for (size_t i = 0; i < whole.len; i++)
			if (whole.at[i] == '/')
				whole.at[i] = '\\';
	} else if (!make_absolute(&whole, path, err)) {
		return NULL;
	}
	if (!text_ok(&whole, err))
		return NULL;
	text_to_utf16(text_bytes(&whole), &units);
	return take_wide(&units, err);
}

wchar_t *wide_path(const char *path, struct err *err)
{
	return checked_path(path, err);
}

struct redirection redirection_off(void)
{
	struct redirection redirection = {0};

#ifndef _WIN64
	/* Fails, with nothing to undo, on 32-bit Windows. */
	redirection.is_off = Wow64DisableWow64FsRedirection(&redirection.before) != 0;
#endif
	return redirection;
}

void redirection_at(struct redirection *redirection)
{
#ifndef _WIN64
	if (redirection->is_off)
		Wow64RevertWow64FsRedirection(redirection->before);
#endif
	redirection->is_off = false;
}

struct reason {
	DWORD code;
	enum err_kind kind;
	const char *text;
};

/* The codes that people meet, in words of our own: the system has English texts only where its
 * English language pack is. */
static const struct reason reasons[] = {
    {ERROR_FILE_NOT_FOUND, ERR_MISSING, "no such file"},
    {ERROR_PATH_NOT_FOUND, ERR_MISSING, "no such directory"},
    {ERROR_INVALID_DRIVE, ERR_MISSING, "no such drive"},
    {ERROR_BAD_NETPATH, ERR_MISSING, "no such server"},
    {ERROR_BAD_NET_NAME, ERR_MISSING, "no such share"},
    {ERROR_NO_MORE_FILES, ERR_MISSING, "no more files"},
    {ERROR_DEV_NOT_EXIST, ERR_MISSING, "no such device"},
    {ERROR_ACCESS_DENIED, ERR_DENIED, "access is denied"},
    {ERROR_SHARING_VIOLATION, ERR_DENIED, "another program holds it open"},
    {ERROR_LOCK_VIOLATION, ERR_DENIED, "another program has locked a part of it"},
    {ERROR_WRITE_PROTECT, ERR_DENIED, "it is write-protected"},
    {ERROR_PRIVILEGE_NOT_HELD, ERR_DENIED, "a privilege is missing"},
    {740, ERR_DENIED, "administrator rights are needed"}, /* ERROR_ELEVATION_REQUIRED */
    {ERROR_DISK_FULL, ERR_FULL, "no space left on the device"},
    {ERROR_HANDLE_DISK_FULL, ERR_FULL, "no space left on the device"},
    {1295, ERR_FULL, "the disk quota is used up"}, /* ERROR_DISK_QUOTA_EXCEEDED */
    {ERROR_FILE_EXISTS, ERR_EXISTS, "it exists already"},
    {ERROR_ALREADY_EXISTS, ERR_EXISTS, "it exists already"},
    {ERROR_DIR_NOT_EMPTY, ERR_EXISTS, "the directory is not empty"},
    {ERROR_NOT_ENOUGH_MEMORY, ERR_MEMORY, "not enough memory"},
    {ERROR_OUTOFMEMORY, ERR_MEMORY, "not enough memory"},
    {ERROR_NO_SYSTEM_RESOURCES, ERR_MEMORY, "not enough system resources"},
    {ERROR_FILE_TOO_LARGE, ERR_LIMIT, "too large for this file system"},
    {ERROR_INVALID_NAME, ERR_UNSUPPORTED, "the file system does not take this name"},
    {ERROR_BAD_PATHNAME, ERR_UNSUPPORTED, "the system does not take this path"},
    {ERROR_FILENAME_EXCED_RANGE, ERR_UNSUPPORTED, "the name is too long"},
    {ERROR_DIRECTORY, ERR_UNSUPPORTED, "it is not a directory"},
    {ERROR_NOT_SUPPORTED, ERR_UNSUPPORTED, "the system does not support it"},
    {ERROR_INVALID_FUNCTION, ERR_UNSUPPORTED, "the device does not support it"},
    {ERROR_UNRECOGNIZED_VOLUME, ERR_UNSUPPORTED, "no file system that Windows knows"},
    {0x80310000, ERR_DENIED, "the volume is locked by BitLocker"}, /* FVE_E_LOCKED_VOLUME */
    {ERROR_NOT_READY, ERR_IO, "the device is not ready"},
    {ERROR_CRC, ERR_IO, "a bad sector (checksum error)"},
    {ERROR_SECTOR_NOT_FOUND, ERR_IO, "a sector cannot be found"},
    {ERROR_READ_FAULT, ERR_IO, "the device failed to read"},
    {ERROR_IO_DEVICE, ERR_IO, "the device reports an I/O error"},
    {ERROR_DEVICE_NOT_CONNECTED, ERR_IO, "the device was removed"},
    {ERROR_BROKEN_PIPE, ERR_IO, "the reader of the pipe is gone"},
    {ERROR_NO_DATA, ERR_IO, "the reader of the pipe is gone"},
    {ERROR_HANDLE_EOF, ERR_IO, "the end was reached"},
};

/* The system's English text without its full stop and line break; false where it has none. */
static bool english_text(DWORD code, struct text *out)
{
	wchar_t wide[200];
	DWORD len = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
				       FORMAT_MESSAGE_MAX_WIDTH_MASK,
	    NULL, code, MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), wide, ARRAY_LEN(wide), NULL);

	while (len && (wide[len - 1] <= L' ' || wide[len - 1] == L'.'))
		len--;
	text_add_units(out, wide, len);
	return len && !out->failed;
}

bool system_fail(struct err *err, DWORD code)
{
	CLEANUP(text_free) struct text said = {0};

	if (!err)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		if (reasons[i].code != code)
			continue;
		fail(err, reasons[i].kind, "%s", reasons[i].text);
		err->os_code = code;
		return false;
	}
	if (english_text(code, &said))
		fail(err, ERR_IO, "%s (system error %lu)", said.at, code);
	else
		fail(err, ERR_IO, "system error %lu", code);
	err->os_code = code;
	return false;
}
