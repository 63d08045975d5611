/* The bundle reader against bundles that contradict themselves although their seal is good, as only a holder of a
 * kit's key could make them; and against what a cut-off run leaves behind. */
#include "unit.h"

#include "fake_flaky.h"
#include "fake_store.h"
#include "fixture_liar.h"

#include "bundle/manifest.h"
#include "bundle/reader.h"
#include "platform/conveyor.h"
#include "core/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIB 1024

static struct fixture_seal keys;
static int set_up(void **state)
{
	(void)state;
	return fixture_seal_make(&keys, NULL) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_seal_free(&keys);
	return 0;
}

struct heard {
	size_t problems, notes;
	char last[512];
};

static void on_problem(void *context, const struct err *why)
{
	struct heard *heard = context;

	heard->problems++;
	snprintf(heard->last, sizeof(heard->last), "%s", why->text);
}

static void on_note(void *context, const char *note)
{
	struct heard *heard = context;

	heard->notes++;
	snprintf(heard->last, sizeof(heard->last), "%s", note);
}

static struct conveyor *conveyor; /* NULL in the first round */

static struct bundle_trust make_trust(void)
{
	return (struct bundle_trust){
	    .conveyor = conveyor,
	    .ca_pem = text_bytes(&keys.ca.certificate),
	    .identities = &keys.identities,
	    .at = FIXTURE_NOW,
	};
}

/* Everything that verify does. */
static bool check(
    struct fake_store *fake, struct heard *heard, struct bundle_reader **out, struct err *err)
{
	struct bundle_trust trust = make_trust();
	const struct bundle_watch watch = {
	    .context = heard, .problem = on_problem, .note = on_note};

	return bundle_open_seal(&fake->store, &trust, &watch, out, err) &&
	       bundle_check_files(*out, false, err) && bundle_open_content(*out, err) &&
	       bundle_check_entries(*out, err) && bundle_check_journal(*out, err) &&
	       bundle_check_toc(*out, err);
}

static void assert_refused(struct fake_store *fake, const char *text)
{
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct heard heard = {0};
	struct err err = {0};

	assert_false(check(fake, &heard, &reader, &err));
	if (!strstr(err.text, text))
		print_error("'%s' is not in: %s\n", text, err.text);
	assert_non_null(strstr(err.text, text));
}

/* The table of contents is compared with whole lines: what ends like one is another. */
static void finds_hashes_in_whole_lines(void **state)
{
	struct fake_store *fake = fixture_liar(&keys, SPOIL_NOTHING, false);
	CLEANUP(text_free) struct text list = {0};
	struct bytes before = fake_store_bytes(fake, MANIFEST_SHA512_NAME);

	(void)state;
	for (size_t i = 0; i < before.len; i++) {
		if (i == 0 || before.at[i - 1] == '\n')
			text_addc(&list, '0');
		text_addc(&list, (char)before.at[i]);
	}
	fixture_liar_replace(fake, MANIFEST_SHA512_NAME, text_bytes(&list));
	fixture_liar_reseal(&keys, fake);
	assert_refused(fake, "what it says of");
	store_free(&fake->store);
}

static void finds_rows_that_lie(void **state)
{
	static const char *const texts[SPOIL_COUNT] = {
	    [SPOIL_HASH] = "not those that its row tells",
	    [SPOIL_PATH] = "of another entry",
	    [SPOIL_SIZE] = "another place or size",
	    [SPOIL_DATA] = "another place or size",
	    [SPOIL_TAR] = "no row tells of it",
	    [SPOIL_VOLUME] = "another volume",
	    [SPOIL_MISSING] = "no row tells of it",
	    [SPOIL_TWICE] = "is there twice",
	    [SPOIL_DANGLING] = "the same as an entry that is not there",
	    [SPOIL_JSON] = "could not be read",
	    [SPOIL_SPARSE] = "sparse_map",
	};

	(void)state;
	for (enum spoil spoil = SPOIL_HASH; spoil < SPOIL_COUNT; spoil++) {
		struct fake_store *fake = fixture_liar(&keys, spoil, false);

		assert_refused(fake, texts[spoil]);
		store_free(&fake->store);
	}
}

