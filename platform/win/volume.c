/* Raw volumes and image files on Windows. See platform/volume.h.
 *
 * A device takes only reads whose offset and length are multiples of its sector (CreateFile, "Physical
 * Disks and Volumes"); what is asked for differently goes through a bounce buffer. */
#include "platform/volume.h"

#include "platform/os.h"
#include "platform/win/edge.h"

#include <stdlib.h>
#include <winioctl.h>

#define SIZE_UNKNOWN   (UINT64_MAX / 2)
#define SECTOR_LEAST   512u
#define SECTOR_MOST    65536u
#define SECTOR_ASSUMED 4096u /* right for 512 and for 4096 */
#define BOUNCE_LEN     ((size_t)1 << 20)
#define MEMORY_ALIGN   16u /* drivers want 4 or 8 of it */

struct volume_source {
	struct source source;
	HANDLE device;
	size_t sector; /* 1 for an image file */
	bool size_known;
	SRWLOCK lock; /* of bounce */
	uint8_t *bounce;
	char path[];
};

/* The system answers a read over the end of a device by one of these. */
static bool is_end(DWORD code)
{
	return code == ERROR_HANDLE_EOF || code == ERROR_SECTOR_NOT_FOUND ||
	       code == ERROR_INVALID_PARAMETER;
}

/* Reads whole sectors; after an error again in smaller pieces, so that *got ends at the bad one. */
static bool read_sectors(struct volume_source *volume, uint64_t offset, uint8_t *to, size_t len,
    size_t *got, struct err *err)
{
	size_t piece = len < BOUNCE_LEN ? len : BOUNCE_LEN;
	struct err why = {0};

	*got = 0;
	while (*got < len) {
		size_t want = len - *got < piece ? len - *got : piece;
		size_t n = 0;

		if (os_read((intptr_t)volume->device, offset + *got, to + *got, want, &n, &why)) {
			*got += n;
			if (n < want)
				return true;
			continue;
		}
		*got += n;
		if (want > volume->sector) {
			piece = want / 2 / volume->sector * volume->sector;
			piece = piece ? piece : volume->sector;
			continue;
		}
		if (!volume->size_known && is_end(why.os_code))
			return true;
		if (err)
			*err = why;
		return false;
	}
	return true;
}

/* Sectors around [offset, offset + len) into the bounce buffer; len fits after rounding. */
static bool read_bounced(struct volume_source *volume, uint64_t offset, uint8_t *to, size_t len,
    size_t *got, struct err *err)
{
	size_t skip = (size_t)(offset % volume->sector);
	uint64_t start = offset - skip;
	size_t whole = (skip + len + volume->sector - 1) / volume->sector * volume->sector;
	size_t read = 0;

	/* The last sectors of a size that is no multiple of what we assumed a sector to be. */
	if (volume->size_known && whole > volume->source.size - start)
		whole = (size_t)(volume->source.size - start);
	AcquireSRWLockExclusive(&volume->lock);
	bool ok = read_sectors(volume, start, volume->bounce, whole, &read, err);

	*got = read > skip ? read - skip : 0;
	if (*got > len)
		*got = len;
	memcpy(to, volume->bounce + skip, *got);
	ReleaseSRWLockExclusive(&volume->lock);
	return ok || *got == len;
}

static bool read_piece(struct volume_source *volume, uint64_t offset, uint8_t *to, size_t len,
    size_t *got, struct err *err)
{
	size_t even = len / volume->sector * volume->sector;
	bool is_aligned = volume->sector == 1 || (uintptr_t)to % MEMORY_ALIGN == 0;

	if (offset % volume->sector == 0 && even && is_aligned) {
		*got = 0;
		return read_sectors(volume, offset, to, even, got, err);
	}
	size_t most = BOUNCE_LEN - volume->sector;

	return read_bounced(volume, offset, to, len < most ? len : most, got, err);
}

static bool volume_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct volume_source *volume = (struct volume_source *)self;
	uint64_t left = offset < self->size ? self->size - offset : 0;

	*got = 0;
	if (len > left)
		len = (size_t)left;
	while (*got < len) {
		size_t n = 0;
		bool ok =
		    read_piece(volume, offset + *got, (uint8_t *)to + *got, len - *got, &n, err);

		*got += n;
		if (!ok)
			return fail_in(err, "cannot read '%s' at byte %llu", volume->path,
			    (unsigned long long)(offset + *got));
		if (n == 0)
			break;
	}
	return true;
}

static void volume_close(struct source *self)
{
	struct volume_source *volume = (struct volume_source *)self;

	if (volume->device != INVALID_HANDLE_VALUE)
		CloseHandle(volume->device);
	if (volume->bounce)
		VirtualFree(volume->bounce, 0, MEM_RELEASE);
	free(volume);
}

static bool control(HANDLE device, DWORD code, void *out, DWORD len)
{
	DWORD n = 0;

	return DeviceIoControl(device, code, NULL, 0, out, len, &n, NULL) != 0;
}

