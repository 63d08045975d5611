/* Joining the extents of a stream, which may lie in many MFT records. See entry_memory.h. */
#include "formats/ntfs/entry_memory.h"

#include "core/array.h"
#include "formats/ntfs/limits.h"

#include <stdlib.h>

static int compare_names(struct bytes a, struct bytes b)
{
	size_t least = a.len < b.len ? a.len : b.len;
	int order = least ? memcmp(a.at, b.at, least) : 0;

	if (order != 0)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

/* Type, name, first cluster; then as met. */
static int compare(const void *a, const void *b)
{
	const struct ntfs_attribute *x = a;
	const struct ntfs_attribute *y = b;
	int names;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	names = compare_names(x->name, y->name);
	if (names != 0)
		return names;
	if (x->first_vcn != y->first_vcn)
		return x->first_vcn < y->first_vcn ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Whether the two are in order as met: of one record, mostly each is of another type, or has no name. */
static bool are_in_order(const struct ntfs_attribute *a, const struct ntfs_attribute *b)
{
	return a->type < b->type || (a->type == b->type && a->name.len == 0 && b->name.len == 0 &&
					a->first_vcn == b->first_vcn);
}

static void sort(struct ntfs_attribute *attributes, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (!are_in_order(&attributes[i - 1], &attributes[i]) &&
		    compare(&attributes[i - 1], &attributes[i]) > 0) {
			qsort(attributes, count, sizeof(*attributes), compare);
			return;
		}
}

static bool is_stream(const struct ntfs_attribute *attribute)
{
	return attribute->type != NTFS_STANDARD_INFORMATION &&
	       attribute->type != NTFS_ATTRIBUTE_LIST && attribute->type != NTFS_FILE_NAME;
}

/* An extension record on its own: that extents are missing is no damage. */
static void note(struct ntfs_entry *entry, struct ntfs_stream *stream, const struct err *why)
{
	stream->incomplete = true;
	if (entry->damage.kind == ERR_NONE)
		fail(&entry->damage, why->kind, "stream of type 0x%x: %s", stream->type, why->text);
}

static uint64_t stream_end(const struct ntfs_entry_memory *m, const struct ntfs_stream *stream)
{
	const struct ntfs_run *last = stream->run_count ? &m->runs.at[m->runs.count - 1] : NULL;

	return last ? last->vcn + last->length : 0;
}

/* Where the extent of a stream ends that has no other. The header may tell of fewer clusters than the runs are of: when these are exactly
 * those of the allocated size, it is the header that is wrong (docs/formats/ntfs.md, "Runs"). */
static uint64_t end_of_whole(const struct ntfs_attribute *extent, uint32_t cluster_size)
{
	uint64_t end = extent->last_vcn + 1, total = ntfs_runs_total(extent->mapping);

	if (total <= end || extent->first_vcn != 0 || extent->allocated % total != 0 ||
	    extent->flags & (NTFS_STREAM_COMPRESSED | NTFS_STREAM_SPARSE))
		return end;
	uint64_t cluster = extent->allocated / total;
	bool is_size = cluster >= NTFS_LIMIT_CLUSTER_MIN && cluster <= NTFS_LIMIT_CLUSTER_MAX &&
		       (cluster & (cluster - 1)) == 0;

	return is_size && (cluster_size == 0 || cluster == cluster_size) ? total : end;
}

/* Adds the runs again when they are more than the header tells, and damaged by nothing else. */
static bool add_whole(struct ntfs_entry *entry, const struct ntfs_attribute *extent,
    uint32_t cluster_size, size_t before, struct err *why)
{
	struct ntfs_entry_memory *m = entry->memory;
	uint64_t end = end_of_whole(extent, cluster_size);
	size_t count = m->runs.count;

	if (end == extent->last_vcn + 1)
		return false;
	m->runs.count = before;
	if (!ntfs_runs_add(&m->runs, extent->mapping, 0, end, NULL)) {
		m->runs.count = count;
		return false;
	}
	if (entry->damage.kind == ERR_NONE)
		fail(&entry->damage, ERR_DAMAGED, "stream of type 0x%x: %s", extent->type,
		    why->text);
	return true;
}

/* Adds the runs of one extent behind those the stream has. False only when out of memory or limits. */
static bool add_extent(struct ntfs_entry *entry, struct ntfs_stream *stream,
    const struct ntfs_attribute *extent, uint32_t cluster_size, bool is_alone, struct err *err)
{
	struct ntfs_entry_memory *m = entry->memory;
	uint64_t end = stream_end(m, stream);
	size_t before = m->runs.count;
	struct err why;

	if (extent->first_vcn < end) {
		fail(&why, ERR_DAMAGED, "two extents for cluster %llu",
		    (unsigned long long)extent->first_vcn);
		note(entry, stream, &why);
		m->dropped = true;
		return true;
	}
	if (extent->first_vcn > end && ntfs_entry_is_extension(entry))
		stream->incomplete = true;
	else if (extent->first_vcn > end) {
		fail(&why, ERR_DAMAGED, "no extent for clusters %llu to %llu",
		    (unsigned long long)end, (unsigned long long)extent->first_vcn - 1);
		note(entry, stream, &why);
	}
	if (!ntfs_runs_add(
		&m->runs, extent->mapping, extent->first_vcn, extent->last_vcn + 1, &why)) {
		if (why.kind != ERR_DAMAGED)
			return fail(err, why.kind, "%s", why.text);
		if (!is_alone || !add_whole(entry, extent, cluster_size, before, &why))
			note(entry, stream, &why);
	}
	stream->run_count += m->runs.count - before;
	return true;
}

static struct ntfs_stream make_stream(const struct ntfs_attribute *a)
{
	struct ntfs_stream stream = {.type = a->type,
	    .utf16 = a->name,
	    .flags = a->flags,
	    .id = a->id,
	    .resident = a->resident};

	if (a->resident) {
		stream.content = a->content;
		stream.size = a->content.len;
		stream.allocated = stream.size;
		stream.initialized = stream.size;
	} else if (a->first_vcn == 0) {
		stream.size = a->size;
		stream.allocated = a->allocated;
		stream.initialized = a->initialized < a->size ? a->initialized : a->size;
		stream.compression_unit = a->compression_unit;
	}
	return stream;
}

/* More bytes written than there are: one field is wrong, and nothing else tells how many were. All of them are given, so
 * that those behind the last one may be of what had the clusters before. */
static void check_initialized(
    struct ntfs_entry *entry, struct ntfs_stream *stream, const struct ntfs_attribute *first)
{
	if (first->resident || first->first_vcn != 0 || first->initialized <= first->size)
		return;
	stream->is_written_unknown = true;
	if (entry->damage.kind == ERR_NONE)
		fail(&entry->damage, ERR_DAMAGED,
		    "stream of type 0x%x: initialized 0x%llx of 0x%llx bytes", stream->type,
		    (unsigned long long)first->initialized, (unsigned long long)first->size);
}

/* Whether the runs reach the size; clusters are all that is known of it without the volume. */
static void check_end(struct ntfs_entry *entry, struct ntfs_stream *stream, uint32_t cluster_size)
{
	uint64_t end = stream_end(entry->memory, stream);
	struct err why;

	if (stream->resident || cluster_size == 0 || stream->incomplete ||
	    ntfs_entry_is_extension(entry))
		return;
	uint64_t need = stream->size / cluster_size + (stream->size % cluster_size != 0);

	if (end >= need)
		return;
	fail(&why, ERR_DAMAGED, "runs of %llu clusters for %llu bytes", (unsigned long long)end,
	    (unsigned long long)stream->size);
	note(entry, stream, &why);
}

/* Where the first extent is lost, and the sizes with it: as many bytes as the others reach. */
static void give_size(
    const struct ntfs_entry *entry, struct ntfs_stream *stream, uint32_t cluster_size)
{
	const struct ntfs_run *runs = stream->run_count ? entry->memory->runs.at : NULL;
	uint64_t end = stream_end(entry->memory, stream), stored = 0;

	if (cluster_size == 0 || end == 0 || end > (uint64_t)INT64_MAX / cluster_size ||
	    ntfs_entry_is_extension(entry))
		return;
	runs += entry->memory->runs.count - stream->run_count;
	for (size_t i = 0; i < stream->run_count; i++)
		stored += runs[i].lcn == NTFS_HOLE ? 0 : runs[i].length;
	stream->size = end * cluster_size;
	stream->initialized = stream->size;
	stream->allocated = stored * cluster_size;
	if (stream->flags & NTFS_STREAM_COMPRESSED)
		stream->compression_unit = NTFS_UNIT_WINDOWS;
}

static bool add_stream(struct ntfs_entry *entry, const struct ntfs_attribute *first, size_t count,
    uint32_t cluster_size, struct err *err)
{
	struct ntfs_entry_memory *m = entry->memory;

	if (!array_grow(&entry->streams, &m->stream_room, entry->stream_count + 1,
		sizeof(*entry->streams), NTFS_LIMIT_ATTRIBUTES, err))
		return fail_in(err, "streams");
	struct ntfs_stream *stream = &entry->streams[entry->stream_count];

	*stream = make_stream(first);
	for (size_t i = 0; i < count; i++)
		stream->torn = stream->torn || first[i].torn;
	check_initialized(entry, stream, first);
	for (size_t i = 0; i < count && !first->resident; i++)
		if (!add_extent(entry, stream, &first[i], cluster_size, count == 1, err))
			return false;
	if (!first->resident && first->first_vcn != 0)
		give_size(entry, stream, cluster_size);
	check_end(entry, stream, cluster_size);
	/* Without cluster size nothing tells which stream lacks what could not be loaded. */
	if (m->lost && cluster_size == 0 && !first->resident)
		stream->incomplete = true;
	entry->stream_count++;
	return true;
}

/* How many attributes from first on are extents of the same stream. */
static size_t extents(const struct ntfs_attribute *first, size_t left)
{
	size_t count = 1;

	while (count < left && !first->resident && !first[count].resident &&
	       first[count].first_vcn != 0 && first[count].type == first->type &&
	       bytes_equal(first[count].name, first->name))
		count++;
	return count;
}

bool ntfs_streams_join(struct ntfs_entry *entry, uint32_t cluster_size, struct err *err)
{
	struct ntfs_entry_memory *m = entry->memory;
	struct ntfs_run *runs;

	sort(m->attributes.at, m->attributes.count);
	for (size_t i = 0; i < m->attributes.count;) {
		size_t count = extents(&m->attributes.at[i], m->attributes.count - i);

		if (is_stream(&m->attributes.at[i]) &&
		    !add_stream(entry, &m->attributes.at[i], count, cluster_size, err))
			return false;
		i += count;
	}
	/* Now that the runs no longer move, each stream gets its own. */
	runs = m->runs.at;
	for (size_t i = 0; i < entry->stream_count; i++) {
		entry->streams[i].runs = runs;
		if (runs) /* NULL when no stream has one */
			runs += entry->streams[i].run_count;
	}
	return true;
}
