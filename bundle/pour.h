/* Entries of a bundle poured out one after the other, on all the conveyor's threads: each frame is unpacked once, and
 * what lies whole in it is hashed and written by the same thread. Only an entry that goes over several frames is hashed
 * in order, its pieces are written beside one another. For extract, where both the hash and the writing are too much
 * for one thread. */
#ifndef KANSHIKI_BUNDLE_POUR_H
#define KANSHIKI_BUNDLE_POUR_H

#include "bundle/reader.h"
#include "core/hash.h"

struct pour; /* opaque */

/* Put first into a struct of your own; it belongs to the pour from pour_put to done. Zero but for `place`. */
struct pour_entry {
	struct bundle_place place; /* by its row; its hash is compared */

	struct pour_entry *next; /* from here on the pour's own */
	struct hash *hash;       /* of one that goes over several frames */
	uint64_t last_job;
	struct err why;
	bool is_good;
};

struct pour_plan {
	struct bundle_reader *reader; /* borrowed */
	void *context;                /* of done */
	/* Before the first piece, on any thread; no two calls of one lane (0 to POUR_LANES - 1) run at once. */
	bool (*begin)(struct pour_entry *entry, unsigned lane, struct err *err);
	/* On any thread, pieces of one entry also at once and out of order; `at` counts stored bytes. */
	bool (*write)(struct pour_entry *entry, uint64_t at, struct bytes piece, struct err *err);
	/* On any thread, when all was written and has the hash that the row tells of. */
	bool (*end)(struct pour_entry *entry, struct err *err);
	/* On the caller's thread, in pour_put, pour_settle and pour_free, in the order of pour_put and after the others.
	 * why: NULL when end was called and went well. */
	void (*done)(void *context, struct pour_entry *entry, const struct err *why);
};

#define POUR_LANES 16

bool pour_new(const struct pour_plan *plan, struct pour **out, struct err *err) MUST_CHECK;
/* What goes wrong with the entry, its done is told. From here to pour_settle nobody else reads members of the bundle; rows
 * and meta files may be read. */
void pour_put(struct pour *pour, struct pour_entry *entry);
/* Waits until all that was put is done. */
void pour_settle(struct pour *pour);
/* Settles first. */
void pour_free(struct pour *pour);
CLEANUP_POINTER(struct pour, pour_free);

#endif
