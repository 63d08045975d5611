/* A directory into which files are put and which no name can leave: every component is entered by itself, links
 * and junctions are never followed. For what comes out of evidence. */
#ifndef KANSHIKI_PLATFORM_TREE_H
#define KANSHIKI_PLATFORM_TREE_H

#include "core/bytes.h"
#include "core/err.h"

#define TREE_DEPTH 512 /* components of one path, at most */

/* Components of a path: asked before any of them is made. */
static inline bool tree_is_too_deep(struct bytes path)
{
	size_t depth = 1;

	for (size_t i = 0; i < path.len; i++)
		depth += path.at[i] == '/';
	return depth > TREE_DEPTH;
}

/* Zeros that need not be written: a hole reads the same, and gigabytes of zeros out of a few bytes do not fill the disk. */
#define TREE_HOLE ((size_t)4096) /* a block of most file systems */
static inline bool tree_is_hole(struct bytes bytes)
{
	return bytes.len >= TREE_HOLE && bytes.at[0] == 0 &&
	       memcmp(bytes.at, bytes.at + 1, bytes.len - 1) == 0;
}

struct tree;      /* opaque */
struct tree_file; /* opaque: one file being written */

/* Opens the directory at path; makes it, and its parents, when missing. */
bool tree_open(const char *path, struct tree **out, struct err *err) MUST_CHECK;
void tree_close(struct tree *tree);
CLEANUP_POINTER(struct tree, tree_close);

/* Makes a new file, for the owner only (on Windows with the rights of the directory it lies in), and the directories above it.
 * Components are separated by '/'; an empty one, "." and ".." and (on Windows) a name that Windows reads otherwise are ERR_DENIED;
 * more than TREE_DEPTH directories ERR_LIMIT. ERR_EXISTS when there is one, or something that is no directory stands in the way:
 * with `replace` a file (or link) in its place is removed first. */
bool tree_create(struct tree *tree, const char *path, bool replace, struct tree_file **out,
    struct err *err) MUST_CHECK;
/* Whether the directory that path lies in takes two names that differ only in case for two files; false also where that cannot be
 * found out. A file is made there for it, and removed. */
bool tree_tells_case(struct tree *tree, const char *path);
/* Writes at an offset of a file that nothing was written to there before; what is never written reads as zeros, and takes no room
 * where the system can: nor do pieces of zeros. */
bool tree_write(
    struct tree_file *file, uint64_t at, struct bytes bytes, struct err *err) MUST_CHECK;

struct tree_times {
	uint64_t created, modified, accessed; /* ticks; 0: as it is */
};
/* Gives the file its size and times and closes it. Times that the system cannot keep are cut to what it can. Frees
 * *file also when it fails. */
bool tree_finish(struct tree_file *file, uint64_t size, const struct tree_times *times,
    struct err *err) MUST_CHECK;
/* Removes the unfinished file. */
void tree_abandon(struct tree_file *file);
CLEANUP_POINTER(struct tree_file, tree_abandon);

/* Whether names in a tree keep Windows' rules (no "con", no '?', no dot at the end). */
bool tree_has_windows_names(void);

#endif
