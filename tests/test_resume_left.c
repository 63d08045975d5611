/* What interruptions leave of volumes, and whether going on with the bundle keeps it as it was sealed. */
#include "unit.h"

#include "fixture_resume.h"

#include "bundle/manifest.h"

/* What cannot be read is called so, not missing. */
static void test_unreadable_manifest(void **state)
{
	struct fake_store *fake = fixture_resume_interrupted();
	CLEANUP(store_free) struct store *store UNUSED = &fake->store;
	struct bundle_plan plan = fixture_resume_plan(fake);

	(void)state;
	fake_store_spoil(fake, MANIFEST_NAME);
	fixture_resume_refuses(fake, &plan, ERR_IO, "'MANIFEST.sha256': a bad sector");
	assert_true(store->remove(store, MANIFEST_NAME, NULL));
	fixture_resume_refuses(fake, &plan, ERR_MISSING, "there is no bundle");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unreadable_manifest),
	};

	return cmocka_run_group_tests(tests, fixture_keys_make, fixture_keys_free);
}
