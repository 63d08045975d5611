/* Sets of keys: what was added is known, up to the ceiling. */
#include "tests/unit.h"

#include "core/key_set.h"

static void test_known(void **state)
{
	CLEANUP(key_set_free) struct key_set set = {0};

	(void)state;
	assert_true(key_set_new(&set, 4, 1 << 12));
	for (uint64_t key = 1; key <= 3000; key++)
		assert_true(key_set_add(&set, key << 32));
	for (uint64_t key = 1; key <= 3000; key++)
		assert_false(key_set_add(&set, key << 32));
	assert_true(key_set_add(&set, 0));
	assert_false(key_set_add(&set, 1)); /* the same as 0 */
}

/* Past the ceiling keys stay new, and those before it are known as before. */
static void test_ceiling(void **state)
{
	CLEANUP(key_set_free) struct key_set set = {0};

	(void)state;
	assert_true(key_set_new(&set, 4, 8));
	for (uint64_t key = 1; key <= 6; key++)
		assert_true(key_set_add(&set, key));
	for (unsigned i = 0; i < 2; i++)
		for (uint64_t key = 7; key <= 20; key++)
			assert_true(key_set_add(&set, key));
	for (uint64_t key = 1; key <= 6; key++)
		assert_false(key_set_add(&set, key));
	assert_int_equal(set.room, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_known),
	    cmocka_unit_test(test_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
