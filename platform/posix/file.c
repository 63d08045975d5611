/* Files and directories on POSIX. See platform/file.h. */
#define _GNU_SOURCE
#include "platform/file.h"

#include "core/array.h"
#include "platform/posix/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define ENTRIES_MAX ((size_t)4 << 20) /* names of one directory held for sorting */

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

struct entry {
	char *name;
	enum file_kind kind;
};

struct entries {
	struct entry *at;
	size_t count;
	size_t room;
};

static void entries_free_at(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		free(entries->at[i].name);
	free(entries->at);
}

/* A link to a file is that file; a link to a directory is not followed, so that no walk runs in circles. */
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

static bool read_entries(DIR *directory, struct entries *entries, struct err *err)
{
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(directory);

		if (!entry)
			return errno == 0 || errno_fail(err, errno);
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (!array_grow(&entries->at, &entries->room, entries->count + 1,
			sizeof(*entries->at), ENTRIES_MAX, err))
			return false;
		char *name = strdup(entry->d_name);

		if (!name)
			return fail(err, ERR_MEMORY, "no memory for its names");
		entries->at[entries->count++] =
		    (struct entry){name, kind_of_entry(dirfd(directory), entry)};
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

bool file_list(const char *path,
    bool (*each)(void *context, const char *name, enum file_kind kind, struct err *err),
    void *context, struct err *err)
{
	CLEANUP(entries_free) struct entries entries = {0};
	DIR *directory = opendir(path);

	if (!directory) {
		errno_fail(err, errno);
		return fail_in(err, "cannot list '%s'", path);
	}
	bool ok = read_entries(directory, &entries, err);

	closedir(directory);
	if (!ok)
		return fail_in(err, "cannot list '%s'", path);
	if (entries.count)
		qsort(entries.at, entries.count, sizeof(*entries.at), by_name);
	for (size_t i = 0; i < entries.count; i++)
		if (!each(context, entries.at[i].name, entries.at[i].kind, err))
			return false;
	return true;
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
