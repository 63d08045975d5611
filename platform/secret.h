/* A secret that a person types or a file hands over: never from argv or the environment, where others see it. */
#ifndef KANSHIKI_PLATFORM_SECRET_H
#define KANSHIKI_PLATFORM_SECRET_H

#include "core/text.h"

#define SECRET_MAX ((size_t)4096) /* bytes of what is typed, or of a file */

/* Prints the prompt and takes a line from the terminal itself (/dev/tty, CONIN$) with echo off; stdin may be something else.
 * *out is without the line's end. ERR_UNSUPPORTED: there is no terminal; ERR_STOPPED: Ctrl-C or the like, with echo on again. */
bool secret_ask(const char *prompt, struct text *out, struct err *err) MUST_CHECK;

/* Reads a file to its end; also a pipe such as /dev/fd/3, "-" is stdin. ERR_LIMIT above SECRET_MAX. */
bool secret_read(const char *path, struct text *out, struct err *err) MUST_CHECK;

#endif
