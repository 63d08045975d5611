/* A directory as a store: what the bundle relies on. */
#include "tests/unit.h"

#include "core/array.h"
#include "platform/file.h"
#include "platform/store.h"
#include "tests/fixture_directory.h"

static struct text base;

static int set_up(void **state)
{
	struct err err = {0};

	directory_make(&base);
	return store_open_directory(base.at, (struct store **)state, &err) ? 0 : -1;
}

static int tear_down(void **state)
{
	store_free(*state);
	directory_remove(&base);
	return 0;
}

static void put(struct store *store, const char *name, const char *content)
{
	CLEANUP(sink_free) struct sink *sink = NULL;
	struct err err = {0};

	assert_true(store->create(store, name, &sink, &err));
	assert_true(sink->write(sink, bytes_of(content), &err));
	assert_true(sink->finish(sink, &err));
}

static void assert_holds(struct store *store, const char *name, const char *content)
{
	CLEANUP(source_close) struct source *source = NULL;
	char read[64] = "";
	size_t got = 0;
	struct err err = {0};

	assert_true(store->open(store, name, &source, &err));
	assert_true(source->read(source, 0, read, sizeof(read) - 1, &got, &err));
	assert_string_equal(read, content);
	assert_int_equal(source->size, strlen(content));
}

static void test_round_trip(void **state)
{
	struct store *store = *state;
	CLEANUP(text_list_free) struct text_list names = {0};
	struct source *source = NULL;
	struct sink *sink = NULL;
	struct err err = {0};

	put(store, "MANIFEST.new", "1");
	put(store, "files.0002.age.part", "2");
	put(store, "files.0001.age", "3");
	assert_false(store->create(store, "files.0001.age", &sink, &err));
	assert_int_equal(err.kind, ERR_EXISTS);
	assert_null(sink);
	assert_true(store->rename(store, "files.0002.age.part", "files.0002.age", &err));
	assert_true(store->rename(store, "MANIFEST.new", "files.0001.age", &err));
	assert_holds(store, "files.0001.age", "1");
	assert_holds(store, "files.0002.age", "2");
	assert_true(store->list(store, &names, &err));
	assert_int_equal(names.count, 2);
	assert_string_equal(names.at[0], "files.0001.age");
	assert_string_equal(names.at[1], "files.0002.age");
	assert_true(store->remove(store, "files.0002.age", &err));
	assert_false(store->open(store, "files.0002.age", &source, &err));
	assert_int_equal(err.kind, ERR_MISSING);
	assert_false(store->remove(store, "files.0002.age", &err));
	assert_false(store->rename(store, "no", "nothing", &err));
	assert_int_equal(err.kind, ERR_MISSING);
	assert_null(source);
}

/* Names come out of a MANIFEST, which may be forged: none may lead out of the directory. */
static void test_names_stay_inside(void **state)
{
	static const char *const names[] = {
	    "", ".", "..", "../x", "a/b", "a\\b", "C:x", "x:stream", "/x"};
	struct store *store = *state;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct source *source = NULL;
		struct sink *sink = NULL;
		struct err err = {0};

		assert_false(store->create(store, names[i], &sink, &err));
		assert_int_equal(err.kind, ERR_UNSUPPORTED);
		assert_false(store->open(store, names[i], &source, &err));
		assert_false(store->rename(store, names[i], "x", &err));
		assert_false(store->rename(store, "x", names[i], &err));
		assert_false(store->remove(store, names[i], &err));
	}
}

static void test_no_such_directory(void **state)
{
	CLEANUP(free_memory) char *file = directory_path(&base, "file");
	struct store *store = NULL;
	struct err err = {0};

	assert_false(store_open_directory("no such directory", &store, &err));
	assert_int_equal(err.kind, ERR_MISSING);
	put(*state, "file", "");
	assert_false(store_open_directory(file, &store, &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
	assert_null(store);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_round_trip),
	    TEST(test_names_stay_inside),
	    TEST(test_no_such_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
