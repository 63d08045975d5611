/* Forged volumes, and what salvage makes of them. See fixture_forged.h. */
#include "fixture_forged.h"

#include "unit.h"

#include "bundle/frames.h"
#include "bundle/manifest.h"
#include "bundle/tar.h"
#include "bundle/tar_read.h"
#include "core/json.h"

#include <stdio.h>
#include <zstd.h>

void fixture_forged_entry(
    struct text *tar, const char *name, uint64_t modified, struct bytes content)
{
	const struct bundle_member member = {
	    .name = name, .size = content.len, .modified = modified};

	assert_true(tar_header(&member, tar, NULL));
	text_add(tar, content);
	while (tar->len % TAR_BLOCK)
		text_addc(tar, 0);
}

void fixture_forged_row(struct text *rows, const char *name, uint64_t tar_at, struct bytes content)
{
	struct json json = {.to = rows};
	struct bundle_place place = {.set = BUNDLE_FILES,
	    .volume = 1,
	    .tar_offset = tar_at,
	    .data_offset = tar_at + TAR_BLOCK,
	    .stored = content.len};

	hash_sha256(content, place.sha256);
	json_begin(&json);
	json_string_field(&json, "path", name);
	json_unsigned_field(&json, "size", content.len);
	json_string_field(&json, "status", "taken");
	json_time_field(&json, "stored_at", FIXTURE_NOW);
	bundle_place_write(&json, &place);
	json_end(&json);
	text_addc(rows, '\n');
}

void fixture_forged_frame(struct text *plain, struct bytes content)
{
	size_t room = ZSTD_compressBound(content.len);
	void *packed = malloc(room);
	ZSTD_CCtx *context = ZSTD_createCCtx();

	assert_non_null(packed);
	assert_non_null(context);
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	size_t len = ZSTD_compress2(context, packed, room, content.at, content.len);

	assert_false(ZSTD_isError(len));
	ZSTD_freeCCtx(context);
	text_add(plain, (struct bytes){packed, len});
	free(packed);
}

void fixture_forged_number(struct text *to, uint32_t number)
{
	for (unsigned i = 0; i < 4; i++)
		text_addc(to, (char)(number >> 8 * i));
}

void fixture_forged_table(struct text *plain, const struct text *sizes)
{
	fixture_forged_number(plain, FRAMES_SEEK_MAGIC);
	fixture_forged_number(plain, (uint32_t)sizes->len + 9);
	text_add(plain, text_bytes(sizes));
	fixture_forged_number(plain, (uint32_t)sizes->len / 8);
	text_addc(plain, 0);
	fixture_forged_number(plain, FRAMES_SEEK_FOOTER);
}

void fixture_forged_header(struct fake_store *fake, struct text *plain, enum bundle_set set,
    uint32_t index, uint64_t tar_offset)
{
	CLEANUP(manifest_free) struct manifest manifest = {0};
	CLEANUP(text_free) struct text json = {0};
	struct frames_header header = {
	    .set = set, .index = index, .tar_offset = tar_offset, .next_header = tar_offset};
	struct bytes known = fake_store_bytes(fake, MANIFEST_NAME);

	if (known.at) {
		assert_true(manifest_parse(known, &manifest, NULL));
		memcpy(header.collection_id, manifest.collection_id, 16);
	}
	frames_header_format(&header, &json);
	fixture_forged_number(plain, FRAMES_HEADER_MAGIC);
	fixture_forged_number(plain, (uint32_t)json.len);
	text_add(plain, text_bytes(&json));
}

void fixture_forged_put(
    struct fake_store *fake, enum bundle_set set, uint32_t index, const struct text *plain)
{
	CLEANUP(sink_free) struct sink *sink = NULL;
	struct sink *below = NULL;
	char name[VOLUME_NAME_ROOM];

	volume_name_format(set, index, name);
	(void)!fake->store.remove(&fake->store, name, NULL);
	assert_true(fake->store.create(&fake->store, name, &below, NULL));
	assert_true(age_encrypt(&fixture_keys.recipients, below, &sink, NULL));
	assert_true(sink->write(sink, text_bytes(plain), NULL));
	assert_true(sink->finish(sink, NULL));
}

static bool on_begin(void *context, struct bytes path, uint64_t size, struct err *err)
{
	struct fixture_salvaged *salvaged = context;

	(void)path;
	(void)size;
	(void)err;
	text_clear(&salvaged->content);
	return true;
}

static bool on_write(void *context, uint64_t at, struct bytes piece, struct err *err)
{
	struct fixture_salvaged *salvaged = context;

	(void)err;
	assert_true(at >= salvaged->content.len);
	while (salvaged->content.len < at)
		text_addc(&salvaged->content, '\0');
	text_add(&salvaged->content, piece);
	return true;
}

static bool on_end(void *context, const struct salvage_entry *entry, struct err *err)
{
	struct fixture_salvaged *salvaged = context;
	size_t i = salvaged->count;

	(void)err;
	if (i < FIXTURE_SALVAGED) {
		salvaged->at[i].entry = *entry;
		snprintf(salvaged->at[i].path, sizeof(salvaged->at[i].path), "%.*s",
		    (int)entry->path.len, (const char *)entry->path.at);
		hash_sha256(text_bytes(&salvaged->content), salvaged->at[i].sha256);
		salvaged->count++;
	}
	text_clear(&salvaged->content);
	return true;
}

static bool on_refused(void *context, const char *set, const struct err *why, struct err *err)
{
	struct fixture_salvaged *salvaged = context;

	(void)err;
	assert_non_null(set);
	assert_true(why->kind != ERR_NONE);
	salvaged->refused++;
	return true;
}

static void on_volume(void *context, const char *name, const struct err *why)
{
	struct fixture_salvaged *salvaged = context;
	size_t len = strlen(salvaged->said);

	assert_true(why->kind != ERR_NONE);
	snprintf(salvaged->said + len, sizeof(salvaged->said) - len, "%s: %s\n", name, why->text);
}

void fixture_salvage(
    struct fake_store *fake, const struct bundle_reader *sealed, struct fixture_salvaged *out)
{
	CLEANUP(age_identities_free) struct age_identities identities = {0};
	const struct salvage_output output = {
	    out, on_begin, on_write, on_end, on_refused, on_volume};

	*out = (struct fixture_salvaged){.content.ceiling = 64u << 20};
	for (size_t i = 0; i < fixture_keys.identities.count; i++)
		assert_true(
		    age_identities_add(&identities, bytes_of(fixture_keys.identities.at[i]), NULL));
	assert_true(salvage_run(&fake->store, &identities, sealed, &output, &out->totals, NULL));
	text_free(&out->content);
}

static size_t find(const struct fixture_salvaged *salvaged, const char *path)
{
	size_t found = salvaged->count;

	for (size_t i = 0; i < salvaged->count; i++)
		if (strcmp(salvaged->at[i].path, path) == 0) {
			assert_int_equal(found, salvaged->count); /* once */
			found = i;
		}
	return found;
}

const struct salvage_entry *fixture_salvaged_find(
    const struct fixture_salvaged *salvaged, const char *path)
{
	size_t at = find(salvaged, path);

	return at < salvaged->count ? &salvaged->at[at].entry : NULL;
}

bool fixture_salvaged_is(
    const struct fixture_salvaged *salvaged, const char *path, struct bytes content)
{
	size_t at = find(salvaged, path);
	uint8_t sha256[SHA256_LEN];

	hash_sha256(content, sha256);
	return at < salvaged->count && memcmp(salvaged->at[at].sha256, sha256, SHA256_LEN) == 0;
}
