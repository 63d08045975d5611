/* The command line of another process. For platform/win alone. */
#ifndef KANSHIKI_PLATFORM_WIN_COMMAND_LINE_H
#define KANSHIKI_PLATFORM_WIN_COMMAND_LINE_H

#include "platform/win/edge.h"

/* Adds it as UTF-8. The handle needs PROCESS_QUERY_LIMITED_INFORMATION. Windows before 8.1 does not tell: there
 * the process is opened again, to read its memory. Never where it would tell: opening the memory of
 * lsass.exe is what virus scanners and investigators look for. */
bool command_line_read(DWORD pid, HANDLE process, struct text *out, struct err *err) MUST_CHECK;

#endif
