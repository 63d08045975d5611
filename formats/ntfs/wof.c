/* WOF: chunks unpacked as they are read. See wof.h. */
#include "formats/ntfs/wof.h"

#include "formats/lzx.h"
#include "formats/xpress.h"

#include <stdlib.h>

#define TABLE_WINDOW 4096u        /* bytes of the table read at once */
#define DATA_WINDOW  (256u << 10) /* of what is packed */
#define AHEAD_LEAST  (16u << 10)  /* read ahead where a second chunk follows the first */

struct window { /* bytes of the packed stream at hand */
	uint8_t *at;
	uint64_t offset;
	size_t len, room;
	size_t used; /* bytes that were asked for since it was read */
};

struct wof_source {
	struct source source;
	struct source *packed; /* owned */
	enum ntfs_wof_algorithm algorithm;
	uint32_t chunk_size;
	unsigned entry_size;
	uint64_t chunks;
	uint64_t table; /* bytes of it */
	struct window table_window, data_window;
	/* The chunk that was unpacked last. */
	uint8_t *chunk;
	uint64_t number; /* UINT64_MAX: none */
	struct err why;  /* ERR_NONE: it is whole */
};

static const struct {
	const char *word;
	uint32_t chunk_size;
} algorithms[] = {
    [NTFS_WOF_XPRESS4K] = {"xpress4k", 4096},
    [NTFS_WOF_LZX] = {"lzx", LZX_CHUNK},
    [NTFS_WOF_XPRESS8K] = {"xpress8k", 8192},
    [NTFS_WOF_XPRESS16K] = {"xpress16k", 16384},
};

const char *ntfs_wof_word(enum ntfs_wof_algorithm algorithm)
{
	return algorithms[algorithm].word;
}

/* How much to read at offset, where len bytes are wanted: twice as much as last time when that was used up and this
 * goes on with it; else no more than wanted, so that a table that jumps about costs no more than comes out. */
static size_t count_ahead(
    const struct wof_source *s, const struct window *w, uint64_t offset, size_t len)
{
	uint64_t left = s->packed->size - offset;
	bool goes_on = offset >= w->offset && offset - w->offset <= w->len;
	size_t want = len;

	if (goes_on && w->used >= w->len / 2)
		want = w->len < AHEAD_LEAST / 2 ? AHEAD_LEAST + len : 2 * w->len + len;
	want = want < w->room ? want : w->room;
	return left < want ? (size_t)left : want;
}

/* Makes len bytes at offset of the packed stream stand at *out, reading ahead. */
static bool look(struct wof_source *s, struct window *w, uint64_t offset, size_t len,
    const uint8_t **out, struct err *err)
{
	if (offset < w->offset || offset - w->offset > w->len ||
	    w->len - (offset - w->offset) < len) {
		size_t want = count_ahead(s, w, offset, len);
		size_t got = 0;

		w->offset = offset;
		w->len = 0;
		w->used = 0;
		/* What fails farther on does not matter now; and a failure gets a second try. */
		DISCARD(s->packed->read(s->packed, offset, w->at, want, &got, NULL));
		if (got < len && !source_read_exact(s->packed, offset, w->at, len, err))
			return false;
		w->len = got < len ? len : got;
	}
	w->used += len;
	*out = w->at + (offset - w->offset);
	return true;
}

/* Where chunk `number` begins behind the table; `chunks` gives the end of the last. */
static bool find_start(struct wof_source *s, uint64_t number, uint64_t *out, struct err *err)
{
	const uint8_t *entry;

	if (number == 0 || number == s->chunks) {
		*out = number == 0 ? 0 : s->packed->size - s->table;
		return true;
	}
	uint64_t at = (number - 1) * s->entry_size;

	if (!look(s, &s->table_window, at, s->entry_size, &entry, err))
		return fail_in(err, "table of chunks");
	*out = s->entry_size == 8 ? le64(entry) : le32(entry);
	return true;
}

static size_t chunk_len(const struct wof_source *s, uint64_t number)
{
	uint64_t left = s->source.size - number * s->chunk_size;

	return left < s->chunk_size ? (size_t)left : s->chunk_size;
}

