/* The bundle writer when its destination fails: at every change in turn, when the power goes, when the disk is full. */
#include "unit.h"

#include "fixture_bundle.h"

#include <stdio.h>

#define KIB 1024

/* What a small collection does; false as soon as the destination is broken. */
static bool collect(struct bundle_writer *writer, struct err *err)
{
	return fixture_entry(writer, BUNDLE_LIVE, "live/a", 5000, err) &&
	       fixture_entry(writer, BUNDLE_FILES, "fs/C/b", 90 * KIB, err) &&
	       fixture_entry(writer, BUNDLE_FILES, "fs/C/c", 150 * KIB, err) &&
	       fixture_entry(writer, BUNDLE_FILES, "fs/C/d", 3, err);
}

/* Runs a collection whose change number n fails; returns the changes it made. When it is not finished, the
 * power was pulled. */
static uint64_t run_failing(uint64_t n, bool fails_on, enum err_kind kind, bool finishes)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = fixture_plan(fake);
	struct bundle_facts facts = {0};
	char number[SHA256_HEX_ROOM] = "";
	struct err err = {0};
	bool sealed = false;

	store = &fake->store;
	plan.limits = (struct bundle_limits){.rotate_bytes = 120 * KIB, .volume_bytes = 150 * KIB};
	fake->fail_at = n;
	fake->fails_on = fails_on;
	fake->kind = kind;
	if (!bundle_create(store, &plan, &writer, &err))
		return fake->changes;
	bool ok = collect(writer, &err);

	if (finishes)
		sealed = bundle_finish(writer, bytes_of("x"), (struct bytes){0}, number, &err);
	assert_true(sealed || fails_on || !finishes);
	uint64_t changes = fake->changes;

	fake->fail_at = 0;
	reader = fixture_open(fake, &facts);
	if (!reader) {
		fprintf(stderr, "failing change %llu (%d, %d)\n", (unsigned long long)n, fails_on,
		    finishes);
		assert_non_null(reader);
	}
	if (sealed)
		assert_string_equal(facts.number, number);
	assert_true(!facts.complete || ok);
	/* What was sealed by the first rotation stays. */
	if (fake_store_bytes(fake, "live.001.tar.zst.age").at && facts.volumes > 0)
		fixture_check_member(reader, "live/a", 5000);
	return changes;
}

static void test_every_failure(void **state)
{
	uint64_t all = run_failing(0, false, ERR_IO, true);

	(void)state;
	assert_true(all > 60);
	for (uint64_t n = 1; n <= all; n++) {
		run_failing(n, false, ERR_IO, true);
		run_failing(n, true, ERR_FULL, true);
		run_failing(n, true, ERR_IO, false);
	}
}

/* A seal that could not get its name is the only one of its MANIFEST: whenever the power goes after that, one of the
 * two names holds it. */
static uint64_t run_blocked(uint64_t dies_at)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = fixture_plan(fake);
	struct bundle_facts facts = {0};
	char number[SHA256_HEX_ROOM] = "";
	struct err err = {0};

	store = &fake->store;
	plan.limits = (struct bundle_limits){.rotate_bytes = 120 * KIB, .volume_bytes = 150 * KIB};
	assert_true(bundle_create(store, &plan, &writer, &err));
	fake->blocked = "MANIFEST.p7s";
	fake->dies_at = dies_at;
	assert_false(collect(writer, &err));
	bool sealed = bundle_finish(writer, bytes_of("x"), (struct bytes){0}, number, &err);
	uint64_t changes = fake->changes;

	assert_true(sealed || dies_at);
	fake->dies_at = 0;
	reader = fixture_open(fake, &facts);
	assert_non_null(reader);
	assert_false(facts.complete);
	return changes;
}

static void test_blocked_seal(void **state)
{
	uint64_t all = run_blocked(0);

	(void)state;
	for (uint64_t n = 30; n <= all; n++)
		run_blocked(n);
}

static void note_lost(void *context, struct bytes row)
{
	struct text *told = context;

	text_add(told, row);
	text_addc(told, '\n');
}

