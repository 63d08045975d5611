/* The table of MFT records. See mft.h and ntfs.h. */
#include "formats/ntfs/mft.h"

#include "core/array.h"
#include "formats/ntfs/extensions.h"
#include "formats/ntfs/limits.h"

#include <stdlib.h>

#define WALK_WINDOW ((size_t)256 << 10) /* more only costs pages to be had anew */
#define JUMP_WINDOW ((size_t)64 << 10)

static bool make_window(struct ntfs_window *window, size_t room)
{
	window->memory = malloc(room + BYTES_PAGE);
	if (!window->memory)
		return false;
	window->at = bytes_page(window->memory);
	window->room = room;
	return true;
}

struct ntfs_mft *ntfs_mft_new(
    struct source *content, bool owns, struct ntfs_volume *volume, uint32_t record_size)
{
	struct ntfs_mft *mft = calloc(1, sizeof(*mft));

	if (!mft)
		return NULL;
	if (!make_window(&mft->walk, WALK_WINDOW) || !make_window(&mft->jumps, JUMP_WINDOW)) {
		free(mft->walk.memory);
		free(mft);
		return NULL;
	}
	mft->content = content;
	mft->owns_content = owns;
	mft->volume = volume;
	mft->record_size = record_size;
	mft->count = content->size / record_size;
	return mft;
}

void ntfs_mft_set_content(struct ntfs_mft *mft, struct source *content)
{
	if (mft->owns_content)
		source_close(mft->content);
	mft->content = content;
	mft->owns_content = true;
	mft->count = content->size / mft->record_size;
	mft->walk.count = 0;
	mft->jumps.count = 0;
}

void ntfs_mft_close(struct ntfs_mft *mft)
{
	if (!mft)
		return;
	if (mft->owns_content)
		source_close(mft->content);
	free(mft->walk.memory);
	free(mft->jumps.memory);
	free(mft->zero);
	ntfs_extensions_free(mft->extensions);
	ntfs_mft_used_free(mft->used);
	free(mft);
}

uint64_t ntfs_mft_count(const struct ntfs_mft *mft)
{
	return mft->count;
}

uint64_t ntfs_mft_first(const struct ntfs_mft *mft)
{
	return mft->first;
}

uint32_t ntfs_mft_record_size(const struct ntfs_mft *mft)
{
	return mft->record_size;
}

void ntfs_mft_forget(struct ntfs_mft *mft)
{
	mft->walk.count = 0;
	mft->jumps.count = 0;
}

static bool window_has(const struct ntfs_window *window, uint64_t record)
{
	return record >= window->first && record - window->first < window->count;
}

/* Fills the window from record on. Fails only when not even that record could be read whole. */
static bool fill(struct ntfs_mft *mft, struct ntfs_window *window, uint64_t record, struct err *err)
{
	struct err why = {0};
	uint64_t want = window->room / mft->record_size;
	size_t got = 0;

	if (want > mft->count - record)
		want = mft->count - record;
	window->first = record;
	window->count = 0;
	if (!mft->content->read(mft->content, record * mft->record_size, window->at,
		(size_t)want * mft->record_size, &got, &why) &&
	    got < mft->record_size)
		return fail(err, why.kind, "%s", why.text);
	window->count = got / mft->record_size;
	if (window->count == 0)
		return fail(err, ERR_DAMAGED, "the MFT ends before it");
	return true;
}

/* The window to read a record into that is in none: the big one only for what looks like a walk. */
static struct ntfs_window *choose(struct ntfs_mft *mft, uint64_t record)
{
	if (record == 0 || record == mft->walk.first + mft->walk.count ||
	    (mft->jumps.count != 0 && record == mft->jumps.first + mft->jumps.count))
		return &mft->walk;
	return &mft->jumps;
}

