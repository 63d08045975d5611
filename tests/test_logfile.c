/* formats/ntfs/logfile: restart pages, the order of pages, records that span them, copies, and damage. */
#include "tests/unit.h"

#include "formats/ntfs/logfile.h"
#include "tests/fixture_log.h"

#include <stdlib.h>
#include <string.h>

#define SEEN_ROOM 4096u

struct seen {
	uint64_t lsn[SEEN_ROOM];
	size_t len[SEEN_ROOM];
	uint8_t first[SEEN_ROOM]; /* byte of the data */
	bool stale[SEEN_ROOM];
	bool after_gap[SEEN_ROOM];
	size_t count;
	struct logfile_restart restart;
};

struct listener {
	struct logfile_listener base;
	size_t count;
	uint64_t offset, len; /* of the last damage */
	struct err why;
};

static void on_damage(
    struct logfile_listener *self, uint64_t offset, uint64_t len, const struct err *why)
{
	struct listener *listener = (struct listener *)self;

	assert_int_not_equal(why->kind, ERR_NONE);
	listener->count++;
	listener->offset = offset;
	listener->len = len;
	listener->why = *why;
}

static void read_bytes_of(struct bytes bytes, struct listener *listener, struct seen *seen)
{
	CLEANUP(source_close) struct source *source = source_of_bytes(bytes);
	CLEANUP(logfile_close) struct logfile *log = NULL;
	struct logfile_record record;
	struct err err = {0};

	*listener = (struct listener){.base = {.damage = on_damage}};
	seen->count = 0;
	assert_true(logfile_open(source, &listener->base, &log, &err));
	seen->restart = *logfile_restart(log);
	while (logfile_next(log, &record, &err)) {
		assert_in_range(seen->count, 0, SEEN_ROOM - 1);
		seen->lsn[seen->count] = record.lsn;
		seen->len[seen->count] = record.data.len;
		seen->first[seen->count] = record.data.len ? record.data.at[0] : 0;
		seen->stale[seen->count] = record.stale;
		seen->after_gap[seen->count] = record.after_gap;
		seen->count++;
	}
	assert_int_equal(err.kind, ERR_NONE);
}

static void read_log(const struct fixture_log *log, struct listener *listener, struct seen *seen)
{
	read_bytes_of(
	    (struct bytes){log->at, (size_t)log->pages * FIXTURE_LOG_PAGE}, listener, seen);
}

static uint64_t add(struct fixture_log *log, size_t len, uint8_t first)
{
	static uint8_t data[16 * FIXTURE_LOG_PAGE];

	memset(data, first, len);
	return fixture_log_add(log, 1, 0x18, 0, (struct bytes){data, len});
}

static struct seen seen; /* too large for a stack */

static void test_pages_and_spans(void **state)
{
	struct fixture_log log = {0};
	struct listener listener;
	uint64_t lsn[5];

	(void)state;
	fixture_log_begin(&log, 3);
	lsn[0] = add(&log, 100, 1);
	lsn[1] = add(&log, 4000, 2);  /* into the next page */
	lsn[2] = add(&log, 20000, 3); /* through four whole pages */
	lsn[3] = add(&log, 0, 4);
	lsn[4] = add(&log, 7, 5);
	fixture_log_end(&log);
	read_log(&log, &listener, &seen);
	assert_int_equal(seen.count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(seen.lsn[i], lsn[i]);
		assert_false(seen.stale[i]);
	}
	assert_int_equal(seen.len[2], 20000);
	assert_int_equal(seen.first[2], 3);
	assert_int_equal(seen.len[4], 7);
	assert_int_equal(listener.count, 0);
	assert_true(seen.restart.present && !seen.restart.clean && !seen.restart.checked);
	assert_int_equal(seen.restart.major, 1);
	assert_int_equal(seen.restart.size, FIXTURE_LOG_SIZE);
	assert_int_equal(seen.restart.current_lsn, lsn[4]);
	assert_int_equal(seen.restart.checkpoint_lsn, lsn[4]);
	fixture_log_free(&log);
}

