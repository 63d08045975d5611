/* Whether a path lies on a volume. See platform/volume.h. */
#include "platform/volume.h"

#include "platform/win/edge.h"

#define VOLUME_NAME_ROOM 64 /* "\\?\Volume{GUID}\" and NUL */

/* The "\\?\Volume{GUID}\" of the volume mounted at point, which ends in '\'. */
static bool volume_at(const wchar_t *point, wchar_t out[VOLUME_NAME_ROOM])
{
	return GetVolumeNameForVolumeMountPointW(point, out, VOLUME_NAME_ROOM) != 0;
}

static char device_letter(const char *volume)
{
	const char *at = volume;

	if (strncmp(at, "\\\\.\\", 4) == 0 || strncmp(at, "\\\\?\\", 4) == 0)
		at += 4;
	bool is_letter = (at[0] >= 'A' && at[0] <= 'Z') || (at[0] >= 'a' && at[0] <= 'z');

	return is_letter && at[1] == ':' && (at[2] == 0 || at[2] == '\\') ? (char)(at[0] & ~0x20)
									  : 0;
}

bool volume_holds(const char *volume, const char *path)
{
	char letter = device_letter(volume);
	char of_path = volume_letter_of(path);
	wchar_t root[] = L"?:\\";
	wchar_t by_letter[VOLUME_NAME_ROOM];

	if (!volume_is_live(volume) || !of_path)
		return false;
	if (letter)
		return letter == of_path;
	/* Given by its GUID: compare with that of the path's letter. */
	CLEANUP(free_memory) wchar_t *given = wide_of(volume, NULL);

	root[0] = (wchar_t)of_path;
	return given && volume_at(root, by_letter) && wcslen(by_letter) > 1 &&
	       _wcsnicmp(given, by_letter, wcslen(by_letter) - 1) == 0;
}
