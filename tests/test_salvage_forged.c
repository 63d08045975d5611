/* What whoever knows the recipients adds to a bundle, and what a PC's owner puts into a file: it is not called proven, and does not
 * push out what is. */
#include "tests/unit.h"

#include "bundle/manifest.h"
#include "core/array.h"
#include "tests/fixture_forged.h"

#include <stdio.h>

#define KIB ((size_t)1024)
#define FAR ((uint64_t)1 << 30)

static struct fixture_salvaged salvaged;

/* "fs/C/a" to "fs/C/d", 30 KiB each or so. */
static struct fake_store *make_bundle(void)
{
	struct fake_store *fake = fake_store_new();
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	struct bundle_plan plan = fixture_plan(fake);
	char number[SHA256_HEX_ROOM];
	char name[] = "fs/C/?";

	plan.limits = (struct bundle_limits){.rotate_bytes = 50 * KIB};
	assert_true(bundle_create(&fake->store, &plan, &writer, NULL));
	for (unsigned i = 0; i < 4; i++) {
		name[5] = (char)('a' + i);
		assert_true(fixture_entry(writer, BUNDLE_FILES, name, 30 * KIB + i, NULL));
	}
	assert_true(bundle_finish(writer, (struct bytes){0}, (struct bytes){0}, number, NULL));
	return fake;
}

static size_t count_sealed(void)
{
	size_t sealed = 0;

	for (size_t i = 0; i < salvaged.count; i++)
		sealed += salvaged.at[i].entry.is_row_sealed;
	return sealed;
}

static const struct bytes planted = {(const uint8_t *)"never on that PC", 16};

/* A file of rows that tells of it, and of another entry. */
static void put_rows(struct fake_store *fake, uint32_t index, uint64_t at, const char *also)
{
	CLEANUP(text_free) struct text rows = {0};
	CLEANUP(text_free) struct text tar = {0};
	CLEANUP(text_free) struct text plain = {0};

	fixture_forged_row(&rows, "fs/C/planted", FAR, planted);
	if (also)
		fixture_forged_row(&rows, also, FAR, planted);
	fixture_forged_entry(&tar, "meta/entries.900.jsonl", FIXTURE_NOW, text_bytes(&rows));
	fixture_forged_header(fake, &plain, BUNDLE_META, index, at);
	fixture_forged_frame(&plain, text_bytes(&tar));
	fixture_forged_put(fake, BUNDLE_META, index, &plain);
}

static void put_planted(struct fake_store *fake, uint32_t index)
{
	CLEANUP(text_free) struct text tar = {0};
	CLEANUP(text_free) struct text plain = {0};

	fixture_forged_entry(&tar, "fs/C/planted", FIXTURE_NOW, planted);
	fixture_forged_header(fake, &plain, BUNDLE_FILES, index, FAR);
	fixture_forged_frame(&plain, text_bytes(&tar));
	fixture_forged_put(fake, BUNDLE_FILES, index, &plain);
}

/* A row of a volume that the seal does not list proves nothing; those that it vouches for still do, and come first. */
static void test_unlisted(void **state)
{
	struct fake_store *fake = make_bundle();
	CLEANUP(store_free) struct store *store = &fake->store;
	CLEANUP(bundle_close) struct bundle_reader *sealed = NULL;
	struct bundle_trust trust = fixture_trust();
	const struct salvage_entry *entry;

	(void)state;
	assert_true(bundle_open(store, &trust, &sealed, NULL));
	fixture_salvage(fake, sealed, &salvaged);
	assert_int_equal(count_sealed(), 4);
	assert_int_equal(salvaged.totals.unproven + salvaged.totals.volumes_unlisted, 0);
	put_planted(fake, 900);
	put_rows(fake, 900, FAR, "fs/C/a");
	fixture_salvage(fake, sealed, &salvaged);
	assert_int_equal(count_sealed(), 4);
	assert_int_equal(salvaged.totals.volumes_unlisted, 2);
	assert_int_equal(salvaged.totals.unproven, 2);
	assert_non_null(strstr(salvaged.said, "files.900.tar.zst.age: the seal does not list it"));
	entry = fixture_salvaged_find(&salvaged, "fs/C/planted");
	assert_true(entry && entry->state == SALVAGE_WHOLE && entry->has_row);
	assert_false(entry->is_row_sealed);
	for (size_t i = 0, seen = 0; i < salvaged.count; i++)
		if (strcmp(salvaged.at[i].path, "fs/C/a") == 0)
			assert_int_equal(salvaged.at[i].entry.is_row_sealed, seen++ == 0);
	/* Without a seal nothing is proven. */
	fixture_salvage(fake, NULL, &salvaged);
	assert_int_equal(count_sealed(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unlisted),
	};

	return cmocka_run_group_tests(tests, fixture_keys_make, fixture_keys_free);
}