/* Pages that Windows 10 writes last have no LSN in their headers; records begin, go on and end in them. */
static void test_pages_without_their_last(void **state)
{
	struct fixture_log log = {0};
	struct listener listener;
	uint64_t lsn[4];

	(void)state;
	fixture_log_begin(&log, 3);
	lsn[0] = add(&log, 100, 1);
	lsn[1] = add(&log, 4000, 2);  /* into the next page */
	lsn[2] = add(&log, 20000, 3); /* through four whole pages */
	lsn[3] = add(&log, 7, 4);
	for (uint32_t i = 5; i <= log.page; i++) {
		uint8_t *page = log.at + (size_t)i * FIXTURE_LOG_PAGE;

		put_le64(page + 8, 0);                                          /* last LSN */
		put_le64(page + 32, 0);                                         /* that ends here */
		put_le16(page + 24, i == log.page ? (uint16_t)log.pos : 0xff8); /* next record */
	}
	fixture_log_end(&log);
	read_log(&log, &listener, &seen);
	assert_int_equal(seen.count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(seen.lsn[i], lsn[i]);
		assert_int_equal(seen.first[i], i + 1);
		assert_false(seen.stale[i]);
	}
	assert_int_equal(seen.len[2], 20000);
	assert_int_equal(listener.count, 0);
	fixture_log_free(&log);
}

/* Fills the ring, and then some pages anew; a record lies across the wrap. */
static void test_wrap(void **state)
{
	struct fixture_log log = {0};
	struct listener listener;
	uint64_t before = 0;
	size_t count = 0;

	(void)state;
	fixture_log_begin(&log, 1);
	while (log.round == 1 || log.page < 9) {
		add(&log, 1000, (uint8_t)count);
		count++;
	}
	fixture_log_end(&log);
	read_log(&log, &listener, &seen);
	/* What began in a page that was written over is gone, and so is the record of which one half is left. */
	assert_in_range(seen.count, 150, count - 15);
	for (size_t i = 0; i < seen.count; i++) {
		assert_true(seen.lsn[i] > before);
		assert_int_equal(seen.len[i], 1000);
		assert_false(seen.stale[i]);
		before = seen.lsn[i];
	}
	assert_int_equal(before, log.last);
	assert_int_equal(listener.count, 0);
	fixture_log_free(&log);
}

/* A record begins near the end of the ring, fills pages and ends in the next round. */
static void test_span_over_wrap(void **state)
{
	struct fixture_log log = {0};
	struct listener listener;

	(void)state;
	fixture_log_begin(&log, 1);
	fixture_log_skip_to(&log, FIXTURE_LOG_PAGES - 2);
	add(&log, 10, 1);
	add(&log, 20000, 2);
	add(&log, 10, 3);
	fixture_log_end(&log);
	read_log(&log, &listener, &seen);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.len[1], 20000);
	assert_int_equal(seen.lsn[2], log.last);
	assert_int_equal(listener.count, 0);
	fixture_log_free(&log);
}

/* The page in which a record should go on was written anew: no bytes of others are taken for its rest. */
static void test_span_written_over(void **state)
{
	struct fixture_log log = {0};
	struct listener listener;

	(void)state;
	fixture_log_begin(&log, 1);
	add(&log, 100, 1);
	add(&log, 4000, 2);
	fixture_log_skip_to(&log, 5);
	add(&log, 3800, 3);
	add(&log, 100, 4);
	fixture_log_end(&log);
	read_log(&log, &listener, &seen);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.first[1], 3);
	assert_int_equal(seen.first[2], 4);
	assert_int_equal(listener.count, 1);
	fixture_log_free(&log);
}

/* Pages of a much older round between those of this one. */
static void test_stale(void **state)
{
	struct fixture_log log = {0};
	struct listener listener;
	uint64_t old[2];

	(void)state;
	fixture_log_begin(&log, 1);
	fixture_log_skip_to(&log, 20);
	old[0] = add(&log, 50, 1);
	old[1] = add(&log, 50, 2);
	add(&log, 8000, 3); /* goes on in a page that is not there */
	memset(log.at + (size_t)21 * FIXTURE_LOG_PAGE, 0xff, FIXTURE_LOG_PAGE);
	log.round = 5;
	fixture_log_skip_to(&log, 6);
	add(&log, 50, 4);
	fixture_log_end(&log);
	read_log(&log, &listener, &seen);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.lsn[0], old[0]);
	assert_int_equal(seen.lsn[1], old[1]);
	assert_true(seen.stale[0] && seen.stale[1] && !seen.stale[2]);
	assert_int_equal(seen.lsn[2], log.last);
	assert_int_equal(listener.count, 0);
	fixture_log_free(&log);
}

