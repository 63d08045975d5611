/* kanshiki version: the program and the libraries in it. */
#include "cli/command.h"
#include "core/tr.h"
#include "platform/console.h"

#include <openssl/crypto.h>

static int run_version(int argc, char **argv)
{
	CLEANUP(text_free) struct text out = {0};
	struct err err = {0};

	if (argc > 1) {
		fail(&err, ERR_USAGE, "version takes no '%s'", argv[1]);
		return command_fail(&err);
	}
	text_addf(&out, "kanshiki %s\n%s\n", KANSHIKI_VERSION, OpenSSL_version(OPENSSL_VERSION));
	DISCARD(console_write(text_bytes(&out), NULL));
	return EXIT_COMPLETE; /* main tells what did not go out */
}

static void help(struct text *out)
{
	text_adds(out, tr("Example: kanshiki --version\n"));
}

const struct command command_version = {
    .name = "version",
    .summary = "print the version",
    .usage = "kanshiki version",
    .run = run_version,
    .help = help,
};
