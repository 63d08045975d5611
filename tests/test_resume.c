/* Going on with an interrupted bundle: whenever the power goes, whatever failed, the content is in the end that of a run
 * that nobody disturbed. What a bundle must not be, to be gone on with. */
#include "unit.h"

#include "fixture_resume.h"

#include "bundle/manifest.h"

#include <stdio.h>
#include <stdlib.h>

/* A run whose power goes at change n, or (ERR_FULL) that is closed as far as it goes. Returns its changes. */
static uint64_t run_dying(uint64_t n, bool is_full, unsigned deaths, uint64_t nth)
{
	CLEANUP(store_free) struct store *store = NULL;
	struct bundle_writer *writer = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = fixture_resume_plan(fake);
	struct err err = {0};
	uint64_t changes;

	store = &fake->store;
	if (is_full) {
		fake->fail_at = n;
		fake->kind = ERR_FULL;
	} else {
		fake->dies_at = n;
	}
	bool begun = bundle_create(store, &plan, &writer, &err);
	bool collected = begun && fixture_resume_collect(writer, &err);

	if (begun && (collected || is_full))
		(void)!fixture_resume_finish(writer, &err);
	bundle_writer_free(writer);
	fake->dies_at = 0;
	fake->fail_at = 0;
	changes = fake->changes;
	if (begun) {
		fixture_resume_check_content(fake, fixture_resume_to_end(fake, nth, deaths));
	}
	return changes;
}

static void test_every_death(void **state)
{
	uint64_t all = run_dying(0, false, 0, 0);

	(void)state;
	assert_true(all > 100);
	for (uint64_t n = 1; n <= all; n++)
		run_dying(n, false, 0, 0);
}

static void test_death_while_resuming(void **state)
{
	(void)state;
	for (uint64_t n = 12; n <= 150; n += 31)
		for (uint64_t nth = 1; nth <= 60; nth += 1 + nth % 4)
			run_dying(n, false, 1 + (unsigned)(nth % 2), nth);
}

static void test_every_full_disk(void **state)
{
	uint64_t all = run_dying(0, true, 0, 0);

	(void)state;
	for (uint64_t n = 1; n <= all; n++)
		run_dying(n, true, 0, 0);
}

/* A run that gets no meta volume written from change n on, closes what goes, and is gone on with. Returns its changes. */
static uint64_t run_without_meta(uint64_t n)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = fixture_resume_plan(fake);
	struct bundle_facts facts = {0};
	struct bundle_totals totals;
	struct err err = {0};

	store = &fake->store;
	fake->refused = n ? "meta." : NULL;
	fake->refused_from = n;
	assert_true(bundle_create(store, &plan, &writer, &err));
	(void)!fixture_resume_collect(writer, &err);
	assert_true(fixture_resume_finish(writer, &err));
	uint64_t changes = fake->changes;

	fake->refused = NULL;
	reader = fixture_open(fake, &facts);
	assert_non_null(reader);
	bundle_totals(writer, &totals);
	assert_int_equal(facts.volumes, totals.volumes);
	fixture_resume_check_content(fake, fixture_resume_to_end(fake, 0, 0));
	return changes;
}

/* A volume that no meta tells of is not sealed, nor more of an entry that two volumes cut than meta tells of: readers find nothing
 * wrong, and it is gone on with. */
static void test_no_meta(void **state)
{
	uint64_t all = run_without_meta(0);

	(void)state;
	for (uint64_t n = 1; n <= all; n++)
		run_without_meta(n);
}

/* The same of a run that goes on inside an entry, and gets none written from the nth of its changes on. */
static void test_no_meta_while_resuming(void **state)
{
	(void)state;
	for (uint64_t nth = 1; nth < 60; nth += 4) {
		CLEANUP(store_free) struct store *store = NULL;
		CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
		struct fake_store *fake = fixture_resume_interrupted();
		struct bundle_resumed resumed = {0};

		store = &fake->store;
		fake->refused = "meta.";
		fake->refused_from = fake->changes + nth;
		writer = fixture_resume(fake, &resumed, NULL);
		assert_true(resumed.goes_on_inside);
		(void)!fixture_resume_collect(writer, NULL);
		assert_true(fixture_resume_finish(writer, NULL));
		fake->refused = NULL;
		fixture_resume_check_content(fake, fixture_resume_to_end(fake, 0, 0));
	}
}

