/* analysis/hints: which timestamps are worth a second look, and which are not. */
#include "tests/unit.h"

#include "analysis/hints.h"
#include "core/time.h"

#define SECOND TIME_TICKS_PER_SECOND
#define THEN   (13166579771 * SECOND + 2345678)

/* The hints of a file whose $STANDARD_INFORMATION has these times, created as `fn` by its names. */
static uint32_t hints(struct ntfs_times si, const uint64_t *fn, size_t count)
{
	struct ntfs_name names[3] = {0};

	for (size_t i = 0; i < count; i++)
		names[i].times.created = fn[i];
	return hints_of(&(struct ntfs_entry){
	    .has_standard = true, .times = si, .names = names, .name_count = count});
}

static void test_an_honest_file_has_none(void **state)
{
	const uint64_t fn[] = {THEN, THEN + 500};
	struct ntfs_times si = {THEN, THEN + SECOND, THEN + SECOND, THEN};

	(void)state;
	assert_int_equal(hints(si, fn, 1), 0);
	assert_int_equal(hints(si, fn, 2), 0); /* a hard link came later */
	assert_int_equal(hints(si, NULL, 0), 0);
	assert_int_equal(hints((struct ntfs_times){0}, fn, 2), 0); /* no times at all */
	assert_int_equal(hints_of(&(struct ntfs_entry){.has_standard = false}), 0);
	/* A clock of 1/64 s leaves whole seconds where no program sets them. */
	si.changed = si.accessed = (THEN / SECOND + 5) * SECOND;
	assert_int_equal(hints(si, fn, 1), 0);
}

static void test_each_hint(void **state)
{
	const uint64_t fn[] = {THEN, THEN + 500, THEN - 1};
	struct ntfs_times si = {THEN, THEN, THEN, THEN};

	(void)state;
	si.created = THEN - 1;
	assert_int_equal(hints(si, fn, 2), HINT_SI_BEFORE_FN);
	assert_int_equal(hints(si, fn, 3), 0); /* one name is as old */
	si = (struct ntfs_times){THEN, THEN / SECOND * SECOND, THEN, THEN};
	assert_int_equal(hints(si, fn, 1), HINT_ZERO_SUBSECONDS);
	si = (struct ntfs_times){(THEN / SECOND + 1) * SECOND, THEN, THEN + SECOND, THEN};
	assert_int_equal(hints(si, fn, 1), HINT_ZERO_SUBSECONDS);
	si = (struct ntfs_times){THEN, THEN, THEN - 1, THEN};
	assert_int_equal(hints(si, fn, 1), HINT_CHANGED_BEFORE_CREATED);
	si.changed = 0; /* not a moment */
	assert_int_equal(hints(si, fn, 1), 0);
}

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(hints_word(0), "si_before_fn");
	assert_string_equal(hints_word(1), "zero_subseconds");
	assert_string_equal(hints_word(2), "changed_before_created");
	assert_null(hints_word(3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_an_honest_file_has_none),
	    cmocka_unit_test(test_each_hint),
	    cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
