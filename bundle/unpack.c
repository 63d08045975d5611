/* The inverse of frames.c. RFC 8878; the seek table is the zstd seekable format 0.1.0. */
#include "bundle/unpack.h"

#include "core/array.h"

#include <stdlib.h>
#define ZSTD_STATIC_LINKING_ONLY /* ZSTD_getFrameHeader: the window before anything is allocated for it */
#include <zstd.h>
#include <zstd_errors.h>

#define SKIPPABLE_HEAD 8 /* magic and length */
#define SEEK_FOOTER    9 /* count, descriptor, magic */
#define UNUSED_BIT     0x10 /* of a frame's descriptor, which follows its magic: RFC 8878 3.1.1.1.1.3 */
#define FRAME_HEAD_MAX 18   /* RFC 8878 3.1.1.1 and the magic before it */
#define BLOCKS_MAX     4096 /* of a frame that is not whole: a million empty ones are an attack */
#define PROBE_BYTES    512  /* read at first where a frame is looked for */
#define SEEK_ENTRY     8    /* packed and plain size, when there is no checksum */

void unpack_index_free(struct unpack_index *index)
{
	seek_table_free(&index->table);
	*index = (struct unpack_index){0};
}

bool unpack_header_read(
    struct source *plain, struct frames_header *out, uint64_t *first, struct err *err)
{
	uint8_t head[SKIPPABLE_HEAD];
	uint8_t json[FRAMES_HEADER_MAX];
	uint32_t len;

	if (!source_read_exact(plain, 0, head, sizeof(head), err))
		return false;
	len = le32(head + 4);
	if (le32(head) != FRAMES_HEADER_MAGIC)
		return fail(err, ERR_DAMAGED, "it does not begin with a volume header");
	if (len > sizeof(json))
		return fail(err, ERR_LIMIT, "a volume header of %lu bytes", (unsigned long)len);
	if (!source_read_exact(plain, sizeof(head), json, len, err) ||
	    !frames_header_parse((struct bytes){json, len}, out, err))
		return false;
	*first = sizeof(head) + len;
	return true;
}

/* Reads the seek table frame at the end into *frame (malloc); *at is where it begins. */
static bool read_table(struct source *plain, uint64_t first, uint8_t **frame, size_t *frame_len,
    uint64_t *at, struct err *err)
{
	uint8_t footer[SEEK_FOOTER];

	if (plain->size < first + SKIPPABLE_HEAD + SEEK_FOOTER)
		return fail(err, ERR_DAMAGED, "no room for a seek table");
	if (!source_read_exact(plain, plain->size - SEEK_FOOTER, footer, SEEK_FOOTER, err))
		return false;
	uint32_t count = le32(footer);

	if (le32(footer + 5) != FRAMES_SEEK_FOOTER || footer[4] != 0)
		return fail(err, ERR_DAMAGED, "it does not end with a seek table");
	if (count > FRAMES_COUNT_MAX)
		return fail(err, ERR_LIMIT, "a seek table of %lu frames", (unsigned long)count);
	size_t len = SKIPPABLE_HEAD + (size_t)count * SEEK_ENTRY + SEEK_FOOTER;

	if (len > plain->size - first)
		return fail(err, ERR_DAMAGED, "the seek table is longer than the volume");
	uint8_t *table = malloc(len);

	if (!table)
		return fail(err, ERR_MEMORY, "no memory for a seek table");
	if (!source_read_exact(plain, plain->size - len, table, len, err)) {
		free(table);
		return false;
	}
	*frame = table;
	*frame_len = len;
	*at = plain->size - len;
	return true;
}

bool unpack_index_read(struct source *plain, struct unpack_index *out, struct err *err)
{
	struct unpack_index index = {0};
	uint64_t first = 0, end = 0;
	uint8_t *frame = NULL;
	size_t frame_len = 0;

	if (!unpack_header_read(plain, &index.header, &first, err) ||
	    !read_table(plain, first, &frame, &frame_len, &end, err))
		return false;
	bool ok = seek_table_parse((struct bytes){frame, frame_len}, first, end, &index.table, err);

	free(frame);
	if (ok)
		*out = index;
	return ok;
}

