/* Beginning of a bundle, its rows and its journal. See writer.h. */
#include "bundle/writer.h"

#include "bundle/kit_files.h"
#include "bundle/writer_state.h"

#include "bundle/name.h"
#include "core/json.h"

#include <stdio.h>
#include <stdlib.h>

#define MIB            ((uint64_t)1 << 20)
#define ROTATE_BYTES   (1900 * MIB)
#define VOLUME_BYTES   (2000 * MIB)
#define ROTATE_MS      ((uint64_t)10 * 60 * 1000)
#define ROWS_BYTES     ((size_t)12 << 20)
#define JOURNAL_BYTES  ((size_t)8 << 20)
#define FIELDS_MAX     ((size_t)1 << 20) /* of one journal line */
#define CASE_MAX       1024              /* bytes of case and of host in the MANIFEST */
#define META_BYTES_MAX ((size_t)16 << 20)
#define ROOM_SHARE \
	16 /* when one part more of what is kept back waits in memory, it is asked for room */

static void set_defaults(struct bundle_plan *plan)
{
	struct bundle_limits *limits = &plan->limits;

	limits->rotate_bytes = limits->rotate_bytes ? limits->rotate_bytes : ROTATE_BYTES;
	limits->volume_bytes = limits->volume_bytes ? limits->volume_bytes : VOLUME_BYTES;
	limits->rotate_ms = limits->rotate_ms ? limits->rotate_ms : ROTATE_MS;
	limits->rows_bytes = limits->rows_bytes ? limits->rows_bytes : ROWS_BYTES;
	limits->volumes = limits->volumes ? limits->volumes : VOLUME_INDEX_MAX;
	plan->zstd_level = plan->zstd_level ? plan->zstd_level : 1;
}

static bool take_plan(struct bundle_writer *writer, const struct bundle_plan *plan, struct err *err)
{
	struct manifest *manifest = &writer->manifest;
	const char *case_id = plan->case_id && *plan->case_id ? plan->case_id : "nocase";
	const char *host = plan->host && *plan->host ? plan->host : "unknown";

	if (strlen(case_id) > CASE_MAX || strlen(host) > CASE_MAX)
		return fail(err, ERR_LIMIT, "case and host may have %d bytes at most", CASE_MAX);
	writer->plan = *plan;
	writer->plan.case_id = NULL;
	writer->plan.host = NULL;
	writer->plan.recipients = NULL;
	writer->plan.unlocks = NULL;
	writer->plan.asked = (struct bytes){0};
	set_defaults(&writer->plan);
	if (plan->asked.len > BUNDLE_ASKED_MAX)
		return fail(
		    err, ERR_LIMIT, "what is asked for has more than %zu bytes", BUNDLE_ASKED_MAX);
	text_add(&writer->asked, plan->asked);
	text_add_printable(&manifest->case_id, bytes_of(case_id));
	text_add_printable(&manifest->host, bytes_of(host));
	memcpy(manifest->collection_id, plan->collection_id, sizeof(manifest->collection_id));
	manifest->started = plan->started;
	seal_key_certificate_sha256(plan->seal, manifest->seal_cert_sha256);
	for (size_t i = 0; i < plan->recipients->count; i++)
		if (!text_list_add(&manifest->recipients, bytes_of(plan->recipients->at[i]), err))
			return false;
	return text_ok(&manifest->case_id, err) && text_ok(&manifest->host, err) &&
	       text_ok(&writer->asked, err);
}

/* The bound asks for a rotation; rows that still come until it happens, or after the disk is full, fit too. */
size_t writer_rows_ceiling(const struct bundle_writer *writer)
{
	return 2 * writer->plan.limits.rows_bytes + ROWS_BYTES;
}

static bool make_parts(struct bundle_writer *writer, struct err *err)
{
	const struct bundle_plan *plan = &writer->plan;

	writer->entry.sha256 = hash_new(HASH_SHA256);
	if (!writer->entry.sha256)
		return fail(err, ERR_MEMORY, "no memory for a bundle");
	return frames_new(plan->zstd_level, plan->conveyor, &writer->frames, err) &&
	       rows_new(writer_rows_ceiling(writer), &writer->rows, err) &&
	       rows_new(JOURNAL_BYTES, &writer->journal, err);
}

