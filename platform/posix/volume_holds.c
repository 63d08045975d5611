/* Which device or image a path's mount comes from: /proc/self/mountinfo (proc(5)). See platform/volume.h. */
#define _GNU_SOURCE
#include "platform/volume.h"

#include "core/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* The files of /proc and /sys have no size to go by, so they are read by the line. */
static void file_close_at(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* Whether the two name the same file or the same device. */
static bool is_same(const char *a, const char *b)
{
	struct stat x, y;

	if (stat(a, &x) != 0 || stat(b, &y) != 0)
		return false;
	if (S_ISBLK(x.st_mode) && S_ISBLK(y.st_mode))
		return x.st_rdev == y.st_rdev;
	return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Whether a loop device stands for that image. */
static bool is_loop_of(const char *device, const char *image)
{
	char path[256];
	char backing[4096 + 2];
	const char *name = strrchr(device, '/');

	if (!name || strncmp(name, "/loop", 5) != 0)
		return false;
	snprintf(path, sizeof(path), "/sys/block%s/loop/backing_file", name);
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
	if (stat(volume, &device) == 0 && S_ISBLK(device.st_mode) && device.st_rdev == at.st_dev)
		return true;
	mounts = fopen("/proc/self/mountinfo", "re");
	while (mounts && getline(&line, &room, mounts) > 0)
		if (line_is_of(line, at.st_dev, volume))
			return true;
	return false;
}