static void check_meta(struct bundle_reader *reader, const char *name, const char *text)
{
	CLEANUP(source_close) struct source *file = NULL;
	char content[4096] = "";
	size_t got = 0;

	assert_true(bundle_meta_open(reader, name, &file, NULL));
	assert_true(file->read(file, 0, content, sizeof(content) - 1, &got, NULL));
	assert_non_null(strstr(content, text));
}

/* Only the last seal was missing: what the run that goes on has to tell is told, also where the tars of the data have their ends. */
static void test_last_seal(void **state)
{
	(void)state;
	for (int closes = 0; closes < 2; closes++) {
		CLEANUP(store_free) struct store *store = NULL;
		CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
		struct fake_store *fake = fake_store_new();
		struct bundle_plan plan = fixture_resume_plan(fake);
		struct bundle_writer *writer = NULL;
		struct bundle_resumed resumed;
		struct bundle_facts facts = {0};
		char number[SHA256_HEX_ROOM];
		size_t index;

		store = &fake->store;
		assert_true(bundle_create(store, &plan, &writer, NULL));
		assert_true(fixture_entry(writer, BUNDLE_FILES, "fs/C/b", 9000, NULL));
		assert_true(!closes || bundle_close_data(writer, NULL));
		assert_true(bundle_meta(writer, "receipt.json", bytes_of("first"), NULL));
		fake->refused = "CUSTODY";
		assert_true(
		    bundle_finish(writer, bytes_of("sheet"), (struct bytes){0}, number, NULL));
		assert_false(bundle_is_whole(writer, NULL));
		bundle_writer_free(TAKE(writer));
		fake->refused = NULL;
		writer = fixture_resume(fake, &resumed, NULL);
		assert_non_null(writer);
		assert_true(fixture_entry(writer, BUNDLE_FILES, "fs/C/b", 9000, NULL));
		assert_false(bundle_set_is_open(writer, BUNDLE_FILES));
		assert_false(fixture_entry(writer, BUNDLE_FILES, "fs/C/new", 9000, NULL));
		assert_true(fixture_row(writer, "fs/C/new", 9000, NULL, NULL));
		assert_true(bundle_meta(writer, "receipt.json", bytes_of("second"), NULL));
		assert_true(fixture_resume_finish(writer, NULL));
		bundle_writer_free(writer);
		reader = fixture_open(fake, &facts);
		assert_non_null(reader);
		assert_true(facts.complete);
		assert_true(bundle_check_journal(reader, NULL));
		assert_true(bundle_row_find(reader, bytes_of("fs/C/new"), &index, NULL));
		check_meta(reader, "receipt.json", "second");
		check_meta(reader, "journal.002.jsonl", "resumed");
	}
}

