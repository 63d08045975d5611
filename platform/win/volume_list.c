/* Which volumes this Windows has, and which of them a path lies on. See platform/volume.h. */
#include "platform/volume.h"

#include "platform/os.h"
#include "platform/win/edge.h"

#include <stdio.h>
#include <stdlib.h>

#define VOLUMES_MAX  1024
#define VOLUME_UNITS 64
#define VOLUME_LEN   49 /* "\\?\Volume{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}\" */
#define GUID_PREFIX  10 /* "\\?\Volume" */

static char upper(wchar_t c)
{
	if (c >= L'a' && c <= L'z')
		return (char)(c - 32);
	return c >= L'A' && c <= L'Z' ? (char)c : 0;
}

/* The drive letter among the places where a volume is mounted; 0 for none. */
static char letter_of_volume(const wchar_t *volume)
{
	DWORD room = 0;

	(void)GetVolumePathNamesForVolumeNameW(volume, NULL, 0, &room);
	if (room == 0 || room > 65536)
		return 0;
	CLEANUP(free_memory) wchar_t *names = calloc((size_t)room + 2, sizeof(*names));

	if (!names || !GetVolumePathNamesForVolumeNameW(volume, names, room, &room))
		return 0;
	for (const wchar_t *name = names; *name; name += wcslen(name) + 1)
		if (wcslen(name) == 3 && name[1] == L':' && upper(name[0]))
			return upper(name[0]);
	return 0;
}

static void copy_ascii(char *to, size_t room, const wchar_t *from, size_t len)
{
	size_t i = 0;

	for (; i < len && i + 1 < room && from[i]; i++)
		to[i] = from[i] < 0x80 ? (char)from[i] : '?';
	to[i] = 0;
}

static void describe(const wchar_t *volume, struct volume_info *info)
{
	wchar_t file_system[MAX_PATH + 1] = L"";
	size_t len = wcslen(volume);

	*info = (struct volume_info){.letter = letter_of_volume(volume)};
	if (len && volume[len - 1] == L'\\')
		len--;
	if (len > GUID_PREFIX)
		copy_ascii(info->guid, sizeof(info->guid), volume + GUID_PREFIX, len - GUID_PREFIX);
	if (info->letter)
		snprintf(info->path, sizeof(info->path), "\\\\.\\%c:", info->letter);
	else
		copy_ascii(info->path, sizeof(info->path), volume, len);
	info->is_fixed = GetDriveTypeW(volume) == DRIVE_FIXED;
	/* Only fixed ones are asked: others may have to spin up, or have no medium. */
	if (info->is_fixed && GetVolumeInformationW(volume, NULL, 0, NULL, NULL, NULL, file_system,
				  ARRAY_LEN(file_system)))
		copy_ascii(info->file_system, sizeof(info->file_system), file_system, MAX_PATH);
}

bool volume_list(struct volume_info **out, size_t *count, struct err *err)
{
	CLEANUP(free_memory) struct volume_info *list = NULL;
	wchar_t volume[VOLUME_UNITS];
	size_t used = 0;
	size_t room = 0;
	bool ok = true;
	HANDLE search = FindFirstVolumeW(volume, ARRAY_LEN(volume));

	if (search == INVALID_HANDLE_VALUE) {
		system_fail(err, GetLastError());
		return fail_in(err, "cannot list the volumes of this PC");
	}
	do {
		ok = array_grow(&list, &room, used + 1, sizeof(*list), VOLUMES_MAX, err);
		if (ok)
			describe(volume, &list[used++]);
	} while (ok && FindNextVolumeW(search, volume, ARRAY_LEN(volume)));
	FindVolumeClose(search);
	if (!ok)
		return fail_in(err, "cannot list the volumes of this PC");
	*out = TAKE(list);
	*count = used;
	return true;
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
		if (cut[1] == 0)
			*cut = 0;
		else if (cut[-1] == L':')
			cut[1] = 0; /* the root directory keeps its '\' */
		else
			*cut = 0;
	}
	return INVALID_HANDLE_VALUE;
}

/* The path of an open file with junctions, links and SUBST resolved. From malloc, or NULL. */
static wchar_t *final_path(HANDLE file, DWORD form)
{
	DWORD room = GetFinalPathNameByHandleW(file, NULL, 0, form);
	wchar_t *path = room && room < 65536 ? calloc((size_t)room + 1, sizeof(*path)) : NULL;

	if (path && GetFinalPathNameByHandleW(file, path, room, form) < room)
		return path;
	free(path);
	return NULL;
}

char volume_letter_of(const char *path)
{
	CLEANUP(handle_close) HANDLE file = open_nearest(path);
	CLEANUP(free_memory) wchar_t *by_volume = NULL;
	CLEANUP(free_memory) wchar_t *by_letter = NULL;

	if (file == INVALID_HANDLE_VALUE)
		return 0;
	/* By the volume first: a volume mounted in a folder of C: is not C:. */
	by_volume = final_path(file, VOLUME_NAME_GUID);
	if (by_volume && wcslen(by_volume) >= VOLUME_LEN &&
	    wcsncmp(by_volume, L"\\\\?\\Volume{", 11) == 0) {
		by_volume[VOLUME_LEN] = 0; /* up to the '\' behind '}' */
		return letter_of_volume(by_volume);
	}
	by_letter = final_path(file, VOLUME_NAME_DOS);
	return by_letter && wcslen(by_letter) > 5 && by_letter[5] == L':' ? upper(by_letter[4]) : 0;
}
