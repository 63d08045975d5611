/* The bundle writer on a store in memory: whole bundles, rotation, a full destination, and a failure at every change. */
#include "unit.h"

#include "fake_store.h"
#include "fixture_seal.h"

#include "bundle/manifest.h"
#include "bundle/reader.h"
#include "core/json.h"
#include "core/time.h"

#include <stdio.h>
#include <stdlib.h>

#define KIB 1024

static struct fixture_seal keys;
static uint64_t clock_ms;

static uint64_t now(void)
{
	return FIXTURE_NOW + clock_ms * 10000;
}

static uint64_t monotonic_ms(void)
{
	return clock_ms++;
}

static struct bundle_plan make_plan(struct fake_store *fake)
{
	struct bundle_plan plan = {
	    .case_id = "事案 7",
	    .host = "PC-01",
	    .started = FIXTURE_NOW,
	    .recipients = &keys.recipients,
	    .seal = keys.seal,
	    .now = now,
	    .monotonic_ms = monotonic_ms,
	    .free_space = fake_store_free_space,
	    .free_context = fake,
	};

	assert_true(bundle_new_id(FIXTURE_NOW, plan.collection_id, NULL));
	return plan;
}

/* Bytes that do not compress, the same for the same seed. */
static void fill(uint8_t *to, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		to[i] = (uint8_t)(seed >> 24);
	}
}

static bool put_row(struct bundle_writer *writer, const char *name, uint64_t size,
    const struct bundle_place *place, struct err *err)
{
	CLEANUP(text_free) struct text row = {0};
	struct json json = {.to = &row};

	json_begin(&json);
	json_string_field(&json, "path", name);
	json_unsigned_field(&json, "size", size);
	json_string_field(&json, "status", place ? "taken" : "not_taken");
	if (place) {
		json_unsigned_field(&json, "stored_size", place->stored);
		json_hex_field(&json, "sha256", (struct bytes){place->sha256, SHA256_LEN});
		json_key(&json, "place");
		json_begin(&json);
		json_string_field(&json, "set", bundle_set_name(place->set));
		json_unsigned_field(&json, "volume", place->volume);
		json_unsigned_field(&json, "tar", place->tar_offset);
		json_unsigned_field(&json, "data", place->data_offset);
		json_end(&json);
	}
	json_end(&json);
	return bundle_row(writer, text_bytes(&row), err);
}

/* One entry of `size` bytes and its row, as the collector does it. */
static bool put_entry(struct bundle_writer *writer, enum bundle_set set, const char *name,
    size_t size, struct err *err)
{
	struct bundle_member member = {.name = name, .size = size, .modified = FIXTURE_NOW};
	struct bundle_place place = {0};
	uint8_t *content = malloc(size + 1);
	struct bytes data = {content, size};

	assert_non_null(content);
	fill(content, size, (uint32_t)size);
	bool ok = bundle_entry_begin(writer, set, &member, err);

	while (ok && data.len) {
		size_t take = data.len < 10007 ? data.len : 10007;

		ok = bundle_entry_write(writer, (struct bytes){data.at, take}, err);
		data.at += take;
		data.len -= take;
	}
	free(content);
	return ok && bundle_entry_end(writer, &place, err) &&
	       put_row(writer, name, size, &place, err);
}

static struct bundle_trust make_trust(void)
{
	return (struct bundle_trust){
	    .ca_pem = text_bytes(&keys.ca.certificate),
	    .identities = &keys.identities,
	    .at = FIXTURE_NOW,
	};
}

static void say_problem(void *context, const struct err *why)
{
	(void)context;
	fprintf(stderr, "problem: %s\n", why->text);
}

/* Opens and checks all that can be checked; the caller looks at the facts. */
static struct bundle_reader *open_all(struct fake_store *fake, struct bundle_facts *facts)
{
	struct bundle_trust trust = make_trust();
	struct bundle_watch watch = {.problem = say_problem};
	struct bundle_reader *reader = NULL;
	struct err err = {0};

	if (!bundle_open_seal(&fake->store, &trust, &watch, &reader, &err) ||
	    !bundle_check_files(reader, &err) || !bundle_open_content(reader, &err) ||
	    !bundle_check_entries(reader, &err)) {
		fprintf(stderr, "%s\n", err.text);
		bundle_close(reader);
		return NULL;
	}
	bundle_facts(reader, facts);
	return reader;
}

