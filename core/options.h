/* Command-line options from a table: the single truth for parsing, --help and the test
 * that each man page names every option. */
#ifndef KANSHIKI_CORE_OPTIONS_H
#define KANSHIKI_CORE_OPTIONS_H

#include "core/text.h"

enum option_kind {
	OPTION_FLAG,   /* to is bool * */
	OPTION_TEXT,   /* to is const char **, the last one wins */
	OPTION_LIST,   /* to is struct text_list *, may be repeated */
	OPTION_NUMBER, /* to is uint64_t * */
};

/* No number that is typed: for a caller to tell whether one was. */
#define OPTION_NUMBER_NONE UINT64_MAX

struct option {
	const char *name; /* "take", without the dashes */
	char letter;      /* 'C' for -C, or 0 */
	enum option_kind kind;
	void *to;
	const char *value; /* "PATTERN" in --help; NULL for flags */
	const char *help;  /* English, one line; shown through tr() */
};

/* Parses argv[1..]: --name VALUE, --name=VALUE, -C VALUE, -CVALUE, -la; options may follow operands; "--"
 * ends them. Operands go to *operands in order. Errors are ERR_USAGE with one clear line. Strings
 * point into argv. */
bool options_parse(const struct option *options, size_t count, int argc, char **argv,
    struct text_list *operands, struct err *err) MUST_CHECK;

/* Adds a line per option, aligned, translated. */
void options_help(const struct option *options, size_t count, struct text *out);

#endif
