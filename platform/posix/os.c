/* POSIX files behind platform/os.h. */
#define _GNU_SOURCE
#include "platform/posix/os.h"

#include "core/array.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define IO_PIECE  ((size_t)1 << 30)   /* read(2) and write(2) take at most 2 GiB */
#define HOLE_LEN  ((size_t)256 << 10) /* reads shorter than this do not look for holes */
#define OWN_FILES 256u                /* open beside those of an image */

static enum err_kind kind_of(int code)
{
	switch (code) {
	case ENOENT:
	case ENOTDIR:
		return ERR_MISSING;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_DENIED;
	case EEXIST:
	case ENOTEMPTY:
		return ERR_EXISTS;
	case ENOSPC:
	case EDQUOT:
	case EFBIG: /* a file that may not grow: no more goes into it than onto a full disk */
		return ERR_FULL;
	case ENOMEM:
		return ERR_MEMORY;
	case EISDIR:
	case ENAMETOOLONG:
	case EINVAL:
	case ELOOP:
		return ERR_UNSUPPORTED;
	default:
		return ERR_IO;
	}
}

/* The codes that people meet, in the words that Windows' have (platform/win/edge.c). */
static const char *reason_of(int code)
{
	static const struct {
		int code;
		const char *text;
	} reasons[] = {
	    {ENOENT, "no such file or directory"},
	    {ENOTDIR, "it is not a directory"},
	    {EACCES, "access is denied"},
	    {EPERM, "access is denied"},
	    {EROFS, "the file system is read-only"},
	    {EEXIST, "it exists already"},
	    {ENOTEMPTY, "the directory is not empty"},
	    {ENOSPC, "no space left on the device"},
	    {EDQUOT, "the disk quota is used up"},
	    {EFBIG, "too large for this file system"},
	    {ENOMEM, "not enough memory"},
	    {EISDIR, "it is a directory"},
	    {ENAMETOOLONG, "the name is too long"},
	    {ELOOP, "too many links on the way"},
	    {EMFILE, "too many open files"},
	    {EIO, "the device reports an I/O error"},
	    {ENODEV, "the device was removed"},
	    {ENXIO, "no such device"},
	};

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].code == code)
			return reasons[i].text;
	return strerrordesc_np(code);
}

bool errno_fail(struct err *err, int code)
{
	const char *reason = reason_of(code);

	fail(err, kind_of(code), "%s", reason ? reason : "unknown system error");
	if (err)
		err->os_code = (uint32_t)code;
	return false;
}

int open_for_reading(const char *path)
{
	/* O_NONBLOCK: a pipe without a writer must not hang us; it has no effect on files. */
	int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	int fd = open(path, flags | O_NOATIME);

	return fd < 0 && errno == EPERM ? open(path, flags) : fd;
}

bool os_open(const char *path, intptr_t *out, uint64_t *size, struct err *err)
{
	struct stat st;
	int fd = open_for_reading(path);

	if (fd < 0)
		return errno_fail(err, errno);
	if (fstat(fd, &st) != 0) {
		errno_fail(err, errno);
		close(fd);
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		return fail(err, ERR_UNSUPPORTED,
		    S_ISDIR(st.st_mode) ? "it is a directory" : "it is not a regular file");
	}
	*out = fd;
	*size = (uint64_t)st.st_size;
	return true;
}

void os_allow_files(size_t count)
{
	struct rlimit limit;
	rlim_t wanted = (rlim_t)count + OWN_FILES;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

bool os_open_medium(const char *path, intptr_t *out, uint64_t *size, struct err *err)
{
	intptr_t file;

	if (!os_open(path, &file, size, err))
		return false;
	(void)posix_fadvise((int)file, 0, 0, POSIX_FADV_DONTNEED);
	*out = file;
	return true;
}

bool os_create(const char *path, bool is_private, intptr_t *out, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY,
	    is_private ? S_IRUSR | S_IWUSR : 0666);

	if (fd < 0)
		return errno_fail(err, errno);
	*out = fd;
	return true;
}

/* How many of the next bytes a sparse file has no blocks for: reading them through the page cache would cost
 * as much as data. Errors are left for pread to meet. */
static size_t hole_ahead(int fd, uint64_t offset, size_t want)
{
	struct stat st;
	off_t data = lseek(fd, (off_t)offset, SEEK_DATA);
	uint64_t end = data < 0 ? 0 : (uint64_t)data;

	if (data < 0 && (errno != ENXIO || fstat(fd, &st) != 0))
		return 0;
	if (data < 0)
		end = (uint64_t)st.st_size;
	if (end <= offset)
		return 0;
	return end - offset < want ? (size_t)(end - offset) : want;
}

bool os_read(intptr_t file, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	uint8_t *at = to;

	*got = len >= HOLE_LEN ? hole_ahead((int)file, offset, len) : 0;
	if (*got)
		memset(at, 0, *got);
	while (*got < len) {
		size_t want = len - *got < IO_PIECE ? len - *got : IO_PIECE;
		ssize_t n = pread((int)file, at + *got, want, (off_t)(offset + *got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno_fail(err, errno);
		if (n == 0)
			break;
		*got += (size_t)n;
	}
	return true;
}

bool os_write(intptr_t file, struct bytes bytes, struct err *err)
{
	while (bytes.len) {
		ssize_t n = write((int)file, bytes.at, bytes.len < IO_PIECE ? bytes.len : IO_PIECE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno_fail(err, errno);
		bytes.at += n;
		bytes.len -= (size_t)n;
	}
	/* The disk begins at once, not at the flush. What cannot do this (a pipe) does not need it. */
	(void)sync_file_range((int)file, 0, 0, SYNC_FILE_RANGE_WRITE);
	return true;
}

bool os_flush(intptr_t file, struct err *err)
{
	/* EINVAL: something that cannot be flushed, a pipe by another name. */
	if (fsync((int)file) != 0 && errno != EINVAL)
		return errno_fail(err, errno);
	/* What is on the disk need not push the user's own files out of memory. */
	(void)posix_fadvise((int)file, 0, 0, POSIX_FADV_DONTNEED);
	return true;
}

bool os_flush_entry(const char *path, struct err *err)
{
	CLEANUP(text_free) struct text parent = {0};
	const char *slash = strrchr(path, '/');

	if (!slash)
		text_addc(&parent, '.');
	else
		text_add(&parent, (struct bytes){(const uint8_t *)path,
				      slash == path ? 1 : (size_t)(slash - path)});
	if (!text_ok(&parent, err))
		return false;
	int fd = open(parent.at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return true; /* a directory that may be written but not read: nothing more to do */
	bool ok = os_flush(fd, err);

	close(fd);
	return ok;
}

bool os_rename(const char *from, const char *to, struct err *err)
{
	return rename(from, to) == 0 || errno_fail(err, errno);
}

bool os_remove(const char *path, struct err *err)
{
	return remove(path) == 0 || errno_fail(err, errno);
}

bool os_make_directory(const char *path, struct err *err)
{
	return mkdir(path, 0777) == 0 || errno_fail(err, errno);
}

bool os_close(intptr_t file, struct err *err)
{
	/* After EINTR the descriptor is gone on Linux: closing again could hit another file. */
	return close((int)file) == 0 || errno == EINTR || errno_fail(err, errno);
}

bool os_is_separator(char c)
{
	return c == '/';
}
