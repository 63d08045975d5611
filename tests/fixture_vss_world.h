/* A small volume with snapshots for the tests of formats/vss, and the comparison of a snapshot with what it must be. Include
 * tests/unit.h first. */
#ifndef KANSHIKI_TESTS_FIXTURE_VSS_WORLD_H
#define KANSHIKI_TESTS_FIXTURE_VSS_WORLD_H

#include "core/bytes.h"
#include "formats/vss/vss.h"
#include "tests/fixture_vss.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK     ((size_t)FIXTURE_VSS_BLOCK)
#define DATA      40u /* blocks that hold something */
#define UNUSED_AT DATA
#define AREA      48u
#define BLOCKS    320u

struct world {
	uint8_t *at, *storage;
	struct fixture_vss f;
	struct source *raw, *other;
	struct vss *vss;
	uint32_t random;
	struct err err;
};

static inline uint32_t next_random(struct world *w)
{
	w->random = w->random * 1664525u + 1013904223u;
	return w->random >> 8;
}

static inline void fill(struct world *w, uint8_t *to, size_t len)
{
	for (size_t i = 0; i < len;
	     i++) /* the high bits: the low ones come again every four blocks */
		to[i] = (uint8_t)(next_random(w) >> 16);
}

static inline void begin(struct world *w, bool elsewhere)
{
	*w = (struct world){.random = 7};
	w->at = calloc(BLOCKS, BLOCK);
	w->storage = elsewhere ? calloc(BLOCKS, BLOCK) : NULL;
	assert_non_null(w->at);
	fill(w, w->at, (DATA + 8) * BLOCK);
	fixture_vss_begin(&w->f, w->at, BLOCKS * BLOCK, w->storage, BLOCKS * BLOCK, AREA * BLOCK);
}

static inline void snapshot(struct world *w, uint64_t flags)
{
	fixture_vss_snapshot(&w->f, 1000 + w->f.count, flags, UNUSED_AT, AREA);
}

static inline void write_block(struct world *w, uint64_t block)
{
	uint8_t data[BLOCK];

	fill(w, data, sizeof(data));
	if (block == 0) /* the header stays */
		memcpy(data + 0x1e00, w->at + 0x1e00, 512);
	fixture_vss_write(&w->f, block, data);
}

static inline bool open_world(struct world *w)
{
	w->raw = source_of_bytes((struct bytes){w->at, BLOCKS * BLOCK});
	if (w->storage)
		w->other = source_of_bytes((struct bytes){w->storage, BLOCKS * BLOCK});
	return vss_open(w->raw, w->other, &w->vss, &w->err);
}

static inline void end(struct world *w)
{
	vss_close(w->vss);
	source_close(w->raw);
	source_close(w->other);
	fixture_vss_free(&w->f);
	free(w->at);
	free(w->storage);
}

/* Every byte of what the snapshot keeps; read whole, and in odd pieces. */
static inline void check_snapshot(struct world *w, unsigned n, enum vss_reading reading)
{
	struct source *source = NULL;
	static uint8_t got_bytes[DATA * FIXTURE_VSS_BLOCK];
	const uint8_t *golden = w->f.stores[n].golden;
	size_t got = 0;

	assert_true(vss_snapshot_open(w->vss, n, reading, &source, &w->err));
	assert_int_equal(source->size, BLOCKS * BLOCK);
	assert_true(source->read(source, 0, got_bytes, sizeof(got_bytes), &got, &w->err));
	assert_int_equal(got, sizeof(got_bytes));
	for (size_t i = 0; i < DATA; i++)
		if (memcmp(got_bytes + i * BLOCK, golden + i * BLOCK, BLOCK) != 0)
			print_error("snapshot %u differs in block %zu\n", n, i);
	assert_memory_equal(got_bytes, golden, DATA * BLOCK);
	for (unsigned i = 0; i < 200; i++) {
		size_t offset = next_random(w) % (DATA * BLOCK - 70000);
		size_t len = next_random(w) % 70000;

		assert_true(source->read(source, offset, got_bytes, len, &got, &w->err));
		assert_int_equal(got, len);
		assert_memory_equal(got_bytes, golden + offset, len);
	}
	source_close(source);
}

static inline void check_all(struct world *w)
{
	assert_int_equal(vss_count(w->vss), w->f.count);
	for (unsigned n = w->f.count; n > 0; n--) {
		check_snapshot(w, n - 1, VSS_AS_WINDOWS);
		check_snapshot(w, n - 1, VSS_KEPT_ONLY);
		assert_int_equal(vss_info(w->vss, n - 1)->damage.kind, ERR_NONE);
	}
}

#endif
