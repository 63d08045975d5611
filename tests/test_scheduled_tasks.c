/* Collector "scheduled-tasks": what its patterns take and what not. */
#include "tests/unit.h"

#include "tests/fixture_patterns.h"

static void takes_what_it_should(void **state)
{
	(void)state;
	static const char *const wanted[] = {
	    "Windows/System32/Tasks/Microsoft/Windows/Defrag/ScheduledDefrag",
	    "Windows/System32/Tasks/掃除", "Windows/System32/Tasks/evil:stream",
	    "Windows/SysWOW64/Tasks/a", "Windows/Tasks/at1.job", "Windows/SchedLgU.txt",
	    "Windows.old/Windows/Tasks/b.job", NULL};
	static const char *const unwanted[] = {
	    "Windows/System32/Tasks", "Windows/System32/Tasks2/a", "Users/Tasks/a/b", NULL};

	assert_true(fixture_patterns_hold(&collect_scheduled_tasks, wanted, unwanted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_what_it_should),
	};

	return cmocka_run_group_tests_name("scheduled-tasks", tests, NULL, NULL);
}
