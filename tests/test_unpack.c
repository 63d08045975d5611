/* Frames of a volume: what is larger or other than the format allows is refused before it is unpacked. */
#include "unit.h"

#include "bundle/unpack.h"
#include "bundle/writer.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define MIB ((size_t)1 << 20)

struct options { /* of one frame */
	size_t plain;
	int window_log;
	bool no_checksum, no_size;
	size_t said; /* in the seek table; 0: the truth */
};

static void add_32(struct text *out, uint32_t value)
{
	uint8_t bytes[4];

	put_le32(bytes, value);
	text_add(out, (struct bytes){bytes, sizeof(bytes)});
}

/* A volume of one frame. Returns the packed size. */
static size_t make(const struct options *options, struct text *out)
{
	const struct frames_header header = {.set = BUNDLE_FILES, .index = 1};
	CLEANUP(text_free) struct text json = {0};
	ZSTD_CCtx *context = ZSTD_createCCtx();
	uint8_t *plain = calloc(1, options->plain + 1);
	size_t room = ZSTD_compressBound(options->plain);
	uint8_t *packed = malloc(room);

	frames_header_format(&header, &json);
	add_32(out, FRAMES_HEADER_MAGIC);
	add_32(out, (uint32_t)json.len);
	text_add(out, text_bytes(&json));
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, !options->no_checksum);
	ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, !options->no_size);
	if (options->window_log)
		ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, options->window_log);
	ZSTD_inBuffer in = {plain, options->plain, 0};
	ZSTD_outBuffer to = {packed, room, 0};

	/* Streaming, so that the window is the one asked for. */
	if (options->window_log || options->no_size)
		assert_false(ZSTD_isError(ZSTD_compressStream2(context, &to, &in, ZSTD_e_flush)));
	assert_int_equal(ZSTD_compressStream2(context, &to, &in, ZSTD_e_end), 0);
	text_add(out, (struct bytes){packed, to.pos});
	add_32(out, FRAMES_SEEK_MAGIC);
	add_32(out, 8 + 9);
	add_32(out, (uint32_t)to.pos);
	add_32(out, (uint32_t)(options->said ? options->said : options->plain));
	add_32(out, 1);
	text_addc(out, 0);
	add_32(out, FRAMES_SEEK_FOOTER);
	ZSTD_freeCCtx(context);
	free(plain);
	free(packed);
	return to.pos;
}

/* Whether it unpacks, and to nothing but zeros. */
static bool unpacks(const struct text *volume, bool *zeros, enum err_kind *kind)
{
	CLEANUP(source_close) struct source *plain = source_of_bytes(text_bytes(volume));
	CLEANUP(unpack_index_free) struct unpack_index index = {0};
	CLEANUP(unpack_free) struct unpack *unpack = NULL;
	uint8_t *to = malloc(FRAMES_INPUT_MAX);
	struct err err = {0};
	bool ok = unpack_new(&unpack, &err) && unpack_index_read(plain, &index, &err);

	*zeros = true;
	for (size_t i = 0; ok && i < index.table.count; i++) {
		ok = unpack_frame(unpack, plain, &index.table.at[i], to, &err);
		for (size_t k = 0; ok && k < index.table.at[i].plain; k++)
			*zeros = *zeros && to[k] == 0;
	}
	free(to);
	*kind = err.kind;
	return ok;
}

static void judges_frames(void **state)
{
	static const struct {
		struct options options;
		enum err_kind kind; /* ERR_NONE: good */
	} cases[] = {
	    {{.plain = 1}, ERR_NONE},
	    {{.plain = MIB}, ERR_NONE},
	    {{.plain = 4 * MIB}, ERR_NONE},
	    {{.plain = MIB, .window_log = 23, .no_checksum = true, .no_size = true}, ERR_DAMAGED},
	    {{.plain = 4 * MIB + 1}, ERR_LIMIT},
	    {{.plain = 4 * MIB + 1, .said = 4 * MIB}, ERR_DAMAGED},
	    {{.plain = 2 * MIB, .said = MIB}, ERR_DAMAGED},
	    {{.plain = MIB, .said = 2 * MIB}, ERR_DAMAGED},
	    {{.plain = MIB, .no_checksum = true}, ERR_DAMAGED},
	    {{.plain = MIB, .no_size = true}, ERR_DAMAGED},
	    {{.plain = MIB, .window_log = 24, .no_size = true}, ERR_LIMIT},
	    {{.plain = MIB, .window_log = 30, .no_size = true}, ERR_LIMIT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(text_free) struct text volume = {0};
		enum err_kind kind;
		bool ok, zeros;

		make(&cases[i].options, &volume);
		ok = unpacks(&volume, &zeros, &kind);
		if (ok != (cases[i].kind == ERR_NONE) || kind != cases[i].kind)
			print_error("case %u: %s\n", (unsigned)i, err_kind_name(kind));
		assert_int_equal(kind, cases[i].kind);
		assert_int_equal(ok, cases[i].kind == ERR_NONE);
	}
}

/* No flipped bit gives other bytes; most are refused. */
static void finds_flipped_bits(void **state)
{
	CLEANUP(text_free) struct text volume = {0};
	const struct options options = {.plain = 5000};
	enum err_kind kind;
	size_t header = 0, accepted = 0;
	bool zeros;

	(void)state;
	make(&options, &volume);
	while (le32((const uint8_t *)volume.at + header) != 0xfd2fb528)
		header++;
	for (size_t bit = header * 8; bit < volume.len * 8; bit++) {
		volume.at[bit / 8] = (char)(volume.at[bit / 8] ^ 1 << bit % 8);
		accepted += unpacks(&volume, &zeros, &kind);
		assert_true(zeros);
		volume.at[bit / 8] = (char)(volume.at[bit / 8] ^ 1 << bit % 8);
	}
	assert_true(accepted < 4); /* bits that zstd gives no meaning */
	assert_true(unpacks(&volume, &zeros, &kind));
	for (size_t len = volume.len; len-- > 0;) {
		volume.len = len;
		assert_false(unpacks(&volume, &zeros, &kind));
	}
}

#define BLOCK ((size_t)128 << 10) /* of content: RFC 8878 3.1.1.2 */

/* 1 MiB that no compressor makes much smaller, as a frame. */
static void make_noise(uint8_t *content, struct text *frame)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	size_t room = ZSTD_compressBound(MIB);
	uint8_t *packed = malloc(room);
	uint32_t noise = 1;

	for (size_t i = 0; i < MIB; i++) {
		noise = noise * 1664525 + 1013904223;
		content[i] = (uint8_t)(noise >> 27);
	}
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	room = ZSTD_compress2(context, packed, room, content, MIB);
	assert_false(ZSTD_isError(room));
	text_add(frame, (struct bytes){packed, room});
	ZSTD_freeCCtx(context);
	free(packed);
}

