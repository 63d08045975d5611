/* Which device or image a path's mount comes from: /proc/self/mountinfo (proc(5)). See platform/volume.h. */
#define _GNU_SOURCE
#include "platform/volume.h"

#include "core/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The files of /proc and /sys have no size to go by, so they are read by the line. */
static void file_close_at(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* The disk that a partition is on, by /sys (sysfs-block); the device itself when it is no partition. */
static dev_t disk_of(dev_t device)
{
	char path[64];
	char line[32];

	(void)snprintf(
	    path, sizeof(path), "/sys/dev/block/%u:%u/partition", major(device), minor(device));
	if (access(path, F_OK) != 0)
		return device;
	(void)snprintf(
	    path, sizeof(path), "/sys/dev/block/%u:%u/../dev", major(device), minor(device));
	CLEANUP(file_close) FILE *file = fopen(path, "re");
	char *at = line;

	if (!file || !fgets(line, sizeof(line), file))
		return device;
	unsigned long number = strtoul(at, &at, 10);

	return *at == ':' ? makedev((unsigned)number, (unsigned)strtoul(at + 1, NULL, 10)) : device;
}

/* Whether the device is the given one, or a partition of it. */
static bool is_on(dev_t device, const struct stat *given)
{
	return S_ISBLK(given->st_mode) &&
	       (device == given->st_rdev || disk_of(device) == given->st_rdev);
}

/* Whether both name the same file, or `a` the device `b` or a partition of it. */
static bool is_same(const char *a, const char *b)
{
	struct stat x, y;

	if (stat(a, &x) != 0 || stat(b, &y) != 0)
		return false;
	if (S_ISBLK(x.st_mode) && S_ISBLK(y.st_mode))
		return is_on(x.st_rdev, &y);
	return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Whether a loop device, or a partition of one, stands for that image. */
static bool is_loop_of(const char *device, const char *image)
{
	char path[64];
	char backing[4096 + 2];
	struct stat at;

	if (stat(device, &at) != 0 || !S_ISBLK(at.st_mode))
		return false;
	dev_t disk = disk_of(at.st_rdev);

	(void)snprintf(
	    path, sizeof(path), "/sys/dev/block/%u:%u/loop/backing_file", major(disk), minor(disk));
	CLEANUP(file_close) FILE *file = fopen(path, "re");

	if (!file || !fgets(backing, sizeof(backing), file))
		return false;
	backing[strcspn(backing, "\n")] = 0;
	return is_same(backing, image);
}

/* "\040" and the like, as mountinfo escapes them, in place. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] && from[3]) {
			*to++ =
			    (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = 0;
}

/* Looks at one line: "id parent major:minor root point options … - type source super-options". */
static bool line_is_of(char *line, dev_t device, const char *volume)
{
	char *at = line;
	char *tail = strstr(line, " - ");
	char *source = tail ? strchr(tail + 3, ' ') : NULL;

	(void)strtoul(at, &at, 10); /* id */
	(void)strtoul(at, &at, 10); /* parent */
	unsigned long number = strtoul(at, &at, 10);
	unsigned long minor_number = *at == ':' ? strtoul(at + 1, NULL, 10) : 0;

	if (!source || *at != ':' || number != major(device) || minor_number != minor(device))
		return false;
	source++;
	source[strcspn(source, " ")] = 0;
	unescape(source);
	return source[0] == '/' && (is_same(source, volume) || is_loop_of(source, volume));
}

bool volume_holds(const char *volume, const char *path)
{
	CLEANUP(file_close) FILE *mounts = NULL;
	CLEANUP(free_memory) char *line = NULL;
	size_t room = 0;
	struct stat at;
	struct stat device;

	if (stat(path, &at) != 0)
		return false;
	if (stat(volume, &device) == 0 && is_on(at.st_dev, &device))
		return true;
	mounts = fopen("/proc/self/mountinfo", "re");
	while (mounts && getline(&line, &room, mounts) > 0)
		if (line_is_of(line, at.st_dev, volume))
			return true;
	return false;
}
