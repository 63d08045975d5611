/* The edge between us and Windows: UTF-8 to UTF-16, paths, GetLastError as an err, handles. For
 * platform/win alone. */
#ifndef KANSHIKI_PLATFORM_WIN_EDGE_H
#define KANSHIKI_PLATFORM_WIN_EDGE_H

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "core/array.h"
#include "core/text.h"

/* WTF-8 as NUL-terminated UTF-16, from malloc. NULL with ERR_MEMORY or ERR_LIMIT. */
wchar_t *wide_of(const char *utf8, struct err *err) MUST_CHECK;

/* A path as the system takes it at any length and with any name in it: absolute, '\' only, no "." or
 * "..", behind "\\?\" (or "\\?\UNC\"), so that neither MAX_PATH nor con.log nor a trailing dot matter.
 * Device paths ("\\.\C:") and paths with "\\?\" already stay as they are. From malloc. */
wchar_t *wide_path(const char *path, struct err *err) MUST_CHECK;

/* Adds NUL-terminated UTF-16, or count units of it. */
void text_add_wide(struct text *text, const wchar_t *wide);
void text_add_units(struct text *text, const wchar_t *wide, size_t count);

/* Fills *err with the kind and the English reason of a system error code; returns false. */
bool system_fail(struct err *err, DWORD code);

/* CLEANUP(handle_close) HANDLE h = INVALID_HANDLE_VALUE; NULL is no handle either. */
static inline void handle_close_at(HANDLE *handle)
{
	if (*handle && *handle != INVALID_HANDLE_VALUE)
		CloseHandle(*handle);
}

/* CLEANUP(redirection) struct redirection r = redirection_off(); while r lives, a 32-bit program on
 * 64-bit Windows sees the real System32 instead of SysWOW64. No DLL may be loaded meanwhile. */
struct redirection {
	void *before;
	bool is_off;
};
struct redirection redirection_off(void);
void redirection_at(struct redirection *redirection);

#endif
