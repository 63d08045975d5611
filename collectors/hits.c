/* The streams chosen to be taken. See state.h. */
#include "collectors/state.h"

#include "core/array.h"
#include "formats/ntfs/wof.h"

#include <stdlib.h>

#define BAD_CLUSTERS_RECORD 8 /* $BadClus */
#define RECORD_MASK         (((uint64_t)1 << 48) - 1)

bool hit_is_wanted(const struct ntfs_entry *entry, const struct ntfs_stream *stream)
{
	static const uint8_t bad[] = {'$', 0, 'B', 0, 'a', 0, 'd', 0};

	if (stream->type != NTFS_DATA)
		return false;
	return entry->record != BAD_CLUSTERS_RECORD ||
	       stream_hash(stream->utf16) != stream_hash((struct bytes){bad, sizeof(bad)});
}

uint64_t hit_stored_bytes(const struct ntfs_entry *entry, const struct ntfs_stream *stream)
{
	if (stream->type == NTFS_DATA && stream->utf16.len == 0 && ntfs_wof_packed(entry))
		return stream->size; /* unpacked */
	return !stream->resident && stream->allocated < stream->size ? stream->allocated
								     : stream->size;
}

static void add(struct hit_list *list, const struct hit *hit, uint64_t bytes)
{
	if (!array_grow(
		&list->at, &list->room, list->count + 1, sizeof(*hit), COLLECTION_HITS_MAX, NULL)) {
		list->dropped++;
		return;
	}
	/* The unnamed stream stands first among those of its file. */
	size_t at = list->count;

	while (hit->stream == 0 && at > 0 && list->at[at - 1].file == hit->file) {
		list->at[at] = list->at[at - 1];
		at--;
	}
	list->at[at] = *hit;
	list->count++;
	list->bytes = bytes > UINT64_MAX - list->bytes ? UINT64_MAX : list->bytes + bytes;
}

static uint64_t file_of(const struct ntfs_entry *entry)
{
	return entry->record | (uint64_t)entry->sequence << 48;
}

void hit_add(struct hit_list *list, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, uint32_t key, uint32_t collectors)
{
	const struct hit hit = {.file = file_of(entry), .stream = key, .collectors = collectors};

	add(list, &hit, hit_stored_bytes(entry, stream));
}

void hit_add_lost(struct hit_list *list, const struct ntfs_entry *entry, uint32_t collectors)
{
	const struct hit hit = {
	    .file = file_of(entry), .stream = STREAM_KEY_LOST, .collectors = collectors};

	add(list, &hit, 0);
}

static int compare_hits(const void *a, const void *b)
{
	const struct hit *x = a;
	const struct hit *y = b;

	if ((x->file & RECORD_MASK) != (y->file & RECORD_MASK))
		return (x->file & RECORD_MASK) < (y->file & RECORD_MASK) ? -1 : 1;
	return (x->stream > y->stream) - (x->stream < y->stream);
}

void hit_merge(struct hit_list *hits)
{
	size_t kept = 0;

	qsort(hits->at, hits->count, sizeof(*hits->at), compare_hits);
	for (size_t i = 0; i < hits->count; i++)
		if (kept > 0 && compare_hits(&hits->at[kept - 1], &hits->at[i]) == 0)
			hits->at[kept - 1].collectors |= hits->at[i].collectors;
		else
			hits->at[kept++] = hits->at[i];
	hits->count = kept;
}

static bool lies_before(const void *element, uint64_t record)
{
	return (((const struct hit *)element)->file & RECORD_MASK) < record;
}

const struct hit *hit_find(const struct hit_list *list, const struct hit *hit)
{
	uint64_t record = hit->file & RECORD_MASK;
	size_t i = array_first_from(list->at, list->count, sizeof(*list->at), lies_before, record);

	for (; i < list->count && (list->at[i].file & RECORD_MASK) == record; i++)
		if (list->at[i].file == hit->file && list->at[i].stream == hit->stream)
			return &list->at[i];
	return NULL;
}

bool hit_load(
    struct collection_volume *volume, uint64_t record, struct ntfs_entry *entry, struct err *err)
{
	struct ntfs_mft *mft = ntfs_volume_mft(volume->ntfs);
	struct err why = {0};
	bool ok = ntfs_entry_load(mft, record, entry, &why);

	if (ok ? entry->lost.kind == ERR_IO : why.kind == ERR_IO)
		ok = ntfs_entry_load(mft, record, entry, &why);
	if (!ok && err)
		*err = why;
	return ok;
}
