/* Passphrases of a command: asked on the terminal, or the lines of --passphrase-file, one for each question in turn. */
#ifndef KANSHIKI_CLI_PASSPHRASE_H
#define KANSHIKI_CLI_PASSPHRASE_H

#include "core/options.h"

#define PASSPHRASE_MIN 8 /* characters of a new one */
/* The row of a command's option table. */
#define PASSPHRASE_OPTION(passphrase)                                                         \
	{                                                                                     \
		"passphrase-file", 0, OPTION_TEXT, &(passphrase)->file, "FILE",               \
		    "take passphrases from here, a line each, instead of asking (- is stdin)" \
	}

/* Zero before use; passphrase_free at the end. */
struct passphrase {
	const char *file;
	struct text lines; /* as read; wiped */
	size_t at;         /* of the next line */
	bool is_read;
	bool is_unattended; /* never asks */
};
void passphrase_free(struct passphrase *passphrase);

/* Of both: prompt is translated. ERR_USAGE: nobody can be asked here, with the option to give; ERR_KEY: the file holds no further line. */

/* One that is being set: on the terminal it is asked twice until both are equal. ERR_USAGE: shorter than PASSPHRASE_MIN. */
bool passphrase_choose(
    struct passphrase *from, const char *prompt, struct text *out, struct err *err) MUST_CHECK;

/* Asks for one that exists, TRIES times on a terminal: `context` of a kit_opener and the like. */
struct passphrase_try {
	struct passphrase *from;
	const char *prompt;
	unsigned tries; /* so far */
};
bool passphrase_try(void *context, struct text *out, struct err *err) MUST_CHECK;

#endif
