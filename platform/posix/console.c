/* Terminals and signals on POSIX. See platform/console.h. */
#define _GNU_SOURCE
#include "platform/console.h"

#include "platform/posix/os.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;
static bool has_no_stdout;

/* Without this the first file that is opened gets the number of a closed standard stream, and what is said
 * there goes into the evidence. */
static bool fill_streams(struct err *err)
{
	has_no_stdout = fcntl(1, F_GETFD) < 0;
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_WRONLY : O_RDONLY) != fd)
			return fail(err, ERR_IO, "stream %d is closed and cannot be opened", fd);
	return true;
}

bool console_start(int *argc, char ***argv, struct err *err)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	(void)argc;
	(void)argv;
	if (!fill_streams(err))
		return false;
	/* A closed pipe, or a file that may not grow, is an error of write(2), not the end of the program. */
	return (sigaction(SIGPIPE, &ignore, NULL) == 0 && sigaction(SIGXFSZ, &ignore, NULL) == 0) ||
	       errno_fail(err, errno);
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
	if (stream == 1 && has_no_stdout)
		return fail(err, ERR_IO, "cannot write to stdout: it is not open");
	return os_write(stream, bytes, err) ||
	       fail_in(err, stream == 1 ? "cannot write to stdout" : "cannot write to stderr");
}

bool os_console_end(struct err *err)
{
	if (has_no_stdout || close(1) == 0 || errno == EINTR)
		return true;
	errno_fail(err, errno);
	return fail_in(err, "cannot write to stdout");
}

bool console_is_own(void)
{
	return false;
}

void console_ignore_clicks(bool ignore)
{
	(void)ignore;
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

/* Ctrl-C at a question, whether it is caught or not: without SA_RESTART read(2) returns. */
static ssize_t read_or_stop(uint8_t *to, size_t room)
{
	struct sigaction action = {.sa_handler = on_stop}, before;
	bool is_heeded = sigaction(SIGINT, NULL, &before) == 0 && before.sa_handler != SIG_IGN;
	ssize_t n;

	if (is_heeded)
		sigaction(SIGINT, &action, NULL);
	do
		n = read(0, to, room);
	while (n < 0 && errno == EINTR && !stopped);
	int code = errno;

	if (is_heeded)
		sigaction(SIGINT, &before, NULL);
	errno = code;
	return n;
}

bool os_console_read(struct text *out, struct err *err)
{
	uint8_t piece[1024];
	ssize_t n = read_or_stop(piece, sizeof(piece));

	if (n < 0)
		return errno == EINTR ? fail(err, ERR_STOPPED, "no answer was given")
				      : errno_fail(err, errno);
	text_add(out, (struct bytes){piece, (size_t)n});
	return true;
}

void console_catch_stop(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_RESTART};

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct sigaction before;

		/* What nohup or a shell in the background said is to be ignored stays so. */
		if (sigaction(numbers[i], NULL, &before) != 0 || before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	}
}

bool console_stopped(void)
{
	return stopped != 0;
}

void console_done(void)
{
}
