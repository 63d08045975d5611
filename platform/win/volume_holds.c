/* Whether a path lies on a volume. See platform/volume.h. */
#include "platform/volume.h"

#include "platform/win/volume_name.h"

#include <winioctl.h>

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

	if (!wide || wcslen(wide) < VOLUME_NAME_LEN - 1 || wcslen(wide) > VOLUME_NAME_LEN ||
	    _wcsnicmp(wide + 4, L"Volume{", 7) != 0)
		return false;
	memcpy(out, wide, (VOLUME_NAME_LEN - 1) * sizeof(*out));
	out[2] = L'?';
	out[VOLUME_NAME_LEN - 1] = L'\\';
	out[VOLUME_NAME_LEN] = 0;
	return true;
}

static bool device_number(const wchar_t *device, STORAGE_DEVICE_NUMBER *out)
{
	CLEANUP(handle_close)
	HANDLE handle = CreateFileW(device, 0,
	    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
	DWORD n = 0;

	return handle != INVALID_HANDLE_VALUE &&
	       DeviceIoControl(
		   handle, IOCTL_STORAGE_GET_DEVICE_NUMBER, NULL, 0, out, sizeof(*out), &n, NULL);
}

/* Whether the device is the partition of that volume, or the whole disk that it is a part of: for
 * "\\.\PhysicalDrive0" and "\\?\GLOBALROOT\Device\HarddiskVolume2". A shadow copy has no such number. */
static bool is_device_of(const char *device, wchar_t holder[VOLUME_NAME_ROOM])
{
	CLEANUP(free_memory) wchar_t *wide = wide_path(device, NULL);
	STORAGE_DEVICE_NUMBER given = {0};
	STORAGE_DEVICE_NUMBER held = {0};

	holder[VOLUME_NAME_LEN - 1] = 0; /* without '\' it is the device, not its root directory */
	if (!wide || !device_number(wide, &given) || !device_number(holder, &held))
		return false;
	bool is_whole = given.PartitionNumber == 0 || given.PartitionNumber == (DWORD)-1;

	return given.DeviceType == held.DeviceType && given.DeviceNumber == held.DeviceNumber &&
	       (is_whole || given.PartitionNumber == held.PartitionNumber);
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
	if (letter ? volume_name_of_letter(letter, given) : device_name(volume, given))
		return _wcsicmp(given, holder) == 0;
	return !letter && is_device_of(volume, holder);
}
