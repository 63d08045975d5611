/* See fixture_collect.h. */
#include "tests/unit.h"

#include "tests/fixture_collect.h"

#include "bundle/reader.h"
#include "collectors/state.h"
#include "tests/fixture_bundle.h"

#include <stdlib.h>

static uint64_t now(void)
{
	return FIXTURE_NOW;
}

static uint64_t monotonic_ms(void)
{
	return 0;
}

void outcome_free_at(struct outcome *outcome)
{
	for (size_t i = 0; i < outcome->count; i++)
		text_free(&outcome->at[i].content);
	text_free(&outcome->receipt);
	text_free(&outcome->problems);
}

static void read_all(struct source *source, struct text *out)
{
	uint8_t piece[4096];
	size_t got = sizeof(piece);

	for (uint64_t at = 0; got == sizeof(piece); at += got) {
		assert_true(source->read(source, at, piece, sizeof(piece), &got, NULL));
		text_add(out, (struct bytes){piece, got});
	}
}

static void read_member(struct bundle_reader *reader, size_t index,
    const struct bundle_row_view *row, struct outcome *out)
{
	CLEANUP(source_close) struct source *content = NULL;
	struct member *member = &out->at[out->count++];

	assert_true(out->count <= MEMBERS_MAX && row->path.len < sizeof(member->path));
	memcpy(member->path, row->path.at, row->path.len);
	member->is_whole = strstr((const char *)row->json.at, "\"status\":\"taken\"") != NULL;
	member->has_reason = strstr((const char *)row->json.at, "\"reason\":\"") != NULL;
	member->may_be_elsewhere =
	    strstr((const char *)row->json.at, "may have begun elsewhere") != NULL;
	member->is_encrypted = strstr((const char *)row->json.at, "\"encrypted\":true") != NULL;
	assert_true(bundle_member_open(reader, index, &content, NULL));
	read_all(content, &member->content);
}

void fixture_read_back(struct store *store, struct outcome *out)
{
	struct bundle_trust trust = fixture_trust();
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	CLEANUP(source_close) struct source *receipt = NULL;
	struct err err = {0};

	if (!bundle_open(store, &trust, &reader, &err))
		print_error("%s\n", err.text);
	assert_non_null(reader);
	for (size_t i = 0; i < bundle_row_count(reader); i++) {
		struct bundle_row_view row;

		assert_true(bundle_row_at(reader, i, &row, NULL));
		if (row.taken)
			read_member(reader, i, &row, out);
		else if (!row.same_as.len)
			out->not_taken++;
	}
	if (bundle_meta_open(reader, "receipt.json", &receipt, NULL))
		read_all(receipt, &out->receipt);
}

static void stop(void *context)
{
	collection_stop(context);
}

/* Runs a collection of everything from source, with these limits of the store, then stores the list, if any. */
static void collect_into(struct fake_source *source, struct fake_source *list,
    struct fake_store *store, const char *profile, const char *take, struct outcome *out)
{
	struct fake_source *stops = list ? list : source;
	CLEANUP(volume_set_free) struct volume_set volumes = {0};
	CLEANUP(text_list_free) struct text_list patterns = {0};
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	CLEANUP(collection_free) struct collection *collection = NULL;
	struct bundle_plan bundle = {.host = "TEST",
	    .started = FIXTURE_NOW,
	    .recipients = &fixture_keys.recipients,
	    .seal = fixture_keys.seal,
	    .now = now,
	    .monotonic_ms = monotonic_ms,
	    .free_space = fake_store_free_space,
	    .context = store};
	char number[SHA256_HEX_ROOM];
	struct err err = {0};

	assert_true(bundle_new_id(FIXTURE_NOW, bundle.collection_id, &err));
	assert_true(volume_set_add(&volumes, 'C', NULL, "fake.img", false, &source->source, &err));
	if (take)
		assert_true(text_list_add(&patterns, bytes_of(take), &err));
	if (!bundle_create(&store->store, &bundle, &writer, &err))
		return;
	struct collection_plan plan = {.writer = writer,
	    .volumes = &volumes,
	    .profile = profile,
	    .take = &patterns,
	    .no_live = true,
	    .free_bytes = UINT64_MAX};

	assert_true(collection_new(&plan, &collection, &err));
	if (stops->call_at) {
		stops->call = stop;
		stops->context = collection;
	}
	out->ran = collection_run(collection, &err);
	if (list)
		collect_source(collection, FIXTURE_LIST, &list->source);
	collection_close(collection);
	out->has_gaps = collection_has_gaps(collection);
	collection_totals(collection, &out->counts);
	collection_problems(collection, &out->problems);
	(void)!collection_receipt(collection, &err);
	(void)!bundle_finish(writer, bytes_of("custody"), (struct bytes){0}, number, &err);
	out->reads = source->reads;
	out->bad_from = source->bad_from;
}

void fixture_collect_into(struct fake_source *source, struct fake_store *store, const char *profile,
    const char *take, struct outcome *out)
{
	collect_into(source, NULL, store, profile, take, out);
}

void fixture_collect_list(struct fake_source *source, struct fake_source *list, struct outcome *out)
{
	struct fake_store *store = fake_store_new();

	assert_non_null(store);
	collect_into(source, list, store, "partition-tables", NULL, out);
	fixture_read_back(&store->store, out);
	store_free(&store->store);
}

void fixture_collect_all(struct fake_source *source, struct outcome *out)
{
	struct fake_store *store = fake_store_new();

	assert_non_null(store);
	fixture_collect_into(source, store, "none", "**", out);
	fixture_read_back(&store->store, out);
	store_free(&store->store);
}

const struct member *outcome_find(const struct outcome *outcome, const char *path)
{
	for (size_t i = 0; i < outcome->count; i++)
		if (strcmp(outcome->at[i].path, path) == 0)
			return &outcome->at[i];
	return NULL;
}

bool member_is_same(const struct member *a, const struct member *b)
{
	return a && b && bytes_equal(text_bytes(&a->content), text_bytes(&b->content));
}

uint64_t fixture_opening_reads(struct fake_source *source)
{
	struct volume_set volumes = {0};
	uint64_t reads;

	assert_true(volume_set_add(&volumes, 'C', NULL, "fake.img", false, &source->source, NULL));
	reads = source->reads;
	volume_set_free(&volumes);
	return reads;
}

uint64_t fixture_fail_each_read(struct fake_source *(*open)(void))
{
	CLEANUP(outcome_free) struct outcome all = {0};
	uint64_t opening = fixture_opening_reads(open());

	fixture_collect_all(open(), &all);
	for (uint64_t n = opening + 1; n <= all.reads; n++) {
		CLEANUP(outcome_free) struct outcome one = {0};
		struct fake_source *source = open();
		size_t lost = 0;

		source->fail_at = n;
		fixture_collect_all(source, &one);
		for (size_t i = 0; i < all.count; i++)
			lost += !member_is_same(&all.at[i], outcome_find(&one, all.at[i].path));
		if (lost > 1 || (lost == 1) != one.has_gaps ||
		    one.counts.partial + one.counts.failed != lost)
			print_error("read %llu: %u lost, %llu in part, %llu failed: %s",
			    (unsigned long long)n, (unsigned)lost,
			    (unsigned long long)one.counts.partial,
			    (unsigned long long)one.counts.failed, text_string(&one.problems));
		assert_true(lost <= 1);
		assert_int_equal(one.counts.partial + one.counts.failed, lost);
		assert_true(one.has_gaps == (lost == 1));
	}
	return all.reads - opening;
}
