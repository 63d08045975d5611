/* Volumes by name. See volume_name.h. */
#include "platform/win/volume_name.h"

#include <stdlib.h>

#define NAMES_MAX  65536u /* units of all mount points of a volume */
#define PREFIX_LEN 11     /* "\\?\Volume{" */

static char upper(wchar_t c)
{
	if (c >= L'a' && c <= L'z')
		return (char)(c - 32);
	return c >= L'A' && c <= L'Z' ? (char)c : 0;
}

char volume_name_letter(const wchar_t *name)
{
	DWORD room = 0;

	(void)GetVolumePathNamesForVolumeNameW(name, NULL, 0, &room);
	if (room == 0 || room > NAMES_MAX)
		return 0;
	CLEANUP(free_memory) wchar_t *points = calloc((size_t)room + 2, sizeof(*points));

	if (!points || !GetVolumePathNamesForVolumeNameW(name, points, room, &room))
		return 0;
	for (const wchar_t *point = points; *point; point += wcslen(point) + 1)
		if (wcslen(point) == 3 && point[1] == L':' && upper(point[0]))
			return upper(point[0]);
	return 0;
}

bool volume_name_of_letter(char letter, wchar_t out[VOLUME_NAME_ROOM])
{
	wchar_t root[] = L"?:\\";

	root[0] = (wchar_t)letter;
	return GetVolumeNameForVolumeMountPointW(root, out, VOLUME_NAME_ROOM) != 0;
}

/* Opens path, or its nearest parent that is there, only to ask where it lies. */
static HANDLE open_nearest(const char *path)
{
	CLEANUP(free_memory) wchar_t *wide = wide_path(path, NULL);

	while (wide && *wide) {
		HANDLE file =
		    CreateFileW(wide, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
			NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
		wchar_t *cut = wcsrchr(wide, L'\\');

		if (file != INVALID_HANDLE_VALUE)
			return file;
		if (!cut || cut - wide < 6) /* "\\?\C:" */
			break;
		if (cut[1] && cut[-1] == L':')
			cut[1] = 0; /* the root directory keeps its '\' */
		else
			*cut = 0;
	}
	return INVALID_HANDLE_VALUE;
}

/* The path of an open file as it really is. From malloc, or NULL. */
static wchar_t *final_path(HANDLE file, DWORD form)
{
	DWORD room = GetFinalPathNameByHandleW(file, NULL, 0, form);
	wchar_t *path = room && room < NAMES_MAX ? calloc((size_t)room + 1, sizeof(*path)) : NULL;
	DWORD len = path ? GetFinalPathNameByHandleW(file, path, room + 1, form) : 0;

	if (len && len <= room)
		return path;
	free(path);
	return NULL;
}

bool volume_name_of(const char *path, wchar_t out[VOLUME_NAME_ROOM])
{
	CLEANUP(handle_close) HANDLE file = open_nearest(path);
	CLEANUP(free_memory) wchar_t *by_name = NULL;
	CLEANUP(free_memory) wchar_t *by_letter = NULL;

	if (file == INVALID_HANDLE_VALUE)
		return false;
	/* By name first: a volume mounted in a folder of C: is not C:. */
	by_name = final_path(file, VOLUME_NAME_GUID);
	if (by_name && wcslen(by_name) >= VOLUME_NAME_LEN &&
	    wcsncmp(by_name, L"\\\\?\\Volume{", PREFIX_LEN) == 0) {
		memcpy(out, by_name, VOLUME_NAME_LEN * sizeof(*out));
		out[VOLUME_NAME_LEN] = 0;
		return true;
	}
	by_letter = final_path(file, VOLUME_NAME_DOS);
	return by_letter && wcslen(by_letter) > 5 && by_letter[5] == L':' && upper(by_letter[4]) &&
	       volume_name_of_letter(upper(by_letter[4]), out);
}
