/* The bundle writer on a store in memory: whole bundles, rotation, the journal. */
#include "unit.h"

#include "fixture_bundle.h"

#include "bundle/manifest.h"

#include <stdio.h>
#include <stdlib.h>

#define KIB 1024
#define MIB ((size_t)1 << 20)

static void test_whole_bundle(void **state)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = fixture_plan(fake);
	struct bundle_facts facts;
	struct bundle_totals totals;
	char number[SHA256_HEX_ROOM], hex[SHA256_HEX_ROOM];
	uint8_t sha256[SHA256_LEN];
	struct err err = {0};

	(void)state;
	store = &fake->store;
	assert_true(bundle_create(store, &plan, &writer, &err));
	assert_non_null(fake_store_bytes(fake, "MANIFEST.p7s").at);
	assert_true(fixture_entry(writer, BUNDLE_LIVE, "live/processes.jsonl", 1000, &err));
	assert_true(fixture_entry(writer, BUNDLE_FILES, "fs/C/$MFT", 300 * KIB, &err));
	assert_true(fixture_entry(writer, BUNDLE_FILES, "fs/C/空.txt", 0, &err));
	assert_true(fixture_row(writer, "fs/C/locked", 5, NULL, &err));
	assert_true(bundle_journal(writer, bytes_of("{\"event\":\"x\"}"), &err));
	assert_true(bundle_meta(writer, "collection.json", bytes_of("{}"), &err));
	assert_true(bundle_meta(writer, "collection.json", bytes_of("{\"a\":1}"), &err));
	assert_true(bundle_finish(writer, bytes_of("sheet\n"), (struct bytes){0}, number, &err));
	bundle_totals(writer, &totals);
	assert_int_equal(totals.entries, 3);
	assert_int_equal(totals.rows, 4);

	reader = fixture_open(fake, &facts);
	assert_non_null(reader);
	assert_true(facts.complete);
	assert_string_equal(facts.number, number);
	hash_sha256(fake_store_bytes(fake, "MANIFEST.sha256"), sha256);
	hash_hex((struct bytes){sha256, SHA256_LEN}, hex);
	assert_string_equal(number, hex);
	assert_int_equal(facts.volumes, totals.volumes);
	assert_int_equal(bundle_row_count(reader), 4);
	fixture_check_member(reader, "fs/C/$MFT", 300 * KIB);
	fixture_check_member(reader, "live/processes.jsonl", 1000);
	/* Nothing that belongs to writing is left. */
	assert_null(fake_store_bytes(fake, "RESUME.000").at);
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
	struct bundle_plan plan = fixture_plan(fake);
	struct bundle_facts facts;
	char number[SHA256_HEX_ROOM];
	struct err err = {0};

	(void)state;
	store = &fake->store;
	plan.limits = (struct bundle_limits){.rotate_bytes = 200 * KIB, .volume_bytes = 300 * KIB};
	assert_true(bundle_create(store, &plan, &writer, &err));
	/* At an entry's end. */
	assert_true(fixture_entry(writer, BUNDLE_FILES, "fs/C/a", 250 * KIB, &err));
	assert_true(fixture_entry(writer, BUNDLE_FILES, "fs/C/b", 10, &err));
	/* Inside: more than three volumes full. */
	assert_true(fixture_entry(writer, BUNDLE_FILES, "fs/C/c", 1000 * KIB + 7, &err));
	assert_true(bundle_finish(writer, (struct bytes){0}, (struct bytes){0}, number, &err));
	assert_true(count_volumes(fake, BUNDLE_FILES, 300 * KIB) >= 5);
	assert_true(count_volumes(fake, BUNDLE_META, 300 * KIB) >= 5);
	reader = fixture_open(fake, &facts);
	assert_non_null(reader);
	assert_true(facts.complete);
	fixture_check_member(reader, "fs/C/a", 250 * KIB);
	fixture_check_member(reader, "fs/C/b", 10);
	fixture_check_member(reader, "fs/C/c", 1000 * KIB + 7);
	check_blocks(reader);
}

