/* Copying a source into the open entry, over what cannot be read. See state.h. */
#include "collectors/state.h"

#include "core/array.h"

#include <stdlib.h>

#define PIECE_LEAST 512u /* a sector: bytes tried one by one around a bad place */
#define PATIENCE    64u  /* bad pieces in a row before they are tried twice as large */

void copy_result_free(struct copy_result *result)
{
	free(result->bad);
	*result = (struct copy_result){0};
}

static void add_bad(
    struct copy_result *result, uint64_t offset, uint64_t len, const struct err *why)
{
	struct range *last = result->bad_count ? &result->bad[result->bad_count - 1] : NULL;

	if (result->bad_bytes == 0)
		result->first = *why;
	result->bad_bytes += len;
	if (last && last->offset + last->len == offset) {
		last->len += len;
		return;
	}
	if (!array_grow(&result->bad, &result->bad_room, result->bad_count + 1,
		sizeof(*result->bad), COPY_BAD_RANGES_MAX, NULL) ||
	    !result->bad) {
		result->bad_more++;
		return;
	}
	result->bad[result->bad_count++] = (struct range){.offset = offset, .len = len};
}

/* Reads at most len bytes. Returns how many are good; fewer than len: *err says why. */
static size_t read_piece(
    struct source *source, uint64_t offset, uint8_t *to, size_t len, struct err *err)
{
	size_t got = 0;

	if (source->read(source, offset, to, len, &got, err) && got < len)
		fail(err, ERR_DAMAGED, "ends at byte %llu", (unsigned long long)(offset + got));
	return got < len ? got : len;
}

bool copy_source(struct collection *collection, struct source *source, struct copy_result *result,
    struct err *err)
{
	uint64_t size = source->size;
	size_t piece = COLLECTION_CHUNK;
	unsigned bad_in_a_row = 0;
	bool looked_closer = false;
	uint64_t offset = 0;

	while (offset < size && !collect_stopped(collection)) {
		size_t len = piece - (size_t)(offset % piece);
		struct err why = {0};

		if (len > size - offset)
			len = (size_t)(size - offset);
		uint8_t *room = bundle_entry_room(collection->plan->writer, &len);
		uint8_t *to = room ? room : collection->buffer;
		size_t good = read_piece(source, offset, to, len, &why);

		if (good == len) {
			bad_in_a_row = 0;
			looked_closer = false;
			piece = piece < COLLECTION_CHUNK ? piece * 2 : piece;
		} else if (!looked_closer) {
			/* Once more and in small pieces: a chunk must not be lost for one sector. */
			looked_closer = true;
			len = good;
			piece = PIECE_LEAST;
		} else {
			memset(to + good, 0, len - good);
			add_bad(result, offset + good, len - good, &why);
			bad_in_a_row++;
			if (bad_in_a_row % PATIENCE == 0 && piece < COLLECTION_CHUNK)
				piece *= 2;
		}
		if (len &&
		    !bundle_entry_write(collection->plan->writer, (struct bytes){to, len}, err))
			return false;
		offset += len;
		progress_add(&collection->progress, len);
	}
	/* A later run goes on in it. */
	return offset == size || fail(err, ERR_STOPPED, "stopped at byte %llu of %llu",
				     (unsigned long long)offset, (unsigned long long)size);
}

bool copy_has_place(const struct collection *collection, enum bundle_set set, struct err *err)
{
	return bundle_set_is_open(collection->plan->writer, set) ||
	       fail(err, ERR_EXISTS, "this part of the bundle was closed before the interruption");
}

bool copy_entry(struct collection *collection, enum bundle_set set,
    const struct bundle_member *member, struct source *source, struct copy_result *result,
    struct bundle_place *place, struct err *err)
{
	struct bundle_writer *writer = collection->plan->writer;

	if (!copy_has_place(collection, set, err))
		return false;
	if (bundle_entry_begin(writer, set, member, err) &&
	    copy_source(collection, source, result, err) && bundle_entry_end(writer, place, err))
		return true;
	collection_break(collection, err);
	return false;
}

bool copy_explain(
    const struct copy_result *result, const struct bundle_place *place, struct err *why)
{
	if (result->bad_bytes)
		fail(why, result->first.kind, "%llu bytes could not be read: %.180s",
		    (unsigned long long)result->bad_bytes, result->first.text);
	else if (place->is_stale)
		fail(why, ERR_STOPPED,
		    "it changed during an interruption: its beginning is of the time before");
	else if (place->padded)
		fail(why, ERR_STOPPED, "stopped %llu bytes before its end",
		    (unsigned long long)place->padded);
	return result->bad_bytes || place->is_stale || place->padded;
}
