/* What interruptions leave of volumes, and whether going on with the bundle keeps it as it was sealed. */
#include "unit.h"

#include "fixture_resume.h"

#include "bundle/manifest.h"
#include "bundle/writer_state.h"

#include <stdio.h>

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

/* The first file whose name has that in it; "": none. */
static void name_with(struct fake_store *fake, const char *with, char out[64])
{
	CLEANUP(text_list_free) struct text_list names = {0};

	*out = 0;
	assert_true(fake->store.list(&fake->store, &names, NULL));
	for (size_t i = 0; i < names.count && !*out; i++)
		if (strstr(names.at[i], with))
			snprintf(out, 64, "%s", names.at[i]);
}

/* Two interruptions: the second after what the first left was sealed as NAME.cut1, whose name goes to *cut. */
static struct fake_store *interrupted_twice(char cut[64])
{
	struct fake_store *fake = fixture_resume_interrupted();
	struct bundle_resumed resumed;
	struct bundle_writer *writer = fixture_resume(fake, &resumed, NULL);

	assert_non_null(writer);
	assert_int_equal(resumed.set_aside, 1);
	assert_int_equal(resumed.unread, 0);
	fake->dies_at = fake->changes + 40;
	assert_false(fixture_resume_collect(writer, NULL));
	bundle_writer_free(writer);
	fake->dies_at = 0;
	name_with(fake, ".cut1", cut);
	assert_true(*cut);
	return fake;
}

/* What an earlier run set aside is sealed, too: nobody could verify the bundle that goes on without it. */
static void test_changed_cut(void **state)
{
	char cut[64];
	struct fake_store *fake = interrupted_twice(cut);
	CLEANUP(store_free) struct store *store UNUSED = &fake->store;
	struct bundle_plan plan = fixture_resume_plan(fake);
	struct bytes bytes = fake_store_bytes(fake, cut);
	uint8_t *at = (uint8_t *)(uintptr_t)(bytes.at + bytes.len / 2);

	(void)state;
	*at ^= 1;
	fixture_resume_refuses(fake, &plan, ERR_DAMAGED, "cut1' is not as it was sealed");
	*at ^= 1;
	assert_true(store->rename(store, cut, "elsewhere", NULL));
	fixture_resume_refuses(fake, &plan, ERR_DAMAGED, "cut1' was sealed and is missing");
	assert_true(store->rename(store, "elsewhere", cut, NULL));
	assert_false(fixture_resume_to_end(fake, 0, 0));
	fixture_resume_check_content(fake, false);
}

/* The line of the journal of a complete bundle that says so. */
static void check_told(struct fake_store *fake, const char *with)
{
	struct bundle_facts facts = {0};
	CLEANUP(bundle_close) struct bundle_reader *reader = fixture_open(fake, &facts);
	bool is_told = false;

	assert_non_null(reader);
	for (size_t i = 0; bundle_meta_name(reader, i); i++) {
		CLEANUP(source_close) struct source *file = NULL;
		CLEANUP(text_free) struct text content = {0};
		static char bytes[64 * KIB];

		assert_true(bundle_meta_open(reader, bundle_meta_name(reader, i), &file, NULL));
		assert_true(file->size < sizeof(bytes));
		assert_true(source_read_exact(file, 0, bytes, (size_t)file->size, NULL));
		bytes[file->size] = 0;
		is_told |= strstr(bytes, with) != NULL;
	}
	assert_true(is_told);
}

/* A bad sector in what nobody needs costs that file its seal, not the run its bundle. */
static void check_unread(struct fake_store *fake, const char *name)
{
	struct bundle_resumed resumed;
	struct bundle_writer *writer = NULL;
	size_t len = fake_store_bytes(fake, name).len;
	char left[64];

	assert_true(len > 0);
	fake_store_spoil(fake, name);
	writer = fixture_resume(fake, &resumed, NULL);
	assert_non_null(writer);
	assert_int_equal(resumed.unread, 1);
	assert_true(fixture_resume_collect(writer, NULL));
	assert_true(fixture_resume_finish(writer, NULL));
	bundle_writer_free(writer);
	fixture_resume_check_content(fake, false);
	name_with(fake, ".unread1", left);
	assert_int_equal(fake_store_bytes(fake, left).len, len);
	check_told(fake, "\"event\":\"unread\"");
	check_told(fake, left);
	store_free(&fake->store);
}

