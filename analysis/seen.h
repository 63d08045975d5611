/* Which lines were written already, without the prefix of their paths: of a volume's shadow copies only what no newer state
 * had is told. Remembers 8 bytes of SHA-256 a line, at most 128 MiB; beyond that lines may come twice. */
#ifndef KANSHIKI_ANALYSIS_SEEN_H
#define KANSHIKI_ANALYSIS_SEEN_H

#include "analysis/timeline_format.h"

struct seen;                 /* opaque */
struct seen *seen_new(void); /* NULL when no memory */
void seen_free(struct seen *seen);
/* Whether the line, as that format prints it, is new; remembers it. Damage always is. */
bool seen_is_new(
    struct seen *seen, const struct timeline_format *format, const struct timeline_line *line);

#endif