/* The last volume cannot be closed: who asks before the last rows are written is told what was in it, once. */
static void test_lost_is_told(void **state)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	CLEANUP(text_free) struct text told = {0};
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = fixture_plan(fake);
	struct bundle_facts facts;
	char number[SHA256_HEX_ROOM];
	struct err err = {0};

	(void)state;
	store = &fake->store;
	assert_true(bundle_create(store, &plan, &writer, &err));
	assert_true(collect(writer, &err));
	fake->fail_at = fake->changes + 1;
	assert_false(bundle_close_data(writer, &err));
	assert_true(bundle_settle_lost(writer, note_lost, &told, &err));
	assert_null(strstr(text_string(&told), "live/a"));
	assert_non_null(strstr(text_string(&told), "{\"path\":\"fs/C/b\""));
	assert_non_null(strstr(text_string(&told), "\"status\":\"taken\""));
	assert_non_null(strstr(text_string(&told), "fs/C/d"));
	text_clear(&told);
	assert_true(bundle_settle_lost(writer, note_lost, &told, &err));
	assert_int_equal(told.len, 0);
	assert_true(bundle_finish(writer, bytes_of("x"), (struct bytes){0}, number, &err));
	reader = fixture_open(fake, &facts);
	assert_non_null(reader);
	assert_int_equal(bundle_row_count(reader), 4);
	fixture_check_member(reader, "live/a", 5000);
}

/* A run that was stopped, and goes on later: what it wrote can be read back before its papers are. */
static void test_stopped_is_closed(void **state)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = fixture_plan(fake);
	const struct bundle_checking checking = {0};
	struct bundle_read_back done = {0};
	struct bundle_resumed resumed;
	char number[SHA256_HEX_ROOM];
	struct err err = {0};

	(void)state;
	store = &fake->store;
	assert_true(bundle_create(store, &plan, &writer, &err));
	assert_true(collect(writer, &err));
	bundle_stop(writer);
	assert_true(bundle_close_data(writer, &err));
	assert_true(bundle_read_back(writer, NULL, NULL, &done, &err));
	assert_int_equal(done.volumes, 3); /* live, its meta, files */
	assert_true(bundle_finish(writer, bytes_of("x"), (struct bytes){0}, number, &err));
	bundle_writer_free(TAKE(writer));
	assert_true(bundle_resume(store, &plan, &checking, &resumed, &writer, &err));
	assert_int_equal(resumed.entries, 4);
	assert_true(fixture_entry(writer, BUNDLE_FILES, "fs/C/e", 10, &err));
	assert_true(bundle_finish(writer, bytes_of("x"), (struct bytes){0}, number, &err));
	assert_true(bundle_is_whole(writer, &err));
}

/* Collects until nothing more goes; returns how many whole entries were taken. */
static unsigned collect_until_full(struct bundle_writer *writer, struct err *err)
{
	unsigned taken = 0;
	char name[32];

	for (;;) {
		snprintf(name, sizeof(name), "fs/C/%u", taken);
		if (!fixture_entry(writer, BUNDLE_FILES, name, 300 * KIB, err))
			return taken;
		taken++;
	}
}

static void check_full(bool can_tell, uint64_t capacity)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = fixture_plan(fake);
	struct bundle_facts facts;
	char number[SHA256_HEX_ROOM];
	struct err err = {0};

	store = &fake->store;
	fake->capacity = capacity;
	if (!can_tell)
		plan.free_space = NULL;
	assert_true(bundle_create(store, &plan, &writer, &err));
	unsigned taken = collect_until_full(writer, &err);

	assert_int_equal(err.kind, ERR_FULL);
	assert_true(bundle_meta(writer, "receipt.json", bytes_of("{}"), &err));
	assert_true(bundle_finish(writer, bytes_of("x"), (struct bytes){0}, number, &err));
	reader = fixture_open(fake, &facts);
	assert_non_null(reader);
	assert_false(facts.complete);
	assert_string_equal(facts.number, number);
	/* Who can tell what is free loses nothing but the entry that no longer fitted. */
	assert_int_equal(bundle_row_count(reader), taken);
	if (can_tell) {
		uint64_t entries = (taken + 1) * 300ull * KIB;
		uint64_t held = entries < 3072 * KIB ? entries : 3072 * KIB; /* by the file */

		assert_true(entries + held + 1024 * KIB > capacity * 7 / 8);
		fixture_check_member(reader, "fs/C/0", 300 * KIB);
	}
}

static void test_full_destination(void **state)
{
	(void)state;
	check_full(true, 3000 * KIB);
	check_full(true, 20000 * KIB);
	check_full(false, 3000 * KIB);
	check_full(false, 70000 * KIB);
}

