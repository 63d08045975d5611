/* Taking the chosen streams of a volume: open, copy, hash, row. See state.h. */
#include "bundle/name.h"
#include "collectors/row.h"

#include "platform/clock.h"

#include <stdlib.h>

#define HOLES_STORED_MAX ((uint64_t)1 << 30) /* more holes than this are not stored */
#define HOLES_ACCEPTED_MAX \
	((uint64_t)64 << 30) /* in a compressed file, whose holes must be stored */
#define RANGES_MAX  500000   /* in a sparse_map: its row stays under 16 MiB */
#define RECORD_MASK (((uint64_t)1 << 48) - 1)

struct taking { /* a stream on its way into the bundle */
	struct collection *collection;
	struct collection_volume *volume;
	const struct ntfs_entry *entry;
	const struct ntfs_name *name;     /* NULL: it has none */
	const struct ntfs_stream *stream; /* NULL: gone since the walk */
	const struct hit *hit;
	struct text path; /* in the bundle */
	bool is_orphan;
	uint64_t cut; /* bytes at the end that no cluster holds: not stored */
	struct ntfs_range *sparse;
	size_t sparse_count;
};

/* The member's name of a stream under one of the file's names. */
static void make_path(struct taking *t, const struct ntfs_name *name, struct text *out)
{
	CLEANUP(text_free) struct text path = {0};
	bool is_orphan = true;

	if (name && !ntfs_path(t->volume->paths, name, &path, &is_orphan, NULL)) {
		text_clear(&path);
		text_adds(&path, "$Orphan/");
		text_add_utf16(&path, name->utf16);
	}
	if (!name)
		text_addf(&path, "$Orphan/record %llu", (unsigned long long)t->entry->record);
	text_addf(out, "fs/%s/", text_string(&t->volume->name));
	bundle_name_add_path(out, text_bytes(&path));
	if (t->stream && t->stream->utf16.len) {
		text_addc(out, ':');
		bundle_name_add_utf16(out, t->stream->utf16);
	}
	t->is_orphan = is_orphan;
}

static void write_row(struct taking *t, struct row *row)
{
	CLEANUP(text_free) struct text json = {0};

	row->path = text_bytes(&t->path);
	row->kind = t->stream && t->stream->utf16.len ? "stream" : "file";
	row->read = "raw";
	row->size = t->stream ? t->stream->size - t->cut : 0;
	row->collection = t->collection;
	row->collectors = t->hit->collectors;
	row->volume = t->volume;
	row->entry = t->entry;
	row->name = row->name ? row->name : t->name;
	row->stream = t->stream;
	row->is_orphan = t->is_orphan;
	row_write(row, &json);
	collection_row(t->collection, &json);
}

static struct collection_counts *counts_of(struct taking *t)
{
	return &t->collection->items[t->collection->current].counts;
}

static void not_taken(struct taking *t, const struct err *why)
{
	struct row row = {.status = ROW_NOT_TAKEN, .why = why};

	counts_of(t)->failed++;
	write_row(t, &row);
	collection_note_problem(t->collection, text_bytes(&t->path), why);
}

/* What the runs of a stream say of its bytes. */
struct coverage {
	uint64_t holes; /* bytes in holes */
	uint64_t
	    reach; /* end of the last hole or cluster that is there: beyond is nothing to read */
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

static struct coverage cover(const struct taking *t)
{
	const struct ntfs_geometry *geometry = ntfs_volume_geometry(t->volume->ntfs);
	const struct ntfs_stream *stream = t->stream;
	uint64_t cluster = geometry->cluster_size;
	struct coverage c = {.volume = t->volume->raw->size};

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

		c.holes += seen.lcn == NTFS_HOLE ? seen.length * cluster : 0;
		c.reach = end > seen.vcn * cluster ? end : c.reach;
	}
	c.reach = c.reach < stream->size ? c.reach : stream->size;
	c.holes = c.holes < stream->size ? c.holes : stream->size;
	return c;
}

