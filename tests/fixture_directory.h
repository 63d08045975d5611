/* A new empty directory for a test, and its end. */
#ifndef KANSHIKI_TESTS_FIXTURE_DIRECTORY_H
#define KANSHIKI_TESTS_FIXTURE_DIRECTORY_H

#include "core/text.h"

/* Makes one below the current directory, with Japanese and a space in its name. Aborts on failure. */
void directory_make(struct text *path);
/* Removes it with all that is in it. */
void directory_remove(struct text *path);

/* One for each test of a file: cmocka's set-up and tear-down. */
extern struct text directory_base;
int directory_set_up(void **state);
int directory_tear_down(void **state);

/* Writes a file into directory_base, in place of one of that name; removes it. Abort on failure. */
void directory_put(const char *name, const char *content, size_t len);
void directory_drop(const char *name);

/* base/name, from malloc: for calls in the middle of a line. Aborts on failure. */
char *directory_path(const struct text *base, const char *name);

#endif