/* A log that was begun anew before its round was full: what is behind that was never written to, and is no loss. */
static void test_begun_anew(void **state)
{
	struct fixture_log log = {0};
	struct listener listener;

	(void)state;
	fixture_log_begin(&log, 4);
	fixture_log_skip_to(&log, 20);
	add(&log, 50, 1);
	log.round = 5;
	fixture_log_skip_to(&log, 4);
	add(&log, 50, 2);
	fixture_log_end(&log);
	read_log(&log, &listener, &seen);
	assert_int_equal(seen.count, 2);
	assert_int_equal(listener.count, 0);
	log.at[(size_t)22 * FIXTURE_LOG_PAGE + 99] = 0; /* so something stood here, and before */
	read_log(&log, &listener, &seen);
	assert_int_equal(listener.offset, (size_t)21 * FIXTURE_LOG_PAGE);
	assert_int_equal(listener.len, (size_t)2 * FIXTURE_LOG_PAGE);
	fixture_log_free(&log);
}

/* The newest page was written to the copies only (LFS 1.1: the place stands where the LSN would). */
static void test_copy_1(void **state)
{
	struct fixture_log log = {0};
	struct listener listener;

	(void)state;
	fixture_log_begin(&log, 2);
	add(&log, 3900, 1);
	add(&log, 10, 2); /* page 4 */
	add(&log, 10, 3); /* page 5 */
	uint8_t *copy = log.at + (size_t)2 * FIXTURE_LOG_PAGE;
	uint8_t *page = log.at + (size_t)log.page * FIXTURE_LOG_PAGE;

	assert_int_equal(log.page, 5);
	memcpy(copy, page, FIXTURE_LOG_PAGE);
	put_le64(copy + 8, (uint64_t)log.page * FIXTURE_LOG_PAGE);
	memset(page, 0xff, FIXTURE_LOG_PAGE);
	fixture_log_end(&log);
	read_log(&log, &listener, &seen);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.lsn[2], log.last);
	assert_int_equal(listener.count, 0);
	fixture_log_free(&log);
}

/* LFS 2.0 has 32 pages for copies; the newer version of a page is taken. */
static void test_copy_2(void **state)
{
	struct fixture_log log = {.major = 2};
	struct listener listener;

	(void)state;
	fixture_log_begin(&log, 2);
	add(&log, 10, 1);
	add(&log, 10, 2);
	uint8_t *page = log.at + (size_t)log.page * FIXTURE_LOG_PAGE;
	uint8_t *copy = log.at + (size_t)9 * FIXTURE_LOG_PAGE;
	uint8_t *older = log.at + (size_t)7 * FIXTURE_LOG_PAGE;

	memcpy(older, page, FIXTURE_LOG_PAGE);
	put_le32(older + 60, 0x22 * FIXTURE_LOG_PAGE);
	add(&log, 10, 3);
	memcpy(copy, page, FIXTURE_LOG_PAGE);
	put_le32(copy + 60, 0x22 * FIXTURE_LOG_PAGE);
	memcpy(page, older, FIXTURE_LOG_PAGE);
	fixture_log_end(&log);
	read_log(&log, &listener, &seen);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.lsn[2], log.last);
	assert_int_equal(seen.restart.major, 2);
	assert_int_equal(listener.count, 0);
	fixture_log_free(&log);
}

static void fill(struct fixture_log *log)
{
	fixture_log_begin(log, 4);
	for (size_t i = 0; i < 100; i++)
		add(log, 500, (uint8_t)i);
	fixture_log_end(log);
}

static void test_damage(void **state)
{
	struct fixture_log log = {0};
	struct listener listener;
	size_t all;

	(void)state;
	fill(&log);
	read_log(&log, &listener, &seen);
	all = seen.count;
	assert_int_equal(all, 100);
	/* A torn page: what lies in it and what goes on in it is lost, no more. */
	log.at[(size_t)7 * FIXTURE_LOG_PAGE + 1023] ^= 0xff;
	read_log(&log, &listener, &seen);
	assert_in_range(seen.count, all - 10, all - 7);
	assert_int_equal(listener.count, 2);
	log.at[(size_t)7 * FIXTURE_LOG_PAGE + 1023] ^= 0xff;
	/* A record header that was written over. */
	uint64_t hit = (size_t)8 * FIXTURE_LOG_PAGE + 1200;

	memset(log.at + hit, 0x55, 400);
	memset(log.at + hit + 400, 0x55, 300);
	put_le16(log.at + (size_t)8 * FIXTURE_LOG_PAGE + 1534, 7); /* its fix-up */
	read_log(&log, &listener, &seen);
	assert_in_range(seen.count, all - 3, all - 1);
	assert_int_equal(listener.count, 1);
	assert_int_equal(listener.offset / FIXTURE_LOG_PAGE, 8);
	fixture_log_free(&log);
}