static void opens_a_good_one(void **state)
{
	struct fake_store *fake = fixture_liar(&keys, SPOIL_NOTHING, false);
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct heard heard = {0};
	struct bundle_row_view view;
	struct err err = {0};
	size_t index = 0;

	(void)state;
	assert_true(check(fake, &heard, &reader, &err));
	assert_int_equal(heard.problems + heard.notes, 0);
	assert_int_equal(bundle_row_count(reader), LIAR_ENTRIES + 1);
	assert_true(bundle_row_find(reader, bytes_of("fs/C/twin"), &index, NULL));
	assert_true(bundle_row_at(reader, index, &view, NULL));
	assert_false(view.taken);
	assert_true(bytes_equal(view.same_as, bytes_of("fs/C/1.bin")));
	assert_false(bundle_row_find(reader, bytes_of("fs/C/nobody"), &index, NULL));
	assert_false(bundle_row_at(reader, LIAR_ENTRIES + 1, &view, NULL));
	bundle_close(TAKE(reader));
	store_free(&fake->store);
}

/* At any offset and length, over frames and volumes. */
static void reads_members_anywhere(void **state)
{
	struct fake_store *fake = fixture_liar(&keys, SPOIL_NOTHING, false);
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct bundle_trust trust = make_trust();
	uint8_t *want = malloc(fixture_liar_size(LIAR_ENTRIES)),
		*got = malloc(fixture_liar_size(LIAR_ENTRIES));
	uint32_t seed = 7;

	(void)state;
	assert_true(bundle_open(&fake->store, &trust, &reader, NULL));
	for (unsigned i = 0; i < LIAR_ENTRIES + 1; i++) {
		CLEANUP(source_close) struct source *member = NULL;
		char path[32];
		size_t index = 0, read = 0;
		unsigned number = i == LIAR_ENTRIES ? 1 : i; /* the twin is entry 1 */

		snprintf(path, sizeof(path), i == LIAR_ENTRIES ? "fs/C/twin" : "fs/C/%u.bin", i);
		assert_true(bundle_row_find(reader, bytes_of(path), &index, NULL));
		assert_true(bundle_member_open(reader, index, &member, NULL));
		assert_int_equal(member->size, fixture_liar_size(number));
		fixture_liar_fill(want, number);
		for (int k = 0; k < 40; k++) {
			seed = seed * 1664525 + 1013904223;
			size_t at = seed % fixture_liar_size(number);
			size_t len = (seed >> 8) % (fixture_liar_size(number) - at + 1);

			assert_true(source_read_exact(member, at, got, len, NULL));
			assert_memory_equal(got, want + at, len);
		}
		assert_true(
		    member->read(member, fixture_liar_size(number) - 1, got, 100, &read, NULL));
		assert_int_equal(read, 1);
		assert_true(
		    member->read(member, fixture_liar_size(number) + 99, got, 100, &read, NULL));
		assert_int_equal(read, 0);
	}
	free(want);
	free(got);
	bundle_close(TAKE(reader));
	store_free(&fake->store);
}

static void finds_volumes_in_the_wrong_place(void **state)
{
	struct fake_store *fake = fixture_liar(&keys, SPOIL_NOTHING, false);
	struct fake_store *other = fixture_liar(&keys, SPOIL_NOTHING, false);

	(void)state;
	/* Not resealed: the hashes tell, and the key tells what it really is. */
	fixture_liar_copy(fake, "files.002.tar.zst.age", fake, "files.001.tar.zst.age");
	assert_refused(
	    fake, "'files.001.tar.zst.age' is not as it was sealed: it is 'files.002.tar.zst.age'");
	/* Resealed: the volumes' own headers tell. */
	fixture_liar_reseal(&keys, fake);
	assert_refused(fake, "'files.001.tar.zst.age' is another volume of this bundle (number 2)");
	store_free(&fake->store);

	fake = fixture_liar(&keys, SPOIL_NOTHING, false);
	fixture_liar_copy(other, "files.002.tar.zst.age", fake, "files.002.tar.zst.age");
	assert_refused(fake, "it comes from another bundle");
	fixture_liar_reseal(&keys, fake);
	assert_refused(fake, "'files.002.tar.zst.age' comes from another bundle");
	store_free(&fake->store);

	fake = fixture_liar(&keys, SPOIL_NOTHING, false);
	fixture_liar_copy(other, "meta.001.tar.zst.age", fake, "meta.001.tar.zst.age");
	fixture_liar_reseal(&keys, fake);
	assert_refused(fake, "'meta.001.tar.zst.age' comes from another bundle");
	store_free(&fake->store);
	store_free(&other->store);
}

/* The name of the volume behind the last closed one of `files`, plus `more`. */
static const char *volume_after(struct fake_store *fake, uint32_t more)
{
	static char name[VOLUME_NAME_ROOM];
	uint32_t index = 0;

	do
		volume_name_format(BUNDLE_FILES, ++index, name);
	while (fake_store_bytes(fake, name).at);
	volume_name_format(BUNDLE_FILES, index + more, name);
	return name;
}

