/* Files and directories of the running system, by UTF-8 path. On Windows long paths ("\\?\") are made
 * inside; '/' and '\' both separate. Nothing here ever writes unless its name says so. */
#ifndef KANSHIKI_PLATFORM_FILE_H
#define KANSHIKI_PLATFORM_FILE_H

#include "core/sink.h"
#include "core/source.h"
#include "core/text.h"

/* Opens a file for reading, with backup semantics and full sharing on Windows. Its size is fixed now.
 * ERR_MISSING, ERR_DENIED, ERR_IO with the path in the text. The caller closes *out. */
bool file_open(const char *path, struct source **out, struct err *err) MUST_CHECK;

/* The same, past the system's memory: what the medium itself gives back, where the system lets us. */
bool file_open_medium(const char *path, struct source **out, struct err *err) MUST_CHECK;

/* Reads a whole small file (at most limit bytes, else ERR_LIMIT) into *out. */
bool file_read_all(const char *path, size_t limit, struct text *out, struct err *err) MUST_CHECK;

/* Creates a new file (ERR_EXISTS when there is one). finish() flushes to the disk and closes it. */
bool file_create(const char *path, struct sink **out, struct err *err) MUST_CHECK;
/* The same, readable by its owner only (0600; on Windows a protected DACL for owner, Administrators and SYSTEM). */
bool file_create_private(const char *path, struct sink **out, struct err *err) MUST_CHECK;
/* Creates, writes and flushes a file at once; on failure nothing of it is left. */
bool file_write_all(
    const char *path, struct bytes bytes, bool is_private, struct err *err) MUST_CHECK;

/* Over an existing target: atomic on POSIX, MOVEFILE_REPLACE_EXISTING | WRITE_THROUGH on Windows. */
bool file_rename(const char *from, const char *to, struct err *err) MUST_CHECK;
bool file_remove(const char *path, struct err *err) MUST_CHECK;

enum file_kind { FILE_KIND_MISSING, FILE_KIND_FILE, FILE_KIND_DIRECTORY, FILE_KIND_OTHER };
enum file_kind file_kind(const char *path);

/* Makes a directory; its parents too when parents is true. An existing directory is fine. */
bool file_make_directory(const char *path, bool parents, struct err *err) MUST_CHECK;

/* Calls each(context, name, kind) for every entry but . and .., in name order. */
bool file_list(const char *path,
    bool (*each)(void *context, const char *name, enum file_kind kind, struct err *err),
    void *context, struct err *err) MUST_CHECK;

/* Bytes free to this user on the volume that holds path. */
bool file_free_space(const char *path, uint64_t *bytes, struct err *err) MUST_CHECK;

/* The full path of the running program. */
bool file_program_path(struct text *out, struct err *err) MUST_CHECK;
/* The directory that it lies in, with the separator at its end. */
bool file_program_directory(struct text *out, struct err *err) MUST_CHECK;

/* The path from the root on, whatever the current directory is later; nothing need be there. */
bool file_full_path(const char *path, struct text *out, struct err *err) MUST_CHECK;

/* The same for what is there, without "." and "..", on POSIX without links either. */
bool file_real_path(const char *path, struct text *out, struct err *err) MUST_CHECK;

/* What this process has made so far, anywhere: every file that it wrote went through here. */
struct file_made {
	uint64_t files; /* created, also those removed or renamed since */
	uint64_t directories;
	uint64_t bytes; /* written into them */
};
void file_made(struct file_made *out);

/* Joins with '/' unless base ends in a separator or is empty. */
void file_join(struct text *out, const char *base, const char *name);

/* Holds a file that is there against others who would hold it, until it is let go of or the process ends, however it
 * ends; reading it is free to all. ERR_DENIED: another holds it. Where the system cannot hold it, it is not held. */
struct file_hold; /* opaque */
bool file_hold(const char *path, struct file_hold **out, struct err *err) MUST_CHECK;
void file_hold_free(struct file_hold *hold); /* NULL: nothing */

/* An identity of the file at path that is equal for two paths to the same file (hard links, other
 * spelling): for "does --out lie on the evidence". False when it cannot be told. */
struct file_identity {
	uint64_t volume;
	uint64_t number[2];
};
bool file_identity(const char *path, struct file_identity *out, struct err *err) MUST_CHECK;

#endif
