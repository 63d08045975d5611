/* The console: what goes to stdout and stderr, byte for byte, when they are no terminals; clocks and host facts. */
#include "tests/unit.h"

#include "core/array.h"
#include "core/time.h"
#include "platform/clock.h"
#include "platform/console.h"
#include "platform/file.h"
#include "platform/host.h"
#include "tests/fixture_directory.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef O_BINARY
#define O_BINARY 0
#endif

static int kept = -1;

/* From here on what goes to a stream goes into a file. */
static void divert(int stream)
{
	fflush(stdout);
	fflush(stderr);
	kept = dup(stream);
	int file = open("diverted.bin", O_RDWR | O_CREAT | O_TRUNC | O_BINARY, 0600);

	assert_true(kept >= 0 && file >= 0);
	assert_true(dup2(file, stream) >= 0);
	close(file);
}

static void restore(int stream, struct text *got)
{
	struct err err = {0};

	assert_true(dup2(kept, stream) >= 0);
	close(kept);
	assert_true(file_read_all("diverted.bin", 1 << 22, got, &err));
	assert_true(file_remove("diverted.bin", &err));
}

static void test_data_is_not_touched(void **state)
{
	static const uint8_t data[] = {'a', '\n', 0, '\r', 0xff, 0xe3, 0x81, '\n', 0x1a};
	CLEANUP(text_free) struct text got = {0};
	struct err err = {0};

	(void)state;
	divert(1);
	bool ok = console_write((struct bytes){data, sizeof(data)}, &err);

	restore(1, &got);
	assert_true(ok);
	assert_int_equal(got.len, sizeof(data));
	assert_memory_equal(got.at, data, sizeof(data));
}

static void test_sink_keeps_the_order(void **state)
{
	enum { PIECE = 30011, COUNT = 40, BIG = 200000 };
	static uint8_t big[BIG];
	CLEANUP(text_free) struct text got = {0};
	CLEANUP(text_free) struct text want = {0};
	CLEANUP(sink_free) struct sink *sink = console_sink();
	struct err err = {0};
	bool ok = true;

	(void)state;
	assert_non_null(sink);
	divert(1);
	for (int i = 0; i < COUNT; i++) {
		memset(big, i, sizeof(big));
		struct bytes piece = {big, i % 7 == 3 ? BIG : PIECE};

		ok = ok && sink->write(sink, piece, &err);
		text_add(&want, piece);
	}
	ok = ok && sink->finish(sink, &err);
	restore(1, &got);
	assert_true(ok);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.at, want.at, want.len);
}

static void test_say_and_no_progress(void **state)
{
	CLEANUP(text_free) struct text got = {0};

	(void)state;
	divert(2);
	bool is_terminal = console_is_terminal(2);

	say("%s %d%%\n", "\xe8\xa8\xbc\xe6\x8b\xa0", 5);
	say("'%s'\n", "\x1b[2J\r\ta\nb\xff\xe2\x80\xae");
	console_progress("never in a file");
	console_progress("");
	restore(2, &got);
	assert_false(is_terminal);
	assert_string_equal(text_string(&got), "\xe8\xa8\xbc\xe6\x8b\xa0 5%\n"
					       "'<U+001B>[2J<U+000D>\ta\nb<FF><U+202E>'\n");
}

static void test_stop(void **state)
{
	(void)state;
	console_catch_stop();
	assert_false(console_stopped());
#ifndef _WIN32 /* there the system's own thread calls: wine-tests/ */
	raise(SIGTERM);
	assert_true(console_stopped());
	raise(SIGINT);
	raise(SIGHUP);
	assert_true(console_stopped());
#endif
	console_done();
}

static void test_arguments_and_locale(void **state)
{
	int argc = 0;
	char *one[] = {(char[]){"x"}, NULL};
	char **argv = one;
	struct err err = {0};

	(void)state;
	assert_true(console_start(&argc, &argv, &err));
	assert_non_null(argv[0]);
	assert_true(strlen(console_locale()) >= 1);
	assert_true(console_width() > 0);
#ifdef _WIN32
	assert_int_equal(argc, 1);
	assert_non_null(strstr(argv[0], "test_console"));
#else
	setenv("LC_ALL", "", 1);
	setenv("LC_MESSAGES", "ja_JP.UTF-8", 1);
	setenv("LANG", "en_US.UTF-8", 1);
	assert_string_equal(console_locale(), "ja_JP.UTF-8");
	setenv("LC_ALL", "C", 1);
	assert_string_equal(console_locale(), "C");
#endif
}

static void test_clocks(void **state)
{
	uint64_t day = 86400ull * TIME_TICKS_PER_SECOND;
	uint64_t now = clock_now();
	uint64_t boot = clock_boot_time();
	uint64_t ticks = 0;
	struct err err = {0};

	(void)state;
	assert_true(time_parse("2024-01-01", &ticks, &err) && now > ticks);
	assert_true(time_parse("2100-01-01", &ticks, &err) && now < ticks);
	assert_true(boot < now && now - boot < 10000 * day);
	assert_true(clock_monotonic_ms() <= clock_monotonic_ms());
	assert_true(clock_zone_minutes() >= -14 * 60 && clock_zone_minutes() <= 14 * 60);
}

static void test_host(void **state)
{
	struct host_facts facts;

	(void)state;
	host_facts(&facts);
	assert_true(facts.name.len > 0);
	assert_true(facts.user.len > 0);
	assert_true(facts.zone.len > 0);
#ifdef _WIN32
	assert_int_equal(strncmp(text_string(&facts.os), "Windows ", 8), 0);
	assert_non_null(strchr(text_string(&facts.os), '('));
	assert_true(facts.machine_guid.len > 30);
#else
	assert_int_equal(strncmp(text_string(&facts.os), "Linux ", 6), 0);
#endif
	host_facts_free(&facts);
	assert_int_equal(facts.name.len, 0);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, directory_set_up, directory_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_data_is_not_touched),
	    TEST(test_sink_keeps_the_order),
	    TEST(test_say_and_no_progress),
	    TEST(test_stop),
	    TEST(test_arguments_and_locale),
	    TEST(test_clocks),
	    TEST(test_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