/* Unpacks a chunk to `to`, which has room for its bytes. */
static bool unpack(struct wof_source *s, uint64_t number, uint8_t *to, struct err *err)
{
	size_t len = chunk_len(s, number);
	const uint8_t *from;
	uint64_t start = 0, end = 0;
	size_t got;

	if (!find_start(s, number, &start, err) || !find_start(s, number + 1, &end, err))
		return false;
	if (start >= end || end - start > len || end > s->packed->size - s->table)
		return fail(err, ERR_DAMAGED, "from %llu to %llu of %llu packed bytes",
		    (unsigned long long)start, (unsigned long long)end,
		    (unsigned long long)(s->packed->size - s->table));
	size_t packed = (size_t)(end - start);

	if (!look(s, &s->data_window, s->table + start, packed, &from, err))
		return false;
	if (packed == len) {
		memcpy(to, from, len);
		return true;
	}
	if (s->algorithm == NTFS_WOF_LZX)
		return lzx_decompress((struct bytes){from, packed}, to, len, err);
	return xpress_decompress((struct bytes){from, packed}, to, len, &got, err);
}

/* Makes s->chunk hold that chunk, or s->why tell why not. */
static void load(struct wof_source *s, uint64_t number)
{
	if (s->number == number)
		return;
	s->number = number;
	s->why = (struct err){0};
	if (!unpack(s, number, s->chunk, &s->why))
		DISCARD(fail_in(&s->why, "WOF chunk %llu", (unsigned long long)number));
}

static bool read_wof(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct wof_source *s = (struct wof_source *)self;
	uint64_t left = offset < self->size ? self->size - offset : 0;

	*got = 0;
	if (len > left)
		len = (size_t)left;
	while (*got < len) {
		uint64_t number = (offset + *got) / s->chunk_size;
		size_t inside = (size_t)((offset + *got) % s->chunk_size);
		size_t want = chunk_len(s, number) - inside;

		/* A whole chunk goes where it is wanted; what fails does so once more through the cache. */
		if (inside == 0 && want <= len - *got && s->number != number &&
		    unpack(s, number, (uint8_t *)to + *got, NULL)) {
			*got += want;
			continue;
		}
		load(s, number);
		if (s->why.kind != ERR_NONE) {
			if (err)
				*err = s->why;
			return false;
		}
		if (want > len - *got)
			want = len - *got;
		memcpy((uint8_t *)to + *got, s->chunk + inside, want);
		*got += want;
	}
	return true;
}

static void free_wof(struct wof_source *s)
{
	free(s->chunk);
	free(s->table_window.at);
	free(s->data_window.at);
	free(s);
}

static void close_wof(struct source *self)
{
	struct wof_source *s = (struct wof_source *)self;

	source_close(s->packed);
	free_wof(s);
}

static bool has_memory(struct wof_source *s)
{
	/* A window holds at least a chunk; small files need no more than they have. */
	s->data_window.room = s->chunk_size;
	if (s->packed->size > s->data_window.room)
		s->data_window.room =
		    s->packed->size < DATA_WINDOW ? (size_t)s->packed->size : DATA_WINDOW;
	s->table_window.room = TABLE_WINDOW;
	s->chunk = malloc(s->chunk_size);
	s->data_window.at = malloc(s->data_window.room);
	s->table_window.at = malloc(s->table_window.room);
	return s->chunk && s->data_window.at && s->table_window.at;
}

static bool set_table(struct wof_source *s, struct err *err)
{
	uint64_t size = s->source.size;

	s->entry_size = size > UINT32_MAX ? 8 : 4;
	s->chunks = size / s->chunk_size + (size % s->chunk_size != 0);
	s->table = s->chunks ? (s->chunks - 1) * s->entry_size : 0;
	if (s->chunks ? s->table >= s->packed->size : s->packed->size > 0)
		return fail(err, ERR_DAMAGED, "WOF: %llu packed bytes for %llu chunks",
		    (unsigned long long)s->packed->size, (unsigned long long)s->chunks);
	return true;
}

bool ntfs_wof_open_source(struct source *packed, enum ntfs_wof_algorithm algorithm, uint64_t size,
    struct source **out, struct err *err)
{
	struct wof_source *s = calloc(1, sizeof(*s));

	if (!s)
		return fail(err, ERR_MEMORY, "no memory for a file packed by WOF");
	s->source = (struct source){.size = size, .read = read_wof, .close = close_wof};
	s->packed = packed;
	s->algorithm = algorithm;
	s->chunk_size = algorithms[algorithm].chunk_size;
	s->number = UINT64_MAX;
	if (!set_table(s, err)) {
		free_wof(s);
		return false;
	}
	if (!has_memory(s)) {
		free_wof(s);
		return fail(err, ERR_MEMORY, "no memory for a file packed by WOF");
	}
	*out = &s->source;
	return true;
}
