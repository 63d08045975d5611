/* The way of live rows into the bundle: spooled lines, then one member. See live_rows.h. */
#include "collectors/live_rows.h"

#include "collectors/collection.h"

static void add_line(void *context, struct bytes json)
{
	collect_lines_add(context, json);
}

static bool is_stopped(void *context)
{
	return collect_stopped(((struct collect_lines *)context)->collection);
}

void live_rows_collect(struct collection *collection, const char *member,
    bool (*rows)(const struct row_taker *to, struct err *err))
{
	struct collect_lines lines;
	const struct row_taker to = {add_line, is_stopped, &lines};
	struct err err = {0};

	collect_lines_begin(&lines, collection, member);
	if (!rows(&to, &err))
		collect_problem(collection, member, &err);
	collect_lines_end(&lines);
}
