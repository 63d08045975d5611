/* Collector "directory-slack": which members it makes, of which volumes. */
#include "tests/unit.h"

#include "collectors/collection.h"
#include "tests/fixture_ntfs.h"

static void keep_name(void *context, struct bytes name, uint64_t size)
{
	struct text *names = context;

	(void)size;
	text_add(names, name);
	text_addc(names, '\n');
}

/* What a dry run of two volumes names; the second is called like a shadow copy. */
static void test_names_of_a_dry_run(void **state)
{
	CLEANUP(volume_set_free) struct volume_set volumes = {0};
	CLEANUP(collection_free) struct collection *collection = NULL;
	CLEANUP(fixture_volume_free) struct fixture_volume sample = {0};
	CLEANUP(text_free) struct text names = {0};
	struct collection_plan plan = {.volumes = &volumes,
	    .profile = "directory-slack",
	    .no_live = true,
	    .free_bytes = UINT64_MAX,
	    .would_take = keep_name,
	    .context = &names};
	struct err err = {0};

	(void)state;
	assert_true(fixture_volume_sample(&sample));
	for (int i = 0; i < 2; i++) {
		struct source *raw = source_of_bytes((struct bytes){sample.at, sample.size});

		assert_true(
		    volume_set_add(&volumes, (char)('C' + i), NULL, "fake.img", false, raw, &err));
	}
	text_clear(&volumes.at[1].name);
	text_adds(&volumes.at[1].name, "$vss$/C/1");
	assert_true(collection_new(&plan, &collection, &err));
	assert_true(collection_run(collection, &err));
	assert_string_equal(text_string(&names),
	    "deleted/C/index-slack.jsonl\ndeleted/$vss$/C/1/index-slack.jsonl\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names_of_a_dry_run),
	};

	return cmocka_run_group_tests_name("directory-slack", tests, NULL, NULL);
}
