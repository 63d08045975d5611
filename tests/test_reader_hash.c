/* One large volume hashed by one thread while others read ahead, or in lanes with others: the same verdicts. */
#include "unit.h"

#include "fake_flaky.h"
#include "fixture_bundle.h"
#include "fixture_conveyor.h"

#include "bundle/manifest.h"
#include "core/array.h"

#include <string.h>

#define MIB ((size_t)1 << 20)

static uint64_t stop_at; /* bytes hashed; 0: never */

static bool on_progress(void *context, const char *phase, uint64_t done, uint64_t total)
{
	(void)context;
	assert_string_equal(phase, "hash");
	assert_true(done <= total);
	return stop_at == 0 || done < stop_at;
}

/* One entry a volume. */
static struct fake_store *make_bundle(const size_t *sizes, size_t count)
{
	struct fake_store *fake = fake_store_new();
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	char name[32], number[SHA256_HEX_ROOM];

	assert_non_null(fake);
	struct bundle_plan plan = fixture_plan(fake);

	plan.limits.rotate_bytes = MIB;
	assert_true(bundle_create(&fake->store, &plan, &writer, NULL));
	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "fs/C/%zu", i);
		assert_true(fixture_entry(writer, BUNDLE_FILES, name, sizes[i], NULL));
	}
	assert_true(bundle_finish(writer, (struct bytes){0}, (struct bytes){0}, number, NULL));
	return fake;
}

static bool check_store(struct store *store, struct err *err)
{
	struct bundle_trust trust = fixture_trust();
	const struct bundle_watch watch = {.progress = on_progress};
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;

	trust.conveyor = fixture_conveyor;
	return bundle_open_seal(store, &trust, &watch, &reader, err) &&
	       bundle_check_files(reader, true, err);
}

static bool check(struct fake_store *fake, struct err *err)
{
	return check_store(&fake->store, err);
}

/* Bytes here and there in that volume, one after the other. */
static void flip(struct fake_store *fake, const char *name)
{
	struct bytes volume = fake_store_bytes(fake, name);
	const size_t places[] = {0, 4 * MIB, 4 * MIB + 1, volume.len / 2, volume.len - 1};
	char want[128];

	snprintf(want, sizeof(want), "'%s' is not as it was sealed", name);
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		uint8_t *byte = (uint8_t *)(uintptr_t)volume.at + places[i] % volume.len;
		struct err err = {0};

		*byte ^= 0x10;
		assert_false(check(fake, &err));
		assert_non_null(strstr(err.text, want));
		*byte ^= 0x10;
	}
	assert_true(check(fake, NULL));
}

static void hashes_one_large_volume(void **state)
{
	static const size_t sizes[] = {22 * MIB + 5};
	struct fake_store *fake = make_bundle(sizes, ARRAY_LEN(sizes));

	(void)state;
	assert_true(check(fake, NULL));
	flip(fake, "files.001.tar.zst.age");
	store_free(&fake->store);
}

static void hashes_a_large_one_among_others(void **state)
{
	static const size_t sizes[] = {2 * MIB, 22 * MIB, 6 * MIB, 3 * MIB};
	struct fake_store *fake = make_bundle(sizes, ARRAY_LEN(sizes));

	(void)state;
	assert_true(check(fake, NULL));
	flip(fake, "files.002.tar.zst.age");
	flip(fake, "files.004.tar.zst.age");
	store_free(&fake->store);
}

static void stops_when_told(void **state)
{
	static const size_t sizes[] = {22 * MIB};
	struct fake_store *fake = make_bundle(sizes, ARRAY_LEN(sizes));

	(void)state;
	for (stop_at = 1; stop_at < 23 * MIB; stop_at += 3 * MIB) {
		struct err err = {0};

		assert_false(check(fake, &err));
		assert_int_equal(err.kind, ERR_STOPPED);
	}
	stop_at = 0;
	store_free(&fake->store);
}

static void tells_what_it_cannot_read(void **state)
{
	static const size_t sizes[] = {22 * MIB};
	struct fake_store *fake = make_bundle(sizes, ARRAY_LEN(sizes));
	struct fake_flaky flaky;
	uint64_t reads = 1;

	(void)state;
	fake_flaky_over(&flaky, &fake->store);
	/* It counts its reads on one thread only. */
	for (uint64_t fail_at = 0;
	     fail_at < reads && !(fixture_conveyor && fixture_conveyor->depth > 2); fail_at++) {
		flaky.reads = 0;
		flaky.fail_at = fail_at;
		assert_int_equal(check_store(&flaky.store, NULL), fail_at == 0);
		reads = fail_at == 0 ? flaky.reads + 1 : reads;
	}
	store_free(&fake->store);
}

static int run_all(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hashes_one_large_volume),
	    cmocka_unit_test(hashes_a_large_one_among_others),
	    cmocka_unit_test(stops_when_told),
	    cmocka_unit_test(tells_what_it_cannot_read),
	};

	return cmocka_run_group_tests(tests, fixture_keys_make, fixture_keys_free);
}

int main(void)
{
	return fixture_conveyor_rounds(2, run_all);
}
