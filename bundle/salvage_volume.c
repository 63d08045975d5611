/* Frames of a damaged volume. See salvage_volume.h. */
#include "bundle/salvage_volume.h"

#include "core/array.h"
#include "bundle/salvage_chunks.h"

#include <stdlib.h>

static const uint8_t magic[] = {0x28, 0xb5, 0x2f, 0xfd}; /* RFC 8878 3.1.1 */

void salvage_volume_free(struct salvage_volume *volume)
{
	free(volume->frames);
	free(volume->runs);
	*volume = (struct salvage_volume){0};
}

struct source *salvage_volume_open(
    struct salvage_volume *volume, struct store *store, const struct age_identities *identities)
{
	CLEANUP(source_close) struct source *file = NULL;
	CLEANUP(source_close) struct source *plain = NULL;
	struct source *chunks = NULL;
	struct err err = {0};

	if (!store->open(store, volume->name, &file, &volume->why))
		return NULL;
	if (age_open(file, true, identities, &plain, &err)) {
		(void)TAKE(file);
	} else if ((err.kind == ERR_DAMAGED || err.kind == ERR_IO) &&
		   age_open_truncated(file, true, identities, &plain, NULL)) {
		(void)TAKE(file);
		if (err.kind == ERR_DAMAGED)
			fail(&err, ERR_DAMAGED, "it is cut off, or its end is damaged");
		volume->why = err;
	} else {
		volume->why = err;
		if (err.kind == ERR_MISSING) /* of age_open: no identity */
			volume->why.kind = ERR_KEY;
		return NULL;
	}
	if (!salvage_chunks_new(plain, &chunks, &volume->why))
		return NULL;
	(void)TAKE(plain);
	volume->is_open = true;
	return chunks;
}

static bool add_run(struct salvage_volume *volume, uint64_t base, bool is_placed, struct err *err)
{
	if (!array_grow(&volume->runs, &volume->run_room, volume->run_count + 1,
		sizeof(*volume->runs), SALVAGE_PROBES + 2, err))
		return false;
	volume->runs[volume->run_count++] =
	    (struct salvage_run){.first = volume->count, .base = base, .is_placed = is_placed};
	return true;
}

static bool add_frame(
    struct salvage_volume *volume, const struct seek_entry *frame, struct err *err)
{
	struct salvage_run *run = &volume->runs[volume->run_count - 1];

	if (!array_grow(&volume->frames, &volume->room, volume->count + 1, sizeof(*volume->frames),
		FRAMES_COUNT_MAX, err))
		return false;
	volume->frames[volume->count] = *frame;
	volume->frames[volume->count++].plain_at = run->size;
	run->count++;
	run->size += frame->plain;
	return true;
}

static bool by_table(struct salvage_volume *volume, const struct seek_table *table, uint64_t base,
    bool is_placed, struct err *err)
{
	volume->has_table = true;
	if (!add_run(volume, base, is_placed, err))
		return false;
	for (size_t i = 0; i < table->count; i++)
		if (!add_frame(volume, &table->at[i], err))
			return false;
	return true;
}

/* The next place from *at on where a frame may begin; false at the end. Chunks that do not open are passed over. Read is up to the end
 * of a chunk: what is found in it is asked for next. */
static bool next_magic(struct source *plain, uint64_t *at, uint8_t *window)
{
	while (*at < plain->size) {
		size_t want = AGE_CHUNK_LEN - (size_t)(*at % AGE_CHUNK_LEN), have = 0;

		want = want < 2 * sizeof(magic) ? 2 * sizeof(magic) : want;
		(void)!plain->read(plain, *at, window, want, &have, NULL);
		for (size_t i = 0; i + sizeof(magic) <= have; i++)
			if (memcmp(window + i, magic, sizeof(magic)) == 0) {
				*at += i;
				return true;
			}
		if (have == 0) /* behind the chunk that does not open */
			*at = (*at / AGE_CHUNK_LEN + 1) * AGE_CHUNK_LEN;
		else
			*at += have < sizeof(magic) ? have : have - (sizeof(magic) - 1);
	}
	return false;
}

struct scan {
	struct salvage_volume *volume;
	struct source *plain;
	struct unpack *unpacker;
	uint8_t *content, *window;
};

static void scan_free_at(struct scan *scan)
{
	free(scan->content);
	free(scan->window);
}

/* Every frame from `at` on. */
static bool one_by_one(struct scan *scan, uint64_t at, struct err *err)
{
	struct salvage_volume *volume = scan->volume;
	struct seek_entry frame;
	unsigned probes = 0;
	bool has_gap = false;

	while (at < scan->plain->size && probes < SALVAGE_PROBES) {
		if (!unpack_probe(scan->unpacker, scan->plain, at, scan->content, &frame)) {
			/* Where one must begin it is ours, even if its end is gone. */
			if (!has_gap &&
			    unpack_begun(scan->unpacker, scan->plain, at, UINT64_MAX, scan->content,
				&frame) &&
			    !add_frame(volume, &frame, err))
				return false;
			probes++;
			at++;
			has_gap = true;
			if (!next_magic(scan->plain, &at, scan->window))
				break;
			continue;
		}
		if (has_gap && !add_run(volume, 0, false, err))
			return false;
		has_gap = false;
		if (!add_frame(volume, &frame, err))
			return false;
		at += frame.packed;
	}
	if (probes == SALVAGE_PROBES && volume->why.kind == ERR_NONE)
		fail(&volume->why, ERR_LIMIT, "frames were looked for at %d places, then no more",
		    SALVAGE_PROBES);
	return true;
}

static bool find_frames(struct salvage_volume *volume, struct source *plain,
    struct unpack *unpacker, uint64_t expected, struct err *err)
{
	CLEANUP(scan_free) struct scan scan = {volume, plain, unpacker, NULL, NULL};
	struct seek_table table = {0};
	uint64_t first = 0;
	struct err why = {0};

	volume->has_header = unpack_header_read(plain, &volume->header, &first, &why);
	uint64_t base = volume->has_header ? volume->header.tar_offset : expected;

	if (!volume->has_header && volume->why.kind == ERR_NONE)
		volume->why = why;
	if (unpack_table_read(plain, &table, &why)) {
		bool ok = by_table(volume, &table, base, base != UINT64_MAX, err);

		seek_table_free(&table);
		return ok;
	}
	if (volume->why.kind == ERR_NONE)
		volume->why = why;
	scan.content = malloc(FRAMES_INPUT_MAX);
	scan.window = malloc(AGE_CHUNK_LEN);
	if (!scan.content || !scan.window)
		return fail(err, ERR_MEMORY, "no memory for salvage");
	/* Where the header does not open, what comes first is not the first frame. */
	return add_run(volume, base, volume->has_header && base != UINT64_MAX, err) &&
	       one_by_one(&scan, first, err);
}

bool salvage_volume_scan(struct salvage_volume *volume, struct source *plain,
    struct unpack *unpacker, uint64_t expected, struct err *err)
{
	struct err why = {0};

	if (find_frames(volume, plain, unpacker, expected, &why))
		return true;
	if (why.kind == ERR_LIMIT) { /* what was found before is there */
		volume->why = why;
		return true;
	}
	if (err)
		*err = why;
	return false;
}