/* Signs the MANIFEST as it stands but for what `change` does to it. */
static void sign_changed(
    struct fake_store *fake, const struct seal_key *seal, void (*change)(struct manifest *))
{
	CLEANUP(manifest_free) struct manifest manifest = {0};
	CLEANUP(text_free) struct text text = {0};
	CLEANUP(text_free) struct text p7s = {0};

	assert_true(manifest_parse(fake_store_bytes(fake, MANIFEST_NAME), &manifest, NULL));
	change(&manifest);
	assert_true(manifest_format(&manifest, &text, NULL));
	assert_true(seal_sign(seal, text_bytes(&text), FIXTURE_NOW, &p7s, NULL));
	fixture_liar_replace(fake, MANIFEST_NAME, text_bytes(&text));
	fixture_liar_replace(fake, MANIFEST_SEAL_NAME, text_bytes(&p7s));
}

static void leave(struct manifest *manifest)
{
	(void)manifest;
}

static void change_journal(struct manifest *manifest)
{
	manifest->journal_head[0] ^= 1;
}

static void finds_a_manifest_of_others(void **state)
{
	struct fake_store *fake = fixture_liar(&keys, SPOIL_NOTHING, false);
	struct issued other = {0};
	struct seal_key *seal = NULL;

	(void)state;
	/* A good seal by another kit of the same office. */
	assert_true(issue_seal(&keys.ca, "other kit", FIXTURE_NOW, 90, &other, NULL));
	assert_true(seal_key_load(text_bytes(&other.certificate), text_bytes(&keys.ca.certificate),
	    text_bytes(&other.key), &seal, NULL));
	sign_changed(fake, seal, leave);
	assert_refused(fake, "names another seal certificate");
	seal_key_free(seal);
	issued_free(&other);
	sign_changed(fake, keys.seal, leave);
	sign_changed(fake, keys.seal, change_journal);
	assert_refused(fake, "'meta/journal.jsonl' is not the one");
	store_free(&fake->store);
}

/* Of another run under the same collection id: only the chain of hashes in the headers tells. */
static void finds_volumes_of_another_run(void **state)
{
	struct fake_store *fake = fixture_liar(&keys, SPOIL_NOTHING, false);
	struct fake_store *again = fixture_liar_again(&keys);

	(void)state;
	fixture_liar_copy(again, "files.002.tar.zst.age", fake, "files.002.tar.zst.age");
	fixture_liar_reseal(&keys, fake);
	assert_refused(fake, "'files.002.tar.zst.age' does not follow the volume before it");
	store_free(&fake->store);
	store_free(&again->store);
}

static void finds_volumes_left_out(void **state)
{
	struct fake_store *fake = fixture_liar(&keys, SPOIL_NOTHING, false);

	(void)state;
	assert_true(fake->store.remove(&fake->store, "files.002.tar.zst.age", NULL));
	assert_refused(fake, "'files.002.tar.zst.age' was sealed and is missing");
	fixture_liar_reseal(&keys, fake);
	assert_refused(fake, "volumes of 'files' numbered up to");
	store_free(&fake->store);

	/* The last of its set: nothing but the rows know that there was one more. */
	fake = fixture_liar(&keys, SPOIL_NOTHING, false);
	uint32_t before_last = (uint32_t)-1;

	assert_true(fake->store.remove(&fake->store, volume_after(fake, before_last), NULL));
	fixture_liar_reseal(&keys, fake);
	assert_refused(fake, "the tar ends inside an entry");
	store_free(&fake->store);
}

static void tolerates_what_a_cut_off_run_leaves(void **state)
{
	struct fake_store *fake = fixture_liar(&keys, SPOIL_NOTHING, true);
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct bundle_facts facts;
	struct heard heard = {0};
	struct err err = {0};

	(void)state;
	/* The writer was freed with a volume open: .part */
	assert_true(check(fake, &heard, &reader, &err));
	bundle_facts(reader, &facts);
	assert_false(facts.complete);
	assert_int_equal(heard.problems, 0);
	bundle_close(TAKE(reader));
	/* A volume closed since the seal, and a seal half written. */
	heard = (struct heard){0};
	fixture_liar_copy(fake, "files.001.tar.zst.age", fake, volume_after(fake, 0));
	fixture_liar_replace(fake, MANIFEST_SEAL_NAME ".new", bytes_of("half"));
	assert_true(check(fake, &heard, &reader, &err));
	assert_int_equal(heard.problems, 0);
	bundle_close(TAKE(reader));
	/* But not two of them, and not a file of no kind. */
	fixture_liar_copy(fake, "files.001.tar.zst.age", fake, volume_after(fake, 0));
	assert_refused(fake, "was added");
	store_free(&fake->store);
}

