/* Collector "registry": what its patterns take and what not. */
#include "tests/unit.h"

#include "tests/fixture_patterns.h"

static void takes_what_it_should(void **state)
{
	(void)state;
	static const char *const wanted[] = {"Windows/System32/config/SYSTEM",
	    "WINDOWS/system32/config/software.LOG1", "WINNT/system32/config/SAM.LOG",
	    "Windows.old/Windows/System32/config/SECURITY",
	    "Windows/System32/config/RegBack/SYSTEM", "Users/花子/NTUSER.DAT",
	    "Users/花子/ntuser.dat.LOG2",
	    "Users/花子/NTUSER.DAT{53b39e88-18c4-11ea-a811-000d3aa4692b}.TM.blf",
	    "Users/a/AppData/Local/Microsoft/Windows/UsrClass.dat.LOG1",
	    "Windows/ServiceProfiles/LocalService/NTUSER.DAT",
	    "Windows/SysWOW64/config/systemprofile/NTUSER.DAT",
	    "Documents and Settings/太郎/Local Settings/Application "
	    "Data/Microsoft/Windows/UsrClass.dat",
	    "Windows/AppCompat/Programs/Amcache.hve.LOG2", "Boot/BCD",
	    "System Volume Information/_restore{A}/RP1/snapshot/_REGISTRY_MACHINE_SYSTEM", NULL};
	static const char *const unwanted[] = {"Windows/System32/config/SYSTEMX",
	    "Users/NTUSER.DAT", "Users/a/b/NTUSER.DAT", "Windows/System32/SYSTEM",
	    "Users/a/NTUSER.DAT.bak", "Windows/System32/config/SYSTEM:stream", NULL};

	assert_true(fixture_patterns_hold(&collect_registry, wanted, unwanted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_what_it_should),
	};

	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
