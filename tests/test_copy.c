/* Copying into the open entry when the user stops: the entry is left open, for the cut. */
#include "tests/unit.h"

#include "collectors/state.h"

static bool refuse_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	(void)self, (void)offset, (void)to, (void)len, (void)got;
	return fail(err, ERR_IO, "read after a stop");
}

/* Copies a source of that size in a run that was stopped before. */
static bool copy_stopped(uint64_t size, struct err *err)
{
	static const struct collection_plan plan = {0};
	static struct collection collection;
	CLEANUP(copy_result_free) struct copy_result result = {0};
	struct source source = {.size = size, .read = refuse_read};

	collection.plan = &plan;
	collection.stopped = true;
	return copy_source(&collection, &source, &result, err);
}

static void test_stopped_is_cut(void **state)
{
	struct err err = {0};

	(void)state;
	assert_false(copy_stopped(1, &err));
	assert_int_equal(err.kind, ERR_STOPPED);
	assert_true(copy_stopped(0, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stopped_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
