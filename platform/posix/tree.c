/* Trees by openat with O_NOFOLLOW, component by component. See platform/tree.h. */
#include "platform/tree.h"

#include "core/text.h"
#include "core/time.h"
#include "platform/file.h"
#include "platform/posix/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMPONENT_MAX 255 /* bytes; NAME_MAX of the file systems at hand */

#define KEPT 4 /* directories held open: files of a deep path most often lie near the one before */

struct tree {
	int root;
	struct text last_path; /* of the directory used last */
	struct kept {
		int directory;
		size_t len; /* of its path, which last_path begins with */
	} kept[KEPT];       /* it and those above it */
	unsigned kept_count;
};

struct tree_file {
	int file;
	int directory; /* its own descriptor, for removing */
	char name[COMPONENT_MAX + 1];
};

bool tree_has_windows_names(void)
{
	return false;
}

static void keep(struct tree *tree, unsigned count)
{
	while (tree->kept_count > count)
		close(tree->kept[--tree->kept_count].directory);
}

bool tree_open(const char *path, struct tree **out, struct err *err)
{
	if (!file_make_directory(path, true, err))
		return false;
	struct tree *tree = calloc(1, sizeof(*tree));

	if (!tree)
		return fail(err, ERR_MEMORY, "no memory for '%s'", path);
	tree->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tree->root < 0) {
		errno_fail(err, errno);
		tree_close(tree);
		return fail_in(err, "cannot open '%s'", path);
	}
	*out = tree;
	return true;
}

void tree_close(struct tree *tree)
{
	if (!tree)
		return;
	keep(tree, 0);
	if (tree->root >= 0)
		close(tree->root);
	text_free(&tree->last_path);
	free(tree);
}

/* Cuts the next component off *path into name. */
static bool take_component(const char **path, char name[COMPONENT_MAX + 1], struct err *err)
{
	size_t len = strcspn(*path, "/");

	if (len == 0 || len > COMPONENT_MAX)
		return fail(err, ERR_DENIED, "a name of %zu bytes in the path", len);
	memcpy(name, *path, len);
	name[len] = 0;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return fail(err, ERR_DENIED, "'%s' in the path", name);
	*path += (*path)[len] == '/' ? len + 1 : len;
	return true;
}

/* Drivers of FAT and exFAT in user space say of a name that they cannot hold: no such file. */
static void create_fail(const char *name, struct err *err, int code)
{
	size_t len = strlen(name);
	bool is_strange = strpbrk(name, "<>:\"|?*\\") || (len && strchr(". ", name[len - 1]));

	if (code == EINVAL || (code == ENOENT && is_strange))
		fail(err, ERR_UNSUPPORTED,
		    "the file system there takes no such name (--windows-names changes it)");
	else
		errno_fail(err, code);
}

/* Enters a directory below `at`, made when missing. -1 on failure. */
static int enter(int at, const char *name, struct err *err)
{
	int made = mkdirat(at, name, 0700);
	int code = made < 0 ? errno : 0;
	int below = -1;

	if (made == 0 || code == EEXIST) {
		below = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		code = below < 0 ? errno : 0;
	}
	if (below < 0) {
		create_fail(name, err, code);
		if (code == ELOOP || code == ENOTDIR)
			fail(err, ERR_EXISTS, "something that is no directory stands in the way");
		fail_in(err, "'%s'", name);
	}
	return below;
}

/* Drops what is kept of the path used last but for what `directory` begins with. Returns how much of it that is. */
static size_t back_up(struct tree *tree, struct bytes directory)
{
	while (tree->kept_count) {
		size_t len = tree->kept[tree->kept_count - 1].len;

		if (len <= directory.len && len <= tree->last_path.len &&
		    memcmp(directory.at, tree->last_path.at, len) == 0 &&
		    (len == directory.len || directory.at[len] == '/'))
			return len;
		keep(tree, tree->kept_count - 1);
	}
	return 0;
}

static void push(struct tree *tree, int directory, size_t len)
{
	if (tree->kept_count == KEPT) {
		close(tree->kept[0].directory);
		memmove(tree->kept, tree->kept + 1, (KEPT - 1) * sizeof(*tree->kept));
		tree->kept_count--;
	}
	tree->kept[tree->kept_count++] = (struct kept){directory, len};
}

