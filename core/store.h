/* A flat set of named files that a bundle is written to and read from: a directory, or memory in
 * tests. Implementations put struct store first in their struct. Names are plain file names. */
#ifndef KANSHIKI_CORE_STORE_H
#define KANSHIKI_CORE_STORE_H

#include "core/sink.h"
#include "core/source.h"

struct store {
	/* A new file (ERR_EXISTS when there is one, ERR_FULL when no space); finish() makes it durable. */
	bool (*create)(
	    struct store *self, const char *name, struct sink **out, struct err *err) MUST_CHECK;
	/* Over an existing one, atomically where the system can; durable on return. */
	bool (*rename)(
	    struct store *self, const char *from, const char *to, struct err *err) MUST_CHECK;
	bool (*remove)(struct store *self, const char *name, struct err *err) MUST_CHECK;
	/* ERR_MISSING when there is none. */
	bool (*open)(
	    struct store *self, const char *name, struct source **out, struct err *err) MUST_CHECK;
	/* The same, for reading back what was written: past what the system remembers of it, where it can. */
	bool (*open_medium)(
	    struct store *self, const char *name, struct source **out, struct err *err) MUST_CHECK;
	/* Every name, sorted by byte. */
	bool (*list)(struct store *self, struct text_list *names, struct err *err) MUST_CHECK;
	void (*free)(struct store *self);
	/* Bytes that a file being written may have taken and not yet given to the disk. */
	size_t holds;
};

void store_free(struct store *store);
CLEANUP_POINTER(struct store, store_free);

#endif