static void test_refusals(void **state)
{
	static const char *const files[] = {"files.001.tar.zst.age", "meta.001.tar.zst.age",
	    "RESUME.000", "chain.pem", "MANIFEST.sha256", "MANIFEST.p7s"};
	CLEANUP(store_free) struct store *store = NULL;
	struct fixture_seal other = {0};
	struct fake_store *fake = fixture_resume_interrupted();
	struct bundle_plan plan = fixture_resume_plan(fake);

	(void)state;
	store = &fake->store;
	plan.origin.host[0] = 1;
	fixture_resume_refuses(fake, &plan, ERR_USAGE, "another PC");
	plan = fixture_resume_plan(fake);
	plan.origin.sources[31] = 1;
	fixture_resume_refuses(fake, &plan, ERR_USAGE, "other volumes");
	plan = fixture_resume_plan(fake);
	plan.origin.request[7] = 1;
	fixture_resume_refuses(fake, &plan, ERR_USAGE, "something else was asked for");
	assert_true(fixture_seal_make(&other, NULL));
	plan = fixture_resume_plan(fake);
	plan.seal = other.seal;
	fixture_resume_refuses(fake, &plan, ERR_UNTRUSTED, "another kit");
	plan = fixture_resume_plan(fake);
	plan.recipients = &other.recipients;
	fixture_resume_refuses(fake, &plan, ERR_UNTRUSTED, "other recipients");
	plan = fixture_resume_plan(fake);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct bytes bytes = fake_store_bytes(fake, files[i]);
		uint8_t *at = (uint8_t *)(uintptr_t)(bytes.at + bytes.len / 2);

		*at ^= 1;
		fixture_resume_refuses(fake, &plan, ERR_DAMAGED, i < 4 ? files[i] : "MANIFEST");
		*at ^= 1;
	}
	assert_false(fixture_resume_to_end(fake, 0, 0));
	fixture_resume_check_content(fake, false);
	fixture_resume_refuses(fake, &plan, ERR_EXISTS, "complete");
	fixture_seal_free(&other);
}

static struct bundle_place put_entry(
    struct bundle_writer *writer, const char *name, struct bytes content)
{
	struct bundle_member member = {.name = name, .size = content.len, .modified = FIXTURE_NOW};
	struct bundle_place place = {0};

	assert_true(bundle_entry_begin(writer, BUNDLE_FILES, &member, NULL));
	assert_true(bundle_entry_write(writer, content, NULL));
	assert_true(bundle_entry_end(writer, &place, NULL));
	return place;
}

/* What is there now is not what is sealed of it: said, and the hash is of what is stored. The header, sealed too, has the
 * time of then, the row that of now. */
static void test_changed_meanwhile(void **state)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	static uint8_t zeros[BIG_BYTES + 100];
	struct fake_store *fake = fixture_resume_interrupted();
	struct bundle_resumed resumed;
	struct bundle_facts facts = {0};
	struct bundle_place place;

	(void)state;
	store = &fake->store;
	writer = fixture_resume(fake, &resumed, NULL);
	assert_true(resumed.goes_on_inside);
	place = put_entry(writer, "fs/C/big", (struct bytes){zeros, sizeof(zeros)});
	assert_true(place.is_stale);
	assert_int_equal(place.stored, BIG_BYTES);
	assert_true(fixture_row(writer, "fs/C/big", BIG_BYTES, &place, NULL));
	assert_true(fixture_resume_finish(writer, NULL));
	reader = fixture_open(fake, &facts);
	assert_non_null(reader);
	assert_true(facts.complete);
}

/* Something else comes first: what is sealed in part is filled up, and has a row. */
static void test_not_met_again(void **state)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct fake_store *fake = fixture_resume_interrupted();
	struct bundle_resumed resumed;
	struct bundle_facts facts = {0};
	struct bundle_place place;

	(void)state;
	store = &fake->store;
	writer = fixture_resume(fake, &resumed, NULL);
	assert_true(fixture_entry(writer, BUNDLE_FILES, "fs/C/new", 3000, NULL));
	place = put_entry(writer, "fs/C/big", bytes_of("again"));
	assert_int_equal(place.agains, 1);
	assert_true(fixture_row(writer, "fs/C/big~2", 5, &place, NULL));
	assert_true(fixture_resume_finish(writer, NULL));
	reader = fixture_open(fake, &facts);
	assert_non_null(reader);
	assert_true(facts.complete);
	fixture_check_member(reader, "fs/C/new", 3000);
}

static unsigned pieces_left;

static bool is_stopped(void *context)
{
	(void)context;
	return pieces_left-- == 0;
}