/* $Extend/$UsnJrnl:$J, whose old part is one large hole; also where $Extend is damaged. */
static bool is_journal(const struct taking *t)
{
	static const uint8_t j[] = {'$', 0, 'J', 0};
	static const char name[] = "/$UsnJrnl:$J";
	size_t len = strlen(name);

	return hit_stream_hash(t->stream->utf16) == hit_stream_hash((struct bytes){j, sizeof(j)}) &&
	       t->path.len > len &&
	       text_same_name(bytes_of(t->path.at + t->path.len - len), bytes_of(name));
}

/* The allocated runs alone, with their map. */
static bool open_runs(struct taking *t, uint64_t volume, struct source **out, struct err *err)
{
	CLEANUP(source_close) struct source *runs = NULL;
	uint64_t stored = 0;

	if (!ntfs_stream_ranges(t->volume->ntfs, t->stream, &t->sparse, &t->sparse_count, err) ||
	    !ntfs_stream_open_runs(t->volume->ntfs, t->entry, t->stream, &runs, err))
		return false;
	if (t->sparse_count > RANGES_MAX)
		return fail(err, ERR_LIMIT, "in %zu pieces", t->sparse_count);
	for (size_t i = 0; i < t->sparse_count; i++)
		stored += t->sparse[i].len;
	if (stored != runs->size)
		return fail(err, ERR_DAMAGED, "its runs hold %llu bytes, its map %llu",
		    (unsigned long long)runs->size, (unsigned long long)stored);
	if (stored > volume)
		return fail(err, ERR_DAMAGED, "its runs hold more than the whole volume");
	*out = TAKE(runs);
	return true;
}

/* Opens what is to be stored: the logical content as far as there is anything to read, or its runs alone. A size
 * without clusters is damage: one changed byte must not make us write terabytes of zeros. */
static bool open_stream(struct taking *t, struct source **out, struct err *err)
{
	CLEANUP(source_close) struct source *whole = NULL;
	struct coverage c = cover(t);
	bool is_compressed = t->stream->flags & NTFS_STREAM_COMPRESSED;

	if (c.holes > 0 && !is_compressed && !t->stream->incomplete &&
	    (c.holes > HOLES_STORED_MAX || is_journal(t)))
		return open_runs(t, c.volume, out, err);
	if (c.holes > HOLES_ACCEPTED_MAX)
		return fail(err, ERR_LIMIT, "a compressed or damaged file with %llu bytes of holes",
		    (unsigned long long)c.holes);
	if (c.reach < t->stream->size)
		t->cut = t->stream->size - c.reach;
	if (t->cut && c.reach == 0) {
		t->cut = 0;
		return fail(err, ERR_DAMAGED,
		    "none of its %llu bytes lies inside the volume or image",
		    (unsigned long long)t->stream->size);
	}
	if (c.reach - c.holes > c.volume)
		return fail(err, ERR_DAMAGED, "its runs hold more than the whole volume");
	if (!ntfs_stream_open(t->volume->ntfs, t->entry, t->stream, &whole, err))
		return false;
	if (!t->cut) {
		*out = TAKE(whole);
		return true;
	}
	struct source *window = source_window(whole, 0, c.reach, true);

	if (!window)
		return fail(err, ERR_MEMORY, "no memory to read it");
	whole = NULL;
	*out = window;
	return true;
}

/* Rows for the other names of the file. */
static void write_other_names(struct taking *t)
{
	CLEANUP(text_free) struct text first = {0};

	text_add(&first, text_bytes(&t->path));
	for (size_t i = 0; i < t->entry->name_count && !collect_stopped(t->collection); i++) {
		const struct ntfs_name *name = &t->entry->names[i];
		struct row row = {
		    .status = ROW_SAME_AS, .same_as = text_bytes(&first), .name = name};

		if (name == t->name || name->name_space == NTFS_NAME_DOS)
			continue;
		text_clear(&t->path);
		make_path(t, name, &t->path);
		write_row(t, &row);
	}
}