/* Too small even for the first MANIFEST: said at once, nothing half done is called a bundle. */
static void test_no_room_at_all(void **state)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = fixture_plan(fake);
	struct err err = {0};

	(void)state;
	store = &fake->store;
	fake->capacity = 1000;
	assert_false(bundle_create(store, &plan, &writer, &err));
	assert_int_equal(err.kind, ERR_FULL);
	assert_null(fake_store_bytes(fake, "MANIFEST.sha256").at);
	/* Too small to keep anything back is still a destination. */
	CLEANUP(store_free) struct store *small = NULL;

	fake = fake_store_new();
	small = &fake->store;
	fake->capacity = 200 * KIB;
	plan.free_space = NULL;
	assert_true(bundle_create(small, &plan, &writer, &err));
	assert_null(fake_store_bytes(fake, "RESERVE").at);
}

/* A run of a bundle whose sets hold few volumes; returns how many entries are in it. */
static unsigned run_few_volumes(struct fake_store *fake, bool has_rows)
{
	static const struct bundle_checking checking;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	struct bundle_plan plan = fixture_plan(fake);
	struct bundle_resumed resumed;
	char number[SHA256_HEX_ROOM], name[32];
	struct err err = {0};

	plan.limits = (struct bundle_limits){.rotate_bytes = 250 * KIB,
	    .volume_bytes = 400 * KIB,
	    .rows_bytes = has_rows ? 10000 : 0,
	    .volumes = 6};
	assert_true(fake_store_bytes(fake, "MANIFEST.p7s").at
			? bundle_resume(&fake->store, &plan, &checking, &resumed, &writer, &err)
			: bundle_create(&fake->store, &plan, &writer, &err));
	for (unsigned i = 0; has_rows && i < 20000; i++) {
		snprintf(name, sizeof(name), "fs/C/%08x", i * 2654435761u);
		assert_true(fixture_row(writer, name, i, NULL, &err));
	}
	unsigned taken = collect_until_full(writer, &err);

	assert_int_equal(err.kind, ERR_FULL);
	snprintf(name, sizeof(name), "of %u", taken);
	assert_true(bundle_meta(writer, "receipt.json", bytes_of(name), &err));
	assert_true(bundle_finish(writer, bytes_of("x"), (struct bytes){0}, number, &err));
	assert_false(bundle_is_whole(writer, &err));
	assert_int_equal(err.kind, ERR_FULL);
	return taken;
}

/* A row that takes more than others: its path does not compress. Every hundredth is of an entry. */
static bool long_row(struct bundle_writer *writer, unsigned i, bool has_entries, struct err *err)
{
	uint8_t sha256[SHA256_LEN];
	char name[160], hex[SHA256_HEX_ROOM];

	snprintf(name, sizeof(name), "%u", i);
	hash_sha256(bytes_of(name), sha256);
	hash_hex((struct bytes){sha256, SHA256_LEN}, hex);
	snprintf(name, sizeof(name), "fs/C/%u-%s-%.40s", i, hex, hex + 9);
	if (!bundle_row_fits(writer, sizeof(name)))
		return fail(err, ERR_FULL, "row %u does not fit", i);
	return has_entries && i % 100 == 0 ? fixture_entry(writer, BUNDLE_FILES, name, 10, err)
					   : fixture_row(writer, name, i, NULL, err);
}

/* Rows in memory need their room at the end, and so does what tells a later run of them: none is lost. */
static void check_many_rows(bool has_entries, bool can_tell)
{
	static const struct bundle_checking checking;
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = fixture_plan(fake);
	struct bundle_writer *writer = NULL;
	struct bundle_resumed resumed;
	struct bundle_facts facts;
	char number[SHA256_HEX_ROOM];
	struct err err = {0};
	unsigned count = 0;

	store = &fake->store;
	fake->capacity = 3000 * KIB;
	if (!can_tell)
		plan.free_space = NULL;
	assert_true(bundle_create(store, &plan, &writer, &err));
	while (count < 60000 && long_row(writer, count, has_entries, &err))
		count++;
	assert_true(count > 10000 && count < 60000);
	assert_int_equal(err.kind, ERR_FULL);
	assert_true(bundle_meta(writer, "receipt.json", bytes_of("{}"), &err));
	assert_true(bundle_finish(writer, bytes_of("x"), (struct bytes){0}, number, &err));
	bundle_writer_free(TAKE(writer));
	reader = fixture_open(fake, &facts);
	assert_non_null(reader);
	/* The write that failed came after its row was in. */
	count += !can_tell;
	assert_int_equal(bundle_row_count(reader), count);
	fake->capacity = 0;
	assert_true(bundle_resume(store, &plan, &checking, &resumed, &writer, &err));
	assert_int_equal(resumed.rows + resumed.entries, count);
	bundle_writer_free(writer);
}