/* What the medium holds is compared with what was written, volume by volume, each once. */
static void test_read_back(void **state)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = fixture_plan(fake);
	struct bundle_read_back done = {0};
	char number[SHA256_HEX_ROOM];
	struct err err = {0};

	(void)state;
	store = &fake->store;
	plan.limits = (struct bundle_limits){.rotate_bytes = 200 * KIB, .volume_bytes = 300 * KIB};
	assert_true(bundle_create(store, &plan, &writer, &err));
	assert_true(fixture_entry(writer, BUNDLE_FILES, "fs/C/a", 250 * KIB, &err));
	assert_true(fixture_entry(writer, BUNDLE_FILES, "fs/C/b", 10, &err));
	assert_true(bundle_close_data(writer, &err));
	assert_false(fixture_entry(writer, BUNDLE_FILES, "fs/C/c", 10, NULL));
	struct bytes second = fake_store_bytes(fake, "files.002.tar.zst.age");
	uint8_t *bit = (uint8_t *)(uintptr_t)second.at + second.len / 2;

	assert_non_null(second.at);
	*bit ^= 1;
	assert_false(bundle_read_back(writer, NULL, NULL, &done, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	assert_non_null(strstr(err.text, "files.002.tar.zst.age"));
	uint32_t before = done.volumes;

	*bit ^= 1;
	assert_true(bundle_read_back(writer, NULL, NULL, &done, &err));
	assert_true(done.volumes > before);
	assert_true(bundle_finish(writer, (struct bytes){0}, (struct bytes){0}, number, &err));
	before = done.volumes;
	assert_true(bundle_read_back(writer, NULL, NULL, &done, &err));
	assert_int_equal(done.volumes, before + 1); /* the last of meta */
}

static void test_rotation_by_time_and_rows(void **state)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = fixture_plan(fake);
	struct bundle_facts facts;
	char number[SHA256_HEX_ROOM], name[32];
	struct err err = {0};

	(void)state;
	store = &fake->store;
	plan.limits = (struct bundle_limits){.rotate_ms = 60000, .rows_bytes = 20000};
	assert_true(bundle_create(store, &plan, &writer, &err));
	assert_true(fixture_entry(writer, BUNDLE_FILES, "fs/C/a", 10, &err));
	fixture_clock_ms += 60000;
	assert_true(fixture_entry(writer, BUNDLE_FILES, "fs/C/b", 10, &err));
	assert_int_equal(count_volumes(fake, BUNDLE_FILES, UINT64_MAX), 1);
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "fs/C/%08x", i * 2654435761u);
		assert_true(fixture_row(writer, name, i, NULL, &err));
	}
	assert_true(count_volumes(fake, BUNDLE_META, UINT64_MAX) > 3);
	assert_true(bundle_finish(writer, (struct bytes){0}, (struct bytes){0}, number, &err));
	reader = fixture_open(fake, &facts);
	assert_non_null(reader);
	assert_int_equal(bundle_row_count(reader), 20002);
}

static void test_short_entry_is_padded(void **state)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = fixture_plan(fake);
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

/* Room in the open frame: all that was asked for, the rest of the frame, none. */
static void test_room(void **state)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = fixture_plan(fake);
	struct bundle_member member = {.name = "fs/C/long", .size = 4 * MIB};
	struct bundle_place place = {0};
	size_t len = 0;

	(void)state;
	store = &fake->store;
	assert_true(bundle_create(store, &plan, &writer, NULL));
	assert_null(bundle_entry_room(writer, &len));
	assert_true(bundle_entry_begin(writer, BUNDLE_FILES, &member, NULL));
	for (int i = 0; i < 2; i++) {
		len = MIB;
		uint8_t *room = bundle_entry_room(writer, &len);

		assert_non_null(room);
		assert_true(i ? len < MIB && len % BUNDLE_ROOM_LEAST == 0 : len == MIB);
		memset(room, i, len);
		assert_true(bundle_entry_write(writer, (struct bytes){room, len}, NULL));
	}
	len = MIB;
	assert_null(bundle_entry_room(writer, &len));
	len = 100;
	assert_non_null(bundle_entry_room(writer, &len));
	assert_int_equal(len, 100);
	assert_true(bundle_entry_end(writer, &place, NULL));
	assert_null(bundle_entry_room(writer, &len));
}

/* A volume that ends before the first byte of what lies in the frame: the volume of meta that comes between the two goes
 * through the same frame. fixture_entry compares. */
static void test_cut_in_place(void **state)
{
	(void)state;
	for (uint64_t most = 1130 * KIB; most < 1330 * KIB; most += 16 * KIB) {
		CLEANUP(store_free) struct store *store = NULL;
		CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
		struct fake_store *fake = fake_store_new();
		struct bundle_plan plan = fixture_plan(fake);

		store = &fake->store;
		plan.limits = (struct bundle_limits){.rotate_bytes = MIB * 9, .volume_bytes = most};
		assert_true(bundle_create(store, &plan, &writer, NULL));
		assert_true(fixture_entry(writer, BUNDLE_FILES, "fs/C/a", 1120 * KIB, NULL));
		assert_true(fixture_entry(writer, BUNDLE_FILES, "fs/C/b", 300000, NULL));
	}
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
	struct bundle_plan plan = fixture_plan(fake);
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
	assert_true(fixture_entry(writer, BUNDLE_LIVE, "live/x", 10, &err));
	assert_true(bundle_journal(writer, bytes_of("{}"), &err));
	assert_false(bundle_journal(writer, bytes_of("[]"), &err));
	assert_true(bundle_finish(writer, (struct bytes){0}, (struct bytes){0}, number, &err));
	reader = fixture_open(fake, &facts);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole_bundle),
	    cmocka_unit_test(test_rotation_by_size),
	    cmocka_unit_test(test_read_back),
	    cmocka_unit_test(test_rotation_by_time_and_rows),
	    cmocka_unit_test(test_short_entry_is_padded),
	    cmocka_unit_test(test_room),
	    cmocka_unit_test(test_cut_in_place),
	    cmocka_unit_test(test_journal_is_chained),
	    cmocka_unit_test(test_directory_name),
	};

	return cmocka_run_group_tests(tests, fixture_keys_make, fixture_keys_free);
}