/* What is not wrong with reading, but means that the content is elsewhere or not readable as it is. */
static void content_elsewhere(const struct taking *t, struct err *why)
{
	enum { RECALL_ON_OPEN = 0x40000, RECALL_ON_DATA = 0x400000, OFFLINE = 0x1000 };
	const struct ntfs_stream *reparse =
	    ntfs_entry_stream(t->entry, NTFS_REPARSE_POINT, (struct bytes){0});
	bool is_main = t->stream->utf16.len == 0 && t->stream->size > 0;

	if (t->stream->flags & NTFS_STREAM_ENCRYPTED)
		fail(why, ERR_UNSUPPORTED,
		    "encrypted by Windows (EFS): stored as it lies on the disk");
	else if (is_main && reparse && reparse->resident && reparse->content.len >= 4 &&
		 le32(reparse->content.at) == 0x80000017u) /* IO_REPARSE_TAG_WOF */
		fail(why, ERR_UNSUPPORTED,
		    "compressed by Windows (WOF): the content is in its stream WofCompressedData");
	else if (is_main && t->entry->has_standard &&
		 (t->entry->attributes & (RECALL_ON_OPEN | RECALL_ON_DATA | OFFLINE)))
		fail(why, ERR_MISSING, "the content is in the cloud, not on this disk");
}

static void finish(struct taking *t, const struct bundle_place *place, struct copy_result *copy)
{
	struct row row = {.status = ROW_TAKEN, .place = place, .copy = copy};
	struct err why = {0};

	row.sparse = t->sparse;
	row.sparse_count = t->sparse_count;
	content_elsewhere(t, &why);
	if (copy->bad_bytes)
		fail(&why, copy->first.kind, "%llu bytes could not be read: %.180s",
		    (unsigned long long)copy->bad_bytes, copy->first.text);
	else if (t->cut)
		fail(&why, ERR_DAMAGED, "the last %llu bytes lie outside the volume or image",
		    (unsigned long long)t->cut);
	else if (place->padded)
		fail(&why, ERR_STOPPED, "stopped %llu bytes before its end",
		    (unsigned long long)place->padded);
	row.why = &why;
	row.status = why.kind == ERR_NONE ? ROW_TAKEN : ROW_PARTIAL;
	counts_of(t)->taken += row.status == ROW_TAKEN;
	counts_of(t)->partial += row.status == ROW_PARTIAL;
	counts_of(t)->bytes += place->stored;
	write_row(t, &row);
	if (row.status == ROW_PARTIAL)
		collection_note_problem(t->collection, text_bytes(&t->path), &why);
	write_other_names(t);
}

static void store(struct taking *t, struct source *source)
{
	CLEANUP(copy_result_free) struct copy_result copy = {0};
	struct bundle_writer *writer = t->collection->plan->writer;
	struct bundle_member member = {.name = text_string(&t->path), .size = source->size};
	struct bundle_place place;
	struct err err = {0};

	if (t->entry->has_standard) {
		member.modified = t->entry->times.modified;
		member.accessed = t->entry->times.accessed;
		member.changed = t->entry->times.changed;
		member.created = t->entry->times.created;
	}
	if (bundle_entry_begin(writer, BUNDLE_FILES, &member, &err) &&
	    copy_source(t->collection, source, source->size, &copy, &err) &&
	    bundle_entry_end(writer, &place, &err)) {
		finish(t, &place, &copy);
		return;
	}
	collection_break(t->collection, &err);
	not_taken(t, &err);
}

/* Why a stream was left behind: the run was stopped, or the destination took no more. */
static void left_behind(struct taking *t)
{
	struct err why = {0};
	struct row row = {.status = ROW_NOT_TAKEN, .why = &why};

	if (t->collection->broken && t->collection->broken_why.kind != ERR_STOPPED)
		why = t->collection->broken_why;
	else
		fail(&why, ERR_STOPPED, "stopped before it was its turn");
	make_path(t, t->name, &t->path);
	if (!t->path.failed)
		write_row(t, &row);
}