static void takes_the_new_seal(void **state)
{
	struct fake_store *fake = fixture_liar(&keys, SPOIL_NOTHING, true);
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct bundle_facts facts;
	struct heard heard = {0};
	struct err err = {0};

	(void)state;
	/* As a plug pulled between the two renames leaves it. */
	fixture_liar_copy(fake, MANIFEST_SEAL_NAME, fake, MANIFEST_SEAL_NAME ".new");
	fixture_liar_replace(fake, MANIFEST_SEAL_NAME, bytes_of("the seal before"));
	assert_true(check(fake, &heard, &reader, &err));
	bundle_facts(reader, &facts);
	assert_string_equal(facts.seal_file, MANIFEST_SEAL_NAME ".new");
	assert_int_equal(heard.problems, 0);
	assert_true(heard.notes >= 1);
	bundle_close(TAKE(reader));
	/* Years later that is what is wrong, not that the other one does not fit. */
	struct bundle_trust trust = make_trust();

	trust.at = FIXTURE_NOW + (uint64_t)3650 * 864000000000;
	assert_false(bundle_open_seal(&fake->store, &trust, NULL, &reader, &err));
	assert_int_equal(err.kind, ERR_UNTRUSTED);
	assert_non_null(strstr(err.text, "'MANIFEST.p7s.new'"));
	assert_non_null(strstr(err.text, "expired"));
	/* Nor is it one put beside a seal that fits and has expired. */
	fixture_liar_copy(fake, MANIFEST_SEAL_NAME ".new", fake, MANIFEST_SEAL_NAME);
	assert_false(bundle_open_seal(&fake->store, &trust, NULL, &reader, &err));
	assert_null(strstr(err.text, ".new"));
	store_free(&fake->store);
}

/* As FAT leaves it, which removes the old file before it renames the new one. */
static void takes_the_new_manifest(void **state)
{
	struct fake_store *fake = fixture_liar(&keys, SPOIL_NOTHING, false);
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct heard heard = {0};
	struct err err = {0};

	(void)state;
	assert_true(fake->store.rename(&fake->store, MANIFEST_NAME, MANIFEST_NAME ".new", NULL));
	fixture_liar_copy(fake, MANIFEST_SEAL_NAME, fake, MANIFEST_SEAL_NAME ".new");
	fixture_liar_replace(fake, MANIFEST_SEAL_NAME, bytes_of("the seal before"));
	assert_true(check(fake, &heard, &reader, &err));
	assert_int_equal(heard.problems, 0);
	bundle_close(TAKE(reader));
	/* Beside a MANIFEST in its place, and in a complete bundle, it is an addition. */
	fixture_liar_copy(fake, MANIFEST_NAME ".new", fake, MANIFEST_NAME);
	assert_refused(fake, "'MANIFEST.sha256.new' was added");
	assert_true(fake->store.remove(&fake->store, MANIFEST_NAME ".new", NULL));
	fixture_liar_copy(fake, "files.001.tar.zst.age", fake, "files.001.tar.zst.age.cut1");
	assert_refused(fake, "'files.001.tar.zst.age.cut1' was added");
	store_free(&fake->store);
}

/* Whatever read fails, verification fails too, and says that it was the disk. */
static void a_failing_disk_is_no_forgery(void **state)
{
	struct fake_store *fake = fixture_liar(&keys, SPOIL_NOTHING, false);
	struct fake_flaky flaky;
	struct bundle_trust trust = make_trust();
	struct heard heard = {0};
	const struct bundle_watch watch = {.context = &heard, .problem = on_problem};
	uint64_t reads;

	(void)state;
	fake_flaky_over(&flaky, &fake->store);
	for (reads = 1; flaky.fail_at <= reads; flaky.fail_at++) {
		struct bundle_reader *reader = NULL;
		struct err err = {0};

		flaky.reads = 0;
		bool good =
		    bundle_open_seal(&flaky.store, &trust, &watch, &reader, &err) &&
		    bundle_check_files(reader, true, &err) && bundle_open_content(reader, &err) &&
		    bundle_check_entries(reader, &err) && bundle_check_journal(reader, &err);

		bundle_close(reader);
		assert_int_equal(good, flaky.fail_at == 0);
		assert_int_equal(err.kind, good ? ERR_NONE : ERR_IO);
		if (good)
			reads = flaky.reads;
	}
	print_message("%u reads\n", (unsigned)reads);
	store_free(&fake->store);
}

