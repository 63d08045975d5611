/* Many path patterns against many paths: an index tells which patterns have a literal part in common with the path,
 * then all literal parts are compared, so that a whole pattern is only tried where it is likely to match. Bit n of a mask is collector n of the run. */
#ifndef KANSHIKI_COLLECTORS_MATCH_H
#define KANSHIKI_COLLECTORS_MATCH_H

#include "core/text.h"

#define MATCH_COLLECTORS_MAX 31   /* bits of a mask; the last one is HIT_STORED */
#define MATCH_PATTERNS_MAX   4096 /* of all collectors together */
#define MATCH_PATTERN_BYTES  1000 /* a longer one is refused */

struct match_pattern {
	char *text;  /* as for pattern_match */
	char letter; /* of the only volume it is for, 0: every volume */
	unsigned collector;
	bool is_tree;      /* without wildcards: also everything below the directory of that name */
	bool names_stream; /* it has a ':' */
	size_t file_len;   /* then: of what is in front of that stream */
	bool names_type;   /* it ends with ":$TYPE", behind a stream's name or ':' */
	bool matched;      /* some path, so far */
	struct text head, tail,
	    inside; /* folded literals that a matching path begins with, ends with, holds */
};

/* Zero before use. */
struct matcher {
	struct match_pattern *at;
	size_t count, room;
	struct text folded;        /* scratch */
	struct match_index *index; /* of the first `indexed` patterns */
	size_t indexed;
};

/* Adds a pattern as people write it: "C:" and a slash in front is for that volume only, a backslash is a
 * slash, several slashes are one, those in front and at the end are dropped. ERR_USAGE when it is empty or too long. */
bool matcher_add(
    struct matcher *matcher, unsigned collector, const char *pattern, struct err *err) MUST_CHECK;
void matcher_free(struct matcher *matcher);
static inline void matcher_free_at(struct matcher *matcher)
{
	matcher_free(matcher);
}
bool match_is_wild(const struct match_pattern *pattern);

/* The collectors that want this path on the volume with that letter (0: none). */
uint32_t matcher_mask(struct matcher *matcher, char letter, struct bytes path);

/* The same for those that name a stream: "a:b" or "**:*", not "**". */
uint32_t matcher_stream_mask(struct matcher *matcher, char letter, struct bytes path);

/* The same for those that name the type of an attribute: "a::$EA", "a:b:$BITMAP". */
uint32_t matcher_attribute_mask(struct matcher *matcher, char letter, struct bytes path);

/* Those that want the file with this path or a stream of it, whatever that is called. A pattern that names a stream does not
 * count as matched by it. */
uint32_t matcher_any_stream_mask(struct matcher *matcher, char letter, struct bytes path);

#endif
