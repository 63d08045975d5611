/* Volume files: the hashes that are made on the way, on the writer's thread or with the second one beside it, are those of the
 * file; one that is given up half way leaves nothing under way. */
#include "unit.h"

#include "fake_store.h"

#include "bundle/volume.h"
#include "core/array.h"
#include "platform/conveyor.h"

#include <stdio.h>

static const size_t sizes[] = {0, 1, 65536, 262143, 262144, 262145, 5 << 20};

/* Writes `len` bytes in pieces of many sizes; gives up before the end when told to. */
static void write_one(struct fake_store *fake, struct conveyor *beside, size_t len, bool finishes)
{
	struct volume_hashes hashes = {0};
	CLEANUP(sink_free) struct sink *volume = NULL;
	static uint8_t piece[300000];
	uint32_t seed = (uint32_t)len;
	size_t left = len;

	assert_true(volume_create(&fake->store, "v.age", beside, &hashes, &volume, NULL));
	while (left) {
		seed = seed * 1664525 + 1013904223;
		size_t take = (seed >> 8) % sizeof(piece) + 1;

		take = take < left ? take : left;
		for (size_t i = 0; i < take; i++)
			piece[i] = (uint8_t)(seed >> 24 ^ i * 31);
		assert_true(volume->write(volume, (struct bytes){piece, take}, NULL));
		left -= take;
	}
	if (!finishes)
		return;
	CLEANUP(hash_free) struct hash *sha512 = hash_new(HASH_SHA512);
	uint8_t want256[SHA256_LEN], want512[SHA512_LEN];

	assert_true(volume->finish(volume, NULL));
	struct bytes file = fake_store_bytes(fake, "v.age");

	assert_int_equal(file.len, len);
	hash_sha256(file, want256);
	hash_add(sha512, file);
	hash_take(sha512, want512);
	assert_memory_equal(hashes.sha256, want256, SHA256_LEN);
	assert_memory_equal(hashes.sha512, want512, SHA512_LEN);
	assert_int_equal(hashes.bytes, len);
}

static void write_all(struct conveyor *beside)
{
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct fake_store *fake = fake_store_new();

		assert_non_null(fake);
		write_one(fake, beside, sizes[i], false);
		assert_true(fake->store.remove(&fake->store, "v.age.part", NULL));
		write_one(fake, beside, sizes[i], true);
		store_free(&fake->store);
	}
}

static void hashes_what_it_writes(void **state)
{
	(void)state;
	write_all(NULL);
	/* In order also with more hands than one. */
	for (unsigned hands = 1; hands <= CONVEYOR_HANDS_MAX; hands++) {
		CLEANUP(conveyor_free) struct conveyor *conveyor = NULL, *beside = NULL;

		assert_true(conveyor_new(hands, &conveyor, NULL));
		assert_true(conveyor_new_beside(conveyor, VOLUME_BESIDE_DEPTH, &beside, NULL));
		write_all(beside);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(hashes_what_it_writes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
