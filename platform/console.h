/* The person in front of the program: stdout for data, stderr for everything else, both UTF-8; a
 * Windows console gets UTF-16. Lines for people pass through text_add_printable by the caller where
 * they hold names from evidence. */
#ifndef KANSHIKI_PLATFORM_CONSOLE_H
#define KANSHIKI_PLATFORM_CONSOLE_H

#include "core/sink.h"
#include "core/text.h"

/* Call once at start: UTF-8 argv (on Windows from GetCommandLineW), binary stdout, console modes. */
bool console_start(int *argc, char ***argv, struct err *err) MUST_CHECK;

/* Language of the user's system ("ja" or "en..."): LC_ALL, LC_MESSAGES, LANG; GetUserDefaultUILanguage. */
const char *console_locale(void);

/* Prints to stderr; control and bidi characters as text_add_printable shows them. Not for data. */
void say(const char *format, ...) PRINTF(1, 2);

/* Data to stdout. A closed pipe (EPIPE) is ERR_IO and says nothing. */
bool console_write(struct bytes data, struct err *err) MUST_CHECK;
/* Whether a write failed because nobody reads our output any more (`| head`): nothing to complain of. */
bool console_is_closed(const struct err *err);
/* Whether data was lost on its way to stdout; err (may be NULL) gets why. */
bool console_lost(struct err *err);
/* Call once, last: nothing more goes to stdout. False when data was lost, also of what the system had taken and could not keep. */
bool console_end(struct err *err) MUST_CHECK;
/* stdout as a sink (buffered; finish flushes). The caller frees it. */
struct sink *console_sink(void);

bool console_is_terminal(int stream); /* 0, 1, 2 */
/* Whether the window was opened for this program alone and closes with it: it was double-clicked (Windows). */
bool console_is_own(void);
/* While true a click into the window marks nothing: Windows would hold the program up until a key is pressed. */
void console_ignore_clicks(bool ignore);
/* Shows the question on stderr and reads the line typed on stdin, without its end; invalid UTF-8 and control characters are as
 * text_add_printable shows them. ERR_MISSING: no more lines come. ERR_LIMIT: longer than CONSOLE_LINE, and left out. */
#define CONSOLE_LINE ((size_t)4096)
bool console_ask(const char *question, struct text *out, struct err *err) MUST_CHECK;
int console_width(void); /* columns of stderr, 80 when unknown */

/* One progress line on stderr, replaced in place; only when it is a terminal. "" clears it. */
void console_progress(const char *line);

/* Ctrl-C, Ctrl-Break, closing the window, logoff, shutdown, SIGTERM, SIGHUP: sets a flag that
 * console_stopped() reads. On close/logoff the handler waits (the system's limit) for console_done(). */
void console_catch_stop(void);
bool console_stopped(void);
/* Tells a waiting handler that what was taken is sealed. */
void console_done(void);

#endif