/* Filling up can be stopped: the entry stays cut, and given up: a run that goes on fills it up, whether it is met or not. */
static void check_stopped(unsigned pieces, uint64_t rotate_ms)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct fake_store *fake = fixture_resume_interrupted();
	struct bundle_plan plan = fixture_resume_plan(fake);
	struct bundle_writer *writer = NULL;
	struct bundle_resumed resumed;
	struct bundle_facts facts = {0};
	struct bundle_place place;
	struct err err = {0};

	store = &fake->store;
	plan.is_stopped = is_stopped;
	plan.limits.rotate_ms = rotate_ms;
	pieces_left = pieces;
	assert_true(bundle_resume(store, &plan, &fixture_resume_checking, &resumed, &writer, NULL));
	uint64_t entries = resumed.entries;

	assert_false(fixture_entry(writer, BUNDLE_FILES, "fs/C/new", 3000, &err));
	assert_int_equal(err.kind, ERR_STOPPED);
	assert_true(fixture_resume_finish(writer, NULL));
	assert_false(bundle_is_whole(writer, &err));
	assert_int_equal(err.kind, ERR_STOPPED);
	bundle_writer_free(writer);
	reader = fixture_open(fake, &facts);
	assert_non_null(reader);
	writer = fixture_resume(fake, &resumed, NULL);
	assert_true(resumed.goes_on_inside);
	assert_int_equal(resumed.entries, entries);
	assert_false(bundle_is_begun(writer, bytes_of("fs/C/big"), 0));
	place = put_entry(writer, "fs/C/big", bytes_of("again"));
	assert_int_equal(place.agains, 1);
	assert_false(place.is_stale);
	assert_true(fixture_row(writer, "fs/C/big~2", 5, &place, NULL));
	assert_true(fixture_resume_finish(writer, NULL));
	bundle_writer_free(writer);
	bundle_close(reader);
	reader = fixture_open(fake, &facts);
	assert_non_null(reader);
	assert_true(facts.complete);
}

static void test_filling_up_stopped(void **state)
{
	(void)state;
	check_stopped(0, 0);
	check_stopped(1, 0);
	check_stopped(1, 2);
}

/* Goes on with "fs/C/big", of which five bytes are left by now, until it is stopped after so many pieces of zeros. */
static void end_short(struct fake_store *fake, unsigned pieces)
{
	struct bundle_plan plan = fixture_resume_plan(fake);
	struct bundle_member member = {.name = "fs/C/big", .size = 5, .modified = FIXTURE_NOW};
	struct bundle_writer *writer = NULL;
	struct bundle_resumed resumed;
	struct bundle_place place = {0};

	plan.is_stopped = is_stopped;
	pieces_left = pieces;
	assert_true(
	    bundle_resume(&fake->store, &plan, &fixture_resume_checking, &resumed, &writer, NULL));
	assert_true(bundle_entry_begin(writer, BUNDLE_FILES, &member, NULL));
	assert_true(bundle_entry_write(writer, bytes_of("short"), NULL));
	bool ok = bundle_entry_end(writer, &place, NULL);

	assert_int_equal(ok, pieces > 10);
	assert_true(!ok || fixture_row(writer, "fs/C/big", BIG_BYTES, &place, NULL));
	bundle_stop(writer);
	assert_true(fixture_resume_finish(writer, NULL));
	bundle_writer_free(writer);
}

/* Its own bytes never come behind such zeros, also when it has them again. */
static void test_short_stopped(void **state)
{
	(void)state;
	for (unsigned pieces = 0; pieces < 3; pieces++) {
		struct fake_store *fake = fixture_resume_interrupted();
		CLEANUP(store_free) struct store *store UNUSED = &fake->store;
		CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
		struct bundle_resumed resumed;
		struct bundle_facts facts = {0};
		struct bundle_writer *writer = NULL;
		struct bundle_place place;

		end_short(fake, pieces);
		writer = fixture_resume(fake, &resumed, NULL);
		assert_true(resumed.goes_on_inside);
		assert_false(bundle_is_begun(writer, bytes_of("fs/C/big"), 0));
		place = put_entry(writer, "fs/C/big", bytes_of("again"));
		assert_int_equal(place.agains, 1);
		assert_true(fixture_row(writer, "fs/C/big~2", 5, &place, NULL));
		assert_true(fixture_resume_finish(writer, NULL));
		bundle_writer_free(writer);
		reader = fixture_open(fake, &facts);
		assert_non_null(reader);
		assert_true(facts.complete);
	}
}

