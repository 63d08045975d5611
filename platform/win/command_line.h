/* The command line of another process. For platform/win alone. */
#ifndef KANSHIKI_PLATFORM_WIN_COMMAND_LINE_H
#define KANSHIKI_PLATFORM_WIN_COMMAND_LINE_H

#include "platform/win/edge.h"

/* Adds it as UTF-8. The handle needs PROCESS_QUERY_LIMITED_INFORMATION on Windows 8.1 and later,
 * before that PROCESS_QUERY_INFORMATION | PROCESS_VM_READ. */
bool command_line_read(HANDLE process, struct text *out, struct err *err) MUST_CHECK;

#endif
