/* Remnants of index entries. See index_slack.h. */
#include "formats/ntfs/index_slack.h"

#include "formats/ntfs/limits.h"
#include "formats/ntfs/record.h"
#include "formats/ntfs/slack_carve.h"
#include "formats/ntfs/slack_names.h"
#include "formats/ntfs/volume.h"

#include <stdlib.h>

#define CHUNK ((size_t)1 << 20) /* bytes of an index read at once */

struct ntfs_index_slack {
	struct ntfs_mft *mft;
	uint64_t left;   /* bytes of indexes that may still be read */
	uint8_t *record; /* of the directory */
	uint8_t *memory; /* of chunk, which is its first page */
	uint8_t *chunk;
	struct slack_names live, given;
};

/* One directory at work. */
struct looking {
	struct ntfs_index_slack *s;
	const struct ntfs_entry *directory;
	struct ntfs_slack_lister *lister;
	struct bytes root; /* content of $INDEX_ROOT; empty when there is none */
	struct ntfs_index_geometry g;
	struct source *blocks; /* NULL: none, or not at hand */
	uint8_t *bits;         /* of the blocks in use, one each; NULL: not known */
	uint64_t block_count;
	uint64_t chunk_first; /* the blocks in s->chunk */
	size_t chunk_count;
	bool knows_live;   /* s->live was filled */
	bool is_uncertain; /* something of the index could not be read */
	bool failed;       /* each() said stop, or no memory */
	struct err *err;
};

const char *ntfs_slack_word(enum ntfs_slack_place place)
{
	static const char *const words[] = {"root", "record", "tail", "free", "deleted"};

	return words[place];
}

const char *ntfs_slack_live_word(enum ntfs_slack_live live)
{
	static const char *const words[] = {"gone", "live", "replaced", "unknown"};

	return words[live];
}

bool ntfs_index_slack_new(struct ntfs_mft *mft, struct ntfs_index_slack **out, struct err *err)
{
	CLEANUP(ntfs_index_slack_free) struct ntfs_index_slack *s = calloc(1, sizeof(*s));

	if (s) {
		s->record = malloc(mft->record_size);
		s->memory = malloc(CHUNK + BYTES_PAGE);
	}
	if (!s || !s->record || !s->memory)
		return fail(err, ERR_MEMORY, "no memory to look for slack");
	s->chunk = bytes_page(s->memory);
	s->mft = mft;
	s->left = mft->volume ? mft->volume->raw->size : 0;
	if (s->left > NTFS_LIMIT_SLACK_BYTES)
		s->left = NTFS_LIMIT_SLACK_BYTES;
	*out = TAKE(s);
	return true;
}

void ntfs_index_slack_free(struct ntfs_index_slack *s)
{
	if (!s)
		return;
	slack_names_free(&s->live);
	slack_names_free(&s->given);
	free(s->record);
	free(s->memory);
	free(s);
}

static void damaged(struct looking *l, const struct err *why)
{
	struct err told = *why;

	l->is_uncertain = true;
	fail_in(&told, "slack of directory %llu", (unsigned long long)l->directory->record);
	if (l->lister->damage)
		l->lister->damage(l->lister, &told);
}

/* Reads the blocks of a chunk whose reading at once ended after `good` bytes. What cannot be read is zeros. */
static void read_singly(struct looking *l, size_t good, size_t want)
{
	size_t size = l->g.block_size;

	for (size_t at = good / size * size; at < want; at += size) {
		struct err why = {0};

		if (source_read_exact(
			l->blocks, l->chunk_first * size + at, l->s->chunk + at, size, &why))
			continue;
		memset(l->s->chunk + at, 0, size);
		damaged(l, &why);
	}
}