static void take_stream(struct taking *t)
{
	CLEANUP(source_close) struct source *source = NULL;
	const struct collection_plan *plan = t->collection->plan;
	struct err err = {0};

	counts_of(t)->expected++;
	if (collect_stopped(t->collection)) {
		counts_of(t)->failed++;
		left_behind(t);
		return;
	}
	make_path(t, t->name, &t->path);
	for (unsigned i = t->collection->current + 1; i < t->collection->item_count; i++)
		t->collection->items[i].shared += t->hit->collectors >> i & 1;
	if (!text_ok(&t->path, &err)) {
		not_taken(t, &err);
		return;
	}
	if (!t->stream) {
		fail(&err, ERR_MISSING, "changed or deleted while it was to be taken");
		not_taken(t, &err);
		return;
	}
	if (!plan->writer) {
		plan->would_take(plan->context, text_bytes(&t->path), hit_stored_bytes(t->stream));
		counts_of(t)->taken++;
		return;
	}
	t->collection->progress.what = text_bytes(&t->path);
	if (open_stream(t, &source, &err)) {
		store(t, source);
	} else {
		not_taken(t, &err);
		progress_add(&t->collection->progress, hit_stored_bytes(t->stream));
	}
	t->collection->progress.what = (struct bytes){0};
}

static const struct ntfs_stream *find_stream(const struct ntfs_entry *entry, uint32_t hash)
{
	for (size_t i = 0; i < entry->stream_count; i++)
		if (hit_is_wanted(entry, &entry->streams[i]) &&
		    hit_stream_hash(entry->streams[i].utf16) == hash)
			return &entry->streams[i];
	return NULL;
}

/* Does something with the hits of one file. */
static void each_hit(struct collection *collection, size_t volume, const struct hit *hits,
    size_t count, void (*act)(struct taking *))
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	struct collection_volume *from = &collection->plan->volumes->at[volume];
	uint64_t record = hits->file & RECORD_MASK;
	struct err err = {0};
	bool is_there = hit_load(from, record, &entry, &err) && entry.in_use &&
			entry.sequence == (uint16_t)(hits->file >> 48);

	if (!is_there) {
		entry.record = record;
		entry.stream_count = 0;
		entry.name_count = 0;
	}
	for (size_t i = 0; i < count; i++) {
		struct taking t = {
		    .collection = collection,
		    .volume = from,
		    .entry = &entry,
		    .name = is_there ? ntfs_entry_name(&entry) : NULL,
		    .stream = is_there ? find_stream(&entry, hits[i].stream) : NULL,
		    .hit = &hits[i],
		};

		act(&t);
		text_free(&t.path);
		free(t.sparse);
	}
}

/* The hits of the file at index i: returns where they end, *wanted: who asked for any of them. */
static size_t group_at(const struct hit_list *list, size_t i, uint32_t *wanted)
{
	size_t end = i;

	*wanted = 0;
	for (; end < list->count && list->at[end].file == list->at[i].file; end++)
		*wanted |= list->at[end].collectors;
	return end;
}

void collection_take(struct collection *collection, size_t volume)
{
	struct hit_list *list = &collection->hits[volume];

	for (size_t i = 0; i < list->count && !collect_stopped(collection);) {
		uint32_t wanted;
		size_t end = group_at(list, i, &wanted);

		/* Whoever comes first among those that want any of its streams takes them all. */
		if ((wanted & (0u - wanted)) == 1u << collection->current)
			each_hit(collection, volume, &list->at[i], end - i, take_stream);
		for (; i < end; i++)
			if (wanted && (wanted & (0u - wanted)) == 1u << collection->current)
				list->at[i].collectors = 0; /* done */
	}
}

uint64_t collection_take_rest(struct collection *collection, size_t volume, uint64_t until_ms)
{
	const struct hit_list *list = &collection->hits[volume];
	uint64_t left = 0;

	for (size_t i = 0; i < list->count;) {
		uint32_t wanted;
		size_t end = group_at(list, i, &wanted);

		for (unsigned item = 0; wanted && item < collection->item_count; item++)
			if (wanted >> item & 1) {
				collection->current = item;
				break;
			}
		if (wanted) {
			collection->items[collection->current].counts.expected += end - i;
			collection->items[collection->current].counts.failed += end - i;
			left += end - i;
		}
		if (wanted && clock_monotonic_ms() < until_ms)
			each_hit(collection, volume, &list->at[i], end - i, left_behind);
		i = end;
	}
	return left;
}
