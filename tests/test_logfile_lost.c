/* formats/ntfs/logfile_pages: what a restart page says of a ring of which pages are damaged or lost, and how much is read. */
#include "tests/unit.h"

#include "core/array.h"
#include "formats/ntfs/logfile.h"
#include "tests/fixture_log.h"

#include <stdlib.h>
#include <string.h>

#define SHIFT         9u /* an LSN without it is a page's number */
#define SEQUENCE_BITS 46u
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

/* One record in each page of [from, end). */
static void fill(struct fixture_log *log, uint32_t from, uint32_t end)
{
	for (uint32_t page = from; page < end; page++) {
		fixture_log_skip_to(log, page);
		add(log);
	}
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

static uint64_t lsn_at(uint64_t round, uint64_t page)
{
	return round << (64 - SEQUENCE_BITS) | page << SHIFT | FIXTURE_LOG_DATA / 8;
}

static void tear(struct fixture_log *log, uint32_t page)
{
	log->at[(size_t)page * FIXTURE_LOG_PAGE + 510] ^= 0xff;
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

/* The restart page is not written with every record, and the page it means is damaged: those behind are newer still. */
static void test_newest_damaged(void **state)
{
	struct fixture_log log = {0};
	struct listener listener;
	struct seen seen;

	(void)state;
	fixture_log_begin(&log, 1);
	fill(&log, 4, 12);
	fixture_log_end(&log);
	say_newest(&log, SEQUENCE_BITS, lsn_at(1, 6));
	tear(&log, 6);
	tear(&log, 9);
	read_log(&log, &listener, &seen);
	assert_int_equal(seen.count, 6);
	assert_int_equal(seen.stale, 0);
	assert_int_equal(listener.count, 2);
	fixture_log_free(&log);
}

/* The same where the ring begins anew. */
static void test_newest_damaged_at_wrap(void **state)
{
	struct fixture_log log = {0};
	struct listener listener;
	struct seen seen;

	(void)state;
	fixture_log_begin(&log, 1);
	fill(&log, 10, FIXTURE_LOG_PAGES);
	log.round = 2;
	fill(&log, 4, 8);
	fixture_log_end(&log);
	say_newest(&log, SEQUENCE_BITS, lsn_at(1, FIXTURE_LOG_PAGES - 1));
	tear(&log, FIXTURE_LOG_PAGES - 1);
	tear(&log, 4);
	read_log(&log, &listener, &seen);
	assert_int_equal(seen.count, FIXTURE_LOG_PAGES - 10 - 1 + 3);
	assert_int_equal(seen.stale, 0);
	fixture_log_free(&log);
}

/* A page of an older round is where the ring ends, whatever the numbers behind it. */
static void test_newest_before_older(void **state)
{
	struct fixture_log log = {0};
	struct listener listener;
	struct seen seen;

	(void)state;
	fixture_log_begin(&log, 1);
	fill(&log, 7, 8);
	log.round = 2;
	fill(&log, 4, 7);
	fill(&log, 8, 10);
	fixture_log_end(&log);
	say_newest(&log, SEQUENCE_BITS, lsn_at(2, 6));
	tear(&log, 6);
	read_log(&log, &listener, &seen);
	assert_int_equal(seen.count, 5);
	assert_int_equal(seen.stale, 2);
	fixture_log_free(&log);
}

/* A source that counts what is read of it. */
struct counter {
	struct source source;
	struct source *real;
	uint64_t read;
};

static bool count_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct counter *counter = (struct counter *)self;

	*got = 0;
	counter->read += len;
	return counter->real->read(counter->real, offset, to, len, got, err);
}

#define MIXED 1024u

static uint32_t reverse_bits(uint32_t of)
{
	uint32_t out = 0;

	for (uint32_t bit = 1; bit < MIXED; bit <<= 1)
		out = out << 1 | ((of & bit) != 0);
	return out;
}

/* A piece whose pages lie in no order costs a page for each, not a mebibyte. */
static void test_pages_in_no_order(void **state)
{
	CLEANUP(free_memory) uint8_t *piece = calloc(MIXED, FIXTURE_LOG_PAGE);

	(void)state;
	assert_non_null(piece);
	for (uint32_t i = 0; i < MIXED; i++) {
		uint8_t *page = piece + (size_t)i * FIXTURE_LOG_PAGE;
		uint64_t lsn = lsn_at(4, reverse_bits(i));

		memcpy(page, "RCRD\x28\0\x09", 7);
		put_le64(page + 8, lsn);
		put_le64(page + 32, lsn);
		put_le64(page + FIXTURE_LOG_DATA, lsn);
		put_le32(page + FIXTURE_LOG_DATA + 32, 2); /* type */
	}
	CLEANUP(source_close)
	struct source *real =
	    source_of_bytes((struct bytes){piece, (size_t)MIXED * FIXTURE_LOG_PAGE});
	struct counter counter = {{.size = real->size, .read = count_read}, real, 0};
	CLEANUP(logfile_close) struct logfile *log = NULL;
	struct logfile_record record;
	struct err err = {0};
	size_t count = 0;

	assert_true(logfile_open(&counter.source, NULL, &log, &err));
	while (logfile_next(log, &record, &err))
		count++;
	assert_int_equal(count, MIXED);
	assert_in_range(counter.read, real->size, 3 * real->size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_newest_damaged),
	    cmocka_unit_test(test_newest_damaged_at_wrap),
	    cmocka_unit_test(test_newest_before_older),
	    cmocka_unit_test(test_pages_in_no_order),
	    cmocka_unit_test(test_newest_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