const uint8_t *ntfs_mft_find(struct ntfs_mft *mft, uint64_t record, struct err *err)
{
	struct ntfs_window *window = &mft->walk;

	if (record < mft->first) {
		fail(err, ERR_MISSING, "before this piece of an MFT (from record %llu)",
		    (unsigned long long)mft->first);
		return NULL;
	}
	record -= mft->first;
	if (record >= mft->count) {
		fail(err, ERR_MISSING, "past the end of the MFT (%llu records)",
		    (unsigned long long)mft->count);
		return NULL;
	}
	if (record == 0 && mft->zero)
		return mft->zero;
	if (!window_has(window, record)) {
		window = &mft->jumps;
		if (!window_has(window, record)) {
			window = choose(mft, record);
			if (!fill(mft, window, record, err))
				return NULL;
		}
	}
	return window->at + (size_t)(record - window->first) * mft->record_size;
}

bool ntfs_mft_read(struct ntfs_mft *mft, uint64_t record, uint8_t *to, struct err *err)
{
	const uint8_t *at = ntfs_mft_at(mft, record, err);

	if (at)
		memcpy(to, at, mft->record_size);
	return at != NULL;
}

/* Whether a record of that size could begin here: signature, and the size its header tells. */
static uint32_t told_size(struct bytes head, size_t at)
{
	const uint8_t *p = head.at + at;

	if (head.len - at < 48 || (memcmp(p, "FILE", 4) != 0 && memcmp(p, "BAAD", 4) != 0))
		return 0;
	uint32_t size = le32(p + 28);

	if (size < NTFS_LIMIT_BLOCK_MIN || size > NTFS_LIMIT_BLOCK_MAX ||
	    (size & (size - 1)) != 0 || at % size != 0)
		return 0;
	return size;
}

/* The number that the record at `at` has by its own header (since NTFS 3.1; then the update sequence
 * array begins behind it); UINT64_MAX when it says none. */
static uint64_t own_number(struct bytes head, size_t at, uint32_t size)
{
	const uint8_t *p = head.at + at;

	if (told_size(head, at) != size || memcmp(p, "FILE", 4) != 0 || le16(p + 4) < 48)
		return UINT64_MAX;
	return le32(p + 44);
}

bool ntfs_mft_is_in(struct bytes head)
{
	for (size_t at = 0; at < head.len; at += NTFS_LIMIT_BLOCK_MIN) {
		uint32_t size = told_size(head, at);

		if (size && (at == 0 || own_number(head, at, size) == at / size))
			return true;
	}
	return false;
}

/* The number of the first record: not 0 in a piece cut out of an MFT, where all records that say a number agree. */
static uint64_t find_first(struct bytes head, uint32_t size)
{
	uint64_t first = UINT64_MAX;

	for (size_t at = 0; at + size <= head.len; at += size) {
		uint64_t own = own_number(head, at, size);
		uint64_t index = at / size;

		if (own == UINT64_MAX)
			continue;
		if (own < index || (first != UINT64_MAX && own - index != first))
			return 0;
		first = own - index;
	}
	return first == UINT64_MAX ? 0 : first;
}

bool ntfs_mft_open(struct source *content, struct ntfs_mft **out, struct err *err)
{
	size_t room = NTFS_LIMIT_BLOCK_MAX;
	CLEANUP(free_memory) uint8_t *head = malloc(room);
	struct bytes seen = {.at = head};
	uint32_t size = 0;

	if (!head)
		return fail(err, ERR_MEMORY, "no memory for an MFT");
	/* A head that cannot be read whole may still show its first record. */
	if (!content->read(content, 0, head, room, &seen.len, err) && seen.len == 0)
		return fail_in(err, "MFT");
	for (size_t at = 0; size == 0 && at < seen.len; at += NTFS_LIMIT_BLOCK_MIN)
		size = told_size(seen, at);
	if (size == 0)
		return fail(err, ERR_UNSUPPORTED, "not an $MFT: no record in its first %zu bytes",
		    seen.len);
	struct ntfs_mft *mft = ntfs_mft_new(content, false, NULL, size);

	if (!mft)
		return fail(err, ERR_MEMORY, "no memory for an MFT");
	mft->first = find_first(seen, size);
	*out = mft;
	return true;
}
