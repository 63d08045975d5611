/* Directories for tests. See fixture_directory.h. */
#include "tests/fixture_directory.h"

#include "core/array.h"
#include "platform/clock.h"
#include "platform/file.h"
#include "platform/process.h"

#include <stdio.h>
#include <stdlib.h>

static void must(bool ok, const struct err *err)
{
	if (ok)
		return;
	fprintf(stderr, "fixture: %s\n", err->text);
	abort();
}

void directory_make(struct text *path)
{
	static unsigned number;
	struct err err = {0};

	text_clear(path);
	text_addf(path, "\xe8\xa9\xa6\xe9\xa8\x93 test.%u.%u.%u", process_own_id(),
	    (unsigned)(clock_monotonic_ms() & 0xffffff), number++);
	must(text_ok(path, &err) && file_make_directory(path->at, false, &err), &err);
}

static bool remove_one(void *context, const char *name, enum file_kind kind, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};

	file_join(&path, context, name);
	if (kind == FILE_KIND_DIRECTORY && !file_list(path.at, remove_one, path.at, err))
		return false;
	return file_remove(path.at, err);
}

void directory_remove(struct text *path)
{
	struct err err = {0};

	must(file_list(path->at, remove_one, path->at, &err) && file_remove(path->at, &err), &err);
	text_free(path);
}

char *directory_path(const struct text *base, const char *name)
{
	struct text path = {0};
	struct err err = {0};

	file_join(&path, text_string(base), name);
	must(text_ok(&path, &err), &err);
	return path.at;
}

struct text directory_base;

int directory_set_up(void **state)
{
	(void)state;
	directory_make(&directory_base);
	return 0;
}

int directory_tear_down(void **state)
{
	(void)state;
	directory_remove(&directory_base);
	return 0;
}

void directory_put(const char *name, const char *content, size_t len)
{
	CLEANUP(free_memory) char *path = directory_path(&directory_base, name);
	struct err err = {0};

	DISCARD(file_remove(path, NULL));
	must(
	    file_write_all(path, (struct bytes){(const uint8_t *)content, len}, false, &err), &err);
}

void directory_drop(const char *name)
{
	CLEANUP(free_memory) char *path = directory_path(&directory_base, name);
	struct err err = {0};

	must(file_remove(path, &err), &err);
}