/* What is got of the first `len` bytes of the frame. */
static size_t begun(struct unpack *unpack, const struct text *frame, size_t len, uint64_t limit,
    uint8_t *to, struct seek_entry *out)
{
	CLEANUP(source_close)
	struct source *plain = source_of_bytes((struct bytes){(const uint8_t *)frame->at, len});

	memset(to, 0xaa, FRAMES_INPUT_MAX);
	if (!unpack_begun(unpack, plain, 0, limit, to, out))
		return 0;
	assert_true(out->packed <= len && out->packed <= limit);
	return out->plain;
}

/* Every block that is all there, and no byte of the next. */
static void gives_the_blocks_of_a_begun_frame(void **state)
{
	CLEANUP(unpack_free) struct unpack *unpack = NULL;
	CLEANUP(text_free) struct text frame = {0};
	uint8_t *content = malloc(MIB), *to = malloc(FRAMES_INPUT_MAX);
	struct seek_entry entry;
	size_t seen = 0, blocks = 0;

	(void)state;
	assert_true(unpack_new(&unpack, NULL));
	make_noise(content, &frame);
	for (size_t len = 0; len < frame.len; len += len + 4099 < frame.len ? 4099 : 1) {
		size_t got = begun(unpack, &frame, len, UINT64_MAX, to, &entry);

		assert_true(got >= seen && got % BLOCK == 0 && got <= MIB);
		assert_memory_equal(to, content, got);
		assert_true(to[got] == 0xaa);
		blocks += got > seen;
		seen = got;
	}
	assert_int_equal(blocks, MIB / BLOCK);
	assert_int_equal(seen, MIB); /* only the checksum was missing */
	assert_int_equal(begun(unpack, &frame, frame.len, UINT64_MAX, to, &entry), MIB);
	assert_int_equal(entry.packed, frame.len);
	assert_true(begun(unpack, &frame, frame.len, frame.len / 2, to, &entry) < MIB);
	frame.at[frame.len - 1] ^= 1; /* another checksum */
	assert_int_equal(begun(unpack, &frame, frame.len, UINT64_MAX, to, &entry), MIB);
	frame.at[0] ^= 1;
	assert_int_equal(begun(unpack, &frame, frame.len, UINT64_MAX, to, &entry), 0);
	free(content);
	free(to);
}

/* RFC 8878 3.1.1: a frame of `count` empty blocks and one with content, and no checksum. */
static size_t begun_behind_empty_blocks(struct unpack *unpack, unsigned count, uint8_t *to)
{
	static const uint8_t head[] = {
	    0x28, 0xb5, 0x2f, 0xfd, 0xa4, 0xe8, 0x03, 0, 0}; /* 1000 bytes */
	static const uint8_t empty[3], raw[] = {1000 << 3 & 0xff, 1000 >> 5, 0};
	static const uint8_t content[1000] = {1};
	CLEANUP(text_free) struct text frame = {0};
	struct seek_entry entry;

	text_add(&frame, (struct bytes){head, sizeof(head)});
	for (unsigned i = 0; i < count; i++)
		text_add(&frame, (struct bytes){empty, sizeof(empty)});
	text_add(&frame, (struct bytes){raw, sizeof(raw)});
	text_add(&frame, (struct bytes){content, sizeof(content)});
	return begun(unpack, &frame, frame.len, UINT64_MAX, to, &entry);
}

static void takes_no_end_of_empty_blocks(void **state)
{
	CLEANUP(unpack_free) struct unpack *unpack = NULL;
	uint8_t *to = malloc(FRAMES_INPUT_MAX);

	(void)state;
	assert_true(unpack_new(&unpack, NULL));
	assert_int_equal(begun_behind_empty_blocks(unpack, 4000, to), 1000);
	assert_int_equal(begun_behind_empty_blocks(unpack, 5000, to), 0);
	free(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(judges_frames),
	    cmocka_unit_test(finds_flipped_bits),
	    cmocka_unit_test(gives_the_blocks_of_a_begun_frame),
	    cmocka_unit_test(takes_no_end_of_empty_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
