/* Which volumes this Windows has, and which of them a path lies on. See platform/volume.h. */
#include "platform/volume.h"

#include "platform/os.h"
#include "platform/win/volume_name.h"

#include <stdio.h>
#include <stdlib.h>

#define VOLUMES_MAX 1024
#define GUID_PREFIX 10 /* "\\?\Volume" */

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
	wchar_t root[] = L"C:\\";
	size_t len = wcslen(volume);

	*info = (struct volume_info){.letter = volume_name_letter(volume)};
	if (len && volume[len - 1] == L'\\')
		len--;
	if (len > GUID_PREFIX)
		copy_ascii(info->guid, sizeof(info->guid), volume + GUID_PREFIX, len - GUID_PREFIX);
	if (info->letter)
		snprintf(info->path, sizeof(info->path), "\\\\.\\%c:", info->letter);
	else
		copy_ascii(info->path, sizeof(info->path), volume, len);
	/* By letter where it has one: Wine knows no type of a volume's own name. */
	root[0] = (wchar_t)info->letter;
	info->is_fixed = GetDriveTypeW(info->letter ? root : volume) == DRIVE_FIXED;
	/* Only fixed ones are asked: others may have to spin up, or have no medium. */
	if (info->is_fixed && GetVolumeInformationW(volume, NULL, 0, NULL, NULL, NULL, file_system,
				  ARRAY_LEN(file_system)))
		copy_ascii(info->file_system, sizeof(info->file_system), file_system, MAX_PATH);
}

bool volume_list(struct volume_info **out, size_t *count, struct err *err)
{
	CLEANUP(free_memory) struct volume_info *list = NULL;
	wchar_t volume[VOLUME_NAME_ROOM];
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

char volume_system_letter(void)
{
	wchar_t directory[MAX_PATH + 1] = L"";
	UINT len = GetSystemWindowsDirectoryW(directory, MAX_PATH);

	return len > 1 && len < MAX_PATH && directory[1] == L':' && directory[0] < 0x80
		   ? (char)(directory[0] & ~0x20)
		   : 0;
}

char volume_letter_of(const char *path)
{
	wchar_t name[VOLUME_NAME_ROOM];

	return volume_name_of(path, name) ? volume_name_letter(name) : 0;
}