static void check_member(struct bundle_reader *reader, const char *name, size_t size)
{
	CLEANUP(source_close) struct source *member = NULL;
	uint8_t *want = malloc(size + 1), *got = malloc(size + 1);
	size_t index = 0;

	assert_true(bundle_row_find(reader, bytes_of(name), &index));
	assert_true(bundle_member_open(reader, index, &member, NULL));
	assert_int_equal(member->size, size);
	fill(want, size, (uint32_t)size);
	assert_true(source_read_exact(member, 0, got, size, NULL));
	assert_memory_equal(want, got, size);
	free(want);
	free(got);
}

static void test_whole_bundle(void **state)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = make_plan(fake);
	struct bundle_facts facts;
	struct bundle_totals totals;
	char number[SHA256_HEX_ROOM], hex[SHA256_HEX_ROOM];
	uint8_t sha256[SHA256_LEN];
	struct err err = {0};

	(void)state;
	store = &fake->store;
	assert_true(bundle_create(store, &plan, &writer, &err));
	assert_non_null(fake_store_bytes(fake, "MANIFEST.p7s").at);
	assert_true(put_entry(writer, BUNDLE_LIVE, "live/processes.jsonl", 1000, &err));
	assert_true(put_entry(writer, BUNDLE_FILES, "fs/C/$MFT", 300 * KIB, &err));
	assert_true(put_entry(writer, BUNDLE_FILES, "fs/C/空.txt", 0, &err));
	assert_true(put_row(writer, "fs/C/locked", 5, NULL, &err));
	assert_true(bundle_journal(writer, bytes_of("{\"event\":\"x\"}"), &err));
	assert_true(bundle_meta(writer, "collection.json", bytes_of("{}"), &err));
	assert_true(bundle_meta(writer, "collection.json", bytes_of("{\"a\":1}"), &err));
	assert_true(bundle_finish(writer, bytes_of("sheet\n"), (struct bytes){0}, number, &err));
	bundle_totals(writer, &totals);
	assert_int_equal(totals.entries, 3);
	assert_int_equal(totals.rows, 4);

	reader = open_all(fake, &facts);
	assert_non_null(reader);
	assert_true(facts.complete);
	assert_string_equal(facts.number, number);
	hash_sha256(fake_store_bytes(fake, "MANIFEST.sha256"), sha256);
	hash_hex((struct bytes){sha256, SHA256_LEN}, hex);
	assert_string_equal(number, hex);
	assert_int_equal(facts.volumes, totals.volumes);
	assert_int_equal(bundle_row_count(reader), 4);
	check_member(reader, "fs/C/$MFT", 300 * KIB);
	check_member(reader, "live/processes.jsonl", 1000);
	/* Nothing that belongs to writing is left. */
	assert_null(fake_store_bytes(fake, "RESUME").at);
	assert_null(fake_store_bytes(fake, "RESERVE").at);
	assert_null(fake_store_bytes(fake, "MANIFEST.sha256.new").at);
	assert_non_null(fake_store_bytes(fake, "CUSTODY.txt").at);
	assert_non_null(fake_store_bytes(fake, "MANIFEST.sha512").at);
}

static size_t count_volumes(struct fake_store *fake, unsigned set, uint64_t limit)
{
	CLEANUP(text_list_free) struct text_list names = {0};
	struct volume_name name;
	size_t count = 0;

	assert_true(fake->store.list(&fake->store, &names, NULL));
	for (size_t i = 0; i < names.count; i++) {
		if (!volume_name_parse(bytes_of(names.at[i]), &name) || name.set != set ||
		    name.is_part)
			continue;
		assert_true(fake_store_bytes(fake, names.at[i]).len <= limit);
		count++;
	}
	return count;
}

/* Every volume begins at a block of its set's tar. */
static void check_blocks(struct bundle_reader *reader)
{
	CLEANUP(source_close) struct source *toc = NULL;
	char buffer[16384] = "", *at = buffer;
	size_t got = 0, count = 0;

	assert_true(bundle_meta_open(reader, "toc.json", &toc, NULL));
	assert_true(toc->read(toc, 0, buffer, sizeof(buffer) - 1, &got, NULL));
	while ((at = strstr(at, "\"tar_offset\":")) != NULL) {
		at += strlen("\"tar_offset\":");
		assert_int_equal(strtoull(at, NULL, 10) % 512, 0);
		count++;
	}
	assert_true(count >= 5);
}

