/* Which lines were written already of a volume: of its shadow copies only what no newer state had is told. Remembers 8 bytes
 * of SHA-256 a line, at most 128 MiB; beyond that lines may come twice. */
#ifndef KANSHIKI_ANALYSIS_SEEN_H
#define KANSHIKI_ANALYSIS_SEEN_H

#include "analysis/timeline_format.h"

struct seen;                 /* opaque */
struct seen *seen_new(void); /* NULL when no memory */
void seen_free(struct seen *seen);
/* Whether the line, as that format prints it, is to be written: it is of a volume itself, tells of damage, or is of a
 * shadow copy ("$vss$/C/2/") and neither its volume ("C/") nor one before it had it. Remembers it. */
bool seen_is_new(
    struct seen *seen, const struct timeline_format *format, const struct timeline_line *line);

#endif
