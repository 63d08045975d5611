/* Disks of a Windows PC, asked without access to what is on them. See platform/storage.h. */
#include "platform/storage.h"

#include "platform/win/edge.h"
#include "platform/win/volume_name.h"

#include <stdio.h>
#include <winioctl.h>

#define DISKS_MAX      64u
#define DESCRIPTOR_MAX 4096u
#define FIELD_MAX      256u

static HANDLE open_device(const wchar_t *device)
{
	return CreateFileW(device, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
	    OPEN_EXISTING, 0, NULL);
}

/* STORAGE_BUS_TYPE. */
static const char *bus_name(unsigned bus)
{
	static const char *const names[] = {"", "SCSI", "ATAPI", "ATA", "1394", "SSA", "Fibre",
	    "USB", "RAID", "iSCSI", "SAS", "SATA", "SD", "MMC", "virtual", "file", "spaces", "NVMe",
	    "SCM", "UFS"};

	return bus < ARRAY_LEN(names) ? names[bus] : "";
}

/* A NUL-terminated text at that offset of the descriptor, without blanks at its ends; 0: there is none. */
static void add_field(struct text *out, struct bytes descriptor, DWORD offset)
{
	if (offset == 0 || offset >= descriptor.len)
		return;
	const char *at = (const char *)descriptor.at + offset;
	size_t room = descriptor.len - offset;
	size_t len = strnlen(at, room < FIELD_MAX ? room : FIELD_MAX);

	while (len && *at == ' ') {
		at++;
		len--;
	}
	while (len && at[len - 1] == ' ')
		len--;
	text_add_printable(out, (struct bytes){(const uint8_t *)at, len});
}

static void describe(HANDLE device, struct storage_disk *out)
{
	STORAGE_PROPERTY_QUERY query = {
	    .PropertyId = StorageDeviceProperty, .QueryType = PropertyStandardQuery};
	union {
		STORAGE_DEVICE_DESCRIPTOR head;
		uint8_t bytes[DESCRIPTOR_MAX];
	} told = {0};
	DISK_GEOMETRY_EX geometry = {0};
	DWORD n = 0;

	out->bus = "";
	if (DeviceIoControl(device, IOCTL_STORAGE_QUERY_PROPERTY, &query, sizeof(query), &told,
		sizeof(told), &n, NULL) &&
	    n >= offsetof(STORAGE_DEVICE_DESCRIPTOR, RawDeviceProperties)) {
		struct bytes descriptor = {told.bytes, n < sizeof(told) ? n : sizeof(told)};

		add_field(&out->vendor, descriptor, told.head.VendorIdOffset);
		add_field(&out->model, descriptor, told.head.ProductIdOffset);
		add_field(&out->serial, descriptor, told.head.SerialNumberOffset);
		out->bus = bus_name((unsigned)told.head.BusType);
		out->is_removable = told.head.RemovableMedia != 0;
	}
	if (DeviceIoControl(device, IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, NULL, 0, &geometry,
		sizeof(geometry), &n, NULL) &&
	    geometry.DiskSize.QuadPart > 0)
		out->size = (uint64_t)geometry.DiskSize.QuadPart;
}

static bool open_disk(DWORD number, struct storage_disk *out)
{
	wchar_t wide[STORAGE_PATH_ROOM];

	(void)swprintf(wide, ARRAY_LEN(wide), L"\\\\.\\PhysicalDrive%lu", number);
	(void)snprintf(out->path, sizeof(out->path), "\\\\.\\PhysicalDrive%lu", number);
	CLEANUP(handle_close) HANDLE device = open_device(wide);

	if (device == INVALID_HANDLE_VALUE)
		return false;
	describe(device, out);
	return true;
}

bool storage_list(bool (*each)(void *context, const struct storage_disk *disk, struct err *err),
    void *context, struct err *err)
{
	/* Numbers have gaps where a disk was pulled. */
	for (DWORD i = 0; i < DISKS_MAX; i++) {
		CLEANUP(storage_disk_free) struct storage_disk disk = {0};

		if (open_disk(i, &disk) && !each(context, &disk, err))
			return false;
	}
	return true;
}