static void test_rotation_by_size(void **state)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = make_plan(fake);
	struct bundle_facts facts;
	char number[SHA256_HEX_ROOM];
	struct err err = {0};

	(void)state;
	store = &fake->store;
	plan.limits = (struct bundle_limits){.rotate_bytes = 200 * KIB, .volume_bytes = 300 * KIB};
	assert_true(bundle_create(store, &plan, &writer, &err));
	/* At an entry's end. */
	assert_true(put_entry(writer, BUNDLE_FILES, "fs/C/a", 250 * KIB, &err));
	assert_true(put_entry(writer, BUNDLE_FILES, "fs/C/b", 10, &err));
	/* Inside: more than three volumes full. */
	assert_true(put_entry(writer, BUNDLE_FILES, "fs/C/c", 1000 * KIB + 7, &err));
	assert_true(bundle_finish(writer, (struct bytes){0}, (struct bytes){0}, number, &err));
	assert_true(count_volumes(fake, BUNDLE_FILES, 300 * KIB) >= 5);
	assert_true(count_volumes(fake, BUNDLE_META, 300 * KIB) >= 5);
	reader = open_all(fake, &facts);
	assert_non_null(reader);
	assert_true(facts.complete);
	check_member(reader, "fs/C/a", 250 * KIB);
	check_member(reader, "fs/C/b", 10);
	check_member(reader, "fs/C/c", 1000 * KIB + 7);
	check_blocks(reader);
}

static void test_rotation_by_time_and_rows(void **state)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = make_plan(fake);
	struct bundle_facts facts;
	char number[SHA256_HEX_ROOM], name[32];
	struct err err = {0};

	(void)state;
	store = &fake->store;
	plan.limits = (struct bundle_limits){.rotate_ms = 60000, .rows_bytes = 20000};
	assert_true(bundle_create(store, &plan, &writer, &err));
	assert_true(put_entry(writer, BUNDLE_FILES, "fs/C/a", 10, &err));
	clock_ms += 60000;
	assert_true(put_entry(writer, BUNDLE_FILES, "fs/C/b", 10, &err));
	assert_int_equal(count_volumes(fake, BUNDLE_FILES, UINT64_MAX), 1);
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "fs/C/%08x", i * 2654435761u);
		assert_true(put_row(writer, name, i, NULL, &err));
	}
	assert_true(count_volumes(fake, BUNDLE_META, UINT64_MAX) > 3);
	assert_true(bundle_finish(writer, (struct bytes){0}, (struct bytes){0}, number, &err));
	reader = open_all(fake, &facts);
	assert_non_null(reader);
	assert_int_equal(bundle_row_count(reader), 20002);
}

static void test_short_entry_is_padded(void **state)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = make_plan(fake);
	struct bundle_member member = {.name = "fs/C/short", .size = 100000};
	struct bundle_place place = {0};
	struct err err = {0};

	(void)state;
	store = &fake->store;
	assert_true(bundle_create(store, &plan, &writer, &err));
	assert_true(bundle_entry_begin(writer, BUNDLE_FILES, &member, &err));
	assert_true(bundle_entry_write(writer, bytes_of("abc"), &err));
	assert_true(bundle_entry_end(writer, &place, &err));
	assert_int_equal(place.padded, 99997);
	assert_int_equal(place.stored, 100000);
	/* More than was said is our bug, and a name that leaves the tree too. */
	member.size = 1;
	assert_true(bundle_entry_begin(writer, BUNDLE_FILES, &member, &err));
	assert_false(bundle_entry_write(writer, bytes_of("ab"), &err));
	assert_true(bundle_entry_end(writer, &place, &err));
	member.name = "fs/../x";
	assert_false(bundle_entry_begin(writer, BUNDLE_FILES, &member, &err));
	/* A set before the one that is written is closed for good. */
	member.name = "live/x";
	assert_false(bundle_entry_begin(writer, BUNDLE_LIVE, &member, &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
}

/* The journal's lines name each other by hash; the MANIFEST names the last. */
static void test_journal_is_chained(void **state)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	CLEANUP(manifest_free) struct manifest manifest = {0};
	CLEANUP(source_close) struct source *journal = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = make_plan(fake);
	struct bundle_facts facts;
	char number[SHA256_HEX_ROOM], previous[SHA256_HEX_ROOM];
	char buffer[4096] = "", *line = buffer, *end;
	uint8_t sha256[SHA256_LEN] = {0};
	struct err err = {0};
	size_t lines = 0, got = 0;

	(void)state;
	store = &fake->store;
	assert_true(bundle_create(store, &plan, &writer, &err));
	assert_true(bundle_journal(writer, bytes_of("{\"event\":\"a\"}"), &err));
	assert_true(put_entry(writer, BUNDLE_LIVE, "live/x", 10, &err));
	assert_true(bundle_journal(writer, bytes_of("{}"), &err));
	assert_false(bundle_journal(writer, bytes_of("[]"), &err));
	assert_true(bundle_finish(writer, (struct bytes){0}, (struct bytes){0}, number, &err));
	reader = open_all(fake, &facts);
	assert_non_null(reader);
	assert_true(bundle_meta_open(reader, "journal.jsonl", &journal, &err));
	assert_true(journal->read(journal, 0, buffer, sizeof(buffer) - 1, &got, &err));
	while ((end = strchr(line, '\n')) != NULL) {
		*end = 0;
		hash_hex((struct bytes){sha256, SHA256_LEN}, previous);
		assert_non_null(strstr(line, previous));
		hash_sha256(bytes_of(line), sha256);
		line = end + 1;
		lines++;
	}
	assert_int_equal(lines, 3); /* two, and the volume that was closed */
	assert_true(manifest_parse(fake_store_bytes(fake, "MANIFEST.sha256"), &manifest, &err));
	assert_memory_equal(manifest.journal_head, sha256, SHA256_LEN);
}

