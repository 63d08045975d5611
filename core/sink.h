/* Where bytes go next: age wraps the sink below; a volume, a file, stdout or a text is the last. Implementations put
 * struct sink first in their struct. */
#ifndef KANSHIKI_CORE_SINK_H
#define KANSHIKI_CORE_SINK_H

#include "core/bytes.h"
#include "core/err.h"
#include "core/text.h"

struct sink {
	bool (*write)(struct sink *self, struct bytes data,
	    struct err *err) MUST_CHECK; /* all of it or fails */
	bool (*finish)(
	    struct sink *self, struct err *err) MUST_CHECK; /* trailers, fsync; once, before free */
	void (*free)(struct sink *
		self); /* this and those below that it owns; cannot fail; unfinished output stays */
};

/* Frees; NULL is allowed. */
void sink_free(struct sink *sink);
CLEANUP_POINTER(struct sink, sink_free);

/* A sink that appends to *text (borrowed). NULL when no memory. */
struct sink *sink_to_text(struct text *text);

#endif
