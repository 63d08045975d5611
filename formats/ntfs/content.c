/* What a file holds, wherever it lies: small attributes whole, and the content that WOF packed. See ntfs.h, wof.h. */
#include "core/array.h"
#include "formats/ntfs/reparse.h"
#include "formats/ntfs/wof.h"

#include <stdlib.h>

#define SIZE_LEAST ((uint64_t)1 << 20) /* content up to this long may be of any ratio */

bool ntfs_stream_load(struct ntfs_volume *volume, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, size_t most, uint8_t **owned, struct bytes *out,
    struct err *err)
{
	CLEANUP(source_close) struct source *source = NULL;

	if (stream->resident) {
		*out = stream->content;
		return true;
	}
	if (stream->size > most)
		return fail(err, ERR_LIMIT, "%llu bytes where %zu are the most",
		    (unsigned long long)stream->size, most);
	if (!ntfs_stream_open(volume, entry, stream, &source, err))
		return false;
	uint8_t *at = malloc((size_t)source->size + 1);

	if (!at)
		return fail(
		    err, ERR_MEMORY, "no memory for %llu bytes", (unsigned long long)source->size);
	if (!source_read_exact(source, 0, at, (size_t)source->size, err)) {
		free(at);
		return false;
	}
	*out = (struct bytes){at, (size_t)source->size};
	*owned = at;
	return true;
}

static const struct ntfs_stream *reparse_stream(const struct ntfs_entry *entry)
{
	return ntfs_entry_stream(entry, NTFS_REPARSE_POINT, (struct bytes){0});
}

const struct ntfs_stream *ntfs_wof_stream(const struct ntfs_entry *entry)
{
	static const uint8_t name[] = "W\0o\0f\0C\0o\0m\0p\0r\0e\0s\0s\0e\0d\0D\0a\0t\0a";

	return ntfs_entry_stream(entry, NTFS_DATA, (struct bytes){name, sizeof(name)});
}

const struct ntfs_stream *ntfs_wof_packed(const struct ntfs_entry *entry)
{
	const struct ntfs_stream *reparse = reparse_stream(entry);

	/* A reparse point that is not resident is not looked into: WOF's always fits the record. */
	if (!reparse || !reparse->resident || reparse->content.len < 4 ||
	    le32(reparse->content.at) != NTFS_REPARSE_WOF ||
	    !ntfs_entry_stream(entry, NTFS_DATA, (struct bytes){0}))
		return NULL;
	return ntfs_wof_stream(entry);
}

/* Whether it has a size and no cluster. */
static bool is_hole(const struct ntfs_stream *stream)
{
	size_t i = 0;

	while (i < stream->run_count && stream->runs[i].lcn == NTFS_HOLE)
		i++;
	return !stream->resident && stream->size > 0 && i == stream->run_count;
}

bool ntfs_wof_find(struct ntfs_volume *volume, const struct ntfs_entry *entry, struct ntfs_wof *out,
    bool *found, struct err *err)
{
	CLEANUP(free_memory) uint8_t *owned = NULL;
	const struct ntfs_stream *stream = reparse_stream(entry);
	const struct ntfs_stream *data = ntfs_entry_stream(entry, NTFS_DATA, (struct bytes){0});
	const struct ntfs_stream *packed = ntfs_wof_stream(entry);
	struct ntfs_reparse reparse;
	struct bytes content;

	*found = false;
	if (!stream || !data)
		return true;
	/* What has clusters is content, whatever the reparse point says. */
	if (!ntfs_stream_load(volume, entry, stream, NTFS_REPARSE_MAX, &owned, &content, err))
		return !is_hole(data) || fail_in(err, "reparse point");
	bool ok = ntfs_reparse_parse(content, &reparse, err);

	*found = reparse.tag == NTFS_REPARSE_WOF;
	if (!*found) /* too short for a tag, it tells nothing */
		return ok || reparse.tag != 0 || !is_hole(data);
	if (!ok)
		return false;
	if (reparse.shape == NTFS_REPARSE_WOF_WIM)
		return fail(err, ERR_UNSUPPORTED, "%s", ntfs_place_why(NTFS_PLACE_WIM));
	if (reparse.algorithm > NTFS_WOF_XPRESS16K)
		return fail(err, ERR_UNSUPPORTED, "WOF: algorithm %u", reparse.algorithm);
	if (!packed)
		return fail(err, ERR_DAMAGED,
		    "compressed by Windows (WOF), but the stream WofCompressedData is gone");
	*out = (struct ntfs_wof){
	    .algorithm = (enum ntfs_wof_algorithm)reparse.algorithm,
	    .size = data->size,
	    .packed = packed,
	};
	return true;
}

/* Bytes of the volume that a stream says to fill. */
static uint64_t stored_bytes(struct ntfs_volume *volume, const struct ntfs_stream *stream)
{
	uint64_t clusters = 0;

	if (stream->resident)
		return stream->content.len;
	for (size_t i = 0; i < stream->run_count; i++)
		if (stream->runs[i].lcn != NTFS_HOLE)
			clusters += stream->runs[i].length; /* they do not overlap: below 2^53 */
	uint32_t size = ntfs_volume_geometry(volume)->cluster_size;

	return clusters > UINT64_MAX / size ? UINT64_MAX : clusters * size;
}

bool ntfs_wof_open(struct ntfs_volume *volume, const struct ntfs_entry *entry,
    const struct ntfs_wof *wof, struct source **out, struct err *err)
{
	CLEANUP(source_close) struct source *packed = NULL;

	if (!wof->packed->resident && !volume)
		return fail(err, ERR_UNSUPPORTED, "the stream lies in clusters of a volume");
	uint64_t stored = stored_bytes(volume, wof->packed);

	if (wof->size > SIZE_LEAST && wof->size / NTFS_WOF_RATIO > stored)
		return fail(err, ERR_LIMIT, "WOF: %llu bytes packed in %llu",
		    (unsigned long long)wof->size, (unsigned long long)stored);
	if (!ntfs_stream_open(volume, entry, wof->packed, &packed, err) ||
	    !ntfs_wof_open_source(packed, wof->algorithm, wof->size, out, err))
		return fail_in(err, "WofCompressedData");
	packed = NULL;
	return true;
}

bool ntfs_content_open(struct ntfs_volume *volume, const struct ntfs_entry *entry,
    struct source **out, struct err *err)
{
	const struct ntfs_stream *data = ntfs_entry_stream(entry, NTFS_DATA, (struct bytes){0});
	struct ntfs_wof wof;
	bool is_wof;

	if (!data)
		return fail(err, ERR_MISSING, "it holds no data");
	if (!ntfs_wof_find(volume, entry, &wof, &is_wof, err))
		return false;
	if (is_wof)
		return ntfs_wof_open(volume, entry, &wof, out, err);
	return ntfs_stream_open(volume, entry, data, out, err);
}
