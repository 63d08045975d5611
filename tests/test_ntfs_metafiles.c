/* Collector "ntfs-metafiles": what its patterns take and what not. */
#include "tests/unit.h"

#include "tests/fixture_patterns.h"

static void takes_what_it_should(void **state)
{
	(void)state;
	static const char *const wanted[] = {"$MFT", "$LogFile", "$Boot", "$Bitmap", "$Secure:$SDS",
	    "$Secure:$SII:$INDEX_ROOT", "$Secure:$SDH:$BITMAP",
	    "$Extend/$ObjId:$O:$INDEX_ALLOCATION", "$extend/$quota:$q:$bitmap",
	    "$Extend/$UsnJrnl:$J", "$extend/$usnjrnl:$max",
	    "$Extend/$RmMetadata/$TxfLog/$TxfLogContainer00000000000000000001",
	    "System Volume Information/tracking.log", NULL};
	static const char *const unwanted[] = {"$BadClus", "$BadClus:$Bad", "Users/$MFT",
	    "$Secure:$SII", "$Extend/$UsnJrnl:$J2", "$MFT:stream", "$Secure:$SDS:$BITMAP",
	    "$Extend:$I30:$INDEX_ROOT", NULL};

	assert_true(fixture_patterns_hold(&collect_ntfs_metafiles, wanted, unwanted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_what_it_should),
	};

	return cmocka_run_group_tests_name("ntfs-metafiles", tests, NULL, NULL);
}
