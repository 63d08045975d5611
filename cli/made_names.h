/* The names of files that one run made, without regard to case: two of them may be one on the file system. By their hashes, so
 * that two that have one hash are taken for one. */
#ifndef KANSHIKI_CLI_MADE_NAMES_H
#define KANSHIKI_CLI_MADE_NAMES_H

#include "core/bytes.h"
#include "core/err.h"

struct made_names { /* open addressing; 0: free */
	uint64_t *at;
	size_t mask, count;
};

/* For so many files; grows for more names than that. ERR_MEMORY. */
bool made_names_new(struct made_names *made, size_t files, struct err *err) MUST_CHECK;
void made_names_free(struct made_names *made);
/* False: it was taken before, or there is no memory for one more. */
bool made_names_take(struct made_names *made, struct bytes path);
/* The same with regard to case, beside it. */
bool made_names_take_exact(struct made_names *made, struct bytes path);
bool made_names_has(const struct made_names *made, struct bytes path);

#endif