/* The directory of that path, which the tree keeps open until the next. "" is the root. */
static bool enter_path(struct tree *tree, struct bytes directory, int *out, struct err *err)
{
	char name[COMPONENT_MAX + 1];
	size_t done = back_up(tree, directory);

	if (directory.len && directory.at[directory.len - 1] == '/')
		return fail(err, ERR_DENIED, "a name of no bytes in the path");
	if (tree_is_too_deep(directory))
		return fail(err, ERR_LIMIT, "more than %d directories", TREE_DEPTH);
	text_clear(&tree->last_path);
	text_add(&tree->last_path, directory);
	if (!text_ok(&tree->last_path, err)) {
		keep(tree, 0);
		return false;
	}
	*out = tree->kept_count ? tree->kept[tree->kept_count - 1].directory : tree->root;
	for (const char *rest = text_string(&tree->last_path) + done; *rest;) {
		rest += done > 0; /* the slash */
		if (!take_component(&rest, name, err))
			return false;
		int below = enter(*out, name, err);

		if (below < 0)
			return false;
		rest -= *rest != 0;
		done = (size_t)(rest - text_string(&tree->last_path));
		push(tree, below, done);
		*out = below;
	}
	return true;
}

static int create_new(int directory, const char *name, bool replace)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int file = openat(directory, name, flags, 0600);

	if (file < 0 && errno == EEXIST && replace && unlinkat(directory, name, 0) == 0)
		file = openat(directory, name, flags, 0600);
	return file;
}

bool tree_create(
    struct tree *tree, const char *path, bool replace, struct tree_file **out, struct err *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	struct bytes above = {(const uint8_t *)path, slash ? (size_t)(slash - path) : 0};
	struct tree_file *file;
	int directory;

	if (slash == path)
		return fail(err, ERR_DENIED, "the path begins with '/'");
	file = calloc(1, sizeof(*file));
	if (!file)
		return fail(err, ERR_MEMORY, "no memory for a file");
	file->file = file->directory = -1;
	if (take_component(&name, file->name, err) && enter_path(tree, above, &directory, err)) {
		file->directory = fcntl(directory, F_DUPFD_CLOEXEC, 0);
		file->file = create_new(directory, file->name, replace);
		if (file->file >= 0 && file->directory >= 0) {
			*out = file;
			return true;
		}
		create_fail(file->name, err, errno);
	}
	if (file->directory >= 0)
		close(file->directory);
	if (file->file >= 0)
		close(file->file);
	free(file);
	return false;
}

bool tree_tells_case(struct tree *tree, const char *path)
{
	static const char probe[] = ".kanshiki-case", other[] = ".KANSHIKI-CASE";
	const char *slash = strrchr(path, '/');
	struct bytes above = {(const uint8_t *)path, slash ? (size_t)(slash - path) : 0};
	struct stat st;
	int directory, file;

	if (slash == path || !enter_path(tree, above, &directory, NULL))
		return false;
	file = create_new(directory, probe, false);
	if (file < 0)
		return false;
	bool tells = fstatat(directory, other, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;

	close(file);
	return unlinkat(directory, probe, 0) == 0 && tells;
}

/* A file that the file system cannot hold (also FAT's 4 GiB) is that file's own trouble: the disk is not full for the others. */
static bool write_fail(struct err *err, int code)
{
	return code == EFBIG ? fail(err, ERR_LIMIT, "larger than the file system can hold")
			     : errno_fail(err, code);
}

bool tree_write(struct tree_file *file, uint64_t at, struct bytes bytes, struct err *err)
{
	if (tree_is_hole(bytes))
		return true;
	while (bytes.len) {
		ssize_t put = at > INT64_MAX ? (errno = EFBIG, -1)
					     : pwrite(file->file, bytes.at, bytes.len, (off_t)at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return write_fail(err, errno);
		bytes.at += put;
		bytes.len -= (size_t)put;
		at += (uint64_t)put;
	}
	return true;
}

static void set_time(struct timespec *to, uint64_t ticks)
{
	int64_t seconds;
	uint32_t nanoseconds;

	if (ticks == 0) {
		to->tv_nsec = UTIME_OMIT;
		return;
	}
	time_to_unix(ticks, &seconds, &nanoseconds);
	to->tv_sec = (time_t)seconds;
	to->tv_nsec = (long)nanoseconds;
}

bool tree_finish(
    struct tree_file *file, uint64_t size, const struct tree_times *times, struct err *err)
{
	struct timespec both[2] = {{0}, {0}};
	bool ok = true;

	set_time(&both[0], times->accessed);
	set_time(&both[1], times->modified);
	if (size > INT64_MAX || ftruncate(file->file, (off_t)size) < 0)
		ok = write_fail(err, size > INT64_MAX ? EFBIG : errno);
	if (ok && futimens(file->file, both) < 0)
		ok = errno_fail(err, errno);
	if (close(file->file) < 0 && ok)
		ok = errno_fail(err, errno);
	if (!ok)
		unlinkat(file->directory, file->name, 0);
	close(file->directory);
	free(file);
	return ok;
}

void tree_abandon(struct tree_file *file)
{
	if (!file)
		return;
	close(file->file);
	unlinkat(file->directory, file->name, 0);
	close(file->directory);
	free(file);
}
