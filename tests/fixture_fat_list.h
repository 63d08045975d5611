/* The listing of a FAT volume kept, for tests. */
#ifndef KANSHIKI_TESTS_FIXTURE_FAT_LIST_H
#define KANSHIKI_TESTS_FIXTURE_FAT_LIST_H

#include "tests/fixture_fat.h"

#define FIXTURE_SEEN_MAX 20000u

struct fixture_seen {
	struct text path, short_name;
	struct fat_entry entry; /* without the raw long name */
};

struct fixture_list {
	struct fat_walker walker;
	struct fixture_seen *at;
	size_t count;
	unsigned damages;
	struct err damage; /* the last */
};

void fixture_list_free(struct fixture_list *list);
static inline void fixture_list_free_at(struct fixture_list *list)
{
	fixture_list_free(list);
}
/* Lists a volume read from raw; false with *err when that fails. */
bool fixture_list_source(struct source *raw, struct fixture_list *out, struct err *err);
/* Lists the fixture; a failure ends the test. */
void fixture_list_of(struct fixture_fat *f, struct fixture_list *out);
bool fixture_list_has(const struct fixture_list *list, const char *path);
/* Ends the test when it is not there. */
const struct fixture_seen *fixture_list_find(const struct fixture_list *list, const char *path);
/* The whole content of a file of the fixture, to be freed; *len is how much of it could be read. */
uint8_t *fixture_list_content(
    struct fixture_fat *f, const struct fat_entry *entry, size_t *len, struct err *damage);

#endif