/* One that ended has its row, and is not taken again. */
static void test_short_ended(void **state)
{
	struct fake_store *fake = fixture_resume_interrupted();
	CLEANUP(store_free) struct store *store UNUSED = &fake->store;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	struct bundle_resumed resumed;
	struct bundle_kept kept;

	(void)state;
	end_short(fake, 100);
	writer = fixture_resume(fake, &resumed, NULL);
	assert_false(resumed.goes_on_inside);
	assert_int_equal(resumed.entries, 4); /* live/a, b, c and big */
	assert_false(bundle_is_given_up(writer, bytes_of("fs/C/big"), 0));
	assert_true(bundle_kept(writer, "fs/C/big", 0, &kept));
	assert_int_equal(kept.stored, BIG_BYTES);
}

/* The volume with the zeros breaks: none is sealed, so that the next run goes on with the entry. */
static void test_zeros_lost(void **state)
{
	struct fake_store *fake = fixture_resume_interrupted();
	CLEANUP(store_free) struct store *store UNUSED = &fake->store;
	struct bundle_plan plan = fixture_resume_plan(fake);
	struct bundle_writer *writer = NULL;
	struct bundle_resumed resumed;

	(void)state;
	plan.limits = (struct bundle_limits){0}; /* they are all in one volume */
	assert_true(bundle_resume(store, &plan, &fixture_resume_checking, &resumed, &writer, NULL));
	assert_true(resumed.goes_on_inside);
	assert_true(bundle_settle(writer, NULL));
	fake->fail_at = fake->changes + 1;
	assert_true(fixture_resume_finish(writer, NULL));
	fake->fail_at = 0;
	bundle_writer_free(writer);
	writer = fixture_resume(fake, &resumed, NULL);
	assert_true(resumed.goes_on_inside);
	assert_true(bundle_is_begun(writer, bytes_of("fs/C/big"), 0));
	bundle_writer_free(writer);
	assert_false(fixture_resume_to_end(fake, 0, 0));
	fixture_resume_check_content(fake, false);
}

static bool put_same(struct bundle_writer *writer, const char *path, const char *target,
    uint64_t identity, const char *more)
{
	char row[300];

	snprintf(row, sizeof(row),
	    "{\"path\":\"%s\",\"kind\":\"file\",\"size\":0,\"status\":\"same_as\",\"same_as\":\"%"
	    "s\"%s}",
	    path, target, more);
	return bundle_same_row(writer, bytes_of(path), identity, bytes_of(row), NULL);
}

/* On a running PC names change between the runs: what had a path of its own may now share another's content and the
 * other way round, and another object may have it. No path comes twice, or no reader would open the bundle. */
