/* Content for the bundle. See content.h. */
#include "collectors/content.h"

#include "collectors/attribute.h"
#include "formats/ntfs/reparse.h"

#include "core/array.h"

#include <stdlib.h>

#define HOLES_STORED_MAX ((uint64_t)1 << 30) /* more holes than this are not stored */
#define HOLES_ACCEPTED_MAX \
	((uint64_t)64 << 30) /* in a compressed file, whose holes must be stored */
/* The same for all files of a volume together: sparse files cost nothing, so there may be a hundred thousand. */
#define ZEROS_STORED_MAX   ((uint64_t)4 << 30)
#define ZEROS_ACCEPTED_MAX ((uint64_t)64 << 30)
#define ZEROS_SMALL        ((uint64_t)16 << 20) /* in a compressed file, accepted all the same */
#define EFS_UNIT           512u                 /* bytes that are encrypted together */
#define RANGES_MAX         500000               /* in a sparse_map: its row stays under 16 MiB */

void content_free(struct content *content)
{
	source_close(content->source);
	free(content->sparse);
	*content = (struct content){0};
}

/* What the runs of a stream say of its bytes. */
struct coverage {
	uint64_t holes; /* bytes in holes */
	/* of these, zeros: in a compressed stream, whose units end with holes, those of whole units */
	uint64_t zeros;
	/* end of the last hole or cluster that is there: beyond is nothing to read */
	uint64_t reach;
	uint64_t volume; /* bytes that the image or device has */
};

/* Where in the stream the readable part of a run ends; its start when nothing of it is there. */
static uint64_t run_reach(const struct ntfs_run *run, uint64_t cluster, uint64_t volume)
{
	uint64_t start = run->vcn * cluster;
	uint64_t left;

	if (run->lcn == NTFS_HOLE)
		return start + run->length * cluster;
	if (run->lcn >= volume / cluster)
		return start;
	left = volume - run->lcn * cluster;
	return start + (run->length < left / cluster ? run->length * cluster : left);
}

/* Bytes of a hole that no packed bytes stand for. */
static uint64_t count_zeros(
    const struct ntfs_stream *stream, const struct ntfs_run *hole, uint64_t cluster)
{
	uint64_t unit = stream->flags & NTFS_STREAM_COMPRESSED && stream->compression_unit < 32
			    ? (uint64_t)1 << stream->compression_unit
			    : 1;
	uint64_t first = (hole->vcn + unit - 1) / unit * unit;
	uint64_t end = (hole->vcn + hole->length) / unit * unit;

	return end > first ? (end - first) * cluster : 0;
}

static struct coverage cover(
    const struct collection_volume *volume, const struct ntfs_stream *stream)
{
	const struct ntfs_geometry *geometry = ntfs_volume_geometry(volume->ntfs);
	uint64_t cluster = geometry->cluster_size;
	struct coverage c = {.volume = volume->raw->size};

	if (geometry->clusters < c.volume / cluster)
		c.volume = geometry->clusters * cluster;
	if (stream->resident)
		c.reach = stream->size;
	for (size_t i = 0; !stream->resident && i < stream->run_count; i++) {
		const struct ntfs_run *run = &stream->runs[i];
		uint64_t room = stream->size / cluster + 1; /* clusters that matter */

		if (run->vcn > room)
			break;
		struct ntfs_run seen = *run;

		if (seen.length > room - seen.vcn)
			seen.length = room - seen.vcn;
		uint64_t end = run_reach(&seen, cluster, c.volume);

		if (seen.lcn == NTFS_HOLE) {
			c.holes += seen.length * cluster;
			c.zeros += count_zeros(stream, &seen, cluster);
		}
		c.reach = end > seen.vcn * cluster ? end : c.reach;
	}
	c.reach = c.reach < stream->size ? c.reach : stream->size;
	c.holes = c.holes < stream->size ? c.holes : stream->size;
	c.zeros = c.zeros < stream->size ? c.zeros : stream->size;
	return c;
}

/* What was to be read: a stream of a file on a volume. */
struct wanted {
	struct collection_volume *volume;
	const struct ntfs_entry *entry;
	const struct ntfs_stream *stream;
};

