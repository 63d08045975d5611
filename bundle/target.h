/* Where a member of a bundle goes on a file system: its own path, as far as the system can hold it. */
#ifndef KANSHIKI_BUNDLE_TARGET_H
#define KANSHIKI_BUNDLE_TARGET_H

#include "core/text.h"

enum target_rules {
	TARGET_POSIX, /* 255 bytes a component, every character but '/' */
	TARGET_WINDOWS, /* 255 UTF-16 units; no <>:"|?* or dot or space at the end; no CON, NUL, COM1 ... */
	TARGET_BOTH, /* what both can hold: Windows' characters, 255 bytes */
};

/* Adds the path for a member, component by component. One that is too long is cut at a character and one that cannot
 * stand there has '_' for what may not; both then carry "~" and 8 hex digits of the component's SHA-256 before the
 * extension. True when anything was changed. */
bool target_path(struct bytes member, enum target_rules rules, struct text *out);

/* The same for a path that collides with one already there (names that differ only in case): the last component
 * always carries the hash, of the whole path. turn: 0, or more where that name is taken, too: another hash. */
void target_path_distinct(
    struct bytes member, enum target_rules rules, unsigned turn, struct text *out);

#endif