/* What the first interruption left: closed, and listed by no MANIFEST yet, or still open. */
static void left_behind(struct fake_store *fake, const char *cut, char out[64])
{
	snprintf(out, 64, "%.*s", (int)(strlen(cut) - strlen(".cut1")), cut);
	if (!fake_store_bytes(fake, out).len)
		snprintf(out, 64, "%.*s.part", (int)(strlen(cut) - strlen(".cut1")), cut);
	assert_true(fake_store_bytes(fake, out).len > 0);
}

static void test_unreadable(void **state)
{
	char name[64], cut[64];
	struct fake_store *fake = interrupted_twice(cut);

	(void)state;
	/* Sealed as NAME.cut1. */
	check_unread(fake, cut);
	fake = fixture_resume_interrupted();
	left_behind(fake, cut, name);
	check_unread(fake, name);
	/* Renamed already by a run that could not go on then. */
	fake = fixture_resume_interrupted();
	assert_true(fake->store.rename(&fake->store, name, cut, NULL));
	check_unread(fake, cut);
}

/* The power goes before or after it has its other name: the journal tells of it at the end. */
static void test_death_at_unreadable(void **state)
{
	char cut[64];

	(void)state;
	for (uint64_t nth = 1; nth <= 20; nth++) {
		struct fake_store *fake = interrupted_twice(cut);

		fake_store_spoil(fake, cut);
		assert_false(fixture_resume_to_end(fake, nth, 1));
		fixture_resume_check_content(fake, false);
		check_told(fake, "\"event\":\"unread\"");
		check_told(fake, ".unread1\"");
		store_free(&fake->store);
	}
}

static bool stop_at_end(void *context, uint64_t done, uint64_t total)
{
	uint64_t *all = context;

	assert_true(done <= total);
	*all = total;
	return done < total;
}

/* What was not finished may have 2000 MiB: it is part of what is shown, and Ctrl-C ends it with nothing changed. */
static void test_stopped(void **state)
{
	char name[64], cut[64];
	struct fake_store *fake = interrupted_twice(cut);
	struct bundle_plan plan;
	struct bundle_writer *writer = NULL;
	struct bundle_resumed resumed;
	struct err err = {0};
	uint64_t total = 0;

	(void)state;
	store_free(&fake->store);
	fake = fixture_resume_interrupted();
	plan = fixture_resume_plan(fake);
	left_behind(fake, cut, name);
	uint64_t changes = fake->changes;
	/* Of sizes alone: nothing else is read. */
	const struct bundle_checking stop = {true, stop_at_end, &total};

	assert_false(bundle_resume(&fake->store, &plan, &stop, &resumed, &writer, &err));
	assert_int_equal(err.kind, ERR_STOPPED);
	assert_int_equal(total, fake_store_bytes(fake, name).len);
	assert_int_equal(fake->changes, changes);
	store_free(&fake->store);
}

static void put_file(struct fake_store *fake, const char *name, const char *content)
{
	CLEANUP(sink_free) struct sink *file = NULL;

	assert_true(fake->store.create(&fake->store, name, &file, NULL));
	assert_true(file->write(file, bytes_of(content), NULL));
	assert_true(file->finish(file, NULL));
}

static void check_file(struct fake_store *fake, const char *name, const char *content)
{
	struct bytes bytes = fake_store_bytes(fake, name);

	assert_true(bytes_equal(bytes, bytes_of(content)));
}

