/* What a person at the PC is asked. */
#ifndef KANSHIKI_CLI_COLLECT_ASK_H
#define KANSHIKI_CLI_COLLECT_ASK_H

#include "cli/collect.h"

struct collect_answers { /* zero before use; what request and reference borrow from */
	struct text case_id;
	struct text clock;
};
void collect_answers_free(struct collect_answers *answers);

/* Asks, where stdin and stderr are a terminal and --unattended, --json and --dry-run are not given, for what the options and
 * --facts leave open; nothing is asked twice and Enter skips. */
bool collect_ask(struct collect_request *request, struct facts_file **file,
    struct facts_reference *reference, struct collect_answers *answers, struct err *err) MUST_CHECK;

#endif
