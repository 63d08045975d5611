/* A stream is found again by its key, whatever names its neighbours have. */
#include "tests/unit.h"

#include "collectors/stream_keys.h"

#include <stdlib.h>

#define MANY 3000u

static struct bytes utf16_of(const char *name, uint8_t room[32])
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++) {
		room[2 * i] = (uint8_t)name[i];
		room[2 * i + 1] = 0;
	}
	return (struct bytes){room, 2 * len};
}

/* Each stream of the entry has a key that no other has, and is found by it. */
static void check(struct stream_keys *keys, const struct ntfs_entry *entry)
{
	assert_true(stream_keys_make(keys, entry, NULL));
	for (size_t i = 0; i < entry->stream_count; i++)
		assert_ptr_equal(
		    stream_of_key(keys, entry, stream_key(keys, entry, &entry->streams[i])),
		    &entry->streams[i]);
}

static void names_alike(void **state)
{
	/* The second and third have one hash; the last but one differs from the one before in case alone. */
	static const char *const names[] = {
	    "", "", "gpterlm", "daxhnkm", "twin", "twin", "twin", "Other", "other", "z"};
	CLEANUP(stream_keys_free) struct stream_keys keys = {0};
	struct ntfs_stream streams[ARRAY_LEN(names)] = {0};
	uint8_t rooms[ARRAY_LEN(names)][32];
	struct ntfs_entry entry = {.streams = streams};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		streams[i] =
		    (struct ntfs_stream){.type = NTFS_DATA, .utf16 = utf16_of(names[i], rooms[i])};
	assert_int_equal(stream_hash(streams[2].utf16), stream_hash(streams[3].utf16));
	for (entry.stream_count = 1; entry.stream_count <= ARRAY_LEN(names); entry.stream_count++)
		check(&keys, &entry);
	assert_int_equal(stream_key(&keys, &entry, &streams[0]), 0);
	assert_int_equal(stream_key(&keys, &entry, &streams[2]), stream_hash(streams[2].utf16));
	assert_int_equal(stream_key(&keys, &entry, &streams[4]), stream_hash(streams[4].utf16));
	assert_null(stream_of_key(&keys, &entry, 12345));
}

static void other_types_are_not_found(void **state)
{
	CLEANUP(stream_keys_free) struct stream_keys keys = {0};
	struct ntfs_stream streams[] = {{.type = NTFS_OBJECT_ID}, {.type = NTFS_DATA}};
	struct ntfs_entry entry = {.streams = streams, .stream_count = 2};

	(void)state;
	assert_true(stream_keys_make(&keys, &entry, NULL));
	assert_ptr_equal(stream_of_key(&keys, &entry, 0), &streams[1]);
}

static void thousands(void **state)
{
	CLEANUP(stream_keys_free) struct stream_keys keys = {0};
	struct ntfs_stream *streams = calloc(MANY, sizeof(*streams));
	uint8_t(*rooms)[32] = calloc(MANY, sizeof(*rooms));
	struct ntfs_entry entry = {.streams = streams, .stream_count = MANY};
	char name[16];

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "stream-%04u", i < MANY / 2 ? 0 : i);
		streams[i] =
		    (struct ntfs_stream){.type = NTFS_DATA, .utf16 = utf16_of(name, rooms[i])};
	}
	check(&keys, &entry);
	free(rooms);
	free(streams);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_alike),
	    cmocka_unit_test(other_types_are_not_found),
	    cmocka_unit_test(thousands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
