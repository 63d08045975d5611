/* What is left of a deleted file's content. See deleted.h. */
#include "formats/ntfs/deleted_state.h"

#include "core/array.h"
#include "formats/ntfs/limits.h"
#include "formats/ntfs/volume.h"

#include <stdlib.h>

void ntfs_deleted_free(struct ntfs_deleted *deleted)
{
	free(deleted->lost.at);
	free(deleted->doubtful.at);
	*deleted = (struct ntfs_deleted){0};
}

const char *ntfs_deleted_word(enum ntfs_deleted_result result)
{
	static const char *const words[] = {"full", "partial", "overwritten", "trimmed"};

	return words[result];
}

/* Adds a range that does not begin before the last one. Over the limit the last one grows to its end: more is
 * then said to be lost than is. */
static bool add_range(struct ntfs_range_list *list, uint64_t offset, uint64_t end, struct err *err)
{
	struct range *last = list->count ? &list->at[list->count - 1] : NULL;

	if (offset >= end)
		return true;
	if (last && (offset <= last->offset + last->len || list->count == NTFS_LIMIT_LOST)) {
		if (end > last->offset + last->len)
			last->len = end - last->offset;
		return true;
	}
	if (!array_grow(
		&list->at, &list->room, list->count + 1, sizeof(*list->at), NTFS_LIMIT_LOST, err))
		return false;
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): array_grow made room */
	list->at[list->count++] = (struct range){.offset = offset, .len = end - offset};
	return true;
}

/* Clusters as bytes of the content, cut at its size. */
static uint64_t to_bytes(const struct judging *j, uint64_t vcn)
{
	return vcn > j->size / j->cluster ? j->size : vcn * j->cluster;
}

/* Notes that clusters [vcn, end) of the stream are lost or doubtful: of a compressed one all units that they touch. */
static bool note(
    struct judging *j, struct ntfs_range_list *list, uint64_t vcn, uint64_t end, struct err *err)
{
	vcn -= vcn % j->unit;
	end += (j->unit - end % j->unit) % j->unit;
	return add_range(list, to_bytes(j, vcn), to_bytes(j, end), err);
}

static bool note_missing(struct judging *j, uint64_t vcn, uint64_t end, struct err *err)
{
	if (vcn >= end)
		return true;
	j->out->missing += end - vcn;
	return note(j, &j->out->lost, vcn, end, err);
}

static bool judge_run(
    struct judging *j, const struct ntfs_run *run, uint64_t from, uint64_t to, struct err *err)
{
	struct ntfs_deleted *out = j->out;

	for (uint64_t vcn = from; vcn < to;) {
		enum ntfs_fate fate = NTFS_FATE_UNKNOWN;
		uint64_t lcn = run->lcn + (vcn - run->vcn);
		uint64_t same =
		    ntfs_claims_run(j->of->claims, j->bitmap, j->of->entry, lcn, to - vcn, &fate);

		out->own += fate == NTFS_FATE_OWN ? same : 0;
		out->used += fate == NTFS_FATE_USED ? same : 0;
		out->later += fate == NTFS_FATE_LATER ? same : 0;
		out->unknown += fate == NTFS_FATE_UNKNOWN ? same : 0;
		out->unkept += fate == NTFS_FATE_UNKEPT ? same : 0;
		if (fate == NTFS_FATE_UNKNOWN) {
			if (!note(j, &out->doubtful, vcn, vcn + same, err))
				return false;
		} else if (fate != NTFS_FATE_OWN && !note(j, &out->lost, vcn, vcn + same, err)) {
			return false;
		}
		vcn += same;
	}
	return true;
}

bool deleted_judge_range(struct judging *j, uint64_t first, uint64_t end, struct err *err)
{
	const struct ntfs_stream *stream = j->of->stream;
	size_t i = ntfs_runs_find(stream->runs, stream->run_count, first);
	uint64_t covered = first;

	for (; i < stream->run_count && stream->runs[i].vcn < end; i++) {
		const struct ntfs_run *run = &stream->runs[i];
		uint64_t from = run->vcn > first ? run->vcn : first;
		uint64_t to = run->length > end - run->vcn ? end : run->vcn + run->length;

		if (!note_missing(j, covered, from, err) ||
		    (run->lcn != NTFS_HOLE && !judge_run(j, run, from, to, err)))
			return false;
		covered = to;
	}
	return note_missing(j, covered, end, err);
}

void deleted_judging(struct judging *j, const struct ntfs_deleted_stream *of,
    struct ntfs_bitmap *bitmap, struct ntfs_deleted *out)
{
	const struct ntfs_stream *stream = of->stream;
	uint64_t written = stream->initialized < stream->size ? stream->initialized : stream->size;

	*j = (struct judging){.of = of,
	    .bitmap = bitmap,
	    .out = out,
	    .size = stream->size,
	    .cluster = ntfs_volume_geometry(of->volume)->cluster_size,
	    .unit = 1};
	if (stream->flags & NTFS_STREAM_COMPRESSED && stream->compression_unit < 32)
		j->unit = (uint64_t)1 << stream->compression_unit;
	j->end = written / j->cluster + (written % j->cluster != 0);
	/* A unit is stored as a whole. Its last clusters may be a hole that no run tells of. */
	if (j->unit > 1 && stream->run_count > 0) {
		const struct ntfs_run *last = &stream->runs[stream->run_count - 1];
		uint64_t end = j->end + (j->unit - j->end % j->unit) % j->unit;

		if (last->vcn + last->length > j->end)
			j->end = last->vcn + last->length < end ? last->vcn + last->length : end;
	}
}

static void conclude(const struct ntfs_deleted_stream *of, struct ntfs_deleted *out)
{
	bool is_whole = !of->stream->incomplete && of->entry->damage.kind == ERR_NONE;

	out->clusters =
	    out->own + out->used + out->later + out->unknown + out->unkept + out->missing;
	if (is_whole && out->own == out->clusters)
		out->result = NTFS_DELETED_FULL;
	else if (out->own + out->unknown + out->unkept > 0 || out->clusters == 0)
		out->result = NTFS_DELETED_PARTIAL;
	else
		out->result = NTFS_DELETED_OVERWRITTEN;
}

bool ntfs_deleted_judge(const struct ntfs_deleted_stream *of, struct ntfs_bitmap *bitmap,
    struct ntfs_deleted *out, struct err *err)
{
	struct judging judging;

	ntfs_deleted_free(out);
	out->is_resident = of->stream->resident;
	deleted_judging(&judging, of, bitmap, out);
	if (!of->stream->resident && !deleted_judge_range(&judging, 0, judging.end, err))
		return false;
	conclude(of, out);
	return true;
}

void ntfs_deleted_give_sizes(const struct ntfs_volume *volume, struct ntfs_entry *entry)
{
	uint64_t cluster = ntfs_volume_geometry(volume)->cluster_size;

	if (!ntfs_entry_is_extension(entry))
		return;
	for (size_t i = 0; i < entry->stream_count; i++) {
		struct ntfs_stream *stream = &entry->streams[i];

		if (stream->run_count == 0 || stream->size != 0 || stream->runs[0].vcn == 0)
			continue;
		const struct ntfs_run *last = &stream->runs[stream->run_count - 1];

		if (last->vcn + last->length > INT64_MAX / cluster)
			continue;
		stream->size = (last->vcn + last->length) * cluster;
		stream->initialized = stream->size;
		stream->incomplete = true;
		if (stream->flags & NTFS_STREAM_COMPRESSED)
			stream->compression_unit = NTFS_UNIT_WINDOWS;
	}
}
