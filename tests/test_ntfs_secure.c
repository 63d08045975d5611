/* $Secure:$SDS: ids, hashes, mirror copies, forged entries. */
#include "tests/unit.h"

#include "formats/ntfs/limits.h"
#include "formats/ntfs/secure.h"
#include "tests/fake_source.h"
#include "tests/fixture_ntfs.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK ((size_t)256 << 10)
#define SIZE  (3 * BLOCK) /* two blocks of descriptors, the first one's mirror between them */

struct sample {
	uint8_t *at;
	size_t next; /* where the next entry goes */
	struct fake_source *raw;
	struct ntfs_secure *secure;
};

static uint32_t hash_of(const uint8_t *at, size_t len)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < len; i += 4)
		hash = (hash << 3 | hash >> 29) + le32(at + i);
	return hash;
}

/* A descriptor with an owner alone: S-1-5-<who>. */
static size_t put_descriptor(uint8_t *to, uint32_t who)
{
	memset(to, 0, 32);
	to[0] = 1;
	put_le16(to + 2, 0x8000);
	put_le32(to + 4, 20);
	to[20] = 1;
	to[21] = 1;
	to[27] = 5;
	put_le32(to + 28, who);
	return 32;
}

/* Adds an entry and its mirror copy. Returns where it lies. */
static size_t put(struct sample *s, uint32_t id, uint32_t who)
{
	size_t at = s->next;
	uint8_t *p = s->at + at;
	size_t len = put_descriptor(p + 20, who);

	put_le32(p, hash_of(p + 20, len));
	put_le32(p + 4, id);
	put_le64(p + 8, at);
	put_le32(p + 16, (uint32_t)(20 + len));
	if (at + BLOCK + 20 + len <= SIZE)
		memcpy(p + BLOCK, p, 20 + len);
	s->next += 64;
	return at;
}

static void begin(struct sample *s)
{
	*s = (struct sample){.at = calloc(1, SIZE)};
	assert_non_null(s->at);
}

static void open(struct sample *s)
{
	s->raw = fake_source_new((struct bytes){s->at, SIZE});
	assert_non_null(s->raw);
	assert_true(ntfs_secure_open_sds(&s->raw->source, &s->secure, NULL));
}

static void end(struct sample *s)
{
	ntfs_secure_close(s->secure);
	source_close(&s->raw->source);
	free(s->at);
}

static void check(struct sample *s, uint32_t id, const char *owner)
{
	struct ntfs_security security;
	struct err err = {0};

	assert_true(ntfs_secure_find(s->secure, id, &security, &err));
	assert_true(bytes_equal(security.owner, bytes_of(owner)));
}

static void check_kind(struct sample *s, uint32_t id, enum err_kind kind)
{
	struct ntfs_security security;
	struct err err = {0};

	assert_false(ntfs_secure_find(s->secure, id, &security, &err));
	assert_int_equal(err.kind, kind);
}

/* How many ids below `end` it has, every `step`th looked for. */
static size_t known(struct ntfs_secure *secure, uint32_t end, uint32_t step)
{
	size_t count = 0;

	for (uint32_t id = 0; id < end; id += step) {
		struct err err = {0};
		struct bytes raw;

		count += ntfs_secure_raw(secure, id, &raw, &err) || err.kind != ERR_MISSING;
	}
	return count;
}

static void test_every_id_is_found(void **state)
{
	struct sample s;
	char owner[32];

	(void)state;
	begin(&s);
	for (uint32_t i = 0; i < 2000; i++)
		put(&s, 5000 - i, i);
	s.next = 2 * BLOCK;
	for (uint32_t i = 0; i < 100; i++)
		put(&s, 9000 + i, 9000 + i);
	open(&s);
	assert_int_equal(ntfs_secure_damage(s.secure)->kind, ERR_NONE);
	assert_int_equal(known(s.secure, 10000, 1), 2100);
	for (unsigned round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 2000; i += 7) {
			snprintf(owner, sizeof(owner), "S-1-5-%u", i);
			check(&s, 5000 - i, owner);
		}
		check(&s, 9099, "S-1-5-9099");
	}
	check_kind(&s, 3000, ERR_MISSING);
	check_kind(&s, 0, ERR_MISSING);
	end(&s);
}

static void test_mirror_copy_stands_in(void **state)
{
	struct sample s;

	(void)state;
	begin(&s);
	size_t first = put(&s, 256, 1);
	size_t second = put(&s, 257, 2);
	size_t third = put(&s, 258, 3);

	put(&s, 259, 4);
	s.at[first + 50]++;               /* the descriptor */
	memset(s.at + second, 0xaa, 20);  /* the header */
	put_le32(s.at + third + 16, 400); /* a size that would swallow the next */
	open(&s);
	check(&s, 256, "S-1-5-1");
	check(&s, 257, "S-1-5-2");
	check(&s, 258, "S-1-5-3");
	check(&s, 259, "S-1-5-4");
	end(&s);
}

