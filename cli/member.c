/* Members on their way out. See member.h. */
#include "cli/member.h"

#include "analysis/receipt.h"
#include "core/array.h"
#include "platform/console.h"

#include <stdlib.h>
#include <string.h>

#define PIECE ((size_t)1 << 20)

void member_close(struct member *member)
{
	source_close(member->source);
	free(member->runs);
	text_free(&member->reason);
	*member = (struct member){0};
}

/* What the row that holds the bytes says of them. */
static bool load_holder(
    struct bundle_reader *reader, size_t index, struct member *out, struct err *err)
{
	CLEANUP(row_free) struct row row = {0};
	struct bundle_row_view view;

	if (!bundle_row_at(reader, index, &view, err) || !row_parse(view.json, &row, err))
		return false;
	if (row.is_sparse && !row_sparse_map(&row, &out->runs, &out->run_count, err))
		return false;
	out->is_sparse = row.is_sparse;
	out->size = row.is_sparse ? row.size : row.place.stored;
	out->has_hash = true;
	out->place = row.place;
	if (bytes_equal(row.status, bytes_of("partial")))
		receipt_add_reason(&out->reason, row.reason.len ? row.reason : bytes_of("-"));
	return text_ok(&out->reason, err);
}

static bool find_holder(
    struct bundle_reader *reader, const struct row *row, size_t *index, struct err *err)
{
	struct bytes reason = row->reason.len ? row->reason : bytes_of("no reason given");

	if (!row->taken && row->same_as.len == 0)
		return fail(err, ERR_MISSING, "it was not taken (%.*s)", text_cut(reason, 100),
		    (const char *)reason.at);
	return bundle_row_holder(reader, *index, index, err);
}

static bool load(struct bundle_reader *reader, size_t *index, struct member *out, struct err *err)
{
	CLEANUP(member_close) struct member member = {0};
	CLEANUP(row_free) struct row row = {0};
	struct bundle_row_view view;

	if (!bundle_row_at(reader, *index, &view, err) || !row_parse(view.json, &row, err))
		return false;
	member.times = row.times;
	if (!find_holder(reader, &row, index, err) || !load_holder(reader, *index, &member, err))
		return false;
	*out = member;
	member = (struct member){0};
	return true;
}

bool member_load_row(
    struct bundle_reader *reader, size_t index, struct member *out, struct err *err)
{
	return load(reader, &index, out, err);
}

bool member_open_row(
    struct bundle_reader *reader, size_t index, struct member *out, struct err *err)
{
	CLEANUP(member_close) struct member member = {0};

	if (!load(reader, &index, &member, err) ||
	    !bundle_member_open(reader, index, &member.source, err))
		return false;
	*out = member;
	member = (struct member){0};
	return true;
}

bool member_open_meta(
    struct bundle_reader *reader, const char *name, struct member *out, struct err *err)
{
	struct member member = {0};

	if (!bundle_meta_open(reader, name, &member.source, err))
		return false;
	member.size = member.source->size;
	*out = member;
	return true;
}

bool member_open(
    struct bundle_reader *reader, const char *path, struct member *out, struct err *err)
{
	struct err why = {0};
	size_t index;

	if (bundle_row_find(reader, bytes_of(path), &index, &why))
		return member_open_row(reader, index, out, err) ||
		       text_fail_in(err, bytes_of(path));
	if (why.kind != ERR_MISSING) {
		*err = why;
		return text_fail_in(err, bytes_of(path));
	}
	if (strncmp(path, "meta/", 5) == 0 && member_open_meta(reader, path + 5, out, err))
		return true;
	return fail(err, ERR_MISSING, "no '%.*s' in the bundle; kanshiki ls lists what there is",
	    text_cut(bytes_of(path), 120), path);
}

bool member_place(const struct member *member, uint64_t stored_at, struct bytes piece,
    bool (*each)(void *context, uint64_t at, struct bytes piece, struct err *err), void *context,
    struct err *err)
{
	if (!member->is_sparse)
		return each(context, stored_at, piece, err);
	if (!row_runs_place(member->runs, member->run_count, stored_at, &piece, each, context, err))
		return false;
	return piece.len == 0 ||
	       fail(err, ERR_DAMAGED, "more bytes than its sparse_map has room for");
}

bool member_copy(const struct member *member,
    bool (*each)(void *context, uint64_t at, struct bytes piece, struct err *err), void *context,
    struct err *err)
{
	CLEANUP(hash_free) struct hash *hash = hash_new(HASH_SHA256);
	CLEANUP(free_memory) uint8_t *piece = malloc(PIECE);
	uint8_t digest[SHA256_LEN];

	if (!hash || !piece)
		return fail(err, ERR_MEMORY, "no memory for copying");
	for (uint64_t at = 0; at < member->source->size;) {
		uint64_t left = member->source->size - at;
		size_t want = left < PIECE ? (size_t)left : PIECE;

		if (console_stopped())
			return fail(err, ERR_STOPPED, "stopped by you");
		if (!source_read_exact(member->source, at, piece, want, err))
			return false;
		hash_add(hash, (struct bytes){piece, want});
		if (!member_place(member, at, (struct bytes){piece, want}, each, context, err))
			return false;
		at += want;
	}
	hash_take(hash, digest);
	if (member->has_hash && memcmp(digest, member->place.sha256, SHA256_LEN) != 0)
		return fail(err, ERR_DAMAGED, "its bytes have another hash than its row says");
	return true;
}
