/* Lines kept compressed. See rows.h. */
#include "bundle/rows.h"

#include "core/array.h"

#include <stdlib.h>
#include <zstd.h>

#define PIECE_LEN  ((size_t)128 << 10)
#define ROWS_LEVEL 3
#define ROWS_WINDOW_LOG \
	18 /* 256 KiB: rows repeat themselves at short distance; memory matters more */

struct rows {
	ZSTD_CCtx *context;
	struct text packed;
	uint64_t count, bytes;
};

static void stream_free(ZSTD_DCtx *context)
{
	ZSTD_freeDCtx(context);
}
CLEANUP_POINTER(ZSTD_DCtx, stream_free);

void rows_free(struct rows *rows)
{
	if (!rows)
		return;
	ZSTD_freeCCtx(rows->context);
	text_free(&rows->packed);
	free(rows);
}

bool rows_new(size_t ceiling, struct rows **out, struct err *err)
{
	CLEANUP(rows_free) struct rows *rows = calloc(1, sizeof(*rows));

	if (!rows)
		return fail(err, ERR_MEMORY, "no memory for rows");
	rows->packed.ceiling = ceiling;
	rows->context = ZSTD_createCCtx();
	if (!rows->context ||
	    ZSTD_isError(
		ZSTD_CCtx_setParameter(rows->context, ZSTD_c_compressionLevel, ROWS_LEVEL)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(rows->context, ZSTD_c_windowLog, ROWS_WINDOW_LOG)))
		return fail(err, ERR_MEMORY, "no memory for rows");
	*out = TAKE(rows);
	return true;
}

static bool feed(struct rows *rows, struct bytes data, ZSTD_EndDirective end, struct err *err)
{
	ZSTD_inBuffer in = {data.at, data.len, 0};
	uint8_t buffer[16384];
	size_t left;

	do {
		ZSTD_outBuffer to = {buffer, sizeof(buffer), 0};

		left = ZSTD_compressStream2(rows->context, &to, &in, end);
		if (ZSTD_isError(left))
			return fail(err, ERR_MEMORY, "zstd: %s", ZSTD_getErrorName(left));
		text_add(&rows->packed, (struct bytes){buffer, to.pos});
	} while (in.pos < in.size || (end != ZSTD_e_continue && left != 0));
	return text_ok(&rows->packed, err);
}

bool rows_add(struct rows *rows, struct bytes line, struct err *err)
{
	if (line.len > ROWS_LINE_MAX)
		return fail(err, ERR_LIMIT, "row of %zu bytes", line.len);
	if (memchr(line.at, '\n', line.len))
		return fail(err, ERR_DAMAGED, "row with a newline inside");
	if (!feed(rows, line, ZSTD_e_continue, err) ||
	    !feed(rows, bytes_of("\n"), ZSTD_e_continue, err))
		return false;
	rows->count++;
	rows->bytes += line.len + 1;
	return true;
}

uint64_t rows_count(const struct rows *rows)
{
	return rows->count;
}

uint64_t rows_bytes(const struct rows *rows)
{
	return rows->bytes;
}

size_t rows_packed(const struct rows *rows)
{
	return rows->packed.len;
}

bool rows_replay(struct rows *rows,
    bool (*take)(void *context, struct bytes piece, struct err *err), void *context,
    struct err *err)
{
	CLEANUP(stream_free) ZSTD_DCtx *stream = ZSTD_createDCtx();
	CLEANUP(free_memory) uint8_t *piece = malloc(PIECE_LEN);
	ZSTD_inBuffer in = {0};
	size_t full;

	if (!stream || !piece)
		return fail(err, ERR_MEMORY, "no memory for rows");
	if (!feed(rows, (struct bytes){0}, ZSTD_e_flush, err))
		return false;
	in = (ZSTD_inBuffer){rows->packed.at, rows->packed.len, 0};
	do {
		ZSTD_outBuffer to = {piece, PIECE_LEN, 0};
		size_t result = ZSTD_decompressStream(stream, &to, &in);

		if (ZSTD_isError(result))
			return fail(err, ERR_DAMAGED, "rows: %s", ZSTD_getErrorName(result));
		if (to.pos && !take(context, (struct bytes){piece, to.pos}, err))
			return false;
		full = to.pos == PIECE_LEN;
	} while (in.pos < in.size || full);
	return true;
}

void rows_clear(struct rows *rows)
{
	ZSTD_CCtx_reset(rows->context, ZSTD_reset_session_only);
	text_clear(&rows->packed);
	rows->count = 0;
	rows->bytes = 0;
}
