/* Collector "fat-metafiles": what its patterns take and what not. */
#include "tests/unit.h"

#include "tests/fixture_patterns.h"

static void takes_what_it_should(void **state)
{
	(void)state;
	static const char *const wanted[] = {"$FAT", "$FAT.jsonl", "AUTORUN.INF",
	    "System Volume Information/IndexerVolumeGuid",
	    "SYSTEM VOLUME INFORMATION/WPSettings.dat", NULL};
	static const char *const unwanted[] = {
	    "dir/autorun.inf", "dir/$FAT", "$FAT1", "System Volume Information/other", NULL};

	assert_true(fixture_patterns_hold(&collect_fat_metafiles, wanted, unwanted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_what_it_should),
	};

	return cmocka_run_group_tests_name("fat-metafiles", tests, NULL, NULL);
}