bool unpack_table_read(struct source *plain, struct seek_table *out, struct err *err)
{
	CLEANUP(free_memory) uint8_t *frame = NULL;
	size_t len = 0;
	uint64_t end = 0, packed = 0;

	if (!read_table(plain, 0, &frame, &len, &end, err))
		return false;
	for (size_t at = SKIPPABLE_HEAD; at + SEEK_ENTRY + SEEK_FOOTER <= len; at += SEEK_ENTRY)
		packed += le32(frame + at);
	if (packed > end)
		return fail(err, ERR_DAMAGED, "the seek table tells of more than there is");
	return seek_table_parse((struct bytes){frame, len}, end - packed, end, out, err);
}

struct unpack {
	ZSTD_DCtx *context;
	uint8_t *packed;
	size_t room;
};

bool unpack_new(struct unpack **out, struct err *err)
{
	CLEANUP(unpack_free) struct unpack *unpacker = calloc(1, sizeof(*unpacker));

	if (unpacker) {
		unpacker->context = ZSTD_createDCtx();
		unpacker->room = ZSTD_compressBound(FRAMES_INPUT_MAX);
		unpacker->packed = malloc(unpacker->room);
	}
	if (!unpacker || !unpacker->context || !unpacker->packed)
		return fail(err, ERR_MEMORY, "no memory for unpacking");
	*out = TAKE(unpacker);
	return true;
}

void unpack_free(struct unpack *unpacker)
{
	if (!unpacker)
		return;
	ZSTD_freeDCtx(unpacker->context);
	free(unpacker->packed);
	free(unpacker);
}

void unpack_skip_checksum(struct unpack *unpacker)
{
	/* Where the library does not know how, it looks at them. */
	(void)ZSTD_DCtx_setParameter(
	    unpacker->context, ZSTD_d_forceIgnoreChecksum, ZSTD_d_ignoreChecksum);
}

static bool check_frame(
    const struct unpack *unpacker, const struct seek_entry *entry, struct err *err)
{
	ZSTD_FrameHeader head;

	if (ZSTD_getFrameHeader(&head, unpacker->packed, entry->packed) != 0 ||
	    head.frameType != ZSTD_frame || head.dictID != 0 || unpacker->packed[4] & UNUSED_BIT)
		return fail(
		    err, ERR_DAMAGED, "no zstd frame at byte %llu", (unsigned long long)entry->at);
	if (head.windowSize > UNPACK_WINDOW_MAX)
		return fail(err, ERR_LIMIT, "a zstd frame with a window of %llu bytes",
		    (unsigned long long)head.windowSize);
	if (head.frameContentSize != entry->plain || !head.checksumFlag)
		return fail(err, ERR_DAMAGED,
		    "the zstd frame at byte %llu is not the one of the seek table",
		    (unsigned long long)entry->at);
	if (ZSTD_findFrameCompressedSize(unpacker->packed, entry->packed) != entry->packed)
		return fail(err, ERR_DAMAGED, "the zstd frame at byte %llu has another length",
		    (unsigned long long)entry->at);
	return true;
}

bool unpack_frame(struct unpack *unpacker, struct source *plain, const struct seek_entry *entry,
    uint8_t *to, struct err *err)
{
	if (entry->packed > unpacker->room || entry->plain > FRAMES_INPUT_MAX)
		return fail(err, ERR_LIMIT, "a zstd frame of %lu bytes that holds %lu",
		    (unsigned long)entry->packed, (unsigned long)entry->plain);
	if (!source_read_exact(plain, entry->at, unpacker->packed, entry->packed, err) ||
	    !check_frame(unpacker, entry, err))
		return false;
	size_t got = ZSTD_decompressDCtx(
	    unpacker->context, to, entry->plain, unpacker->packed, entry->packed);

	if (ZSTD_isError(got) || got != entry->plain)
		return fail(err, ERR_DAMAGED, "the zstd frame at byte %llu does not unpack (%s)",
		    (unsigned long long)entry->at,
		    ZSTD_isError(got) ? ZSTD_getErrorName(got) : "another size");
	return true;
}

