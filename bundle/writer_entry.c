/* Entries of the data sets, and when to rotate. See writer.h. */
#include "bundle/writer_state.h"

#include "bundle/name.h"

#include <stdio.h>

#define PIECE_LEN     ((size_t)64 << 10) /* limits are looked at between pieces */
#define FRAMES_ROTATE (1u << 18)         /* frames in a volume: its seek table stays at 2 MiB */

static uint64_t elapsed(const struct bundle_writer *writer, uint64_t since)
{
	uint64_t now = writer->plan.monotonic_ms();

	return now > since ? now - since : 0;
}

static bool wants_rotation(const struct bundle_writer *writer)
{
	const struct bundle_limits *limits = &writer->plan.limits;

	if (rows_packed(writer->rows) >= limits->rows_bytes)
		return true;
	return writer->volume.sink &&
	       (writer_volume_bound(writer, 0) >= limits->rotate_bytes ||
		   frames_count(writer->frames) >= FRAMES_ROTATE ||
		   elapsed(writer, writer->volume.opened_ms) >= limits->rotate_ms);
}

/* Inside an entry only what cannot wait. */
static bool must_cut(const struct bundle_writer *writer, size_t more)
{
	const struct bundle_limits *limits = &writer->plan.limits;
	const struct writer_set *set = &writer->sets[writer->volume.set];

	if (!writer->volume.sink || set->tar_offset == writer->volume.tar_start)
		return false;
	return writer_volume_bound(writer, more) > limits->volume_bytes ||
	       frames_count(writer->frames) >= 2 * FRAMES_ROTATE ||
	       elapsed(writer, writer->entry.since_ms) >= limits->rotate_ms;
}

/* Closes the sets before this one; false when it is closed itself. */
static bool enter_set(struct bundle_writer *writer, enum bundle_set set, struct err *err)
{
	if ((unsigned)set >= BUNDLE_META || writer->sets[set].is_closed)
		return fail(err, ERR_UNSUPPORTED, "set '%s' is closed", bundle_set_name(set));
	for (unsigned before = BUNDLE_LIVE; before < (unsigned)set; before++)
		if (!writer->sets[before].is_closed && !writer_close_set(writer, before, err))
			return false;
	return true;
}

bool bundle_entry_begin(struct bundle_writer *writer, enum bundle_set set,
    const struct bundle_member *member, struct err *err)
{
	CLEANUP(text_free) struct text header = {0};
	struct writer_set *state = &writer->sets[set];
	struct writer_entry *entry = &writer->entry;

	if (!writer_usable(writer, err) || !bundle_name_check(bytes_of(member->name), err) ||
	    !tar_header(member, &header, err))
		return false;
	if (entry->is_open || member->size > INT64_MAX)
		return fail(err, ERR_LIMIT, "entry inside an entry, or too large");
	if (!enter_set(writer, set, err))
		return false;
	entry->since_ms = writer->plan.monotonic_ms();
	if ((wants_rotation(writer) || must_cut(writer, header.len)) && !writer_rotate(writer, err))
		return false;
	if (!writer_check_room(writer, header.len, err))
		return false;
	if (!writer->volume.sink && !writer_open_volume(writer, set, state->tar_offset, err))
		return false;
	entry->place = (struct bundle_place){
	    .set = set,
	    .volume = writer->volume.index,
	    .tar_offset = state->tar_offset,
	    .data_offset = state->tar_offset + header.len,
	};
	if (!writer_put(writer, text_bytes(&header), err))
		return false;
	entry->is_open = true;
	entry->set = set;
	entry->size = member->size;
	entry->written = 0;
	return true;
}

/* Where the next header comes, as the volume after a cut says. */
static uint64_t entry_end_offset(const struct writer_entry *entry)
{
	return entry->place.data_offset + entry->size + tar_padding(entry->size);
}

static bool cut(struct bundle_writer *writer, struct err *err)
{
	enum bundle_set set = writer->entry.set;

	if (!writer_rotate(writer, err) ||
	    !writer_open_volume(writer, set, entry_end_offset(&writer->entry), err))
		return false;
	writer->entry.since_ms = writer->plan.monotonic_ms();
	return true;
}

/* Tar bytes of the open entry: content or padding. */
static bool put_pieces(struct bundle_writer *writer, struct bytes data, struct err *err)
{
	const struct writer_set *set = &writer->sets[writer->entry.set];

	while (data.len) {
		size_t misaligned = (size_t)(set->tar_offset % TAR_BLOCK);
		struct bytes piece = {data.at, PIECE_LEN - misaligned};

		piece.len = piece.len < data.len ? piece.len : data.len;
		if (misaligned) /* to the next block first: only there a volume may end */
			piece.len =
			    piece.len < TAR_BLOCK - misaligned ? piece.len : TAR_BLOCK - misaligned;
		else if ((must_cut(writer, PIECE_LEN) && !cut(writer, err)) ||
			 !writer_check_room(writer, PIECE_LEN, err))
			return false;
		if (!writer_put(writer, piece, err))
			return false;
		data.at += piece.len;
		data.len -= piece.len;
	}
	return true;
}

bool bundle_entry_write(struct bundle_writer *writer, struct bytes data, struct err *err)
{
	struct writer_entry *entry = &writer->entry;

	if (!writer_usable(writer, err))
		return false;
	if (!entry->is_open || data.len > entry->size - entry->written)
		return fail(err, ERR_LIMIT, "more written than the entry's %llu bytes",
		    (unsigned long long)entry->size);
	hash_add(entry->sha256, data);
	if (!put_pieces(writer, data, err))
		return false;
	entry->written += data.len;
	writer->totals.bytes_in += data.len;
	return true;
}

static bool fill_up(struct bundle_writer *writer, struct err *err)
{
	static const uint8_t zeros[PIECE_LEN];
	struct writer_entry *entry = &writer->entry;

	while (entry->written < entry->size) {
		uint64_t left = entry->size - entry->written;
		struct bytes piece = {zeros, left < PIECE_LEN ? (size_t)left : PIECE_LEN};

		hash_add(entry->sha256, piece);
		if (!put_pieces(writer, piece, err))
			return false;
		entry->written += piece.len;
		entry->place.padded += piece.len;
	}
	return put_pieces(writer, (struct bytes){zeros, tar_padding(entry->size)}, err);
}

bool bundle_entry_end(struct bundle_writer *writer, struct bundle_place *place, struct err *err)
{
	struct writer_entry *entry = &writer->entry;

	if (!writer_usable(writer, err))
		return false;
	if (!entry->is_open)
		return fail(err, ERR_LIMIT, "no entry is open");
	if (!fill_up(writer, err))
		return false;
	if (!frames_entry_end(writer->frames, err))
		return writer_broken(writer, err);
	entry->is_open = false;
	entry->place.stored = entry->size;
	hash_take(entry->sha256, entry->place.sha256);
	writer->totals.entries++;
	*place = entry->place;
	return true;
}
