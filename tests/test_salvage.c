/* Salvage in memory: a bundle cut at many places and spoiled at random gives back what was not hit, to the byte, and calls
 * nothing whole that is not. */
#include "tests/unit.h"

#include "bundle/manifest.h"
#include "bundle/salvage.h"
#include "core/array.h"
#include "core/hash.h"
#include "tests/fixture_bundle.h"

#include <stdio.h>
#include <stdlib.h>

#define ENTRIES 12
#define ROUNDS  120
#define KIB     ((size_t)1024)

struct seen {
	struct text content;
	size_t count[ENTRIES]; /* times that it came */
	bool whole[ENTRIES], has_row[ENTRIES];
	uint8_t sha256[ENTRIES][SHA256_LEN];
	int current;
};

static unsigned stop_after; /* so many entries; 0: never */

static size_t size_of(int entry)
{
	return (size_t)(entry * 37 % 11) * 30 * KIB + (size_t)entry * 7;
}

static int number_of(struct bytes path)
{
	int number = -1;

	if (path.len == 6 && memcmp(path.at, "fs/C/", 5) == 0)
		number = path.at[5] - 'a';
	return number >= 0 && number < ENTRIES ? number : -1;
}

static bool on_begin(void *context, struct bytes path, uint64_t size, struct err *err)
{
	struct seen *seen = context;

	(void)err;
	text_clear(&seen->content);
	seen->current = number_of(path);
	assert_true(seen->current < 0 || size == size_of(seen->current));
	return true;
}

static bool on_write(void *context, uint64_t at, struct bytes piece, struct err *err)
{
	struct seen *seen = context;

	(void)err;
	assert_true(at >= seen->content.len);
	while (seen->content.len < at)
		text_addc(&seen->content, '\0');
	text_add(&seen->content, piece);
	return true;
}

static bool on_end(void *context, const struct salvage_entry *entry, struct err *err)
{
	struct seen *seen = context;
	int number = number_of(entry->path);

	if (number < 0)
		return true;
	seen->count[number]++;
	seen->whole[number] = entry->state == SALVAGE_WHOLE;
	seen->has_row[number] = entry->has_row;
	if (entry->state == SALVAGE_WHOLE) {
		assert_int_equal(seen->content.len, size_of(number));
		hash_sha256(text_bytes(&seen->content), seen->sha256[number]);
	}
	text_clear(&seen->content);
	return stop_after == 0 || --stop_after || fail(err, ERR_STOPPED, "stopped");
}

static bool on_refused(void *context, const char *set, const struct err *why, struct err *err)
{
	(void)context;
	(void)err;
	assert_non_null(set);
	assert_true(why->kind != ERR_NONE);
	return true;
}

static void on_volume(void *context, const char *name, const struct err *why)
{
	(void)context;
	assert_non_null(name);
	assert_true(why->kind != ERR_NONE);
}

static struct fake_store *make_bundle_of(struct bundle_limits limits)
{
	struct fake_store *fake = fake_store_new();
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	struct bundle_plan plan = fixture_plan(fake);
	char number[SHA256_HEX_ROOM];
	char name[] = "fs/C/?";

	plan.limits = limits;
	assert_true(bundle_create(&fake->store, &plan, &writer, NULL));
	for (int i = 0; i < ENTRIES; i++) {
		name[5] = (char)('a' + i);
		assert_true(fixture_entry(writer, BUNDLE_FILES, name, size_of(i), NULL));
	}
	assert_true(bundle_finish(writer, (struct bytes){0}, (struct bytes){0}, number, NULL));
	return fake;
}

static struct fake_store *make_bundle(void)
{
	return make_bundle_of(
	    (struct bundle_limits){.rotate_bytes = 500 * KIB, .volume_bytes = 700 * KIB});
}

static bool run_with(struct fake_store *fake, const struct fixture_seal *keys, struct seen *seen,
    struct salvage_totals *totals, struct err *err)
{
	CLEANUP(age_identities_free) struct age_identities identities = {0};
	const struct salvage_output output = {
	    seen, on_begin, on_write, on_end, on_refused, on_volume};

	*seen = (struct seen){.content.ceiling = 4096 * KIB};
	for (size_t i = 0; i < keys->identities.count; i++)
		assert_true(
		    age_identities_add(&identities, bytes_of(keys->identities.at[i]), NULL));
	bool ok = salvage_run(&fake->store, &identities, NULL, &output, totals, err);

	text_free(&seen->content);
	return ok;
}

static bool run(struct fake_store *fake, struct seen *seen, struct salvage_totals *totals)
{
	return run_with(fake, &fixture_keys, seen, totals, NULL);
}

/* Nothing twice, and what is whole is the same as in the sound bundle. */
static size_t count_whole(const struct seen *seen, const struct seen *sound)
{
	size_t whole = 0;

	for (int i = 0; i < ENTRIES; i++) {
		assert_true(seen->count[i] <= 1);
		if (!seen->whole[i])
			continue;
		assert_memory_equal(seen->sha256[i], sound->sha256[i], SHA256_LEN);
		whole++;
	}
	return whole;
}