static bool check_empty(struct store *store, struct err *err)
{
	CLEANUP(text_list_free) struct text_list names = {0};

	if (!store->list(store, &names, err))
		return false;
	if (names.count)
		return fail(
		    err, ERR_EXISTS, "the directory of the bundle is not empty: '%s'", names.at[0]);
	return true;
}

static bool put_unlocks(
    struct bundle_writer *writer, const struct bundle_plan *plan, struct err *err)
{
	for (size_t i = 0; i < plan->unlock_count; i++) {
		CLEANUP(text_free) struct text name = {0};

		kit_unlock_name(text_bytes(&plan->unlocks[i].who), &name);
		if (!text_ok(&name, err) || !writer_put_listed(writer, text_string(&name),
						text_bytes(&plan->unlocks[i].content), err))
			return false;
	}
	return true;
}

static bool put_first_files(
    struct bundle_writer *writer, const struct bundle_plan *plan, struct err *err)
{
	CLEANUP(text_free) struct text readme = {0};
	CLEANUP(text_free) struct text chain = {0};

	bundle_readme(&readme);
	if (!text_ok(&readme, err) || !seal_key_chain(writer->plan.seal, &chain, err) ||
	    !writer_put_listed(writer, "README.txt", text_bytes(&readme), err) ||
	    !writer_put_listed(writer, "chain.pem", text_bytes(&chain), err) ||
	    !put_unlocks(writer, plan, err))
		return false;
	if (plan->begun)
		plan->begun(plan->context);
	return writer_put_resume(writer, err) && writer_seal(writer, false, err) &&
	       writer_reserve(writer, err);
}

static bool take_resume_keys(struct bundle_writer *writer, struct err *err)
{
	CLEANUP(age_identities_free) struct age_identities keys = {0};
	CLEANUP(text_free) struct text recipient = {0};

	return writer_resume_keys(writer->plan.seal, writer->plan.collection_id, &keys, err) &&
	       age_identity_recipient(&keys.at[0], &recipient, err) &&
	       text_list_add(&writer->resume_recipients, text_bytes(&recipient), err);
}

bool writer_make(struct store *store, const struct bundle_plan *plan, struct bundle_writer **out,
    struct err *err)
{
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return fail(err, ERR_MEMORY, "no memory for a bundle");
	writer->store = store;
	writer->run = 1;
	if (!take_plan(writer, plan, err) || !make_parts(writer, err) ||
	    !take_resume_keys(writer, err))
		return false;
	*out = TAKE(writer);
	return true;
}

bool bundle_create(struct store *store, const struct bundle_plan *plan, struct bundle_writer **out,
    struct err *err)
{
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;

	if (!writer_make(store, plan, &writer, err) || !check_empty(store, err) ||
	    !put_first_files(writer, plan, err))
		return false;
	*out = TAKE(writer);
	return true;
}

void bundle_writer_free(struct bundle_writer *writer)
{
	if (!writer)
		return;
	writer_drop_volume(writer);
	for (size_t i = 0; i < writer->meta_count; i++)
		text_free(&writer->meta[i].content);
	hash_free(writer->entry.sha256);
	rows_free(writer->rows);
	rows_free(writer->journal);
	frames_free(writer->frames);
	manifest_free(&writer->manifest);
	text_free(&writer->entry.name);
	text_free(&writer->cut.name);
	text_free(&writer->rowed.cut.name);
	text_free(&writer->asked);
	text_list_free(&writer->resume_recipients);
	free(writer->fresh.at);
	free(writer->kept.at);
	free(writer->closed);
	free(writer);
}

/* Rows take room, too; it is not asked for at each of them. */
static bool still_room(struct bundle_writer *writer)
{
	uint64_t held = writer_held(writer);

	return (held >= writer->held_bytes &&
		   held - writer->held_bytes <= writer->keep_bytes / ROOM_SHARE) ||
	       writer_check_room(writer, 0, NULL);
}

/* Rotates when there is too much in memory. A row that came before nothing more goes in is in. */
static bool added_row(struct bundle_writer *writer, struct err *err)
{
	struct err why = {0};

	writer->totals.rows++;
	if (writer->entry.is_open || writer->is_broken || writer->is_full || !still_room(writer) ||
	    !writer_holds_much(writer))
		return true;
	if (writer_rotate(writer, &why) || writer->is_full)
		return true;
	if (err)
		*err = why;
	return false;
}

