/* Frames: where they end, that zstd and our seek table agree about them, that contradictions are refused. */
#include "unit.h"

#include "bundle/frames.h"
#include "bundle/writer.h"
#include "platform/conveyor.h"

#include <stdlib.h>
#include <zstd.h>

#define MIB ((size_t)1 << 20)

/* Writes pieces of the given sizes, an entry's end after each; checks everything about the frames and returns
 * how many there are. */
static size_t check_frames(const size_t *pieces, size_t count, const uint32_t *want)
{
	CLEANUP(text_free) struct text out = {0};
	CLEANUP(sink_free) struct sink *below = sink_to_text(&out);
	CLEANUP(frames_free) struct frames *frames = NULL;
	struct seek_table table = {0};
	size_t total = 0, seek;
	struct err err = {0};
	uint8_t *data;

	assert_true(frames_new(1, NULL, &frames, &err));
	assert_true(frames_start(frames, bytes_of("{}"), below, &err));
	for (size_t i = 0; i < count; i++) {
		data = calloc(1, pieces[i] + 1);
		memset(data, (int)i, pieces[i]);
		assert_true(frames_write(frames, (struct bytes){data, pieces[i]}, &err));
		assert_true(frames_entry_end(frames, &err));
		total += pieces[i];
		free(data);
	}
	assert_true(frames_flush(frames, &err));
	seek = frames_seek_size(frames) - 8;
	assert_true(frames_finish(frames, &err));
	assert_int_equal(frames_written(frames), out.len);
	struct bytes all = text_bytes(&out);
	struct bytes last = {all.at + all.len - seek, seek};

	/* The room that is set aside is for one frame more than there are. */
	assert_true(seek_table_parse(last, 10, all.len - seek, &table, &err));
	assert_int_equal(table.plain_size, total);
	for (size_t i = 0; i < table.count; i++) {
		const struct seek_entry *entry = &table.at[i];

		assert_int_equal(
		    ZSTD_getFrameContentSize(all.at + entry->at, entry->packed), entry->plain);
		assert_int_equal(
		    ZSTD_findFrameCompressedSize(all.at + entry->at, (size_t)(all.len - entry->at)),
		    entry->packed);
		assert_true(
		    all.at[entry->at + 4] & 4); /* content checksum flag, RFC 8878 3.1.1.1.1 */
		assert_int_equal(entry->plain, want[i]);
	}
	/* Stock zstd takes it all, skippable frames included. */
	data = malloc(total + 1);
	assert_int_equal(ZSTD_decompress(data, total + 1, all.at, all.len), total);
	free(data);
	size_t frames_found = table.count;

	seek_table_free(&table);
	return frames_found;
}

static void test_where_frames_end(void **state)
{
	static const size_t small[] = {1000, 1000, 1000};
	static const uint32_t small_frames[] = {3000};
	static const size_t large[] = {MIB - 1, 1, 5 * MIB, 10};
	static const uint32_t large_frames[] = {MIB, 2 * MIB, 2 * MIB, MIB, 10};

	(void)state;
	assert_int_equal(check_frames(small, ARRAY_LEN(small), small_frames), 1);
	assert_int_equal(check_frames(large, ARRAY_LEN(large), large_frames), 5);
	assert_int_equal(check_frames(NULL, 0, NULL), 0);
}

/* Pieces of which every fifth does not compress, through a conveyor or not. */
static void pack(struct conveyor *conveyor, struct text *out)
{
	CLEANUP(sink_free) struct sink *below = sink_to_text(out);
	CLEANUP(frames_free) struct frames *frames = NULL;
	uint8_t *data = malloc(MIB);
	uint32_t seed = 7;

	assert_true(frames_new(1, conveyor, &frames, NULL));
	assert_true(frames_start(frames, bytes_of("{}"), below, NULL));
	for (int i = 0; i < 60; i++) {
		for (size_t at = 0; at < MIB; at++) {
			seed = seed * 1664525 + 1013904223;
			data[at] = i % 5 ? (uint8_t)(at / 100 + (size_t)i) : (uint8_t)(seed >> 24);
		}
		assert_true(frames_write(frames, (struct bytes){data, MIB - (size_t)i}, NULL));
		if (i % 3 == 0)
			assert_true(frames_entry_end(frames, NULL));
		assert_true(frames_written(frames) <= MIB * 61);
		assert_true(frames_waiting(frames) <=
			    FRAMES_INPUT_FULL * ((conveyor ? conveyor->depth : 0) + 1));
	}
	assert_true(frames_finish(frames, NULL));
	assert_int_equal(frames_written(frames), out->len);
	assert_int_equal(frames_waiting(frames), 0);
	free(data);
}

static void test_conveyor_gives_the_same_bytes(void **state)
{
	CLEANUP(text_free) struct text plain = {.ceiling = 64 * MIB};

	(void)state;
	pack(NULL, &plain);
	for (unsigned hands = 1; hands <= CONVEYOR_HANDS_MAX; hands++) {
		CLEANUP(text_free) struct text out = {.ceiling = 64 * MIB};
		CLEANUP(conveyor_free) struct conveyor *conveyor = NULL;

		assert_true(conveyor_new(hands, &conveyor, NULL));
		pack(conveyor, &out);
		assert_int_equal(out.len, plain.len);
		assert_memory_equal(out.at, plain.at, plain.len);
	}
}

struct full_sink {
	struct sink sink;
	size_t left, writes_after;
};

static bool full_write(struct sink *self, struct bytes data, struct err *err)
{
	struct full_sink *full = (struct full_sink *)self;

	if (data.len <= full->left) {
		full->left -= data.len;
		return true;
	}
	full->writes_after += full->left == 0;
	full->left = 0;
	return fail(err, ERR_FULL, "the sink is full");
}