/* A torn block is no node any more, but may hold names all the same. */
static void undo_fixups(struct looking *l)
{
	for (size_t i = 0; i < l->chunk_count; i++) {
		uint8_t *at = l->s->chunk + i * l->g.block_size;
		bool torn = false;

		if (memcmp(at, "INDX", 4) == 0 &&
		    (!ntfs_fixup(at, l->g.block_size, &torn, NULL) || torn))
			memcpy(at, "TORN", 4);
	}
}

/* Makes s->chunk hold the block. */
static void load_chunk(struct looking *l, uint64_t block)
{
	size_t size = l->g.block_size;
	uint64_t first = block - block % (CHUNK / size);
	size_t got = 0;

	if (l->chunk_count != 0 && l->chunk_first == first)
		return;
	l->chunk_first = first;
	l->chunk_count = CHUNK / size;
	if (l->chunk_count > l->block_count - first)
		l->chunk_count = (size_t)(l->block_count - first);
	size_t want = l->chunk_count * size;

	if (!l->blocks->read(l->blocks, first * size, l->s->chunk, want, &got, NULL) || got < want)
		read_singly(l, got, want);
	undo_fixups(l);
}

static struct bytes block_at(struct looking *l, uint64_t block)
{
	load_chunk(l, block);
	return (struct bytes){
	    l->s->chunk + (size_t)(block - l->chunk_first) * l->g.block_size, l->g.block_size};
}

/* Whether $BITMAP has the block; without one every block with a signature counts. */
static bool is_used(const struct looking *l, uint64_t block)
{
	if (!l->directory->in_use)
		return false;
	return !l->bits || l->bits[block / 8] >> (block % 8) & 1;
}

/* The entries in use of a node; false when it is none. */
static bool node_entries(struct bytes block, size_t header, struct bytes *entries)
{
	struct bytes node = {block.at + header, block.len - header};

	return ntfs_index_entries(node, entries, NULL);
}

/* Remembers the names of a node in use. */
static void add_live(struct looking *l, struct bytes entries)
{
	struct ntfs_index_entry entry = {0};
	struct err why = {0};
	size_t pos = 0;

	while (!l->failed && !entry.last) {
		struct ntfs_name name;

		if (!ntfs_index_entry_next(entries, &pos, &entry, &why)) {
			l->is_uncertain = true;
			return;
		}
		if (entry.last || !ntfs_file_name_parse(entry.key, &name, NULL))
			continue;
		struct bytes key = {entry.key.at, SLACK_KEY_HEADER + name.utf16.len};
		struct slack_name live = slack_name_of(
		    key, entry.file.record | (uint64_t)entry.file.sequence << 48, false);

		if (!slack_names_add(&l->s->live, &live, l->err))
			l->failed = true;
	}
}

static void learn_live(struct looking *l)
{
	struct bytes entries;

	l->knows_live = true;
	if (!l->directory->in_use)
		return;
	if (l->root.len && node_entries(l->root, NTFS_INDEX_ROOT_HEADER, &entries))
		add_live(l, entries);
	else
		l->is_uncertain = true;
	for (uint64_t i = 0; i < l->block_count && !l->failed; i++) {
		struct bytes block = block_at(l, i);

		if (!is_used(l, i))
			continue;
		if (memcmp(block.at, "INDX", 4) == 0 &&
		    node_entries(block, NTFS_INDEX_BLOCK_HEADER, &entries))
			add_live(l, entries);
		else
			l->is_uncertain = true;
	}
}

/* Gives a remnant, unless the index has it, or it was given. */
static void give(struct looking *l, struct ntfs_slack *slack, struct bytes key)
{
	bool is_foreign =
	    slack->name.parent.record != l->directory->record && slack->name.parent.sequence != 0;
	struct slack_name name = slack_name_of(
	    key, slack->file.record | (uint64_t)slack->file.sequence << 48, is_foreign);

	if (slack_names_has(&l->s->live, &name) || slack_names_has(&l->s->given, &name))
		return;
	slack->live = slack_names_live(&l->s->live, &name);
	if (is_foreign || (slack->live == NTFS_SLACK_GONE && l->is_uncertain))
		slack->live = NTFS_SLACK_UNKNOWN;
	if (!slack_names_add(&l->s->given, &name, l->err) ||
	    !l->lister->each(l->lister, slack, l->err))
		l->failed = true;
}

