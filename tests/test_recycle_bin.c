/* Collector "recycle-bin": what its patterns take and what not. */
#include "tests/unit.h"

#include "tests/fixture_patterns.h"

static void takes_what_it_should(void **state)
{
	(void)state;
	static const char *const wanted[] = {"$Recycle.Bin/S-1-5-21-1-2-3-1001/$I0AB12C.txt",
	    "$RECYCLE.BIN/S-1-5-18/$IABCDEF", "RECYCLER/S-1-5-21-1/INFO2", "RECYCLED/INFO2",
	    "$RECYCLE.BIN/$I0AB12C.txt", NULL};
	static const char *const unwanted[] = {"$Recycle.Bin/S-1-5-21-1-2-3-1001/$R0AB12C.txt",
	    "$Recycle.Bin/S-1-5-21-1-2-3-1001/desktop.ini", "$Recycle.Bin/S-1/$RX/$Ifile",
	    "$RECYCLE.BIN/$R0AB12C.txt", NULL};

	assert_true(fixture_patterns_hold(&collect_recycle_bin, wanted, unwanted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_what_it_should),
	};

	return cmocka_run_group_tests_name("recycle-bin", tests, NULL, NULL);
}
