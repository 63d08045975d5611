/* Collector "prefetch": what its patterns take and what not. */
#include "tests/unit.h"

#include "tests/fixture_patterns.h"

static void takes_what_it_should(void **state)
{
	(void)state;
	static const char *const wanted[] = {"Windows/Prefetch/CMD.EXE-0BD30981.pf",
	    "WINDOWS/Prefetch/Layout.ini", "Windows/Prefetch/AgGlGlobalHistory.db",
	    "Windows/Prefetch/ResPriHMStaticDb.ebd", "Windows/Prefetch/cadrespri.7db",
	    "Windows/Prefetch:hidden", "Windows.old/Windows/Prefetch/A.EXE-1.pf", NULL};
	static const char *const unwanted[] = {
	    "Windows/Prefetch/ReadyBoot/x.fx", "Users/Prefetch.pf", "Windows/Prefetch/a.txt", NULL};

	assert_true(fixture_patterns_hold(&collect_prefetch, wanted, unwanted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_what_it_should),
	};

	return cmocka_run_group_tests_name("prefetch", tests, NULL, NULL);
}
