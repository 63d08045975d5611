/* Extension records by their base record. See extensions.h; offsets: docs/formats/ntfs.md. */
#include "formats/ntfs/extensions.h"

#include "core/array.h"
#include "formats/ntfs/limits.h"
#include "formats/ntfs/record.h"

#include <stdlib.h>

#define PIECE_LEN   ((size_t)1 << 20)
#define PATIENCE    64u /* records in a row that cannot be read before whole pieces are left out */
#define SEQUENCE_AT 16u
#define FLAGS_AT    22u
#define BASE_AT     32u

struct extension {
	struct ntfs_reference base, where;
	bool in_use;
};

struct ntfs_extensions {
	struct extension *at; /* sorted by base, then record, once all is known */
	size_t count, room;
	size_t freed;  /* of count: not in use */
	uint64_t seen; /* records, from the first one on */
	uint64_t left; /* of these: could not be read, or are over the limit */
	bool is_known;
	bool has_used; /* of a volume: those in use are in here, too */
};

void ntfs_extensions_free(struct ntfs_extensions *extensions)
{
	if (!extensions)
		return;
	free(extensions->at);
	free(extensions);
}

static int compare(const void *a, const void *b)
{
	const struct extension *x = a;
	const struct extension *y = b;

	if (x->base.record != y->base.record)
		return x->base.record < y->base.record ? -1 : 1;
	return x->where.record < y->where.record ? -1 : x->where.record > y->where.record;
}

/* Whether there is room for one more of its kind: freed ones leave those in use theirs, and the other way round. */
static bool has_room(
    const struct ntfs_mft *mft, const struct ntfs_extensions *all, bool in_use, size_t *most)
{
	*most = NTFS_LIMIT_BARE_EXTENSIONS + (mft->volume ? NTFS_LIMIT_FREED_EXTENSIONS : 0);
	if (!mft->volume)
		return all->count < *most;
	return in_use ? all->count - all->freed < NTFS_LIMIT_BARE_EXTENSIONS
		      : all->freed < NTFS_LIMIT_FREED_EXTENSIONS;
}

/* Looks at one raw record: on a volume at those in use only when asked for. Past the limit they stay unknown. */
static bool look(
    struct ntfs_mft *mft, uint64_t record, const uint8_t *block, struct ntfs_extensions *all)
{
	if (le64(block + BASE_AT) == 0)
		return true;
	struct ntfs_reference base = ntfs_reference_parse(block + BASE_AT);
	bool in_use = le16(block + FLAGS_AT) & NTFS_RECORD_IN_USE;
	size_t most;

	if (memcmp(block, "FILE", 4) != 0 || (mft->volume && in_use && !all->has_used))
		return true;
	if (!has_room(mft, all, in_use, &most)) {
		all->left++;
		return true;
	}
	if (!array_grow(&all->at, &all->room, all->count + 1, sizeof(*all->at), most, NULL))
		return false;
	all->freed += !in_use;
	all->at[all->count++] = (struct extension){
	    .base = base,
	    .where = {.record = record, .sequence = le16(block + SEQUENCE_AT)},
	    .in_use = in_use,
	};
	return true;
}

/* Looks at the records of a piece. *read: how many of them could be read. */
static bool look_at_piece(struct ntfs_mft *mft, struct ntfs_extensions *extensions, uint64_t record,
    uint8_t *piece, uint64_t want, uint64_t *read, struct err *err)
{
	struct err why = {0};
	size_t got = 0;

	if (!mft->content->read(mft->content, record * mft->record_size, piece,
		(size_t)want * mft->record_size, &got, &why) &&
	    why.kind == ERR_MEMORY)
		return fail(err, why.kind, "%s", why.text);
	*read = got / mft->record_size;
	for (size_t i = 0; i < *read; i++)
		if (!look(mft, mft->first + record + i, piece + i * mft->record_size, extensions))
			return fail(err, ERR_MEMORY, "no memory for extension records");
	return true;
}

