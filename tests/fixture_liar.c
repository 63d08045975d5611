/* Bundles that lie. See fixture_liar.h. */
#include "unit.h"

#include "fixture_liar.h"

#include "bundle/manifest.h"
#include "bundle/writer.h"
#include "core/json.h"

#include <stdio.h>
#include <stdlib.h>

#define KIB 1024

static uint64_t clock_ms;
static uint8_t last_id[16];

static uint64_t now(void)
{
	return FIXTURE_NOW + clock_ms * 10000;
}

static uint64_t monotonic_ms(void)
{
	return clock_ms++;
}

size_t fixture_liar_size(unsigned number)
{
	return 90 * KIB + number;
}

void fixture_liar_fill(uint8_t *to, unsigned number)
{
	uint32_t seed = number;

	for (size_t i = 0; i < fixture_liar_size(number); i++) {
		seed = seed * 1664525 + 1013904223;
		to[i] = (uint8_t)(seed >> 24);
	}
}

static void put_row(struct bundle_writer *writer, const char *path, struct bundle_place place,
    uint64_t size, enum spoil spoil)
{
	CLEANUP(text_free) struct text row = {0};
	struct json json = {.to = &row};

	place.sha256[31] ^= spoil == SPOIL_HASH;
	place.stored -= spoil == SPOIL_SIZE;
	place.data_offset += spoil == SPOIL_DATA ? 512 : 0;
	place.tar_offset += spoil == SPOIL_TAR ? 512 : 0;
	place.data_offset += spoil == SPOIL_TAR ? 512 : 0;
	place.volume += spoil == SPOIL_VOLUME;
	json_begin(&json);
	json_string_field(&json, "path", spoil == SPOIL_PATH ? "fs/C/other" : path);
	json_unsigned_field(&json, "size", size);
	json_unsigned_field(&json, "stored_size", place.stored);
	json_hex_field(&json, "sha256", (struct bytes){place.sha256, SHA256_LEN});
	if (spoil == SPOIL_SPARSE)
		json_string_field(&json, "stored", "runs");
	json_key(&json, "place");
	json_begin(&json);
	json_string_field(&json, "set", bundle_set_name(place.set));
	json_unsigned_field(&json, "volume", place.volume);
	json_unsigned_field(&json, "tar", place.tar_offset);
	json_unsigned_field(&json, "data", place.data_offset);
	json_end(&json);
	json_end(&json);
	assert_true(bundle_row(writer, text_bytes(&row), NULL));
}

static void put_entry(struct bundle_writer *writer, unsigned number, enum spoil spoil)
{
	struct bundle_place place = {0};
	char path[32];
	size_t size = fixture_liar_size(number);
	uint8_t *content = malloc(size);

	snprintf(path, sizeof(path), "fs/C/%u.bin", number);
	fixture_liar_fill(content, number);
	assert_true(bundle_entry_begin(
	    writer, BUNDLE_FILES, &(struct bundle_member){.name = path, .size = size}, NULL));
	assert_true(bundle_entry_write(writer, (struct bytes){content, size}, NULL));
	assert_true(bundle_entry_end(writer, &place, NULL));
	free(content);
	if (spoil != SPOIL_MISSING)
		put_row(writer, path, place, size, spoil);
	if (spoil == SPOIL_TWICE)
		put_row(writer, path, place, size, SPOIL_NOTHING);
}

static struct fake_store *make(const struct fixture_seal *keys, enum spoil spoil, bool unfinished)
{
	struct fake_store *fake = fake_store_new();
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	struct bundle_plan plan = {
	    .host = "PC-01",
	    .started = FIXTURE_NOW,
	    .recipients = &keys->recipients,
	    .seal = keys->seal,
	    .now = now,
	    .monotonic_ms = monotonic_ms,
	    .free_space = fake_store_free_space,
	    .context = fake,
	    .limits = {.rotate_bytes = 150 * KIB, .volume_bytes = 200 * KIB},
	};
	char number[SHA256_HEX_ROOM];

	memcpy(plan.collection_id, last_id, sizeof(last_id));
	assert_true(bundle_create(&fake->store, &plan, &writer, NULL));
	for (unsigned i = 0; i < LIAR_ENTRIES; i++)
		put_entry(writer, i, i == 2 ? spoil : SPOIL_NOTHING);
	if (spoil == SPOIL_DANGLING)
		assert_true(bundle_row(writer,
		    bytes_of("{\"path\":\"fs/C/twin\",\"same_as\":\"fs/C/nobody\"}"), NULL));
	else
		assert_true(bundle_row(
		    writer, bytes_of("{\"path\":\"fs/C/twin\",\"same_as\":\"fs/C/1.bin\"}"), NULL));
	if (spoil == SPOIL_JSON)
		assert_true(
		    bundle_row(writer, bytes_of("{\"path\":\"fs/../../etc/passwd\"}"), NULL));
	if (!unfinished)
		assert_true(
		    bundle_finish(writer, (struct bytes){0}, (struct bytes){0}, number, NULL));
	return fake;
}

struct fake_store *fixture_liar(const struct fixture_seal *keys, enum spoil spoil, bool unfinished)
{
	assert_true(bundle_new_id(FIXTURE_NOW, last_id, NULL));
	return make(keys, spoil, unfinished);
}

struct fake_store *fixture_liar_again(const struct fixture_seal *keys)
{
	return make(keys, SPOIL_NOTHING, false);
}

void fixture_liar_replace(struct fake_store *fake, const char *name, struct bytes content)
{
	CLEANUP(sink_free) struct sink *sink = NULL;
	CLEANUP(text_free) struct text copy = {0};

	text_add(&copy, content);
	(void)!fake->store.remove(&fake->store, name, NULL);
	assert_true(fake->store.create(&fake->store, name, &sink, NULL));
	assert_true(sink->write(sink, text_bytes(&copy), NULL) && sink->finish(sink, NULL));
}

void fixture_liar_reseal(const struct fixture_seal *keys, struct fake_store *fake)
{
	CLEANUP(manifest_free) struct manifest before = {0};
	CLEANUP(manifest_free) struct manifest after = {0};
	CLEANUP(text_free) struct text text = {0};
	CLEANUP(text_free) struct text p7s = {0};

	assert_true(manifest_parse(fake_store_bytes(fake, MANIFEST_NAME), &before, NULL));
	assert_true(manifest_parse(fake_store_bytes(fake, MANIFEST_NAME), &after, NULL));
	after.file_count = 0;
	after.volumes = 0;
	for (size_t i = 0; i < before.file_count; i++) {
		struct bytes content = fake_store_bytes(fake, before.files[i].name);
		struct volume_name volume;
		uint8_t sha256[SHA256_LEN];

		if (!content.at)
			continue;
		hash_sha256(content, sha256);
		assert_true(manifest_set(&after, before.files[i].name, sha256, NULL));
		after.volumes += volume_name_parse(bytes_of(before.files[i].name), &volume);
	}
	assert_true(manifest_format(&after, &text, NULL));
	assert_true(seal_sign(keys->seal, text_bytes(&text), FIXTURE_NOW, &p7s, NULL));
	fixture_liar_replace(fake, MANIFEST_NAME, text_bytes(&text));
	fixture_liar_replace(fake, MANIFEST_SEAL_NAME, text_bytes(&p7s));
}

void fixture_liar_copy(
    struct fake_store *from, const char *name, struct fake_store *to, const char *as)
{
	CLEANUP(text_free) struct text content = {0};

	text_add(&content, fake_store_bytes(from, name));
	assert_true(text_ok(&content, NULL) && content.len);
	fixture_liar_replace(to, as, text_bytes(&content));
}
