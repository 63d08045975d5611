/* Block devices and image files on POSIX. See platform/volume.h. */
#define _GNU_SOURCE
#include "platform/volume.h"

#include "platform/posix/os.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE_UNKNOWN (UINT64_MAX / 2)

struct volume_source {
	struct source source;
	int fd;
	char path[];
};

static bool volume_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct volume_source *volume = (struct volume_source *)self;
	uint64_t left = offset < self->size ? self->size - offset : 0;

	*got = 0;
	if (len > left)
		len = (size_t)left;
	return len == 0 || os_read(volume->fd, offset, to, len, got, err) ||
	       fail_in(err, "cannot read '%s' at byte %llu", volume->path,
		   (unsigned long long)(offset + *got));
}

static uint64_t volume_data_at(struct source *self, uint64_t offset)
{
	off_t data = lseek(((struct volume_source *)self)->fd, (off_t)offset, SEEK_DATA);

	if (data < 0)
		return errno == ENXIO ? self->size : offset;
	return (uint64_t)data < self->size ? (uint64_t)data : self->size;
}

static void volume_close(struct source *self)
{
	close(((struct volume_source *)self)->fd);
	free(self);
}

static bool volume_size(int fd, uint64_t *size, struct err *err)
{
	struct stat st;
	uint64_t device = 0;

	if (fstat(fd, &st) != 0)
		return errno_fail(err, errno);
	if (S_ISREG(st.st_mode)) {
		*size = (uint64_t)st.st_size;
		return true;
	}
	if (!S_ISBLK(st.st_mode))
		return fail(err, ERR_UNSUPPORTED,
		    S_ISDIR(st.st_mode) ? "it is a directory" : "it is neither image nor device");
	*size = ioctl(fd, BLKGETSIZE64, &device) == 0 && device ? device : SIZE_UNKNOWN;
	return true;
}

bool volume_open(const char *path, struct source **out, struct err *err)
{
	size_t room = strlen(path) + 1;
	int fd = open_for_reading(path);
	uint64_t size = 0;

	if (fd < 0) {
		errno_fail(err, errno);
		return fail_in(err, "cannot open '%s'", path);
	}
	if (!volume_size(fd, &size, err)) {
		close(fd);
		return fail_in(err, "cannot open '%s'", path);
	}
	struct volume_source *volume = calloc(1, sizeof(*volume) + room);

	if (!volume) {
		close(fd);
		return fail(err, ERR_MEMORY, "no memory to open '%s'", path);
	}
	volume->source = (struct source){
	    .size = size, .read = volume_read, .close = volume_close, .data_at = volume_data_at};
	volume->fd = fd;
	memcpy(volume->path, path, room);
	*out = &volume->source;
	return true;
}

bool volume_is_live(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISBLK(st.st_mode);
}

bool volume_list(struct volume_info **out, size_t *count, struct err *err)
{
	(void)err;
	*out = NULL;
	*count = 0;
	return true;
}

char volume_letter_of(const char *path)
{
	(void)path;
	return 0;
}

char volume_system_letter(void)
{
	return 0;
}

bool volume_bitmap_open(const char *path, struct source **out, struct err *err)
{
	(void)out;
	return fail(err, ERR_UNSUPPORTED,
	    "this system does not tell which clusters of '%s' are in use", path);
}
