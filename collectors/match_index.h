/* Which of many patterns may match a path, by seven bytes of theirs that it would have to hold: so that 1,500 patterns
 * cost hardly more than one. Private to match.c. */
#ifndef KANSHIKI_COLLECTORS_MATCH_INDEX_H
#define KANSHIKI_COLLECTORS_MATCH_INDEX_H

#include "core/bytes.h"
#include "core/err.h"

struct match_index; /* opaque */

/* An index of `count` literals; literal(context, i) is what a path that matches pattern i holds, folded. */
bool match_index_new(size_t count, struct bytes (*literal)(const void *context, size_t i),
    const void *context, struct match_index **out, struct err *err) MUST_CHECK;
void match_index_free(struct match_index *index);

/* Calls each for every pattern that may match the folded path, once; in no order. */
void match_index_find(struct match_index *index, struct bytes folded,
    void (*each)(void *context, size_t pattern), void *context);

#endif
