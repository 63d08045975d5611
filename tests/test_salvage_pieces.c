/* Rows and entries in pieces of which nobody knows where they lie: all are found, and what is read for it is a few times what there
 * is, however the rows and the pieces lie to each other. */
#include "tests/unit.h"

#include "bundle/manifest.h"
#include "bundle/salvage.h"
#include "bundle/tar.h"
#include "tests/fixture_bundle.h"

#include <stdio.h>
#include <zstd.h>

#define PIECES  600u
#define VOLUMES 40u
#define ROWS    20u /* in each */

static bool on_begin(void *context, struct bytes path, uint64_t size, struct err *err)
{
	(void)context;
	(void)path;
	(void)size;
	(void)err;
	return true;
}

static bool on_write(void *context, uint64_t at, struct bytes piece, struct err *err)
{
	(void)context;
	(void)at;
	(void)piece;
	(void)err;
	return true;
}

static bool on_end(void *context, const struct salvage_entry *entry, struct err *err)
{
	(void)context;
	(void)entry;
	(void)err;
	return true;
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
	(void)name;
	(void)why;
}

/* Rows of which each tells of a place far from the one that the row before it tells of. */
static void add_rows(struct text *out, unsigned piece, unsigned pieces)
{
	for (unsigned row = 0; row < ROWS; row++) {
		unsigned tar = (row * pieces + piece) * 1024;

		text_addf(out,
		    "{\"path\":\"fs/C/%u/%u\",\"status\":\"taken\",\"size\":0,\"stored_size\":0,"
		    "\"place\":{\"set\":\"files\",\"volume\":1,\"tar\":%u,\"data\":%u},\"sha256\":"
		    "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}\n",
		    piece, row, tar, tar + 512);
	}
}

static void add_frame(struct text *out, const struct text *tar)
{
	static uint8_t packed[64 << 10];
	ZSTD_CCtx *context = ZSTD_createCCtx();

	assert_non_null(context);
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	size_t len = ZSTD_compress2(context, packed, sizeof(packed), tar->at, tar->len);

	assert_false(ZSTD_isError(len));
	ZSTD_freeCCtx(context);
	text_add(out, (struct bytes){packed, len});
}

/* A file of rows as one frame, and a byte that is of none. */
static void add_piece(struct text *out, unsigned piece, unsigned pieces)
{
	CLEANUP(text_free) struct text rows = {0};
	CLEANUP(text_free) struct text tar = {0};
	char name[40];
	struct bundle_member member = {.name = name, .modified = FIXTURE_NOW};

	add_rows(&rows, piece, pieces);
	snprintf(name, sizeof(name), "meta/entries.%05u.jsonl", piece + 1);
	member.size = rows.len;
	assert_true(tar_header(&member, &tar, NULL));
	text_add(&tar, text_bytes(&rows));
	while (tar.len % TAR_BLOCK)
		text_addc(&tar, 0);
	add_frame(out, &tar);
	text_addc(out, 'X');
}

static void put_volume(
    struct fake_store *fake, enum bundle_set set, uint32_t index, const struct text *plain)
{
	CLEANUP(sink_free) struct sink *sink = NULL;
	struct sink *below = NULL;
	char name[VOLUME_NAME_ROOM];

	volume_name_format(set, index, name);
	assert_true(fake->store.create(&fake->store, name, &below, NULL));
	assert_true(age_encrypt(&fixture_keys.recipients, below, &sink, NULL));
	assert_true(sink->write(sink, text_bytes(plain), NULL));
	assert_true(sink->finish(sink, NULL));
}

static struct salvage_totals salvage(struct fake_store *fake)
{
	CLEANUP(age_identities_free) struct age_identities identities = {0};
	const struct salvage_output output = {
	    NULL, on_begin, on_write, on_end, on_refused, on_volume};
	struct salvage_totals totals;