static void test_sound(void **state)
{
	struct fake_store *fake = make_bundle();
	struct salvage_totals totals;
	struct seen seen;

	(void)state;
	assert_true(run(fake, &seen, &totals));
	assert_int_equal(count_whole(&seen, &seen), ENTRIES);
	assert_int_equal(totals.partial + totals.lost + totals.volumes_bad, 0);
	for (int i = 0; i < ENTRIES; i++)
		assert_true(seen.has_row[i]);
	store_free(&fake->store);
}

/* What was not come to is counted, and nothing twice. */
static void test_stopped(void **state)
{
	struct fake_store *fake = make_bundle();
	struct salvage_totals totals;
	struct seen seen;
	struct err err = {0};

	(void)state;
	stop_after = 3;
	assert_false(run_with(fake, &fixture_keys, &seen, &totals, &err));
	assert_int_equal(err.kind, ERR_STOPPED);
	assert_int_equal(totals.whole - totals.without_row, 3);
	assert_int_equal(totals.left, ENTRIES - 3);
	assert_int_equal(stop_after, 0);
	assert_true(run(fake, &seen, &totals));
	assert_int_equal(totals.left, 0);
	assert_int_equal(totals.whole - totals.without_row, ENTRIES);
	store_free(&fake->store);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* With or without rows, bits flipped in a few volumes. */
static void test_flips(void **state)
{
	struct fake_store *fake = make_bundle();
	struct salvage_totals totals;
	struct seen sound, seen;
	uint32_t seed = 11;
	size_t most = 0, least = ENTRIES;

	(void)state;
	assert_true(run(fake, &sound, &totals));
	for (int round = 0; round < ROUNDS; round++) {
		char name[40];
		uint8_t *bits[4];
		size_t flips = 1 + next_random(&seed) % 4;

		for (size_t i = 0; i < flips; i++) {
			snprintf(name, sizeof(name), "%s.%03u.tar.zst.age",
			    next_random(&seed) % 4 ? "files" : "meta", 1 + next_random(&seed) % 3);
			struct bytes file = fake_store_bytes(fake, name);

			assert_non_null(file.at);
			bits[i] = (uint8_t *)(uintptr_t)file.at + next_random(&seed) % file.len;
			*bits[i] ^= 0x10;
		}
		assert_true(run(fake, &seen, &totals));
		size_t whole = count_whole(&seen, &sound);

		most = whole > most ? whole : most;
		least = whole < least ? whole : least;
		for (size_t i = 0; i < flips; i++)
			*bits[i] ^= 0x10;
	}
	assert_true(most >= ENTRIES - 4);
	assert_true(least < ENTRIES);
	store_free(&fake->store);
}

/* Without MANIFEST and meta all is there; without a volume, what lay in it. */
static void test_removed(void **state)
{
	struct fake_store *fake = make_bundle();
	CLEANUP(text_list_free) struct text_list names = {0};
	struct salvage_totals totals;
	struct seen sound, seen;

	(void)state;
	assert_true(run(fake, &sound, &totals));
	assert_true(fake->store.list(&fake->store, &names, NULL));
	for (size_t i = 0; i < names.count; i++)
		if (strncmp(names.at[i], "files.", 6) != 0)
			assert_true(fake->store.remove(&fake->store, names.at[i], NULL));
	assert_true(run(fake, &seen, &totals));
	assert_int_equal(count_whole(&seen, &sound), ENTRIES);
	assert_false(seen.has_row[0]);
	assert_true(fake->store.remove(&fake->store, "files.002.tar.zst.age", NULL));
	assert_true(run(fake, &seen, &totals));
	assert_int_equal(totals.volumes_missing, 1);
	assert_true(count_whole(&seen, &sound) >= ENTRIES / 2);
	for (unsigned i = 1; i < 30; i++) {
		char name[40];

		snprintf(name, sizeof(name), "files.%03u.tar.zst.age", i);
		(void)!fake->store.remove(&fake->store, name, NULL);
	}
	assert_false(run(fake, &seen, &totals));
	store_free(&fake->store);
}

static void copy_file(struct fake_store *from, const char *name, struct fake_store *to)
{
	CLEANUP(sink_free) struct sink *file = NULL;

	(void)!to->store.remove(&to->store, name, NULL);
	assert_true(to->store.create(&to->store, name, &file, NULL));
	assert_true(file->write(file, fake_store_bytes(from, name), NULL));
	assert_true(file->finish(file, NULL));
}

/* Whoever knows the recipients can make volumes of another bundle. This one is what the MANIFEST says, if there are volumes
 * of it, else what most of them say: the first of meta alone decides nothing. */
static void test_foreign_volumes(void **state)
{
	struct fake_store *fake = make_bundle(), *other = make_bundle();
	CLEANUP(store_free) struct store *store = &fake->store;
	CLEANUP(store_free) struct store *another = &other->store;
	CLEANUP(text_list_free) struct text_list names = {0};
	struct salvage_totals totals;
	struct seen sound, seen;

	(void)state;
	assert_true(run(fake, &sound, &totals));
	assert_true(store->rename(store, MANIFEST_NAME, "kept", NULL));
	copy_file(other, MANIFEST_NAME, fake);
	assert_true(run(fake, &seen, &totals));
	assert_int_equal(totals.volumes_bad, 0);
	assert_true(store->remove(store, MANIFEST_NAME, NULL));
	copy_file(other, "meta.001.tar.zst.age", fake);
	assert_true(run(fake, &seen, &totals));
	assert_int_equal(count_whole(&seen, &sound), ENTRIES);
	assert_int_equal(totals.volumes_bad, 1);
	/* A single one is left, and the MANIFEST. */
	assert_true(store->rename(store, "kept", MANIFEST_NAME, NULL));
	assert_true(another->list(another, &names, NULL));
	for (size_t i = 0; i < names.count; i++)
		if (strstr(names.at[i], ".age") && strcmp(names.at[i], "files.001.tar.zst.age"))
			copy_file(other, names.at[i], fake);
	assert_true(run(fake, &seen, &totals));
	assert_true(totals.volumes > 4);
	assert_int_equal(totals.volumes_bad, totals.volumes - 1);
	assert_true(count_whole(&seen, &sound) > 0);
}

/* A bad sector at the end of a volume costs what lies there, also of what a run set aside because of it. */
static void test_bad_end(void **state)
{
	struct fake_store *fake = make_bundle();
	CLEANUP(store_free) struct store *store = &fake->store;
	static const char name[] = "files.001.tar.zst.age";
	char aside[64];
	struct salvage_totals totals;
	struct seen sound, seen;

	(void)state;
	assert_true(run(fake, &sound, &totals));
	assert_true(store->rename(store, name, "kept", NULL));
	assert_true(run(fake, &seen, &totals));
	size_t without = count_whole(&seen, &sound);

	assert_true(store->rename(store, "kept", name, NULL));
	fake_store_spoil(fake, name);
	assert_true(run(fake, &seen, &totals));
	assert_int_equal(totals.volumes_bad, 1);
	size_t with = count_whole(&seen, &sound);

	assert_true(with > without && with < ENTRIES);
	snprintf(aside, sizeof(aside), "%s.unread1", name);
	assert_true(store->rename(store, name, aside, NULL));
	assert_true(run(fake, &seen, &totals));
	assert_int_equal(count_whole(&seen, &sound), with);
}

/* A bad sector costs what a wrong bit there costs, also behind the age header, where it is read together with it. */
static void test_bad_sector(void **state)
{
	struct fake_store *fake = make_bundle_of((struct bundle_limits){0}); /* a few frames */
	CLEANUP(store_free) struct store *store UNUSED = &fake->store;
	static const char name[] = "files.001.tar.zst.age";
	struct bytes file = fake_store_bytes(fake, name);
	const size_t places[] = {700, 2048, 4000, 4096, file.len / 3, file.len / 2};
	struct salvage_totals totals;
	struct seen sound, flipped, seen;

	(void)state;
	assert_true(run(fake, &sound, &totals));
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		uint8_t *bit = (uint8_t *)(uintptr_t)file.at + places[i] + 100;

		*bit ^= 1;
		assert_true(run(fake, &flipped, &totals));
		*bit ^= 1;
		fake_store_spoil_at(fake, name, places[i], 512);
		assert_true(run(fake, &seen, &totals));
		fake_store_spoil_at(fake, name, 0, 0);
		assert_memory_equal(seen.whole, flipped.whole, sizeof(seen.whole));
		assert_in_range(count_whole(&seen, &sound), 2, ENTRIES - 1);
	}
}