/* The allocated runs alone, with their map. */
static bool open_runs(const struct wanted *w, uint64_t volume, struct content *out, struct err *err)
{
	CLEANUP(source_close) struct source *runs = NULL;
	uint64_t stored = 0;

	if (!ntfs_stream_ranges(
		w->volume->ntfs, w->stream, &out->sparse, &out->sparse_count, err) ||
	    !ntfs_stream_open_runs(w->volume->ntfs, w->entry, w->stream, &runs, err))
		return false;
	if (out->sparse_count > RANGES_MAX)
		return fail(err, ERR_LIMIT, "in %zu pieces", out->sparse_count);
	for (size_t i = 0; i < out->sparse_count; i++)
		stored += out->sparse[i].len;
	if (stored != runs->size)
		return fail(err, ERR_DAMAGED, "its runs hold %llu bytes, its map %llu",
		    (unsigned long long)runs->size, (unsigned long long)stored);
	if (stored > volume)
		return fail(err, ERR_DAMAGED, "its runs hold more than the whole volume");
	out->is_sparse = true;
	out->source = TAKE(runs);
	return true;
}

/* The logical content as far as there is anything to read. */
static bool open_whole(const struct wanted *w, struct content *out, struct err *err)
{
	CLEANUP(source_close) struct source *whole = NULL;

	if (!ntfs_stream_open(w->volume->ntfs, w->entry, w->stream, &whole, err))
		return false;
	if (!out->cut) {
		out->source = TAKE(whole);
		return true;
	}
	out->source = source_window(whole, 0, w->stream->size - out->cut, true);
	if (!out->source)
		return fail(err, ERR_MEMORY, "no memory to read it");
	whole = NULL;
	return true;
}

/* A size without clusters is damage: one changed byte must not make us write terabytes of zeros. */
static bool check_coverage(
    const struct coverage *c, const struct ntfs_stream *stream, struct err *err)
{
	if (c->holes > HOLES_ACCEPTED_MAX)
		return fail(err, ERR_LIMIT, "a compressed or damaged file with %llu bytes of holes",
		    (unsigned long long)c->holes);
	if (c->reach == 0 && stream->size > 0)
		return fail(err, ERR_DAMAGED,
		    "none of its %llu bytes lies inside the volume or image",
		    (unsigned long long)stream->size);
	if (c->reach - c->holes > c->volume)
		return fail(err, ERR_DAMAGED, "its runs hold more than the whole volume");
	return true;
}

/* What WOF packed of the file, unpacked. False: there is none, or wof_why tells why it cannot be, or cannot be told. */
static bool open_wof(const struct wanted *w, struct content *out)
{
	struct err *why = &out->wof_why;
	bool is_wof;
	bool ok = ntfs_wof_find(w->volume->ntfs, w->entry, &out->wof, &is_wof, why);

	if (ok && !is_wof)
		*why = (struct err){0};
	if (!is_wof || !ok)
		return false;
	struct coverage c = cover(w->volume, out->wof.packed);

	if (c.holes > HOLES_STORED_MAX)
		return fail(why, ERR_DAMAGED, "WofCompressedData has %llu bytes of holes",
		    (unsigned long long)c.holes);
	if (!check_coverage(&c, out->wof.packed, why))
		return fail_in(why, "WofCompressedData");
	out->packed_size = out->wof.packed->size;
	out->beneath = w->stream->size - cover(w->volume, w->stream).holes;
	out->is_wof =
	    ntfs_wof_open(w->volume->ntfs, w->entry, &out->wof, &out->source, &out->wof_why);
	return out->is_wof;
}

/* Where the content of a file is that only stands for it on the volume; NTFS_PLACE_HERE when it is here. */
static enum ntfs_place place_of(const struct wanted *w)
{
	enum { RECALL_ON_OPEN = 0x40000, RECALL_ON_DATA = 0x400000, OFFLINE = 0x1000 };
	CLEANUP(free_memory) uint8_t *owned = NULL;
	const struct ntfs_stream *stream =
	    ntfs_entry_stream(w->entry, NTFS_REPARSE_POINT, (struct bytes){0});
	struct ntfs_reparse reparse = {0};
	struct bytes data;

