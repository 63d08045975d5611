/* The content of a deleted file, with zeros in place of what is others'. See deleted.h. */
#include "formats/ntfs/deleted_state.h"

#include "core/array.h"
#include "formats/ntfs/limits.h"
#include "formats/ntfs/volume.h"

#include <stdlib.h>

#define BLANK_PIECE ((size_t)64 << 10)

struct deleted_source {
	struct source source;
	struct source *whole; /* as the clusters lie now, whoever they belong to */
	struct ntfs_deleted_stream of;
	struct ntfs_deleted *deleted;
	bool is_live;
};

static bool insert_at(struct ntfs_range_list *list, size_t at, struct range range, struct err *err)
{
	if (!array_grow(
		&list->at, &list->room, list->count + 1, sizeof(range), NTFS_LIMIT_LOST, err))
		return false;
	memmove(&list->at[at + 1], &list->at[at], (list->count - at) * sizeof(range));
	list->at[at] = range;
	list->count++;
	return true;
}

/* Adds what of the range is not in the list yet; *added counts the bytes. */
static bool insert(
    struct ntfs_range_list *list, struct range range, uint64_t *added, struct err *err)
{
	uint64_t end = range.offset + range.len;

	while (range.offset < end) {
		size_t at = range_behind(list->at, list->count, range.offset);
		uint64_t next = at < list->count ? list->at[at].offset : UINT64_MAX;

		if (next <= range.offset) {
			range.offset = next + list->at[at].len;
			continue;
		}
		range.len = (next < end ? next : end) - range.offset;
		if (!insert_at(list, at, range, err))
			return false;
		*added += range.len;
		range.offset += range.len;
	}
	return true;
}

/* Zeros what of [offset, offset + len), read to `to`, the ranges cover. */
static void blank_out(const struct ntfs_range_list *list, uint64_t offset, uint8_t *to, size_t len)
{
	for (size_t i = range_behind(list->at, list->count, offset);
	     i < list->count && list->at[i].offset < offset + len; i++) {
		uint64_t from = list->at[i].offset > offset ? list->at[i].offset - offset : 0;
		uint64_t end = list->at[i].offset + list->at[i].len - offset;

		memset(to + from, 0, (size_t)((end < len ? end : len) - from));
	}
}

/* Clusters that were its own until a moment ago. */
static void take_away(struct ntfs_deleted *deleted, uint64_t clusters)
{
	if (clusters == 0)
		return;
	clusters = clusters < deleted->own ? clusters : deleted->own;
	deleted->own -= clusters;
	deleted->used += clusters;
	deleted->result = deleted->own + deleted->unknown + deleted->unkept > 0
			      ? NTFS_DELETED_PARTIAL
			      : NTFS_DELETED_OVERWRITTEN;
}

/* After a read on a running system: what has another owner by now is not ours to give, and is written down. */
static bool look_again(
    struct deleted_source *s, uint64_t offset, uint8_t *to, size_t len, struct err *err)
{
	CLEANUP(ntfs_bitmap_close) struct ntfs_bitmap *bitmap = NULL;
	CLEANUP(ntfs_deleted_free) struct ntfs_deleted now = {0};
	struct judging judging;
	uint64_t added = 0;
	uint64_t first;
	uint64_t end;

	ntfs_mft_forget(ntfs_volume_mft(s->of.volume));
	if (!ntfs_bitmap_open(s->of.volume, &bitmap, err))
		return false;
	deleted_judging(&judging, &s->of, bitmap, &now);
	first = offset / judging.cluster;
	end = (offset + len) / judging.cluster + ((offset + len) % judging.cluster != 0);
	first -= first % judging.unit;
	end += (judging.unit - end % judging.unit) % judging.unit;
	end = end < judging.end ? end : judging.end;
	if (first < end && !deleted_judge_range(&judging, first, end, err))
		return false;
	blank_out(&now.lost, offset, to, len);
	for (size_t i = 0; i < now.lost.count; i++)
		if (!insert(&s->deleted->lost, now.lost.at[i], &added, err))
			return false;
	take_away(s->deleted, added / judging.cluster + (added % judging.cluster != 0));
	return true;
}

/* Reads up to where the next lost range begins; in one, gives zeros up to its end. */
static bool read_part(struct deleted_source *s, uint64_t offset, uint8_t *to, size_t len,
    size_t *got, struct err *err)
{
	const struct ntfs_range_list *lost = &s->deleted->lost;
	size_t i = range_behind(lost->at, lost->count, offset);

	*got = 0;
	if (i < lost->count && lost->at[i].offset <= offset) {
		uint64_t left = lost->at[i].offset + lost->at[i].len - offset;

		*got = left < len ? (size_t)left : len;
		memset(to, 0, *got);
		return true;
	}
	if (i < lost->count && lost->at[i].offset - offset < len)
		len = (size_t)(lost->at[i].offset - offset);
	return s->whole->read(s->whole, offset, to, len, got, err);
}

