/* formats/ntfs/logfile_pages: what a restart page says of a ring of which pages are damaged or lost, and how much is read. */
#include "tests/unit.h"

#include "formats/ntfs/logfile.h"
#include "tests/fixture_log.h"

#include <stdlib.h>
#include <string.h>

#define SHIFT         9u /* an LSN without it is a page's number */
#define RESTART_AREA  0x30u

struct listener {
	struct logfile_listener base;
	size_t count;
	uint64_t offset; /* of the last damage */
	struct err why;
};

static void on_damage(
    struct logfile_listener *self, uint64_t offset, uint64_t len, const struct err *why)
{
	struct listener *listener = (struct listener *)self;

	(void)len;
	listener->count++;
	listener->offset = offset;
	listener->why = *why;
}

struct seen {
	size_t count, stale;
};

static void read_log(const struct fixture_log *log, struct listener *listener, struct seen *seen)
{
	CLEANUP(source_close)
	struct source *source = source_of_bytes((struct bytes){log->at, FIXTURE_LOG_SIZE});
	CLEANUP(logfile_close) struct logfile *opened = NULL;
	struct logfile_record record;
	struct err err = {0};

	*listener = (struct listener){.base = {.damage = on_damage}};
	*seen = (struct seen){0};
	assert_true(logfile_open(source, &listener->base, &opened, &err));
	while (logfile_next(opened, &record, &err)) {
		seen->count++;
		seen->stale += record.stale;
	}
	assert_int_equal(err.kind, ERR_NONE);
}

static uint64_t add(struct fixture_log *log)
{
	uint8_t data[40] = {LOGFILE_FORGET, 0, LOGFILE_COMPENSATION};

	return fixture_log_add(log, 1, 0x18, 0, (struct bytes){data, sizeof(data)});
}

/* Writes over what both restart pages say. */
static void say_newest(struct fixture_log *log, uint32_t sequence_bits, uint64_t lsn)
{
	for (size_t i = 0; i < 2; i++) {
		uint8_t *area = log->at + i * FIXTURE_LOG_PAGE + RESTART_AREA;

		put_le64(area, lsn);
		put_le32(area + 16, sequence_bits);
	}
}

/* A place that 32 bits just hold, one that they do not, and one that the log does not hold. */
static void test_newest_outside(void **state)
{
	static const uint64_t places[] = {0xfffffffe, 0xffffffff, 0x100000004, FIXTURE_LOG_PAGES};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		struct fixture_log log = {0};
		struct listener listener;
		struct seen seen;

		fixture_log_begin(&log, 0);
		add(&log);
		fixture_log_end(&log);
		say_newest(&log, 20, places[i] << SHIFT | 8);
		read_log(&log, &listener, &seen);
		assert_int_equal(seen.count, 1);
		assert_int_equal(listener.count, 1);
		assert_int_equal(listener.offset, 0);
		assert_string_equal(listener.why.text, "newest LSN of the log lies outside of it");
		fixture_log_free(&log);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_newest_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