/* A stretch that holds no entries in use: `from` on in whole. */
struct stretch {
	struct bytes whole;
	size_t from;
	enum ntfs_slack_place place;
	bool has_block;
	uint64_t block;
};

static void carve(struct looking *l, const struct stretch *stretch)
{
	struct slack_carver carver = {
	    .bytes = stretch->whole,
	    .pos = stretch->from,
	    .from = stretch->from,
	    .directory = l->directory->record,
	    .records = l->s->mft->first + l->s->mft->count,
	    .own_only = !l->directory->in_use,
	};
	struct ntfs_slack slack;
	struct bytes key;

	while (!l->failed && slack_carve_next(&carver, &slack, &key)) {
		if (!l->knows_live) {
			/* Reading the rest of the index may move the chunk: then find it again. */
			uint64_t first = l->chunk_first;

			learn_live(l);
			if (stretch->has_block && l->chunk_first != first)
				load_chunk(l, stretch->block);
			if (l->failed)
				return;
		}
		slack.place = l->directory->in_use ? stretch->place : NTFS_SLACK_DELETED;
		slack.has_block = stretch->has_block;
		slack.block = stretch->block;
		give(l, &slack, key);
	}
}

static void look_at_block(struct looking *l, uint64_t number)
{
	struct bytes block = block_at(l, number);
	struct bytes entries;
	bool is_node = memcmp(block.at, "INDX", 4) == 0 &&
		       node_entries(block, NTFS_INDEX_BLOCK_HEADER, &entries);
	struct stretch stretch = {
	    .whole = block, .place = NTFS_SLACK_FREE, .has_block = true, .block = number};

	if (is_node && is_used(l, number)) {
		stretch.place = NTFS_SLACK_TAIL;
		stretch.from = (size_t)(entries.at - block.at) + entries.len;
	}
	carve(l, &stretch);
}

static void look_at_root(struct looking *l)
{
	struct stretch stretch = {.whole = l->root, .place = NTFS_SLACK_ROOT};
	struct bytes entries;

	if (l->root.len == 0)
		return;
	if (l->directory->in_use && node_entries(l->root, NTFS_INDEX_ROOT_HEADER, &entries))
		stretch.from = (size_t)(entries.at - l->root.at) + entries.len;
	carve(l, &stretch);
}

/* Behind the last attribute of the record. */
static void look_at_record(struct looking *l)
{
	struct ntfs_index_slack *s = l->s;
	struct ntfs_record r;
	struct err ignored = {0};

	if (!ntfs_mft_read(s->mft, l->directory->record, s->record, NULL) ||
	    !ntfs_record_parse(s->record, s->mft->record_size, &r, &ignored, NULL))
		return;
	struct stretch stretch = {
	    .whole = {s->record, s->mft->record_size},
	    .from = r.used / 8 * 8,
	    .place = NTFS_SLACK_RECORD,
	};

	carve(l, &stretch);
}

/* Clusters that the index has, and the bytes that they make: also behind its size, where blocks were freed. */
static uint64_t stored_size(const struct ntfs_stream *stream, uint32_t cluster_size)
{
	const struct ntfs_run *last =
	    stream->run_count ? &stream->runs[stream->run_count - 1] : NULL;
	uint64_t end = last ? last->vcn + last->length : 0;

	return end > NTFS_LIMIT_SLACK_BYTES / cluster_size ? NTFS_LIMIT_SLACK_BYTES
							   : end * cluster_size;
}