bool bundle_row(struct bundle_writer *writer, struct bytes json, struct err *err)
{
	uint8_t key[RESUME_KEY_LEN];

	if (writer->kept.count) {
		resume_row_key(json, key);
		if (writer_find_kept(writer, key, 0, RESUME_ROW, RESUME_ROW))
			return true;
	}
	return rows_add(writer->rows, json, err) && writer_note_row(writer, json, err) &&
	       added_row(writer, err);
}

bool bundle_entry_row(
    struct bundle_writer *writer, enum bundle_outcome outcome, struct bytes json, struct err *err)
{
	static const enum resume_kind kinds[] = {
	    [BUNDLE_WHOLE] = RESUME_TAKEN,
	    [BUNDLE_PARTIAL] = RESUME_PARTIAL,
	    [BUNDLE_GAP] = RESUME_GAP,
	};

	return rows_add(writer->rows, json, err) &&
	       writer_note_entry(writer, kinds[outcome], &writer->entry, err) &&
	       added_row(writer, err);
}

void bundle_give_up(struct bundle_writer *writer, const struct err *why)
{
	if (writer->is_broken || writer->is_full)
		return;
	writer->why = *why;
	writer->is_full = true;
}

void bundle_stop(struct bundle_writer *writer)
{
	struct err why = {0};

	fail(&why, ERR_STOPPED, "stopped");
	bundle_give_up(writer, &why);
}

bool bundle_row_fits(const struct bundle_writer *writer, size_t len)
{
	uint64_t more = writer_held(writer) - writer->held_bytes;
	uint64_t most = writer->keep_bytes / 4 * 3;

	if (!writer->is_full || writer->why.kind != ERR_FULL)
		return !writer->is_broken;
	return more < most && len < most - more;
}

bool bundle_journal(struct bundle_writer *writer, struct bytes fields, struct err *err)
{
	CLEANUP(text_free) struct text line = {0};
	struct json json = {.to = &line};

	if (fields.len < 2 || fields.len > FIELDS_MAX || fields.at[0] != '{' ||
	    fields.at[fields.len - 1] != '}')
		return fail(err, ERR_LIMIT, "a journal line is one JSON object");
	json_begin(&json);
	json_unsigned_field(
	    &json, "number", writer->journal_before + rows_count(writer->journal) + 1);
	json_time_field(&json, "time", writer->plan.now());
	json_hex_field(&json, "previous", (struct bytes){writer->journal_head, SHA256_LEN});
	if (fields.len > 2)
		text_addc(&line, ',');
	text_add(&line, (struct bytes){fields.at + 1, fields.len - 1});
	if (!text_ok(&line, err) || !rows_add(writer->journal, text_bytes(&line), err))
		return false;
	hash_sha256(text_bytes(&line), writer->journal_head);
	return true;
}

static bool meta_name_ok(const char *name)
{
	return bundle_name_check(bytes_of(name), NULL) && strlen(name) <= MANIFEST_FILE_NAME &&
	       !strchr(name, '/') && strncmp(name, "entries.", 8) != 0 &&
	       strncmp(name, "journal.", 8) != 0 && strcmp(name, "toc.json") != 0;
}

bool bundle_meta(
    struct bundle_writer *writer, const char *name, struct bytes content, struct err *err)
{
	size_t at = 0;

	while (at < writer->meta_count && strcmp(writer->meta[at].name, name) != 0)
		at++;
	if (!meta_name_ok(name) || at == BUNDLE_META_FILES_MAX || content.len > META_BYTES_MAX)
		return fail(err, ERR_LIMIT, "'%s' cannot be kept in meta", name);
	struct given_file *file = &writer->meta[at];

	if (at == writer->meta_count) {
		*file = (struct given_file){0};
		snprintf(file->name, sizeof(file->name), "%s", name);
		writer->meta_count++;
	}
	text_clear(&file->content);
	text_add(&file->content, content);
	return text_ok(&file->content, err);
}

void bundle_totals(const struct bundle_writer *writer, struct bundle_totals *out)
{
	*out = writer->totals;
}
