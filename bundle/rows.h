/* Lines kept compressed in memory until a meta volume takes them. */
#ifndef KANSHIKI_BUNDLE_ROWS_H
#define KANSHIKI_BUNDLE_ROWS_H

#include "core/text.h"

#define ROWS_LINE_MAX ((size_t)16 << 20) /* bytes of one line */

struct rows; /* opaque */

/* Holds at most `ceiling` compressed bytes; ERR_LIMIT above. */
bool rows_new(size_t ceiling, struct rows **out, struct err *err) MUST_CHECK;
void rows_free(struct rows *rows);
CLEANUP_POINTER(struct rows, rows_free);
/* Adds a line; the newline is added here. */
bool rows_add(struct rows *rows, struct bytes line, struct err *err) MUST_CHECK;
uint64_t rows_count(const struct rows *rows);
uint64_t rows_bytes(const struct rows *rows); /* plain, newlines counted */
size_t rows_packed(const struct rows *rows);  /* in memory, about */
/* Gives all lines to `take`, in large pieces; they are kept. */
bool rows_replay(struct rows *rows,
    bool (*take)(void *context, struct bytes piece, struct err *err), void *context,
    struct err *err) MUST_CHECK;
void rows_clear(struct rows *rows);

#endif
