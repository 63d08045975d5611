/* The terminal without echo. See platform/secret.h. */
#define _GNU_SOURCE
#include "platform/posix/os.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

/* What would end or stop us while the echo is off. */
static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

static void on_signal(int number)
{
	interrupted = number;
}

struct quiet { /* a terminal with its echo off */
	int terminal;
	struct termios before;
	struct sigaction handlers[ARRAY_LEN(signals)];
};

static bool quiet_begin(struct quiet *quiet, struct err *err)
{
	struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: read(2) returns */
	struct termios silent;

	if (tcgetattr(quiet->terminal, &quiet->before) != 0)
		return errno_fail(err, errno);
	interrupted = 0;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaction(signals[i], &action, &quiet->handlers[i]);
	silent = quiet->before;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	silent.c_lflag |= ICANON | ISIG;
	/* What was typed before the question is no answer to it. */
	tcsetattr(quiet->terminal, TCSAFLUSH, &silent);
	return true;
}

static void quiet_end(const struct quiet *quiet)
{
	tcsetattr(quiet->terminal, TCSAFLUSH, &quiet->before);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaction(signals[i], &quiet->handlers[i], NULL);
}

static bool read_line(int terminal, uint8_t *to, size_t room, size_t *len, struct err *err)
{
	size_t done = 0;

	while (done < room && (done == 0 || to[done - 1] != '\n')) {
		ssize_t n = read(terminal, to + done, room - done);

		if (interrupted || n == 0)
			return fail(err, ERR_STOPPED, "no passphrase was given");
		if (n < 0)
			return errno_fail(err, errno);
		done += (size_t)n;
	}
	if (to[done - 1] != '\n')
		return fail(err, ERR_LIMIT, "a passphrase of more than %zu bytes", room);
	*len = done;
	return true;
}

bool os_secret_line(const char *prompt, uint8_t *to, size_t room, size_t *len, struct err *err)
{
	struct quiet quiet = {.terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)};

	if (quiet.terminal < 0)
		return fail(err, ERR_UNSUPPORTED, "there is no terminal to ask on");
	bool ok = quiet_begin(&quiet, err);

	if (ok) {
		ok = os_write(quiet.terminal, bytes_of(prompt), err) &&
		     read_line(quiet.terminal, to, room, len, err);
		quiet_end(&quiet);
		DISCARD(os_write(quiet.terminal, bytes_of("\n"), NULL));
	}
	close(quiet.terminal);
	return ok;
}

bool os_secret_file(const char *path, uint8_t *to, size_t room, size_t *len, struct err *err)
{
	int file = strcmp(path, "-") == 0 ? dup(0) : open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	size_t done = 0;
	ssize_t n = 1;

	if (file < 0)
		return errno_fail(err, errno);
	while (done < room && n > 0) {
		n = read(file, to + done, room - done);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			done += (size_t)n;
	}
	bool ok = n >= 0 || errno_fail(err, errno);

	close(file);
	*len = done;
	return ok;
}
