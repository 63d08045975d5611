/* Bundles in memory. See fixture_bundle.h. */
#include "fixture_bundle.h"

#include "unit.h"

#include "bundle/manifest.h"
#include "core/json.h"

#include <stdio.h>
#include <stdlib.h>

uint64_t fixture_clock_ms;

static uint64_t now(void)
{
	return FIXTURE_NOW + fixture_clock_ms * 10000;
}

static uint64_t monotonic_ms(void)
{
	return fixture_clock_ms++;
}

struct bundle_plan fixture_plan(struct fake_store *fake)
{
	struct bundle_plan plan = {
	    .case_id = "事案 7",
	    .host = "PC-01",
	    .started = FIXTURE_NOW,
	    .recipients = &fixture_keys.recipients,
	    .seal = fixture_keys.seal,
	    .now = now,
	    .monotonic_ms = monotonic_ms,
	    .free_space = fake_store_free_space,
	    .context = fake,
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

bool fixture_row(struct bundle_writer *writer, const char *name, uint64_t size,
    const struct bundle_place *place, struct err *err)
{
	CLEANUP(text_free) struct text row = {0};
	struct json json = {.to = &row};

	json_begin(&json);
	json_string_field(&json, "path", name);
	json_unsigned_field(&json, "size", size);
	json_string_field(&json, "status", place ? "taken" : "not_taken");
	if (place) {
		/* A file may have another time when a later run goes on with it. */
		json_time_field(&json, "stored_at", FIXTURE_NOW + place->is_continued);
		bundle_place_write(&json, place);
	}
	json_end(&json);
	return place ? bundle_entry_row(writer, BUNDLE_WHOLE, text_bytes(&row), err)
		     : bundle_row(writer, text_bytes(&row), err);
}

/* Writes what there is in small pieces, copied, and large ones, made in place, which a volume's end may cut. */
static bool write_in_turns(struct bundle_writer *writer, struct bytes data, struct err *err)
{
	for (bool in_place = true; data.len; in_place = !in_place) {
		size_t most = in_place ? 300007 : 10007;
		size_t take = data.len < most ? data.len : most;
		uint8_t *room = in_place ? bundle_entry_room(writer, &take) : NULL;
		struct bytes piece = {room ? room : data.at, take};

		if (room)
			memcpy(room, data.at, take);
		if (!bundle_entry_write(writer, piece, err))
			return false;
		data.at += take;
		data.len -= take;
	}
	return true;
}

/* One entry of `size` bytes and its row, as the collector does it. */
bool fixture_entry(struct bundle_writer *writer, enum bundle_set set, const char *name, size_t size,
    struct err *err)
{
	struct bundle_member member = {.name = name, .size = size, .modified = FIXTURE_NOW};
	struct bundle_place place = {0};
	struct bundle_kept kept;

	if (bundle_kept(writer, name, 0, &kept)) {
		assert_int_equal(kept.outcome, BUNDLE_WHOLE);
		assert_int_equal(kept.stored, size);
		return true;
	}
	uint8_t *content = malloc(size + 1);
	uint8_t sha256[SHA256_LEN];

	assert_non_null(content);
	fill(content, size, (uint32_t)size);
	bool ok = bundle_entry_begin(writer, set, &member, err) &&
		  write_in_turns(writer, (struct bytes){content, size}, err);

	ok = ok && bundle_entry_end(writer, &place, err);
	hash_sha256((struct bytes){content, size}, sha256);
	free(content);
	if (ok) /* what was sealed is what was given */
		assert_memory_equal(place.sha256, sha256, sizeof(sha256));
	return ok && fixture_row(writer, name, size, &place, err);
}

struct bundle_trust fixture_trust(void)
{
	return (struct bundle_trust){
	    .ca_pem = text_bytes(&fixture_keys.ca.certificate),
	    .identities = &fixture_keys.identities,
	    .at = FIXTURE_NOW,
	};
}

static void say_problem(void *context, const struct err *why)
{
	(void)context;
	fprintf(stderr, "problem: %s\n", why->text);
}

/* Opens and checks all that can be checked; the caller looks at the facts. */
struct bundle_reader *fixture_open(struct fake_store *fake, struct bundle_facts *facts)
{
	struct bundle_trust trust = fixture_trust();
	struct bundle_watch watch = {.problem = say_problem};
	struct bundle_reader *reader = NULL;
	struct err err = {0};

	if (!bundle_open_seal(&fake->store, &trust, &watch, &reader, &err) ||
	    !bundle_check_files(reader, true, &err) || !bundle_open_content(reader, &err) ||
	    !bundle_check_entries(reader, &err) || !bundle_check_toc(reader, &err)) {
		fprintf(stderr, "%s\n", err.text);
		bundle_close(reader);
		return NULL;
	}
	bundle_facts(reader, facts);
	return reader;
}

void fixture_check_member(struct bundle_reader *reader, const char *name, size_t size)
{
	CLEANUP(source_close) struct source *member = NULL;
	uint8_t *want = malloc(size + 1), *got = malloc(size + 1);
	size_t index = 0;

	assert_true(bundle_row_find(reader, bytes_of(name), &index, NULL));
	assert_true(bundle_member_open(reader, index, &member, NULL));
	assert_int_equal(member->size, size);
	fill(want, size, (uint32_t)size);
	assert_true(source_read_exact(member, 0, got, size, NULL));
	assert_memory_equal(want, got, size);
	free(want);
	free(got);
}