	if (w->stream->type != NTFS_DATA || w->stream->utf16.len || w->stream->size == 0)
		return NTFS_PLACE_HERE;
	if (stream && ntfs_stream_load(
			  w->volume->ntfs, w->entry, stream, NTFS_REPARSE_MAX, &owned, &data, NULL))
		DISCARD(ntfs_reparse_parse(data, &reparse, NULL));
	if (w->entry->has_standard &&
	    (w->entry->attributes & (RECALL_ON_OPEN | RECALL_ON_DATA | OFFLINE)))
		return reparse.place == NTFS_PLACE_HERE ? NTFS_PLACE_CLOUD : reparse.place;
	/* A file that was in the cloud and is here now keeps its reparse point. */
	if (reparse.place != NTFS_PLACE_HERE && !w->stream->resident &&
	    cover(w->volume, w->stream).holes == w->stream->size)
		return reparse.place;
	return NTFS_PLACE_HERE;
}

/* To the end of the unit; sizes of streams are below 2^63. */
static uint64_t unit_end(uint64_t size)
{
	return (size + EFS_UNIT - 1) / EFS_UNIT * EFS_UNIT;
}

static bool is_efs(const struct ntfs_stream *stream)
{
	return stream->type == NTFS_DATA && !stream->resident &&
	       (stream->flags & (NTFS_STREAM_ENCRYPTED | NTFS_STREAM_COMPRESSED)) ==
		   NTFS_STREAM_ENCRYPTED;
}

uint64_t content_size(const struct ntfs_stream *stream)
{
	return is_efs(stream) ? unit_end(stream->size) : stream->size;
}

static bool open_stream(struct collection_volume *volume, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, bool only_runs, struct content *out, struct err *err)
{
	struct wanted w = {.volume = volume, .entry = entry, .stream = stream};
	struct coverage c = cover(volume, stream);
	bool is_compressed = stream->flags & NTFS_STREAM_COMPRESSED;

	if (stream->type == NTFS_DATA && stream->utf16.len == 0 && open_wof(&w, out))
		return true;
	/* Of what is not here, the holes are no content either. */
	only_runs = only_runs || c.holes > HOLES_STORED_MAX ||
		    volume->zeros + c.zeros > ZEROS_STORED_MAX || out->wof_why.kind != ERR_NONE ||
		    place_of(&w) != NTFS_PLACE_HERE;
	if (c.holes > 0 && only_runs && !is_compressed && !stream->incomplete)
		return open_runs(&w, c.volume, out, err);
	if (!check_coverage(&c, stream, err))
		return false;
	if (c.zeros > ZEROS_SMALL && volume->zeros + c.zeros > ZEROS_ACCEPTED_MAX)
		return fail(err, ERR_LIMIT,
		    "a compressed or damaged file with %llu bytes of holes, behind others with "
		    "%llu",
		    (unsigned long long)c.zeros, (unsigned long long)volume->zeros);
	volume->zeros += c.zeros;
	out->cut = stream->size - c.reach;
	return open_whole(&w, out, err);
}

bool content_open(struct collection_volume *volume, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, bool only_runs, struct content *out, struct err *err)
{
	struct ntfs_stream stored = *stream;

	if (stream->type != NTFS_DATA && stream->size > ATTRIBUTE_BYTES_MAX)
		return fail(err, ERR_LIMIT, "%llu bytes where %zu are the most",
		    (unsigned long long)stream->size, ATTRIBUTE_BYTES_MAX);
	stored.size = content_size(stream);
	if (is_efs(stream))
		stored.initialized = unit_end(stream->initialized);
	return open_stream(volume, entry, &stored, only_runs, out, err);
}

void content_elsewhere(struct collection_volume *volume, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, struct err *why)
{
	struct wanted w = {.volume = volume, .entry = entry, .stream = stream};
	enum ntfs_place place;

	if (stream->flags & NTFS_STREAM_ENCRYPTED) {
		fail(why, ERR_UNSUPPORTED,
		    "encrypted by Windows (EFS): stored as it lies on the disk");
		return;
	}
	place = place_of(&w);
	if (place != NTFS_PLACE_HERE)
		fail(why, ERR_MISSING, "%s", ntfs_place_why(place));
}