/* A page between others that is none: it was one, as the log ran over it. */
static void test_gap(void **state)
{
	struct fixture_log log = {0};
	struct listener listener;
	size_t gaps = 0;

	(void)state;
	fixture_log_begin(&log, 4);
	for (size_t i = 0; i < 49; i++)
		add(&log, 456, 1); /* eight a page */
	memset(log.at + (size_t)7 * FIXTURE_LOG_PAGE, 0xff, FIXTURE_LOG_PAGE);
	fixture_log_end(&log);
	read_log(&log, &listener, &seen);
	for (size_t i = 0; i < seen.count; i++)
		gaps += seen.after_gap[i];
	assert_int_equal(gaps, 2);
	assert_int_equal(listener.count, 1);
	assert_int_equal(listener.offset, (size_t)7 * FIXTURE_LOG_PAGE);
	assert_int_equal(listener.len, FIXTURE_LOG_PAGE);
	assert_true(seen.after_gap[0]);
	assert_in_range(seen.count, 38, 43);
	/* So do the newest, which the restart page knows of. */
	memset(log.at + (size_t)7 * FIXTURE_LOG_PAGE, 0, (size_t)5 * FIXTURE_LOG_PAGE);
	read_log(&log, &listener, &seen);
	assert_int_equal(seen.count, 24);
	assert_int_equal(listener.count, 1);
	assert_int_equal(listener.offset, (size_t)7 * FIXTURE_LOG_PAGE);
	assert_int_equal(listener.len, (size_t)4 * FIXTURE_LOG_PAGE);
	fixture_log_free(&log);
}

static void test_restart_pages(void **state)
{
	struct fixture_log log = {0};
	struct listener listener;

	(void)state;
	fill(&log);
	/* The first one is gone, then both: pages tell their order themselves. */
	log.at[600] ^= 0xff;
	log.at[510] ^= 0xff;
	read_log(&log, &listener, &seen);
	assert_true(seen.restart.present);
	assert_int_equal(seen.count, 100);
	assert_int_equal(listener.count, 1);
	log.at[FIXTURE_LOG_PAGE + 510] ^= 0xff;
	read_log(&log, &listener, &seen);
	assert_false(seen.restart.present);
	assert_int_equal(seen.count, 100);
	assert_int_equal(listener.count, 2);
	/* Not even their signatures are left. */
	memset(log.at, 0, FIXTURE_LOG_PAGE);
	memset(log.at + FIXTURE_LOG_PAGE, 0x55, FIXTURE_LOG_PAGE);
	read_log(&log, &listener, &seen);
	assert_false(seen.restart.present);
	assert_int_equal(seen.count, 100);
	assert_int_equal(listener.count, 1);
	assert_int_equal(listener.offset, 0);
	fixture_log_free(&log);
}

/* One that has lost its signature is told beside the other, whichever it is. */
static void test_one_restart_page(void **state)
{
	for (size_t i = 0; i < 2; i++) {
		struct fixture_log log = {0};
		struct listener listener;

		(void)state;
		fill(&log);
		memset(log.at + i * FIXTURE_LOG_PAGE, 0, FIXTURE_LOG_PAGE);
		read_log(&log, &listener, &seen);
		assert_true(seen.restart.present);
		assert_int_equal(seen.count, 100);
		assert_int_equal(listener.count, 1);
		assert_int_equal(listener.offset, i * FIXTURE_LOG_PAGE);
		fixture_log_free(&log);
	}
}

/* A piece of record pages alone, as carved out of free space. */
static void test_piece(void **state)
{
	struct fixture_log log = {0};
	struct listener listener;
	size_t start = (size_t)6 * FIXTURE_LOG_PAGE;

	(void)state;
	fill(&log);
	read_bytes_of(
	    (struct bytes){log.at + start, (size_t)3 * FIXTURE_LOG_PAGE}, &listener, &seen);
	assert_in_range(seen.count, 19, 22);
	assert_int_equal(listener.count, 0);
	read_bytes_of((struct bytes){log.at + start, FIXTURE_LOG_PAGE}, &listener, &seen);
	assert_in_range(seen.count, 6, 7);
	/* Cut inside a page. */
	read_bytes_of((struct bytes){log.at + start, FIXTURE_LOG_PAGE + 100}, &listener, &seen);
	assert_in_range(seen.count, 6, 7);
	assert_int_equal(listener.count, 1);
	fixture_log_free(&log);
}

