/* Rows of the live collectors, one JSON object a line, apart from the collection that takes them: so that
 * tests see them as they are. */
#ifndef KANSHIKI_COLLECTORS_LIVE_ROWS_H
#define KANSHIKI_COLLECTORS_LIVE_ROWS_H

#include "core/bytes.h"
#include "core/err.h"

struct collection;

struct row_taker {
	void (*add)(void *context, struct bytes json);
	bool (*stopped)(void *context); /* NULL: never */
	void *context;
};

/* docs/collectors/processes.md. ERR_UNSUPPORTED where processes cannot be listed, ERR_STOPPED. */
bool processes_rows(const struct row_taker *to, struct err *err) MUST_CHECK;
/* docs/collectors/network-connections.md. */
bool network_connections_rows(const struct row_taker *to, struct err *err) MUST_CHECK;

/* Runs `rows` into the member of that name; what fails is a problem of the collection. */
void live_rows_collect(struct collection *collection, const char *member,
    bool (*rows)(const struct row_taker *to, struct err *err));

#endif