/* Another's key opens nothing, whatever the files are called: that is an error. */
static void test_wrong_key(void **state)
{
	struct fake_store *fake = make_bundle();
	CLEANUP(store_free) struct store *store = &fake->store;
	CLEANUP(text_list_free) struct text_list names = {0};
	struct fixture_seal other = {0};
	struct salvage_totals totals;
	struct seen seen;

	(void)state;
	assert_true(fixture_seal_make(&other, NULL));
	assert_true(store->list(store, &names, NULL));
	for (int are_cuts = 0; are_cuts < 2; are_cuts++) {
		struct err err = {0};

		assert_false(run_with(fake, &other, &seen, &totals, &err));
		assert_int_equal(err.kind, ERR_KEY);
		for (size_t i = 0; i < names.count && !are_cuts; i++) {
			char cut[64];

			snprintf(cut, sizeof(cut), "%s.cut1", names.at[i]);
			assert_true(store->rename(store, names.at[i], cut, NULL));
		}
	}
	/* What was set aside is enough for who has the key. */
	assert_true(run(fake, &seen, &totals));
	assert_true(count_whole(&seen, &seen) > 0);
	fixture_seal_free(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sound),
	    cmocka_unit_test(test_stopped),
	    cmocka_unit_test(test_flips),
	    cmocka_unit_test(test_removed),
	    cmocka_unit_test(test_bad_end),
	    cmocka_unit_test(test_bad_sector),
	    cmocka_unit_test(test_wrong_key),
	    cmocka_unit_test(test_foreign_volumes),
	};

	return cmocka_run_group_tests(tests, fixture_keys_make, fixture_keys_free);
}