static bool read_deleted(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct deleted_source *s = (struct deleted_source *)self;
	uint64_t left = offset < self->size ? self->size - offset : 0;
	bool ok = true;

	*got = 0;
	len = len < left ? len : (size_t)left;
	while (*got < len && ok) {
		size_t done = 0;

		ok = read_part(s, offset + *got, (uint8_t *)to + *got, len - *got, &done, err);
		*got += done;
		if (done == 0)
			break;
	}
	if (s->is_live && *got && !look_again(s, offset, to, *got, err)) {
		*got = 0; /* nothing is said of whose it is */
		return false;
	}
	return ok;
}

static void close_deleted(struct source *self)
{
	struct deleted_source *s = (struct deleted_source *)self;

	source_close(s->whole);
	free(s);
}

bool ntfs_deleted_open(const struct ntfs_deleted_stream *of, struct ntfs_deleted *deleted,
    bool is_live, struct source **out, struct err *err)
{
	struct deleted_source *s = calloc(1, sizeof(*s));

	if (!s)
		return fail(err, ERR_MEMORY, "no memory for a deleted file");
	*s = (struct deleted_source){.source = {.read = read_deleted, .close = close_deleted},
	    .of = *of,
	    .deleted = deleted,
	    .is_live = is_live && !of->stream->resident};
	if (!ntfs_stream_open(of->volume, of->entry, of->stream, &s->whole, err)) {
		free(s);
		return false;
	}
	s->source.size = s->whole->size;
	*out = &s->source;
	return true;
}

static bool is_blank(const uint8_t *at, size_t len)
{
	return (at[0] == 0 || at[0] == 0xff) && memcmp(at, at + 1, len - 1) == 0;
}

struct blank_scan {
	const struct ntfs_deleted_stream *of;
	struct ntfs_bitmap *bitmap;
	uint64_t cluster;
	bool only_first;
	bool (*stop)(void *context);
	void *context;
	uint8_t *buffer;
	struct ntfs_blank_counts *out;
};

/* Whether the cluster is blank, in pieces of the buffer. False: it cannot be read. */
static bool look_at(const struct blank_scan *s, uint64_t lcn, bool *blank)
{
	struct source *raw = s->of->volume->raw;
	size_t piece = s->cluster < BLANK_PIECE ? (size_t)s->cluster : BLANK_PIECE;

	*blank = true;
	for (uint64_t at = 0; at < s->cluster && *blank; at += piece) {
		if (!source_read_exact(raw, lcn * s->cluster + at, s->buffer, piece, NULL))
			return false;
		*blank = is_blank(s->buffer, piece);
	}
	return true;
}

/* False: it is enough. */
static bool scan_run(const struct blank_scan *s, const struct ntfs_run *run, uint64_t count)
{
	for (uint64_t i = 0; i < count;) {
		enum ntfs_fate fate = NTFS_FATE_UNKNOWN;
		uint64_t same = ntfs_claims_run(
		    s->of->claims, s->bitmap, s->of->entry, run->lcn + i, count - i, &fate);

		bool is_others = fate != NTFS_FATE_OWN && fate != NTFS_FATE_UNKNOWN;

		for (uint64_t c = 0; !is_others && c < same; c++) {
			bool blank = false;

			if (s->stop && s->stop(s->context))
				return false;
			if (look_at(s, run->lcn + i + c, &blank)) {
				s->out->clusters++;
				s->out->blank += blank;
			} else {
				s->out->unread++;
			}
			if (s->only_first)
				return false;
		}
		i += same;
	}
	return true;
}

bool ntfs_deleted_blank(const struct ntfs_deleted_stream *of, struct ntfs_bitmap *bitmap,
    bool only_first, bool (*stop)(void *context), void *context, struct ntfs_blank_counts *out,
    struct err *err)
{
	CLEANUP(free_memory) uint8_t *buffer = malloc(BLANK_PIECE);
	struct ntfs_blank_counts counts = {0};
	struct judging judging;
	struct ntfs_deleted unused = {0};

	if (!buffer)
		return fail(err, ERR_MEMORY, "no memory to look for emptied clusters");
	deleted_judging(&judging, of, bitmap, &unused);
	struct blank_scan scan = {
	    of, bitmap, judging.cluster, only_first, stop, context, buffer, &counts};

	for (size_t i = 0; i < of->stream->run_count && !of->stream->resident; i++) {
		const struct ntfs_run *run = &of->stream->runs[i];

		if (run->vcn >= judging.end)
			break;
		uint64_t left = judging.end - run->vcn;

		if (run->lcn != NTFS_HOLE &&
		    !scan_run(&scan, run, run->length < left ? run->length : left))
			break;
	}
	*out = counts;
	return true;
}