/* What cannot be read is left out, one record at a time; of a long row of them whole pieces. */
static bool look_through(struct ntfs_mft *mft, struct ntfs_extensions *extensions, struct err *err)
{
	CLEANUP(free_memory) uint8_t *piece = malloc(PIECE_LEN);
	uint64_t each = PIECE_LEN / mft->record_size;
	uint64_t read, bad_in_a_row = 0;

	if (!piece)
		return fail(err, ERR_MEMORY, "no memory to look through the MFT");
	for (uint64_t record = 0; record < mft->count;) {
		uint64_t want = mft->count - record < each ? mft->count - record : each;

		if (!look_at_piece(mft, extensions, record, piece, want, &read, err))
			return false;
		bad_in_a_row = read ? 0 : bad_in_a_row;
		record += read;
		if (read == want)
			continue;
		uint64_t bad = ++bad_in_a_row > PATIENCE ? want - read : 1;

		extensions->left += bad;
		record += bad;
	}
	return true;
}

static void finish(struct ntfs_extensions *extensions)
{
	if (extensions->count)
		qsort(extensions->at, extensions->count, sizeof(*extensions->at), compare);
	extensions->is_known = true;
}

static bool begin(struct ntfs_mft *mft, struct err *err)
{
	struct ntfs_extensions *extensions = calloc(1, sizeof(*extensions));

	if (!extensions)
		return fail(err, ERR_MEMORY, "no memory for extension records");
	ntfs_extensions_free(mft->extensions);
	mft->extensions = extensions;
	return true;
}

static bool build(struct ntfs_mft *mft, bool has_used, struct err *err)
{
	if (!begin(mft, err))
		return false;
	mft->extensions->has_used = has_used;
	if (!look_through(mft, mft->extensions, err))
		return false;
	finish(mft->extensions);
	return true;
}

bool ntfs_extensions_known(const struct ntfs_mft *mft)
{
	return mft->extensions && mft->extensions->is_known;
}

bool ntfs_extensions_see(
    struct ntfs_mft *mft, uint64_t record, const uint8_t *block, struct err *err)
{
	if (!mft->extensions && !begin(mft, err))
		return false;
	struct ntfs_extensions *extensions = mft->extensions;

	if (extensions->is_known || record != mft->first + extensions->seen)
		return true;
	extensions->left += !block;
	if (block && !look(mft, record, block, extensions))
		return fail(err, ERR_MEMORY, "no memory for extension records");
	if (++extensions->seen == mft->count)
		finish(extensions);
	return true;
}

/* One that the file gave back keeps its base until it is used anew: of a file in use only those in use count; on a volume, where
 * both are looked for apart, of a deleted one only the others. */
static bool belongs(
    const struct ntfs_mft *mft, const struct extension *extension, const struct ntfs_entry *entry)
{
	uint16_t then = extension->base.sequence;

	if (mft->volume && extension->in_use != entry->in_use)
		return false;
	if (then == entry->sequence)
		return extension->in_use || !entry->in_use;
	return !entry->in_use && entry->sequence == (then == UINT16_MAX ? 1 : (uint16_t)(then + 1));
}

static bool base_lies_before(const void *element, uint64_t record)
{
	return ((const struct extension *)element)->base.record < record;
}

bool ntfs_extensions_find(struct ntfs_mft *mft, const struct ntfs_entry *entry,
    struct ntfs_references *out, struct err *err)
{
	size_t most = out->count + NTFS_LIMIT_EXTENSIONS;
	bool needs_used = mft->volume && entry->in_use;

	if ((!ntfs_extensions_known(mft) || (needs_used && !mft->extensions->has_used)) &&
	    !build(mft, needs_used, err))
		return false;
	const struct ntfs_extensions *all = mft->extensions;
	size_t i = array_first_from(
	    all->at, all->count, sizeof(*all->at), base_lies_before, entry->record);

	for (; i < all->count && all->at[i].base.record == entry->record; i++) {
		if (!belongs(mft, &all->at[i], entry))
			continue;
		if (!array_grow(&out->at, &out->room, out->count + 1, sizeof(*out->at), most, err))
			return fail_in(err, "extension records");
		out->at[out->count++] = all->at[i].where;
	}
	return all->left == 0 ||
	       fail(err, ERR_DAMAGED, "%llu records could not be looked at for parts of it",
		   (unsigned long long)all->left);
}