/* Each file that is set aside has a name of its own, and where there is none left nothing is changed. */
static void test_names_of_cuts(void **state)
{
	struct fake_store *fake = fixture_resume_interrupted();
	CLEANUP(store_free) struct store *store UNUSED = &fake->store;
	struct bundle_plan plan = fixture_resume_plan(fake);
	char name[64];

	(void)state;
	put_file(fake, "files.090.tar.zst.age", "closed");
	put_file(fake, "files.090.tar.zst.age.part", "open");
	for (unsigned i = 1; i <= VOLUME_CUT_MAX; i++) {
		snprintf(name, sizeof(name), "files.091.tar.zst.age.cut%u", i);
		put_file(fake, name, "old");
	}
	put_file(fake, "files.091.tar.zst.age.part", "new");
	fixture_resume_refuses(fake, &plan, ERR_LIMIT, "no number is free");
	assert_true(store->remove(store, "files.091.tar.zst.age.cut7", NULL));
	assert_false(fixture_resume_to_end(fake, 0, 0));
	fixture_resume_check_content(fake, false);
	check_file(fake, "files.090.tar.zst.age.cut1", "closed");
	check_file(fake, "files.090.tar.zst.age.cut2", "open");
	check_file(fake, "files.091.tar.zst.age.cut7", "new");
	check_file(fake, "files.091.tar.zst.age.cut999", "old");
}

/* As an earlier version left it when the last seal failed: said before anything is changed, not at the first rotation. */
static void test_closed_meta(void **state)
{
	struct fake_store *fake = fixture_resume_interrupted();
	CLEANUP(store_free) struct store *store UNUSED = &fake->store;
	struct bundle_plan plan = fixture_resume_plan(fake);
	struct bundle_resumed resumed;
	struct bundle_writer *writer = fixture_resume(fake, &resumed, NULL);

	(void)state;
	assert_non_null(writer);
	fake->refused = "meta."; /* RESUME then tells what is so of the last one */
	writer->rowed.sets[BUNDLE_META].is_closed = true;
	assert_true(fixture_resume_finish(writer, NULL));
	bundle_writer_free(writer);
	fake->refused = NULL;
	fixture_resume_refuses(fake, &plan, ERR_UNSUPPORTED, "its 'meta' was closed");
}

/* While a cut waits no set gets its end, whichever is written. */
static void test_closed_before_cut(void **state)
{
	struct fake_store *fake = fixture_resume_interrupted();
	CLEANUP(store_free) struct store *store UNUSED = &fake->store;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	struct bundle_resumed resumed;

	(void)state;
	writer = fixture_resume(fake, &resumed, NULL);
	assert_true(resumed.goes_on_inside);
	writer->sets[BUNDLE_LIVE].is_closed = false; /* it was closed before the other began */
	assert_true(fixture_entry(writer, BUNDLE_LIVE, "live/late", 100, NULL));
	assert_true(bundle_close_data(writer, NULL));
	assert_true(writer->is_cut_pending);
	assert_true(bundle_set_is_open(writer, BUNDLE_LIVE));
}

/* Both kinds have one sequence of numbers, that the newest can be told. */
static void test_numbers(void **state)
{
	struct fake_store *fake = fixture_resume_interrupted();
	CLEANUP(store_free) struct store *store UNUSED = &fake->store;

	(void)state;
	put_file(fake, "files.090.tar.zst.age.cut1", "first");
	put_file(fake, "files.090.tar.zst.age.cut2", "second");
	put_file(fake, "files.090.tar.zst.age.part", "newest");
	put_file(fake, "files.091.tar.zst.age.unread1", "first");
	put_file(fake, "files.091.tar.zst.age.part", "second");
	fake_store_spoil(fake, "files.090.tar.zst.age.part");
	fake_store_spoil(fake, "files.090.tar.zst.age.cut2");
	assert_false(fixture_resume_to_end(fake, 0, 0));
	check_file(fake, "files.090.tar.zst.age.unread2", "second");
	check_file(fake, "files.090.tar.zst.age.unread3", "newest");
	check_file(fake, "files.091.tar.zst.age.cut2", "second");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unreadable_manifest),
	    cmocka_unit_test(test_changed_cut),
	    cmocka_unit_test(test_unreadable),
	    cmocka_unit_test(test_death_at_unreadable),
	    cmocka_unit_test(test_stopped),
	    cmocka_unit_test(test_names_of_cuts),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_closed_meta),
	    cmocka_unit_test(test_closed_before_cut),
	};

	return cmocka_run_group_tests(tests, fixture_keys_make, fixture_keys_free);
}
