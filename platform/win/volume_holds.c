/* Whether a path lies on a volume. See platform/volume.h. */
#include "platform/volume.h"

#include "platform/win/volume_name.h"

static char device_letter(const char *volume)
{
	const char *at = volume;

	if (strncmp(at, "\\\\.\\", 4) == 0 || strncmp(at, "\\\\?\\", 4) == 0)
		at += 4;
	bool is_letter = (at[0] >= 'A' && at[0] <= 'Z') || (at[0] >= 'a' && at[0] <= 'z');

	return is_letter && at[1] == ':' && (at[2] == 0 || at[2] == '\\') ? (char)(at[0] & ~0x20)
									  : 0;
}

/* "\\?\Volume{GUID}" or "\\.\Volume{GUID}", with or without '\' at the end. */
static bool device_name(const char *volume, wchar_t out[VOLUME_NAME_ROOM])
{
	CLEANUP(free_memory) wchar_t *wide = wide_of(volume, NULL);

	if (!wide || wcslen(wide) < VOLUME_NAME_LEN - 1 || wcslen(wide) > VOLUME_NAME_LEN)
		return false;
	memcpy(out, wide, (VOLUME_NAME_LEN - 1) * sizeof(*out));
	out[2] = L'?';
	out[VOLUME_NAME_LEN - 1] = L'\\';
	out[VOLUME_NAME_LEN] = 0;
	return true;
}

bool volume_holds(const char *volume, const char *path)
{
	char letter = device_letter(volume);
	wchar_t given[VOLUME_NAME_ROOM];
	wchar_t holder[VOLUME_NAME_ROOM];

	if (!volume_is_live(volume) || !volume_name_of(path, holder))
		return false;
	if (letter && letter == volume_name_letter(holder))
		return true;
	return (letter ? volume_name_of_letter(letter, given) : device_name(volume, given)) &&
	       _wcsicmp(given, holder) == 0;
}
