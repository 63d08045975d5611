/* Bundles that were interrupted. See fixture_resume.h. */
#include "fixture_resume.h"

#include "unit.h"

#include <string.h>

const struct bundle_checking fixture_resume_checking;

struct bundle_plan fixture_resume_plan(struct fake_store *fake)
{
	struct bundle_plan plan = fixture_plan(fake);

	plan.limits = (struct bundle_limits){.rotate_bytes = 120 * KIB, .volume_bytes = 150 * KIB};
	return plan;
}

/* What a small collection does; false as soon as the destination is broken. */
bool fixture_resume_collect(struct bundle_writer *writer, struct err *err)
{
	return fixture_entry(writer, BUNDLE_LIVE, "live/a", 5000, err) &&
	       fixture_entry(writer, BUNDLE_FILES, "fs/C/b", 90 * KIB, err) &&
	       fixture_entry(writer, BUNDLE_FILES, "fs/C/c", 110 * KIB, err) &&
	       fixture_row(writer, "fs/C/locked", 7, NULL, err) &&
	       fixture_entry(writer, BUNDLE_FILES, "fs/C/big", BIG_BYTES, err) &&
	       fixture_entry(writer, BUNDLE_FILES, "fs/C/d", 3, err) &&
	       fixture_row(writer, "fs/C/locked too", 8, NULL, err) &&
	       fixture_entry(writer, BUNDLE_FILES, "fs/C/e", 60 * KIB, err);
}

bool fixture_resume_finish(struct bundle_writer *writer, struct err *err)
{
	char number[SHA256_HEX_ROOM];

	/* What fails before the end meets the end again. */
	(void)(!bundle_settle(writer, NULL) || !bundle_close_data(writer, NULL));
	return bundle_finish(writer, bytes_of("sheet\n"), bytes_of("<p>"), number, err);
}

/* The content of a run that nobody disturbed: each thing once. */
void fixture_resume_check_content(struct fake_store *fake, bool was_complete)
{
	size_t taken = 0;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct bundle_facts facts = {0};
	struct err err = {0};

	reader = fixture_open(fake, &facts);
	assert_non_null(reader);
	assert_true(facts.complete);
	if (!bundle_check_journal(reader, &err))
		print_error("%s\n", err.text);
	assert_int_equal(err.kind, ERR_NONE);
	for (size_t i = 0; i < bundle_row_count(reader); i++) {
		struct bundle_row_view row;

		assert_true(bundle_row_at(reader, i, &row, NULL));
		taken += row.taken;
	}
	assert_int_equal(taken, 6);
	assert_int_equal(bundle_row_count(reader), 8);
	fixture_check_member(reader, "live/a", 5000);
	fixture_check_member(reader, "fs/C/b", 90 * KIB);
	fixture_check_member(reader, "fs/C/c", 110 * KIB);
	fixture_check_member(reader, "fs/C/big", BIG_BYTES);
	fixture_check_member(reader, "fs/C/d", 3);
	fixture_check_member(reader, "fs/C/e", 60 * KIB);
	assert_true(was_complete || !fake_store_bytes(fake, "RESUME.000").at);
	assert_true(was_complete || !fake_store_bytes(fake, "RESUME.001").at);
}

struct bundle_writer *fixture_resume(
    struct fake_store *fake, struct bundle_resumed *resumed, struct err *err)
{
	struct bundle_plan plan = fixture_resume_plan(fake);
	struct bundle_writer *writer = NULL;

	if (!bundle_resume(&fake->store, &plan, &fixture_resume_checking, resumed, &writer, err))
		return NULL;
	return writer;
}

/* Goes on until it is done; the power goes at the nth change of each of the first `deaths` attempts. True: it was
 * complete, and only what tells of its state was not removed. */
bool fixture_resume_to_end(struct fake_store *fake, uint64_t nth, unsigned deaths)
{
	for (;; deaths -= deaths > 0) {
		CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
		struct bundle_resumed resumed = {0};
		struct err err = {0};

		fake->dies_at = deaths ? fake->changes + nth : 0;
		writer = fixture_resume(fake, &resumed, &err);
		bool ok = writer && fixture_resume_collect(writer, &err) &&
			  fixture_resume_finish(writer, &err);

		fake->dies_at = 0;
		if (ok || (!writer && strstr(err.text, "complete and sealed")))
			return !writer;
		if (!deaths)
			print_error("resume: %s\n", err.text);
		assert_int_not_equal(deaths, 0);
	}
}

/* A bundle whose run died inside the large entry, of which a part is sealed. */
struct fake_store *fixture_resume_interrupted(void)
{
	for (uint64_t n = 60;; n++) {
		struct fake_store *fake = fake_store_new();
		struct bundle_plan plan = fixture_resume_plan(fake);
		struct bundle_writer *writer = NULL;
		struct err err = {0};

		fake->dies_at = n;
		assert_true(bundle_create(&fake->store, &plan, &writer, &err));
		assert_false(fixture_resume_collect(writer, &err));
		bool is_inside = writer && fake_store_bytes(fake, "files.004.tar.zst.age").at;

		bundle_writer_free(writer);
		fake->dies_at = 0;
		if (is_inside)
			return fake;
		store_free(&fake->store);
	}
}

void fixture_resume_refuses(
    struct fake_store *fake, const struct bundle_plan *plan, enum err_kind kind, const char *text)
{
	struct bundle_writer *writer = NULL;
	struct bundle_resumed resumed;
	uint64_t changes = fake->changes;
	struct err err = {0};

	assert_false(
	    bundle_resume(&fake->store, plan, &fixture_resume_checking, &resumed, &writer, &err));
	assert_int_equal(err.kind, kind);
	if (!strstr(err.text, text))
		print_error("'%s' is not in '%s'\n", text, err.text);
	assert_non_null(strstr(err.text, text));
	assert_int_equal(fake->changes, changes);
}
