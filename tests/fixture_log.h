/* A $LogFile made by hand, with a comment for each field: for tests and seeds. */
#ifndef KANSHIKI_TESTS_FIXTURE_LOG_H
#define KANSHIKI_TESTS_FIXTURE_LOG_H

#include "core/bytes.h"

#define FIXTURE_LOG_PAGE  4096u
#define FIXTURE_LOG_PAGES 48u
#define FIXTURE_LOG_SIZE  ((size_t)FIXTURE_LOG_PAGE * FIXTURE_LOG_PAGES)
#define FIXTURE_LOG_DATA  64u /* where records begin in a page */

struct fixture_log {    /* zero it but for what the test wants otherwise, then fixture_log_begin */
	uint16_t major; /* 1 (at 0, too) or 2 */
	uint32_t pages; /* of the log; 0: FIXTURE_LOG_PAGES */
	uint8_t *at;    /* FIXTURE_LOG_SIZE bytes; freed by fixture_log_free */
	uint32_t page;  /* at work */
	uint32_t pos;   /* in it */
	uint64_t round; /* how often the ring was full */
	uint64_t last;  /* LSN of the record added last */
};

/* Fills it with FF, as Windows does, and begins with the first page of the ring in that round. */
void fixture_log_begin(struct fixture_log *log, uint64_t round);
/* Goes on at the start of that page. */
void fixture_log_skip_to(struct fixture_log *log, uint32_t page);
/* Adds a record of the type (1 update, 2 checkpoint) with that data; gives its LSN. It goes on in the next page, and
 * after the last one in the first of the next round. */
uint64_t fixture_log_add(struct fixture_log *log, uint32_t type, uint32_t transaction,
    uint64_t previous, struct bytes data);
/* What an update says. */
struct fixture_change {
	uint16_t redo, undo, target, record_offset, attribute_offset, block;
	uint16_t target_blocks; /* 0: 2 */
	uint64_t vcn;
	struct bytes redo_data, undo_data;
};
uint64_t fixture_log_change(struct fixture_log *log, uint32_t transaction, uint64_t previous,
    const struct fixture_change *change);
/* Writes both restart pages, with the LSN added last as the newest, and protects all pages with fix-ups. Before that
 * pages can be copied and changed. */
void fixture_log_end(struct fixture_log *log);
void fixture_log_free(struct fixture_log *log);

#endif
