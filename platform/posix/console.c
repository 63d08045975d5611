/* Terminals and signals on POSIX. See platform/console.h. */
#define _GNU_SOURCE
#include "platform/console.h"

#include "platform/posix/os.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;

bool console_start(int *argc, char ***argv, struct err *err)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	(void)argc;
	(void)argv;
	/* A closed pipe is an error of write(2), not the end of the program. */
	return sigaction(SIGPIPE, &ignore, NULL) == 0 || errno_fail(err, errno);
}

const char *console_locale(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return value;
	}
	return "en";
}

bool os_console_write(int stream, struct bytes bytes, struct err *err)
{
	return os_write(stream, bytes, err) ||
	       fail_in(err, stream == 1 ? "cannot write to stdout" : "cannot write to stderr");
}

bool console_is_terminal(int stream)
{
	return isatty(stream) == 1;
}

int console_width(void)
{
	struct winsize size;

	return ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

static void on_stop(int number)
{
	(void)number;
	stopped = 1;
}

void console_catch_stop(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_RESTART};

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		sigaction(numbers[i], &action, NULL);
}

bool console_stopped(void)
{
	return stopped != 0;
}

void console_done(void)
{
}
