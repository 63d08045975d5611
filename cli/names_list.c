/* See names_list.h. */
#include "cli/names_list.h"

#define NUMBER_MAX 99                /* NAMES.99.tsv */
#define HELD_MAX   ((size_t)1 << 20) /* bytes, before they are written */

/* A name that nothing has here; what the bundle calls so as well comes after it, and gets one apart. */
static bool create(struct names_list *list, struct err *err)
{
	struct text *name = &list->name;

	for (int i = 1; i <= NUMBER_MAX; i++) {
		text_clear(name);
		if (i == 1)
			text_adds(name, "NAMES.tsv");
		else
			text_addf(name, "NAMES.%d.tsv", i);
		if (!text_ok(name, err))
			return false;
		if (made_names_has(list->made, text_bytes(name)))
			continue; /* the bundle's own */
		if (tree_create(list->tree, text_string(name), list->force, &list->file, err)) {
			(void)made_names_take(list->made, text_bytes(name));
			(void)made_names_take_exact(list->made, text_bytes(name));
			return true;
		}
		if (err->kind != ERR_EXISTS)
			return false;
	}
	return fail(err, ERR_EXISTS, "there are NAMES.tsv to NAMES.%d.tsv already", NUMBER_MAX);
}

static bool put(struct names_list *list, struct err *err)
{
	if (!text_ok(&list->lines, err) || (!list->file && !create(list, err)) ||
	    !tree_write(list->file, list->at, text_bytes(&list->lines), err))
		return false;
	list->at += list->lines.len;
	text_clear(&list->lines);
	return true;
}

void names_list_add(struct names_list *list, struct bytes path, struct bytes target)
{
	struct text *lines = &list->lines;

	list->count++;
	if (list->why.kind != ERR_NONE)
		return;
	text_add_printable(lines, path);
	text_addc(lines, '\t');
	text_add_printable(lines, target);
	text_addc(lines, '\n');
	if (lines->failed || lines->len >= HELD_MAX)
		DISCARD(put(list, &list->why));
}

bool names_list_finish(struct names_list *list, struct err *err)
{
	const struct tree_times times = {0};

	if (list->why.kind == ERR_NONE)
		DISCARD(put(list, &list->why));
	bool ok = list->file && tree_finish(TAKE(list->file), list->at, &times, err);

	if (list->why.kind != ERR_NONE)
		*err = list->why;
	return ok && list->why.kind == ERR_NONE;
}

void names_list_free(struct names_list *list)
{
	tree_abandon(list->file);
	text_free(&list->lines);
	text_free(&list->name);
}
