/* Collector "event-logs": what its patterns take and what not. */
#include "tests/unit.h"

#include "tests/fixture_patterns.h"

static void takes_what_it_should(void **state)
{
	(void)state;
	static const char *const wanted[] = {"Windows/System32/winevt/Logs/Security.evtx",
	    "Windows/System32/winevt/Logs/Microsoft-Windows-Partition%4Diagnostic.evtx",
	    "Windows/System32/winevt/Logs/sub/Archive-Security-2020.evtx",
	    "WINDOWS/system32/config/SecEvent.Evt",
	    "Windows.old/Windows/System32/winevt/Logs/System.evtx", NULL};
	static const char *const unwanted[] = {"Windows/System32/winevt/Logs/Security.evtx.bak",
	    "Users/a/Security.evtx", "Windows/System32/winevt/Security.evtx", NULL};

	assert_true(fixture_patterns_hold(&collect_event_logs, wanted, unwanted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_what_it_should),
	};

	return cmocka_run_group_tests_name("event-logs", tests, NULL, NULL);
}
