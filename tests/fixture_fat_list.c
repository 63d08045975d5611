/* Listings for tests. See fixture_fat_list.h. */
#include "tests/unit.h"

#include "tests/fixture_fat_list.h"

#include <stdlib.h>
#include <string.h>

static bool keep(struct fat_walker *self, const struct fat_entry *entry, struct err *err)
{
	struct fixture_list *list = (struct fixture_list *)self;

	(void)err;
	assert_true(list->count < FIXTURE_SEEN_MAX);
	struct fixture_seen *seen = &list->at[list->count++];

	seen->entry = *entry;
	text_add(&seen->path, entry->path);
	text_add(&seen->short_name, entry->short_name);
	seen->entry.path = text_bytes(&seen->path);
	seen->entry.short_name = text_bytes(&seen->short_name);
	seen->entry.long_utf16 = (struct bytes){0};
	seen->entry.name = (struct bytes){
	    seen->entry.path.at + (entry->path.len - entry->name.len), entry->name.len};
	return true;
}

static void note(struct fat_walker *self, uint64_t place, const struct err *why)
{
	struct fixture_list *list = (struct fixture_list *)self;

	(void)place;
	list->damages++;
	list->damage = *why;
}

void fixture_list_free(struct fixture_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		text_free(&list->at[i].path);
		text_free(&list->at[i].short_name);
	}
	free(list->at);
	*list = (struct fixture_list){0};
}

bool fixture_list_source(struct source *raw, struct fixture_list *out, struct err *err)
{
	CLEANUP(fat_volume_close) struct fat_volume *volume = NULL;

	*out = (struct fixture_list){.walker = {.each = keep, .damage = note},
	    .at = calloc(FIXTURE_SEEN_MAX, sizeof(*out->at))};
	assert_non_null(out->at);
	return fat_volume_open(raw, &volume, err) &&
	       fat_volume_find_lost(volume, NULL, NULL, err) && fat_walk(volume, &out->walker, err);
}

void fixture_list_of(struct fixture_fat *f, struct fixture_list *out)
{
	CLEANUP(source_close)
	struct source *raw = source_of_bytes((struct bytes){f->at, f->size});
	struct err err = {0};

	assert_non_null(raw);
	if (!fixture_list_source(raw, out, &err))
		assert_string_equal(err.text, "listed");
}

bool fixture_list_has(const struct fixture_list *list, const char *path)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(text_string(&list->at[i].path), path) == 0)
			return true;
	return false;
}

const struct fixture_seen *fixture_list_find(const struct fixture_list *list, const char *path)
{
	static const struct fixture_seen none;

	for (size_t i = 0; i < list->count; i++)
		if (strcmp(text_string(&list->at[i].path), path) == 0)
			return &list->at[i];
	assert_string_equal(path, "is not listed");
	return &none;
}

uint8_t *fixture_list_content(
    struct fixture_fat *f, const struct fat_entry *entry, size_t *len, struct err *damage)
{
	CLEANUP(source_close)
	struct source *raw = source_of_bytes((struct bytes){f->at, f->size});
	CLEANUP(fat_volume_close) struct fat_volume *volume = NULL;
	CLEANUP(source_close) struct source *content = NULL;
	struct err err = {0};

	*len = 0;
	*damage = (struct err){0};
	assert_true(fat_volume_open(raw, &volume, &err));
	if (!fat_content_open(volume, entry, &content, NULL, damage, &err)) {
		*damage = err;
		return calloc(1, 1);
	}
	assert_true(content->size <= entry->size);
	uint8_t *at = calloc(1, (size_t)content->size + 1);

	assert_non_null(at);
	if (!content->read(content, 0, at, (size_t)content->size, len, &err))
		*damage = err;
	return at;
}
