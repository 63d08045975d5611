/* Which members of a bundle a command means: patterns over rows and meta files, in the order of the rows. */
#ifndef KANSHIKI_CLI_LISTING_H
#define KANSHIKI_CLI_LISTING_H

#include "bundle/reader.h"

struct listing_pattern {
	const char *typed; /* borrowed */
	struct text path;  /* the same as a path of a bundle; empty: it is one */
	bool has_found;    /* some path was meant by it */
};

/* Zero before use; listing_free at the end. */
struct listing {
	struct listing_pattern *at;
	size_t count;
};
/* Takes the patterns among the operands: all behind the first. They live as long as the listing. */
bool listing_start(
    struct listing *listing, const struct text_list *operands, struct err *err) MUST_CHECK;
void listing_free(struct listing *listing);

/* Whether a path of the bundle ("fs/C/Windows/...") is meant: by no pattern at all, by a pattern (core/pattern.h), or
 * because a pattern without wildcards names a directory above it. As typed, or as listing_path has it. */
bool listing_matches(struct listing *listing, struct bytes path);

/* Says of each pattern that no path was meant by it; returns how many these are. `bundle`: for command_fail_about. */
size_t listing_say_missed(const struct listing *listing, const char *bundle);

/* Adds a path or pattern as people of Windows type it, "C:\Windows", as one of a bundle: "fs/C/Windows". */
void listing_path(const char *typed, struct text *out);

#endif