/* What cannot be read of it counts as in use: then nothing there is taken for slack that is not. */
static void read_bits(struct looking *l)
{
	const struct ntfs_stream *stream =
	    ntfs_entry_stream(l->directory, NTFS_BITMAP, ntfs_index_i30());
	CLEANUP(source_close) struct source *bitmap = NULL;
	size_t len = (size_t)(l->block_count / 8 + 1);
	struct err why = {0};
	size_t got = 0;

	if (!stream || l->block_count == 0)
		return;
	l->bits = malloc(len);
	if (!l->bits)
		fail(&why, ERR_MEMORY, "no memory for $BITMAP");
	else if (ntfs_stream_open(l->s->mft->volume, l->directory, stream, &bitmap, &why))
		DISCARD(bitmap->read(bitmap, 0, l->bits, len, &got, &why));
	if (why.kind != ERR_NONE)
		damaged(l, &why);
	if (l->bits) /* behind its end no block is in use */
		memset(l->bits + got, why.kind == ERR_NONE ? 0 : 0xff, len - got);
}

static void open_blocks(struct looking *l)
{
	struct ntfs_volume *volume = l->s->mft->volume;
	const struct ntfs_stream *stream =
	    ntfs_entry_stream(l->directory, NTFS_INDEX_ALLOCATION, ntfs_index_i30());
	struct err why = {0};

	l->is_uncertain = l->is_uncertain || (stream && !volume);
	if (!stream || stream->resident || !volume)
		return;
	struct ntfs_stream copy = *stream;

	copy.size = copy.initialized = stored_size(stream, volume->geometry.cluster_size);
	if (copy.size == 0)
		return;
	if (copy.size > l->s->left) {
		fail(&why, ERR_LIMIT, "indexes of more bytes than are read in all; %llu left out",
		    (unsigned long long)copy.size);
		damaged(l, &why);
		return;
	}
	l->s->left -= copy.size;
	if (!ntfs_stream_open(volume, l->directory, &copy, &l->blocks, &why)) {
		damaged(l, &why);
		return;
	}
	l->block_count = copy.size / l->g.block_size;
	read_bits(l);
}

/* How large the blocks are; where $INDEX_ROOT does not say, as the boot sector does. That a deleted
 * directory has none any more is no damage: the record that it was in may be another's by now. False: not known, or there are none. */
static bool find_geometry(struct looking *l)
{
	const struct ntfs_volume *volume = l->s->mft->volume;
	uint32_t cluster_size = volume ? volume->geometry.cluster_size : 4096;
	struct err why = {0};

	if (l->root.len && ntfs_index_geometry(l->root, cluster_size, &l->g, &why))
		return true;
	if (!l->root.len &&
	    !ntfs_entry_stream(l->directory, NTFS_INDEX_ALLOCATION, ntfs_index_i30()))
		return false;
	if (!l->root.len)
		fail(&why, ERR_DAMAGED, "directory without a root of its index");
	if (l->root.len || l->directory->in_use)
		damaged(l, &why);
	l->g.block_size = volume ? volume->geometry.index_size : 0;
	return l->g.block_size != 0;
}

bool ntfs_index_slack_list(struct ntfs_index_slack *s, const struct ntfs_entry *directory,
    struct ntfs_slack_lister *lister, struct err *err)
{
	const struct ntfs_stream *root =
	    ntfs_entry_stream(directory, NTFS_INDEX_ROOT, ntfs_index_i30());
	struct looking l = {.s = s, .directory = directory, .lister = lister, .err = err};

	if (!directory->is_directory)
		return true;
	slack_names_clear(&s->live);
	slack_names_clear(&s->given);
	if (root && root->resident && root->content.len >= NTFS_INDEX_ROOT_HEADER)
		l.root = root->content;
	if (find_geometry(&l))
		open_blocks(&l);
	look_at_root(&l);
	if (!l.failed)
		look_at_record(&l);
	for (uint64_t i = 0; i < l.block_count && !l.failed; i++)
		look_at_block(&l, i);
	source_close(l.blocks);
	free(l.bits);
	return !l.failed;
}
