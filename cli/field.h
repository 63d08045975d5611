/* The field responder's way: kanshiki.exe of a kit, double-clicked. One consent, then what `collect --kit . --out out` does, and
 * the window stays until the number is written down. */
#ifndef KANSHIKI_CLI_FIELD_H
#define KANSHIKI_CLI_FIELD_H

#include "cli/command.h"

/* Whether the program lies in a kit. */
bool field_is_kit(void);
/* Asks, collects by that command, and waits. The exit code is collect's; 0 when the person did not want it. */
int field_run(const struct command *collect);
/* So that who double-clicked can read what stands in the window. */
void field_wait(void);

#endif