static size_t sector_of(HANDLE device)
{
	DISK_GEOMETRY geometry = {0};
	size_t sector = 0;

	if (control(device, IOCTL_DISK_GET_DRIVE_GEOMETRY, &geometry, sizeof(geometry)))
		sector = geometry.BytesPerSector;
	if (sector < SECTOR_LEAST || sector > SECTOR_MOST || (sector & (sector - 1)) != 0)
		return SECTOR_ASSUMED;
	return sector;
}

static void measure_device(struct volume_source *volume)
{
	GET_LENGTH_INFORMATION length = {0};
	LARGE_INTEGER size = {0};

	/* NTFS hides the sectors behind the file system, such as the spare boot sector, without it. */
	(void)control(volume->device, FSCTL_ALLOW_EXTENDED_DASD_IO, NULL, 0);
	volume->sector = sector_of(volume->device);
	if (!control(volume->device, IOCTL_DISK_GET_LENGTH_INFO, &length, sizeof(length)) ||
	    length.Length.QuadPart <= 0)
		length.Length.QuadPart = GetFileSizeEx(volume->device, &size) ? size.QuadPart : 0;
	volume->size_known = length.Length.QuadPart > 0;
	volume->source.size = volume->size_known ? (uint64_t)length.Length.QuadPart : SIZE_UNKNOWN;
}

static bool measure_image(struct volume_source *volume, struct err *err)
{
	BY_HANDLE_FILE_INFORMATION info;

	if (!GetFileInformationByHandle(volume->device, &info))
		return system_fail(err, GetLastError());
	if (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
		return fail(err, ERR_UNSUPPORTED, "it is a directory");
	volume->sector = 1;
	volume->size_known = true;
	volume->source.size = (uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow;
	return true;
}

/* A bare "X:" means the volume, not its current directory. A device name has no '\' at its end. */
static void device_path(const char *path, struct text *out)
{
	size_t len = strlen(path);

	if (!volume_is_live(path)) {
		text_adds(out, path);
		return;
	}
	while (len > 4 && os_is_separator(path[len - 1]))
		len--;
	if (len == 2)
		text_adds(out, "\\\\.\\");
	text_add(out, (struct bytes){(const uint8_t *)path, len});
}

static bool open_device(struct volume_source *volume, const char *path, struct err *err)
{
	CLEANUP(text_free) struct text device = {0};
	CLEANUP(free_memory) wchar_t *wide = NULL;

	device_path(path, &device);
	if (!text_ok(&device, err))
		return false;
	wide = wide_path(device.at, err);
	if (!wide)
		return false;
	volume->device =
	    CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
		NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
	if (volume->device == INVALID_HANDLE_VALUE)
		return system_fail(err, GetLastError());
	if (!volume_is_live(path))
		return measure_image(volume, err);
	measure_device(volume);
	volume->bounce = VirtualAlloc(NULL, BOUNCE_LEN, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
	return volume->bounce || fail(err, ERR_MEMORY, "no memory for its buffer");
}

bool volume_open(const char *path, struct source **out, struct err *err)
{
	size_t room = strlen(path) + 1;
	struct volume_source *volume = calloc(1, sizeof(*volume) + room);

	if (!volume)
		return fail(err, ERR_MEMORY, "no memory to open '%s'", path);
	volume->source = (struct source){.size = 0, .read = volume_read, .close = volume_close};
	volume->device = INVALID_HANDLE_VALUE;
	InitializeSRWLock(&volume->lock);
	memcpy(volume->path, path, room);
	if (!open_device(volume, path, err)) {
		volume_close(&volume->source);
		return fail_in(err, "cannot open '%s'", path);
	}
	*out = &volume->source;
	return true;
}

/* How many components a path has: "Device\\HarddiskVolume1\\" has two. */
static int count_components(const char *path)
{
	int count = 0;

	while (*path) {
		size_t len = strcspn(path, "\\/");

		count += len > 0;
		path += len;
		path += *path != 0;
	}
	return count;
}

static bool starts_with(const char *path, const char *lower)
{
	for (; *lower; path++, lower++)
		if ((*path >= 'A' && *path <= 'Z' ? *path + 32 : *path) != *lower)
			return false;
	return true;
}

bool volume_is_live(const char *path)
{
	bool is_device = os_is_separator(path[0]) && os_is_separator(path[1]) &&
			 (path[2] == '.' || path[2] == '?') && os_is_separator(path[3]);
	const char *name = is_device ? path + 4 : path;
	bool has_drive = (name[0] | 32) >= 'a' && (name[0] | 32) <= 'z' && name[1] == ':';

	if (!is_device)
		return has_drive && name[2] == 0;
	if (has_drive)
		return count_components(name) == 1;
	if (path[2] == '.' || starts_with(name, "volume{"))
		return count_components(name) == 1;
	return starts_with(name, "globalroot") && count_components(name) == 3;
}