	for (size_t i = 0; i < fixture_keys.identities.count; i++)
		assert_true(
		    age_identities_add(&identities, bytes_of(fixture_keys.identities.at[i]), NULL));
	assert_true(salvage_run(&fake->store, &identities, NULL, &output, &totals, NULL));
	return totals;
}

static void salvage_rows(struct fake_store *fake, unsigned pieces)
{
	struct salvage_totals totals = salvage(fake);

	assert_int_equal(totals.rows, pieces * ROWS);
	assert_int_equal(totals.rows_bad, 0);
	assert_int_equal(totals.whole, pieces * ROWS + pieces); /* and the files of rows */
}

static void test_one_volume(void **state)
{
	struct fake_store *fake = fake_store_new();
	CLEANUP(store_free) struct store *owner = &fake->store;
	CLEANUP(text_free) struct text plain = {0};

	(void)state;
	(void)owner;
	for (unsigned i = 0; i < PIECES; i++)
		add_piece(&plain, i, PIECES);
	put_volume(fake, BUNDLE_META, 1, &plain);
	salvage_rows(fake, PIECES);
	assert_true(fake->opens <= 8);
	assert_true(fake->bytes_read <= 8 * (uint64_t)plain.len + 8 * AGE_CHUNK_LEN);
}

static void test_many_volumes(void **state)
{
	struct fake_store *fake = fake_store_new();
	CLEANUP(store_free) struct store *owner = &fake->store;
	uint64_t bytes = 0;

	(void)state;
	(void)owner;
	for (unsigned i = 0; i < VOLUMES; i++) {
		CLEANUP(text_free) struct text plain = {0};

		add_piece(&plain, i, VOLUMES);
		put_volume(fake, BUNDLE_META, i + 1, &plain);
		bytes += plain.len + 400; /* the age header */
	}
	salvage_rows(fake, VOLUMES);
	assert_true(fake->opens <= 4 * (uint64_t)VOLUMES);
	assert_true(fake->bytes_read <= 8 * bytes);
}

static void add_zeros(struct text *tar, size_t count)
{
	while (count--)
		text_addc(tar, 0);
}

/* Frames that begin in the middle of evidence: what looks like a header there, of a tar that was collected or planted, claims the
 * entries behind it, and is none that must be refused. What stands behind an entry of ours is. */
static void test_headers_in_evidence(void **state)
{
	struct fake_store *fake = fake_store_new();
	CLEANUP(store_free) struct store *owner UNUSED = &fake->store;
	CLEANUP(text_free) struct text plain = {.ceiling = 8u << 20};
	CLEANUP(text_free) struct text tar = {.ceiling = 8u << 20};
	struct bundle_member claim = {
	    .name = "etc/claim", .size = 900u << 10, .modified = FIXTURE_NOW};
	char name[20];
	struct bundle_member entry = {.name = name, .size = 40u << 10, .modified = FIXTURE_NOW};
	struct salvage_totals totals;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_true(tar_header(&claim, &tar, NULL));
	for (unsigned i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "fs/C/%u", i);
		assert_true(tar_header(&entry, &tar, NULL));
		add_zeros(&tar, (size_t)entry.size);
	}
	add_frame(&plain, &tar);
	put_volume(fake, BUNDLE_FILES, 1, &plain);
	totals = salvage(fake);
	assert_int_equal(totals.whole, 40);
	assert_int_equal(totals.names_bad, 0);
	text_clear(&plain);
	claim.size = 512;
	assert_true(tar_header(&claim, &tar, NULL));
	add_zeros(&tar, 512);
	add_frame(&plain, &tar);
	put_volume(fake, BUNDLE_FILES, 2, &plain);
	assert_int_equal(salvage(fake).names_bad, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_volume),
	    cmocka_unit_test(test_many_volumes),
	    cmocka_unit_test(test_headers_in_evidence),
	};

	return cmocka_run_group_tests(tests, fixture_keys_make, fixture_keys_free);
}