static void test_names_changed_meanwhile(void **state)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = fixture_resume_plan(fake);
	struct bundle_writer *writer = NULL;
	struct bundle_resumed resumed;
	struct bundle_facts facts = {0};
	struct bundle_kept kept = {0};

	(void)state;
	store = &fake->store;
	assert_true(bundle_create(store, &plan, &writer, NULL));
	assert_true(fixture_entry(writer, BUNDLE_FILES, "fs/C/b", 9000, NULL));
	assert_true(fixture_entry(writer, BUNDLE_FILES, "fs/C/c", 8000, NULL));
	assert_true(put_same(writer, "fs/C/link", "fs/C/b", 7, ""));
	assert_true(put_same(writer, "fs/C/copy", "fs/C/b", 8, ""));
	fake->dies_at = fake->changes + 40; /* inside it, with a part of it sealed */
	assert_false(fixture_entry(writer, BUNDLE_FILES, "fs/C/big", BIG_BYTES, NULL));
	bundle_writer_free(writer);
	fake->dies_at = 0;
	writer = fixture_resume(fake, &resumed, NULL);
	assert_non_null(writer);
	assert_true(resumed.goes_on_inside);
	assert_true(put_same(writer, "fs/C/link", "fs/C/c", 7, ",\"usn\":5"));
	assert_true(put_same(writer, "fs/C/c", "fs/C/b", 0, ""));
	assert_true(put_same(writer, "fs/C/big", "fs/C/b", 0, ""));
	assert_true(bundle_kept(writer, "fs/C/copy", 8, &kept));
	assert_true(kept.is_same);
	assert_true(bundle_is_anothers(writer, bytes_of("fs/C/big"), 99));
	assert_false(bundle_is_anothers(writer, bytes_of("fs/C/big"), 0));
	assert_true(fixture_entry(writer, BUNDLE_FILES, "fs/C/new", 3000, NULL));
	/* What was begun of it is given up by now. */
	assert_true(bundle_is_anothers(writer, bytes_of("fs/C/big"), 99));
	assert_true(fixture_resume_finish(writer, NULL));
	bundle_writer_free(writer);
	reader = fixture_open(fake, &facts);
	assert_non_null(reader);
	assert_true(facts.complete);
	assert_int_equal(bundle_row_count(reader), 6);
}

/* What was asked for comes back to who has the kit, after one interruption or two, and lies nowhere as it is. */
static void test_asked(void **state)
{
	static const char asked[] = "--take\0Users/*/secret.txt";
	struct fake_store *fake = fake_store_new();
	CLEANUP(store_free) struct store *store UNUSED = &fake->store;
	CLEANUP(text_free) struct text got = {0};
	struct bundle_plan plan = fixture_resume_plan(fake);
	struct bundle_writer *writer = NULL;
	struct bundle_resumed resumed;
	struct fixture_seal other = {0};
	struct err err = {0};

	(void)state;
	plan.asked = (struct bytes){(const uint8_t *)asked, sizeof(asked)};
	assert_true(bundle_create(store, &plan, &writer, NULL));
	bundle_writer_free(TAKE(writer));
	struct bytes sealed = fake_store_bytes(fake, "RESUME.000");

	assert_true(sealed.len > sizeof(asked));
	for (size_t i = 0; i + 6 <= sealed.len; i++)
		assert_memory_not_equal(sealed.at + i, "secret", 6);
	plan.asked = (struct bytes){0};
	for (unsigned run = 0; run < 2; run++) {
		assert_true(bundle_asked(store, &plan, &got, NULL));
		assert_int_equal(got.len, sizeof(asked));
		assert_memory_equal(got.at, asked, sizeof(asked));
		text_free(&got);
		assert_true(
		    bundle_resume(store, &plan, &fixture_resume_checking, &resumed, &writer, NULL));
		assert_true(
		    fixture_entry(writer, BUNDLE_LIVE, run ? "live/b" : "live/a", 5000, NULL));
		assert_true(bundle_close_data(writer, NULL));
		bundle_writer_free(TAKE(writer));
	}
	assert_true(fixture_seal_make(&other, NULL));
	plan.seal = other.seal;
	assert_false(bundle_asked(store, &plan, &got, &err));
	assert_int_equal(err.kind, ERR_UNTRUSTED);
	fixture_seal_free(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_asked),
	    cmocka_unit_test(test_every_death),
	    cmocka_unit_test(test_death_while_resuming),
	    cmocka_unit_test(test_every_full_disk),
	    cmocka_unit_test(test_no_meta),
	    cmocka_unit_test(test_no_meta_while_resuming),
	    cmocka_unit_test(test_last_seal),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_changed_meanwhile),
	    cmocka_unit_test(test_not_met_again),
	    cmocka_unit_test(test_filling_up_stopped),
	    cmocka_unit_test(test_short_stopped),
	    cmocka_unit_test(test_short_ended),
	    cmocka_unit_test(test_zeros_lost),
	    cmocka_unit_test(test_names_changed_meanwhile),
	};

	return cmocka_run_group_tests(tests, fixture_keys_make, fixture_keys_free);
}
