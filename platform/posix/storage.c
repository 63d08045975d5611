/* Disks of a Linux machine as /sys tells of them (sysfs-block, Documentation/ABI/stable). See platform/storage.h. */
#define _GNU_SOURCE
#include "platform/storage.h"

#include "core/array.h"
#include "platform/file.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#define SECTOR       512u /* the unit of /sys whatever the disk's own */
#define NAME_MAX_LEN 64u
#define VALUE_MAX    256

static void stream_close_at(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* The first line of /sys/DIRECTORY/NAME without blanks at its ends. False when there is none. */
static bool read_value(const char *directory, const char *name, char out[VALUE_MAX])
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
		return false;
	CLEANUP(stream_close) FILE *file = fopen(path, "re");

	if (!file || !fgets(out, VALUE_MAX, file))
		return false;
	size_t len = strcspn(out, "\n");

	while (len && out[len - 1] == ' ')
		len--;
	out[len] = 0;
	memmove(out, out + strspn(out, " "), len + 1 - strspn(out, " "));
	return *out != 0;
}

static void add_value(struct text *out, const char *directory, const char *name)
{
	char value[VALUE_MAX];

	if (read_value(directory, name, value))
		text_add_printable(out, bytes_of(value));
}

static uint64_t number_of(const char *directory, const char *name)
{
	char value[VALUE_MAX];

	return read_value(directory, name, value) ? strtoull(value, NULL, 10) : 0;
}

static const char *bus_of(const char *directory)
{
	static const struct {
		const char *part, *name;
	} buses[] = {{"/usb", "USB"}, {"/nvme", "NVMe"}, {"/ata", "SATA"}, {"/mmc", "SD"},
	    {"/virtio", "virtual"}, {"/host", "SCSI"}};

	for (size_t i = 0; i < ARRAY_LEN(buses); i++)
		if (strstr(directory, buses[i].part))
			return buses[i].name;
	return "";
}

/* directory: its place below /sys/devices. */
static void describe(const char *directory, struct storage_disk *out)
{
	const char *name = strrchr(directory, '/');
	uint64_t sectors = number_of(directory, "size");

	if (!name ||
	    snprintf(out->path, sizeof(out->path), "/dev%s", name) >= (int)sizeof(out->path))
		out->path[0] = 0;
	add_value(&out->vendor, directory, "device/vendor");
	add_value(&out->model, directory, "device/model");
	add_value(&out->serial, directory, "device/serial");
	if (!out->serial.len)
		add_value(&out->serial, directory, "serial"); /* virtio */
	out->bus = bus_of(directory);
	out->size = sectors <= UINT64_MAX / SECTOR ? sectors * SECTOR : 0;
	out->is_removable = number_of(directory, "removable") != 0;
}

/* What has no device behind it (loop, RAM, device mapper) is no disk. */
static bool is_disk(const char *name, char directory[PATH_MAX])
{
	char path[PATH_MAX];
	struct stat at;

	if (strlen(name) > NAME_MAX_LEN)
		return false;
	(void)snprintf(path, sizeof(path), "/sys/block/%s/device", name);
	if (stat(path, &at) != 0)
		return false;
	(void)snprintf(path, sizeof(path), "/sys/block/%s", name);
	return realpath(path, directory) != NULL;
}

bool storage_list(bool (*each)(void *context, const struct storage_disk *disk, struct err *err),
    void *context, struct err *err)
{
	struct dirent **names = NULL;
	int count = scandir("/sys/block", &names, NULL, alphasort);
	bool ok = true;

	for (int i = 0; i < count; i++) {
		CLEANUP(storage_disk_free) struct storage_disk disk = {0};
		char directory[PATH_MAX];

		if (ok && is_disk(names[i]->d_name, directory)) {
			describe(directory, &disk);
			ok = each(context, &disk, err);
		}
		free(names[i]);
	}
	free(names);
	return ok;
}

/* The directory of a block device below /sys/devices. */
static bool find_device(dev_t device, char directory[PATH_MAX])
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(device), minor(device));
	return realpath(path, directory) != NULL;
}

/* Up from a partition to its disk. */
static void go_to_disk(char directory[PATH_MAX])
{
	char value[VALUE_MAX];
	char *slash = strrchr(directory, '/');

	if (slash && read_value(directory, "partition", value))
		*slash = 0;
}

/* proc(5): "id parent major:minor root point options … - type source super-options". */
static void find_file_system(dev_t device, struct text *out)
{
	CLEANUP(stream_close) FILE *mounts = fopen("/proc/self/mountinfo", "re");
	CLEANUP(free_memory) char *line = NULL;
	size_t room = 0;

	while (mounts && !out->len && getline(&line, &room, mounts) > 0) {
		const char *tail = strstr(line, " - ");
		char *at = line;

		(void)strtoul(at, &at, 10); /* id */
		(void)strtoul(at, &at, 10); /* parent */
		unsigned long high = strtoul(at, &at, 10);
		unsigned long low = *at == ':' ? strtoul(at + 1, NULL, 10) : 0;

		if (tail && *at == ':' && high == major(device) && low == minor(device))
			text_add_printable(out,
			    (struct bytes){(const uint8_t *)tail + 3, strcspn(tail + 3, " \n")});
	}
}

bool storage_of(const char *path, struct storage_place *out)
{
	char directory[PATH_MAX];
	struct statvfs space;
	struct stat at;

	out->disk.bus = "";
	if (stat(path, &at) != 0)
		return false;
	if (statvfs(path, &space) == 0) {
		out->size = (uint64_t)space.f_blocks * space.f_frsize;
		out->free = (uint64_t)space.f_bavail * space.f_frsize;
	}
	find_file_system(at.st_dev, &out->file_system);
	if (find_device(at.st_dev, directory)) {
		go_to_disk(directory);
		describe(directory, &out->disk);
	}
	return true;
}

bool storage_extent(const char *volume, char disk[STORAGE_PATH_ROOM], uint64_t *offset)
{
	char directory[PATH_MAX];
	struct stat at;
	char value[VALUE_MAX];

	if (stat(volume, &at) != 0 || !S_ISBLK(at.st_mode) || !find_device(at.st_rdev, directory) ||
	    !read_value(directory, "partition", value))
		return false;
	uint64_t start = number_of(directory, "start");

	go_to_disk(directory);
	const char *name = strrchr(directory, '/');

	if (!name || start > UINT64_MAX / SECTOR ||
	    snprintf(disk, STORAGE_PATH_ROOM, "/dev%s", name) >= (int)STORAGE_PATH_ROOM)
		return false;
	*offset = start * SECTOR;
	return true;
}

bool storage_trims(const char *volume, bool *trims)
{
	char directory[PATH_MAX], value[VALUE_MAX];
	struct stat at;

	if (stat(volume, &at) != 0 || !S_ISBLK(at.st_mode) || !find_device(at.st_rdev, directory))
		return false;
	go_to_disk(directory);
	if (!read_value(directory, "queue/discard_max_bytes", value))
		return false;
	*trims = strcmp(value, "0") != 0;
	return true;
}