/* The one extent of a volume; false when it has several, or none that is told. */
static bool extent_of(HANDLE volume, DISK_EXTENT *out)
{
	VOLUME_DISK_EXTENTS extents = {0};
	DWORD n = 0;

	if (!DeviceIoControl(volume, IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, NULL, 0, &extents,
		sizeof(extents), &n, NULL) ||
	    extents.NumberOfDiskExtents != 1)
		return false;
	*out = extents.Extents[0];
	return true;
}

static void find_disk(const wchar_t *volume, struct storage_disk *out)
{
	CLEANUP(handle_close) HANDLE device = open_device(volume);
	STORAGE_DEVICE_NUMBER number = {0};
	DISK_EXTENT extent;
	DWORD n = 0;

	out->bus = "";
	if (device == INVALID_HANDLE_VALUE)
		return;
	if (extent_of(device, &extent))
		(void)open_disk(extent.DiskNumber, out);
	else if (DeviceIoControl(device, IOCTL_STORAGE_GET_DEVICE_NUMBER, NULL, 0, &number,
		     sizeof(number), &n, NULL) &&
		 number.DeviceType == FILE_DEVICE_DISK)
		(void)open_disk(number.DeviceNumber, out);
}

bool storage_of(const char *path, struct storage_place *out)
{
	wchar_t file_system[MAX_PATH + 1] = L"";
	wchar_t name[VOLUME_NAME_ROOM];
	wchar_t root[] = L"C:\\";
	ULARGE_INTEGER size = {0};
	ULARGE_INTEGER free_bytes = {0};
	DWORD serial = 0;

	out->disk.bus = "";
	if (!volume_name_of(path, name))
		return false;
	/* By letter where it has one: Wine knows no volume by its own name. */
	root[0] = (wchar_t)volume_name_letter(name);
	const wchar_t *at = root[0] ? root : name;

	if (GetVolumeInformationW(
		at, NULL, 0, &serial, NULL, NULL, file_system, ARRAY_LEN(file_system))) {
		text_add_wide(&out->file_system, file_system);
		(void)snprintf(out->volume_serial, sizeof(out->volume_serial), "%04lX-%04lX",
		    serial >> 16, serial & 0xffff);
	}
	if (GetDiskFreeSpaceExW(at, NULL, &size, &free_bytes)) {
		out->size = size.QuadPart;
		out->free = free_bytes.QuadPart;
	}
	name[VOLUME_NAME_LEN - 1] = 0; /* without '\' it is the device */
	find_disk(name, &out->disk);
	return true;
}

bool storage_extent(const char *volume, char disk[STORAGE_PATH_ROOM], uint64_t *offset)
{
	CLEANUP(free_memory) wchar_t *wide = wide_path(volume, NULL);
	DISK_EXTENT extent;

	if (!wide)
		return false;
	CLEANUP(handle_close) HANDLE device = open_device(wide);

	if (device == INVALID_HANDLE_VALUE || !extent_of(device, &extent) ||
	    extent.StartingOffset.QuadPart < 0)
		return false;
	(void)snprintf(disk, STORAGE_PATH_ROOM, "\\\\.\\PhysicalDrive%lu", extent.DiskNumber);
	*offset = (uint64_t)extent.StartingOffset.QuadPart;
	return true;
}

bool storage_trims(const char *volume, bool *trims)
{
	STORAGE_PROPERTY_QUERY query = {
	    .PropertyId = StorageDeviceTrimProperty, .QueryType = PropertyStandardQuery};
	CLEANUP(free_memory) wchar_t *wide = wide_path(volume, NULL);
	DEVICE_TRIM_DESCRIPTOR told = {0};
	DWORD n = 0;

	if (!wide)
		return false;
	CLEANUP(handle_close) HANDLE device = open_device(wide);

	if (device == INVALID_HANDLE_VALUE ||
	    !DeviceIoControl(device, IOCTL_STORAGE_QUERY_PROPERTY, &query, sizeof(query), &told,
		sizeof(told), &n, NULL) ||
	    n < sizeof(told))
		return false;
	*trims = told.TrimEnabled != 0;
	return true;
}
