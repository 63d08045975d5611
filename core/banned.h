/* Functions that nobody here calls, as compile errors. Forced on every file by CMakeLists.txt (-include). The
 * headers that declare them come first, so that their own text is untouched. What the compiler replaces by
 * something else before it sees a call, and what mingw has as inline functions, is caught by
 * tests/house.sh banned. */
#ifndef KANSHIKI_CORE_BANNED_H
#define KANSHIKI_CORE_BANNED_H

#if !defined(_WIN32) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* before the first header: the files that ask for it come after this one */
#endif
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef __clang__ /* which takes the attribute only at a function's first declaration */
#define BANNED(instead) __attribute__((error("banned: use " instead)))

char *strcpy(char *, const char *) BANNED("struct text, or memcpy with a checked length");
char *strcat(char *, const char *) BANNED("struct text");
char *strncpy(char *, const char *, size_t) BANNED("struct text, or memcpy");
char *strncat(char *, const char *, size_t) BANNED("struct text");
char *strtok(char *, const char *) BANNED("a loop: it keeps hidden state");
int atoi(const char *) BANNED("a parse that tells errors");
long atol(const char *) BANNED("a parse that tells errors");
int rand(void) BANNED("OpenSSL's RAND_bytes");
int system(const char *) BANNED("nothing: no shell on the evidence machine");
#ifndef _WIN32
int sprintf(char *, const char *, ...) BANNED("text_addf or snprintf");
int vsprintf(char *, const char *, va_list) BANNED("text_addf or vsnprintf");
struct tm *gmtime(const time_t *) BANNED("core/time.h");
struct tm *localtime(const time_t *) BANNED("core/time.h: everything is UTC");
char *asctime(const struct tm *) BANNED("core/time.h");
char *ctime(const time_t *) BANNED("core/time.h");
#endif

#undef BANNED
#endif

#endif