static void test_empty(void **state)
{
	struct fixture_log log = {0};
	CLEANUP(logfile_close) struct logfile *opened = NULL;
	struct listener listener;
	struct err err = {0};

	(void)state;
	fixture_log_begin(&log, 1);
	memset(log.at, 0xff, FIXTURE_LOG_SIZE);
	CLEANUP(source_close)
	struct source *source = source_of_bytes((struct bytes){log.at, FIXTURE_LOG_SIZE});

	assert_false(logfile_open(source, NULL, &opened, &err));
	assert_int_equal(err.kind, ERR_MISSING);
	assert_non_null(strstr(err.text, "empty"));
	/* Something was written over it. */
	log.at[100] = 1;
	assert_false(logfile_open(source, NULL, &opened, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	log.at[100] = 0xff;
	/* With restart pages it is a log that nothing was written to. */
	log.last = 0;
	fixture_log_end(&log);
	read_log(&log, &listener, &seen);
	assert_int_equal(seen.count, 0);
	assert_int_equal(listener.count, 0);
	fixture_log_free(&log);
}

/* A length that leads far out, and one above the limit. */
static void test_liar(void **state)
{
	struct fixture_log log = {0};
	struct listener listener;

	(void)state;
	fixture_log_begin(&log, 1);
	add(&log, 10, 1);
	add(&log, 10, 2);
	uint8_t *second = log.at + (size_t)4 * FIXTURE_LOG_PAGE + FIXTURE_LOG_DATA + 64;

	assert_int_equal(le64(second), log.last);
	add(&log, 10, 3);
	put_le32(second + 24, 0xffffffff);
	fixture_log_end(&log);
	read_log(&log, &listener, &seen);
	assert_int_equal(seen.count, 2);
	assert_int_equal(listener.count, 1);
	put_le32(second + 24, 100000);
	read_log(&log, &listener, &seen);
	assert_int_equal(seen.count, 2);
	fixture_log_free(&log);
}

/* A source of which one read fails. */
struct flaky {
	struct source source;
	struct source *real;
	size_t reads, fail_at;
};

static bool flaky_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct flaky *flaky = (struct flaky *)self;

	*got = 0;
	if (++flaky->reads == flaky->fail_at)
		return fail(err, ERR_IO, "bad sector");
	return flaky->real->read(flaky->real, offset, to, len, got, err);
}

static void test_reads_that_fail(void **state)
{
	struct fixture_log log = {0};
	size_t reads = 1;

	(void)state;
	fill(&log);
	CLEANUP(source_close)
	struct source *real = source_of_bytes((struct bytes){log.at, FIXTURE_LOG_SIZE});

	for (size_t n = 1; n <= reads + 1; n++) {
		struct flaky flaky = {{.size = real->size, .read = flaky_read}, real, 0, n};
		struct listener listener = {.base = {.damage = on_damage}};
		CLEANUP(logfile_close) struct logfile *opened = NULL;
		struct logfile_record record;
		struct err err = {0};
		size_t count = 0;

		assert_true(logfile_open(&flaky.source, &listener.base, &opened, &err));
		while (logfile_next(opened, &record, &err))
			count++;
		assert_int_equal(err.kind, ERR_NONE);
		/* A page, and what goes on in it or out of it. */
		assert_in_range(count, 100 - 12, 100);
		assert_int_equal(listener.count > 0, flaky.reads >= n);
		reads = flaky.reads > reads ? flaky.reads : reads;
	}
	assert_true(reads > 3);
	fixture_log_free(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pages_and_spans),
	    cmocka_unit_test(test_pages_without_their_last),
	    cmocka_unit_test(test_wrap),
	    cmocka_unit_test(test_span_over_wrap),
	    cmocka_unit_test(test_span_written_over),
	    cmocka_unit_test(test_stale),
	    cmocka_unit_test(test_begun_anew),
	    cmocka_unit_test(test_copy_1),
	    cmocka_unit_test(test_copy_2),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_gap),
	    cmocka_unit_test(test_restart_pages),
	    cmocka_unit_test(test_one_restart_page),
	    cmocka_unit_test(test_piece),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_liar),
	    cmocka_unit_test(test_reads_that_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
