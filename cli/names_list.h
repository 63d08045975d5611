/* NAMES.tsv: files whose names had to be changed on their way out, a line each: path in the bundle, TAB, path here. */
#ifndef KANSHIKI_CLI_NAMES_LIST_H
#define KANSHIKI_CLI_NAMES_LIST_H

#include "cli/made_names.h"
#include "core/text.h"
#include "platform/tree.h"

struct names_list { /* written as it grows */
	/* the caller's, borrowed */
	struct tree *tree;
	struct made_names *made;
	bool force; /* replaces such a list of an earlier run */
	/* to read */
	size_t count;
	struct text name; /* of the list: NAMES.tsv, NAMES.2.tsv ... */
	/* its own */
	struct text lines; /* not written yet */
	struct tree_file *file;
	uint64_t at;
	struct err why;
};

/* A failure is told at the end. */
void names_list_add(struct names_list *list, struct bytes path, struct bytes target);
/* What could be written of it stays, also when it fails. */
bool names_list_finish(struct names_list *list, struct err *err) MUST_CHECK;
void names_list_free(struct names_list *list);

#endif