/* A failure below comes out with its kind, nothing is written after it, and the frames can be used again. */
static void test_conveyor_failure(void **state)
{
	CLEANUP(text_free) struct text out = {0};
	CLEANUP(sink_free) struct sink *good = sink_to_text(&out);
	CLEANUP(conveyor_free) struct conveyor *conveyor = NULL;
	CLEANUP(frames_free) struct frames *frames = NULL;
	struct full_sink full = {.sink = {.write = full_write}, .left = 100};
	uint8_t *data = calloc(1, MIB);
	struct err err = {0};
	bool ok = true;

	(void)state;
	assert_true(conveyor_new(2, &conveyor, NULL));
	assert_true(frames_new(1, conveyor, &frames, NULL));
	assert_true(frames_start(frames, bytes_of("{}"), &full.sink, NULL));
	for (int i = 0; i < 100 && ok; i++)
		ok = frames_write(frames, (struct bytes){data, MIB}, &err);
	assert_false(ok && frames_finish(frames, &err));
	assert_int_equal(err.kind, ERR_FULL);
	assert_int_equal(full.writes_after, 0);
	frames_abandon(frames);
	assert_int_equal(frames_waiting(frames), 0);
	assert_true(frames_start(frames, bytes_of("{}"), good, NULL));
	assert_true(frames_write(frames, (struct bytes){data, MIB}, NULL));
	assert_true(frames_finish(frames, NULL));
	assert_int_equal(frames_written(frames), out.len);
	free(data);
}

static void test_header(void **state)
{
	CLEANUP(text_free) struct text json = {0};
	CLEANUP(text_free) struct text other = {0};
	struct frames_header header = {.set = BUNDLE_FILES,
	    .index = 3,
	    .collection_id = {1, 2, 3},
	    .previous_sha256 = {0xff},
	    .tar_offset = 1ull << 40,
	    .next_header = (1ull << 40) + 512};
	struct frames_header back;
	struct err err = {0};

	(void)state;
	frames_header_format(&header, &json);
	assert_true(frames_header_parse(text_bytes(&json), &back, &err));
	assert_int_equal(back.set, BUNDLE_FILES);
	assert_int_equal(back.index, 3);
	assert_int_equal(back.tar_offset, header.tar_offset);
	assert_int_equal(back.next_header, header.next_header);
	assert_memory_equal(back.collection_id, header.collection_id, 16);
	assert_memory_equal(back.previous_sha256, header.previous_sha256, 32);
	/* One spelling only: a blank more, or a key more, is refused. */
	text_addc(&json, ' ');
	assert_false(frames_header_parse(text_bytes(&json), &back, &err));
	text_adds(&other, "{\"format\":2}");
	assert_false(frames_header_parse(text_bytes(&other), &back, &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
	assert_false(frames_header_parse(bytes_of("[]"), &back, &err));
	assert_false(frames_header_parse((struct bytes){0}, &back, &err));
	header.index = 1000;
	text_clear(&other);
	frames_header_format(&header, &other);
	assert_false(frames_header_parse(text_bytes(&other), &back, &err));
}

static void put_table(uint8_t table[33], uint32_t packed_0, uint32_t plain_0, uint32_t count)
{
	put_le32(table, FRAMES_SEEK_MAGIC);
	put_le32(table + 4, 25);
	put_le32(table + 8, packed_0);
	put_le32(table + 12, plain_0);
	put_le32(table + 16, 50);
	put_le32(table + 20, 1000);
	put_le32(table + 24, count);
	table[28] = 0;
	put_le32(table + 29, FRAMES_SEEK_FOOTER);
}

static bool table_parses(const uint8_t *table, size_t len, uint64_t end, struct err *err)
{
	struct seek_table parsed = {0};
	bool ok = seek_table_parse((struct bytes){table, len}, 10, end, &parsed, err);

	seek_table_free(&parsed);
	return ok;
}

static void test_seek_table_contradictions(void **state)
{
	uint8_t table[33];
	struct err err = {0};

	(void)state;
	put_table(table, 100, 2000, 2);
	assert_true(table_parses(table, 33, 160, &err));
	assert_false(table_parses(table, 33, 161, &err)); /* bytes that no frame covers */
	assert_false(table_parses(table, 33, 159, &err));
	assert_false(table_parses(table, 33, 5, &err));
	assert_false(table_parses(table, 32, 160, &err));
	put_table(table, 100, FRAMES_INPUT_MAX + 1, 2);
	assert_false(table_parses(table, 33, 160, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
	put_table(table, 100, 0, 2);
	assert_false(table_parses(table, 33, 160, &err));
	put_table(table, 100, 2000, 3);
	assert_false(table_parses(table, 33, 160, &err));
	put_table(table, 100, 2000, 0xffffffff);
	assert_false(table_parses(table, 33, 160, &err));
	put_table(table, 0xffffffff, 2000, 2);
	assert_false(table_parses(table, 33, 160, &err));
	put_table(table, 100, 2000, 2);
	table[28] = 0x80; /* checksums, which we do not write */
	assert_false(table_parses(table, 33, 160, &err));
	put_table(table, 100, 2000, 2);
	table[0] ^= 1;
	assert_false(table_parses(table, 33, 160, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_where_frames_end),
	    cmocka_unit_test(test_conveyor_gives_the_same_bytes),
	    cmocka_unit_test(test_conveyor_failure),
	    cmocka_unit_test(test_header),
	    cmocka_unit_test(test_seek_table_contradictions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