static void says_which_key_is_wrong(void **state)
{
	struct fake_store *fake = fixture_liar(&keys, SPOIL_NOTHING, false);
	struct fixture_seal other = {0};
	struct bundle_trust trust = make_trust();
	struct bundle_reader *reader = NULL;
	struct err err = {0};

	(void)state;
	assert_true(fixture_seal_make(&other, NULL));
	trust.identities = &other.identities;
	assert_false(bundle_open(&fake->store, &trust, &reader, &err));
	assert_int_equal(err.kind, ERR_KEY);
	trust.identities = NULL;
	assert_false(bundle_open(&fake->store, &trust, &reader, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	trust = make_trust();
	trust.ca_pem = text_bytes(&other.ca.certificate);
	assert_false(bundle_open(&fake->store, &trust, &reader, &err));
	assert_int_equal(err.kind, ERR_UNTRUSTED);
	trust.ca_pem = (struct bytes){0};
	assert_false(bundle_open(&fake->store, &trust, &reader, &err));
	trust.unverified = true;
	assert_true(bundle_open(&fake->store, &trust, &reader, &err));
	bundle_close(reader);
	fixture_seal_free(&other);
	store_free(&fake->store);
}

/* Whatever read fails, the reader says so and does not lie. */
static void brings_out_the_rest_when_unverified(void **state)
{
	struct fake_store *fake = fixture_liar(&keys, SPOIL_NOTHING, false);
	CLEANUP(text_free) struct text volume = {0};
	struct bundle_trust trust = make_trust();
	struct heard heard = {0};
	const struct bundle_watch watch = {.context = &heard, .problem = on_problem};
	struct bundle_reader *reader = NULL;
	struct err err = {0};
	unsigned good = 0;

	(void)state;
	text_add(&volume, fake_store_bytes(fake, "files.002.tar.zst.age"));
	volume.at[volume.len - 20] ^= 1; /* its last chunk: the volume does not open */
	fixture_liar_replace(fake, "files.002.tar.zst.age", text_bytes(&volume));
	trust.unverified = true;
	assert_true(bundle_open_seal(&fake->store, &trust, &watch, &reader, &err));
	assert_false(bundle_check_files(reader, true, &err));
	assert_true(bundle_open_content(reader, &err));
	for (unsigned i = 0; i < LIAR_ENTRIES; i++) {
		CLEANUP(source_close) struct source *member = NULL;
		CLEANUP(free_memory) uint8_t *got = malloc(fixture_liar_size(i));
		CLEANUP(free_memory) uint8_t *want = malloc(fixture_liar_size(i));
		char path[32];
		size_t index = 0;

		snprintf(path, sizeof(path), "fs/C/%u.bin", i);
		fixture_liar_fill(want, i);
		assert_true(bundle_row_find(reader, bytes_of(path), &index, NULL));
		if (!bundle_member_open(reader, index, &member, &err) ||
		    !source_read_exact(member, 0, got, fixture_liar_size(i), &err))
			continue;
		assert_memory_equal(got, want, fixture_liar_size(i));
		good++;
	}
	assert_true(good >= 3 && good < LIAR_ENTRIES);
	assert_true(heard.problems >= 2);
	bundle_close(reader);
	store_free(&fake->store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(opens_a_good_one),
	    cmocka_unit_test(reads_members_anywhere),
	    cmocka_unit_test(finds_rows_that_lie),
	    cmocka_unit_test(finds_hashes_in_whole_lines),
	    cmocka_unit_test(finds_volumes_in_the_wrong_place),
	    cmocka_unit_test(finds_a_manifest_of_others),
	    cmocka_unit_test(finds_volumes_of_another_run),
	    cmocka_unit_test(finds_volumes_left_out),
	    cmocka_unit_test(tolerates_what_a_cut_off_run_leaves),
	    cmocka_unit_test(takes_the_new_seal),
	    cmocka_unit_test(takes_the_new_manifest),
	    cmocka_unit_test(a_failing_disk_is_no_forgery),
	    cmocka_unit_test(says_which_key_is_wrong),
	    cmocka_unit_test(brings_out_the_rest_when_unverified),
	};

	int failed = cmocka_run_group_tests(tests, set_up, tear_down);

	/* The same with threads; but the failing disk counts its reads, which come in any order then. */
	if (!conveyor_new(2, &conveyor, NULL))
		return 1;
	cmocka_set_skip_filter("a_failing_disk*");
	failed += cmocka_run_group_tests(tests, set_up, tear_down);
	conveyor_free(conveyor);
	return failed;
}