static void test_bad_sector_leaves_the_mirror(void **state)
{
	struct sample s;

	(void)state;
	begin(&s);
	for (uint32_t i = 0; i < 1000; i++)
		put(&s, 256 + i, i);
	s.raw = fake_source_new((struct bytes){s.at, SIZE});
	s.raw->bad_from = 4096;
	s.raw->bad_len = 512;
	assert_true(ntfs_secure_open_sds(&s.raw->source, &s.secure, NULL));
	assert_int_equal(known(s.secure, 10000, 1), 1000);
	check(&s, 256, "S-1-5-0");
	check(&s, 256 + 66, "S-1-5-66");
	check(&s, 256 + 999, "S-1-5-999");
	assert_int_not_equal(ntfs_secure_damage(s.secure)->kind, ERR_NONE);
	end(&s);
}

static void test_both_copies_damaged_is_said(void **state)
{
	struct sample s;

	(void)state;
	begin(&s);
	size_t at = put(&s, 256, 1);

	put(&s, 257, 2);
	s.at[at + 40]++;
	s.at[at + BLOCK + 41]++;
	open(&s);
	check_kind(&s, 256, ERR_DAMAGED);
	check(&s, 257, "S-1-5-2");
	assert_int_equal(ntfs_secure_damage(s.secure)->kind, ERR_DAMAGED);
	end(&s);
}

static void test_first_good_of_an_id_counts(void **state)
{
	struct sample s;

	(void)state;
	begin(&s);
	size_t at = put(&s, 300, 1);

	s.at[at + 40]++;
	s.at[at + BLOCK + 40]++;
	put(&s, 300, 2);
	put(&s, 300, 3);
	open(&s);
	check(&s, 300, "S-1-5-2");
	end(&s);
}

/* Headers in every unit that all reach to the end of the block: their bytes are not all hashed. */
static void test_forged_headers_cost_little(void **state)
{
	struct sample s;

	(void)state;
	begin(&s);
	/* The size of one lies where the next has its hash. */
	for (size_t at = 0; at + 32 <= SIZE; at += 16) {
		put_le32(s.at + at + 4, (uint32_t)at);
		put_le32(s.at + at + 8, (uint32_t)at);
		put_le32(s.at + at + 12, 0);
		put_le32(s.at + at + 16, (uint32_t)(BLOCK - at % BLOCK));
	}
	open(&s);
	assert_in_range(known(s.secure, SIZE, 16), 1, 199); /* of 49,152 */
	check_kind(&s, 0, ERR_DAMAGED);
	end(&s);
}

/* A volume of version 1 has descriptors in the files, and no $Secure. */
static void test_own_descriptor(void **state)
{
	struct fixture_volume v;
	struct fixture_record r;
	uint8_t raw[32];
	struct ntfs_volume *volume = NULL;
	struct ntfs_secure *secure = NULL;
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	struct ntfs_security security;
	struct err err = {0};

	(void)state;
	assert_true(fixture_volume_new(&v, 512, 512, 1024, 96, 32));
	fixture_record_begin(&r, 1024, 7, 1, 1);
	fixture_record_resident(
	    &r, NTFS_SECURITY_DESCRIPTOR, NULL, 1, raw, put_descriptor(raw, 99));
	fixture_record_end(&r);
	fixture_volume_put(&v, &r);
	struct source *source = source_of_bytes((struct bytes){v.at, v.size});

	assert_true(ntfs_volume_open(source, &volume, NULL));
	assert_true(ntfs_secure_open(volume, &secure, NULL));
	assert_int_equal(known(secure, 1000, 1), 0);
	assert_int_equal(ntfs_secure_damage(secure)->kind, ERR_MISSING);
	assert_true(ntfs_entry_load(ntfs_volume_mft(volume), 7, &entry, NULL));
	assert_true(ntfs_secure_of(secure, &entry, &security, &err));
	assert_true(bytes_equal(security.owner, bytes_of("S-1-5-99")));
	assert_true(bytes_equal(security.sddl, bytes_of("O:S-1-5-99")));
	assert_true(ntfs_entry_load(ntfs_volume_mft(volume), 5, &entry, NULL));
	assert_false(ntfs_secure_of(secure, &entry, &security, &err));
	assert_int_equal(err.kind, ERR_MISSING);
	ntfs_secure_close(secure);
	ntfs_volume_close(volume);
	source_close(source);
	fixture_volume_free(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_id_is_found),
	    cmocka_unit_test(test_mirror_copy_stands_in),
	    cmocka_unit_test(test_bad_sector_leaves_the_mirror),
	    cmocka_unit_test(test_both_copies_damaged_is_said),
	    cmocka_unit_test(test_first_good_of_an_id_counts),
	    cmocka_unit_test(test_forged_headers_cost_little),
	    cmocka_unit_test(test_own_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
