/* Files and directories on POSIX. See platform/file.h. */
#define _GNU_SOURCE
#include "platform/file.h"

#include "core/array.h"
#include "platform/posix/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static enum file_kind kind_of_mode(mode_t mode)
{
	if (S_ISREG(mode))
		return FILE_KIND_FILE;
	return S_ISDIR(mode) ? FILE_KIND_DIRECTORY : FILE_KIND_OTHER;
}

enum file_kind file_kind(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return kind_of_mode(st.st_mode);
	return errno == ENOENT || errno == ENOTDIR ? FILE_KIND_MISSING : FILE_KIND_OTHER;
}

static enum file_kind kind_of_entry(int directory, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type == DT_REG)
		return FILE_KIND_FILE;
	if (entry->d_type == DT_DIR)
		return FILE_KIND_DIRECTORY;
	if (fstatat(directory, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return FILE_KIND_OTHER;
	if (!S_ISLNK(st.st_mode))
		return kind_of_mode(st.st_mode);
	return fstatat(directory, entry->d_name, &st, 0) == 0 && S_ISREG(st.st_mode)
		   ? FILE_KIND_FILE
		   : FILE_KIND_OTHER;
}

bool os_list(const char *path,
    bool (*each)(void *context, const char *name, enum file_kind kind, struct err *err),
    void *context, struct err *err)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	bool ok = true;

	if (!directory)
		return errno_fail(err, errno);
	while (ok && (errno = 0, entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			ok = each(
			    context, entry->d_name, kind_of_entry(dirfd(directory), entry), err);
	}
	int code = errno;

	closedir(directory);
	return ok && (code == 0 || errno_fail(err, code));
}

bool file_free_space(const char *path, uint64_t *bytes, struct err *err)
{
	struct statvfs st;

	if (statvfs(path, &st) != 0) {
		errno_fail(err, errno);
		return fail_in(err, "cannot tell the free space of '%s'", path);
	}
	*bytes = (uint64_t)st.f_bavail * (st.f_frsize ? st.f_frsize : st.f_bsize);
	return true;
}

bool file_program_path(struct text *out, struct err *err)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path));

	if (len < 0) {
		errno_fail(err, errno);
		return fail_in(err, "cannot tell the path of this program");
	}
	if ((size_t)len == sizeof(path))
		return fail(err, ERR_LIMIT, "the path of this program is over 4095 bytes");
	text_clear(out);
	text_add(out, (struct bytes){(const uint8_t *)path, (size_t)len});
	return text_ok(out, err);
}

bool file_full_path(const char *path, struct text *out, struct err *err)
{
	CLEANUP(free_memory) char *current = NULL;

	text_clear(out);
	if (*path == '/') {
		text_adds(out, path);
		return text_ok(out, err);
	}
	current = getcwd(NULL, 0);
	if (!current) {
		errno_fail(err, errno);
		return fail_in(err, "cannot tell the current directory");
	}
	file_join(out, current, path);
	return text_ok(out, err);
}

bool file_real_path(const char *path, struct text *out, struct err *err)
{
	CLEANUP(free_memory) char *real = realpath(path, NULL);

	text_clear(out);
	if (!real)
		return errno_fail(err, errno);
	text_adds(out, real);
	return text_ok(out, err);
}

struct file_hold {
	int fd;
};

bool file_hold(const char *path, struct file_hold **out, struct err *err)
{
	struct file_hold *hold = calloc(1, sizeof(*hold));

	if (!hold)
		return fail(err, ERR_MEMORY, "no memory to hold '%s'", path);
	hold->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (hold->fd >= 0 && flock(hold->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
		file_hold_free(hold);
		return fail(err, ERR_DENIED, "another program holds it");
	}
	*out = hold;
	return true;
}

void file_hold_free(struct file_hold *hold)
{
	if (hold && hold->fd >= 0)
		close(hold->fd);
	free(hold);
}

bool file_identity(const char *path, struct file_identity *out, struct err *err)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		errno_fail(err, errno);
		return fail_in(err, "cannot identify '%s'", path);
	}
	*out = (struct file_identity){.volume = st.st_dev, .number = {st.st_ino, 0}};
	return true;
}