/* Whether what begins here may be a frame of ours. */
static bool is_frame(struct bytes packed, ZSTD_FrameHeader *head)
{
	return packed.len >= 4 && ZSTD_getFrameHeader(head, packed.at, packed.len) == 0 &&
	       head->frameType == ZSTD_frame && head->frameContentSize <= FRAMES_INPUT_MAX &&
	       head->frameContentSize != 0 && head->dictID == 0 &&
	       head->windowSize <= UNPACK_WINDOW_MAX && head->checksumFlag;
}

/* Reads no more than twice the frame. 0: there is none, or not all of it can be read. */
static size_t probe(
    struct unpack *unpacker, struct source *plain, uint64_t at, ZSTD_FrameHeader *head)
{
	size_t have = 0, want = PROBE_BYTES;

	for (;;) {
		size_t got = 0;

		want = want < unpacker->room ? want : unpacker->room;
		/* What lies before a damaged chunk is good. */
		(void)!plain->read(
		    plain, at + have, unpacker->packed + have, want - have, &got, NULL);
		have += got;
		if (!is_frame((struct bytes){unpacker->packed, have}, head))
			return 0;
		size_t packed = ZSTD_findFrameCompressedSize(unpacker->packed, have);

		if (!ZSTD_isError(packed))
			return packed;
		if (ZSTD_getErrorCode(packed) != ZSTD_error_srcSize_wrong || have < want ||
		    have == unpacker->room)
			return 0;
		want *= 2;
	}
}

bool unpack_probe(
    struct unpack *unpacker, struct source *plain, uint64_t at, uint8_t *to, struct seek_entry *out)
{
	ZSTD_FrameHeader head;
	size_t packed = probe(unpacker, plain, at, &head);

	if (packed == 0)
		return false;
	size_t got = ZSTD_decompressDCtx(
	    unpacker->context, to, (size_t)head.frameContentSize, unpacker->packed, packed);

	if (ZSTD_isError(got) || got != head.frameContentSize)
		return false;
	*out = (struct seek_entry){.at = at, .packed = (uint32_t)packed, .plain = (uint32_t)got};
	return true;
}

/* Puts what the next packed bytes hold behind what is in *content. How many it wants then: 0 at the end of the frame and at damage. */
static size_t feed(struct unpack *unpacker, size_t have, size_t *used, ZSTD_outBuffer *content)
{
	ZSTD_inBuffer packed = {unpacker->packed, have, 0};
	size_t before, wants;

	do {
		before = packed.pos + content->pos;
		wants = ZSTD_decompressStream(unpacker->context, content, &packed);
	} while (wants && !ZSTD_isError(wants) && packed.pos + content->pos > before);
	*used += packed.pos;
	return ZSTD_isError(wants) || packed.pos < have ? 0 : wants;
}

bool unpack_begun(struct unpack *unpacker, struct source *plain, uint64_t at, uint64_t limit,
    uint8_t *to, struct seek_entry *out)
{
	ZSTD_outBuffer content = {to, 0, 0};
	size_t used = 0, got = 0, want = FRAME_HEAD_MAX, blocks = 0;
	bool ok = true;

	limit = limit < unpacker->room ? limit : unpacker->room;
	(void)ZSTD_DCtx_reset(unpacker->context, ZSTD_reset_session_only);
	/* Block by block: of what is given at once, zstd keeps nothing when the last of it is damaged. */
	while (ok && want && used < limit && blocks++ < BLOCKS_MAX) {
		ZSTD_FrameHeader head;

		want = want < limit - used ? want : (size_t)(limit - used);
		/* What lies before a damaged chunk is good. */
		ok = plain->read(plain, at + used, unpacker->packed, want, &got, NULL) && got;
		if (used == 0 && !is_frame((struct bytes){unpacker->packed, got}, &head))
			return false;
		content.size = used ? content.size : (size_t)head.frameContentSize;
		want = feed(unpacker, got, &used, &content);
	}
	*out =
	    (struct seek_entry){.at = at, .packed = (uint32_t)used, .plain = (uint32_t)content.pos};
	return content.pos != 0;
}