/* What a small collection does; false as soon as the destination is broken. */
static bool collect(struct bundle_writer *writer, struct err *err)
{
	return put_entry(writer, BUNDLE_LIVE, "live/a", 5000, err) &&
	       put_entry(writer, BUNDLE_FILES, "fs/C/b", 90 * KIB, err) &&
	       put_entry(writer, BUNDLE_FILES, "fs/C/c", 150 * KIB, err) &&
	       put_entry(writer, BUNDLE_FILES, "fs/C/d", 3, err);
}

/* Runs a collection whose change number n fails; returns the changes it made. When it is not finished, the
 * power was pulled. */
static uint64_t run_failing(uint64_t n, bool fails_on, enum err_kind kind, bool finishes)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = make_plan(fake);
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
	reader = open_all(fake, &facts);
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
		check_member(reader, "live/a", 5000);
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
	struct bundle_plan plan = make_plan(fake);
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
	reader = open_all(fake, &facts);
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

/* Collects until nothing more goes; returns how many whole entries were taken. */
static unsigned collect_until_full(struct bundle_writer *writer, struct err *err)
{
	unsigned taken = 0;
	char name[32];

	for (;;) {
		snprintf(name, sizeof(name), "fs/C/%u", taken);
		if (!put_entry(writer, BUNDLE_FILES, name, 300 * KIB, err))
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
	struct bundle_plan plan = make_plan(fake);
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
	reader = open_all(fake, &facts);
	assert_non_null(reader);
	assert_false(facts.complete);
	assert_string_equal(facts.number, number);
	/* Who can tell what is free loses nothing but the entry that no longer fitted. */
	assert_int_equal(bundle_row_count(reader), taken);
	if (can_tell) {
		assert_true((taken + 1) * 300ull * KIB + 2048 * KIB > capacity * 7 / 8);
		check_member(reader, "fs/C/0", 300 * KIB);
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
	struct bundle_plan plan = make_plan(fake);
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

static void test_directory_name(void **state)
{
	CLEANUP(text_free) struct text name = {0};
	CLEANUP(text_free) struct text other = {0};
	struct bundle_plan plan = {.started = FIXTURE_NOW, .case_id = "../事案 7/x", .host = ""};
	struct err err = {0};

	(void)state;
	memset(plan.collection_id, 0xab, sizeof(plan.collection_id));
	assert_true(bundle_directory_name(&plan, &name, &err));
	assert_string_equal(text_string(&name), "_.____7_x_unknown_20250818T141320Z_abababab");
	plan.case_id = NULL;
	plan.host =
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	assert_true(bundle_directory_name(&plan, &other, &err));
	assert_true(other.len <= 120);
	assert_memory_equal(text_string(&other), "nocase_aaaa", 11);
}

static int make_keys(void **state)
{
	struct err err = {0};

	(void)state;
	return fixture_seal_make(&keys, &err) ? 0 : -1;
}

static int drop_keys(void **state)
{
	(void)state;
	fixture_seal_free(&keys);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole_bundle),
	    cmocka_unit_test(test_rotation_by_size),
	    cmocka_unit_test(test_rotation_by_time_and_rows),
	    cmocka_unit_test(test_short_entry_is_padded),
	    cmocka_unit_test(test_journal_is_chained),
	    cmocka_unit_test(test_every_failure),
	    cmocka_unit_test(test_blocked_seal),
	    cmocka_unit_test(test_full_destination),
	    cmocka_unit_test(test_no_room_at_all),
	    cmocka_unit_test(test_directory_name),
	};

	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