static void test_many_rows(void **state)
{
	(void)state;
	check_many_rows(false, true);
	check_many_rows(true, true);
	check_many_rows(false, false);
}

/* So does the journal, all of which is written at the end. */
static void test_long_journal(void **state)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = fixture_plan(fake);
	struct bundle_facts facts;
	char number[SHA256_HEX_ROOM], hex[SHA256_HEX_ROOM], line[100];
	uint8_t sha256[SHA256_LEN] = {0};
	struct err err = {0};

	(void)state;
	store = &fake->store;
	fake->capacity = 8000 * KIB;
	assert_true(bundle_create(store, &plan, &writer, &err));
	for (unsigned i = 0; i < 40000; i++) {
		hash_sha256((struct bytes){sha256, SHA256_LEN}, sha256);
		hash_hex((struct bytes){sha256, SHA256_LEN}, hex);
		snprintf(line, sizeof(line), "{\"event\":\"%s\"}", hex);
		assert_true(bundle_journal(writer, bytes_of(line), &err));
	}
	unsigned taken = collect_until_full(writer, &err);

	assert_int_equal(err.kind, ERR_FULL);
	assert_true(bundle_finish(writer, bytes_of("x"), (struct bytes){0}, number, &err));
	reader = fixture_open(fake, &facts);
	assert_non_null(reader);
	assert_true(taken > 3);
	assert_int_equal(bundle_row_count(reader), taken);
	assert_true(bundle_check_journal(reader, NULL));
}

static void check_receipt(struct bundle_reader *reader, unsigned taken)
{
	CLEANUP(source_close) struct source *file = NULL;
	char want[32], got[32] = "";
	size_t len = 0;

	snprintf(want, sizeof(want), "of %u", taken);
	assert_true(bundle_meta_open(reader, "receipt.json", &file, NULL));
	assert_true(file->read(file, 0, got, sizeof(got) - 1, &len, NULL));
	assert_string_equal(got, want);
}

/* A run that is stopped where meta takes no more was stopped. */
static void check_stopped_without_meta(struct fake_store *fake)
{
	static const struct bundle_checking checking;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	struct bundle_plan plan = fixture_plan(fake);
	struct bundle_resumed resumed;
	char number[SHA256_HEX_ROOM];
	struct err err = {0};

	plan.limits.volumes = 6;
	assert_true(bundle_resume(&fake->store, &plan, &checking, &resumed, &writer, &err));
	bundle_stop(writer);
	assert_true(bundle_finish(writer, bytes_of("x"), (struct bytes){0}, number, &err));
	assert_false(bundle_is_whole(writer, &err));
	assert_int_equal(err.kind, ERR_STOPPED);
}

/* Volumes of meta run out first, since each rotation takes one: there is always one for the rows. So it is for a run that goes
 * on, until there is none, and then nothing more is taken. */
static void test_few_volumes(void **state)
{
	(void)state;
	for (int has_rows = 0; has_rows < 2; has_rows++) {
		CLEANUP(store_free) struct store *store = NULL;
		struct fake_store *fake = fake_store_new();
		unsigned before = 0;

		store = &fake->store;
		for (int run = 0; run < 4; run++) {
			CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
			struct bundle_facts facts;
			unsigned taken = run_few_volumes(fake, has_rows);

			assert_true(taken >= before);
			before = taken;
			reader = fixture_open(fake, &facts);
			assert_non_null(reader);
			assert_int_equal(bundle_row_count(reader), taken + (has_rows ? 20000 : 0));
			assert_true(bundle_check_journal(reader, NULL));
			if (run < 2)
				check_receipt(reader, taken);
		}
		assert_true(before >= 1);
		assert_non_null(fake_store_bytes(fake, "meta.006.tar.zst.age").at);
		check_stopped_without_meta(fake);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_failure),
	    cmocka_unit_test(test_blocked_seal),
	    cmocka_unit_test(test_lost_is_told),
	    cmocka_unit_test(test_stopped_is_closed),
	    cmocka_unit_test(test_full_destination),
	    cmocka_unit_test(test_many_rows),
	    cmocka_unit_test(test_long_journal),
	    cmocka_unit_test(test_few_volumes),
	    cmocka_unit_test(test_no_room_at_all),
	};

	return cmocka_run_group_tests(tests, fixture_keys_make, fixture_keys_free);
}
