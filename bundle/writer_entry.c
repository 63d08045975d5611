/* Entries of the data sets, and when to rotate. See writer.h. */
#include "bundle/writer_state.h"

#include "bundle/name.h"
#include "core/array.h"

#include <stdio.h>
#include <stdlib.h>

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

	if (writer_holds_much(writer))
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

/* Whether it is the entry that an interruption cut. */
static bool is_cut_entry(const struct bundle_writer *writer, const struct bundle_member *member)
{
	CLEANUP(text_free) struct text name = {0};

	text_adds(&name, member->name);
	(void)writer_name_again(writer, &name, member->identity);
	return member->identity == writer->cut.identity && !name.failed &&
	       bytes_equal(text_bytes(&name), text_bytes(&writer->cut.name));
}

/* Writes the header of a new entry and opens it. */
static bool start_entry(struct bundle_writer *writer, enum bundle_set set,
    const struct bundle_member *asked, struct err *err)
{
	CLEANUP(text_free) struct text header = {0};
	struct writer_set *state = &writer->sets[set];
	struct writer_entry *entry = &writer->entry;
	struct bundle_member member = *asked;

	text_clear(&entry->name);
	text_adds(&entry->name, asked->name);
	unsigned agains = writer_name_again(writer, &entry->name, asked->identity);
	member.name = text_string(&entry->name);
	if (!text_ok(&entry->name, err) || !tar_header(&member, &header, err))
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
	    .agains = agains,
	};
	if (!writer_put(writer, text_bytes(&header), err))
		return false;
	entry->is_open = true;
	entry->identity = member.identity;
	entry->is_continued = false;
	entry->set = set;
	entry->size = member.size;
	entry->written = 0;
	entry->skip = 0;
	return true;
}

bool bundle_entry_begin(struct bundle_writer *writer, enum bundle_set set,
    const struct bundle_member *member, struct err *err)
{
	struct writer_entry *entry = &writer->entry;

	if (!writer_usable(writer, err) || !bundle_name_check(bytes_of(member->name), err))
		return false;
	if (entry->is_open || member->size > INT64_MAX)
		return fail(err, ERR_LIMIT, "entry inside an entry, or too large");
	if (!enter_set(writer, set, err))
		return false;
	if (!writer->is_cut_pending || writer->cut.place.set != set)
		return start_entry(writer, set, member, err);
	if (is_cut_entry(writer, member))
		return writer_continue_entry(writer, member, err);
	return writer_abandon_cut(writer, err) && start_entry(writer, set, member, err);
}

/* Where the next header comes, as the volume after a cut says. */
uint64_t writer_entry_end_offset(const struct writer_entry *entry)
{
	return entry->place.data_offset + entry->size + tar_padding(entry->size);
}

/* Bytes that lie in the open frame (bundle_entry_room) go into memory of their own: what is written between two volumes
 * goes through the same frames. */
static bool move_out(
    const struct bundle_writer *writer, struct bytes *data, uint8_t **own, struct err *err)
{
	size_t room = 0;

	if (data->at != frames_room(writer->frames, &room))
		return true;
	*own = malloc(data->len);
	if (!*own)
		return fail(err, ERR_MEMORY, "no memory to go on in the next volume");
	memcpy(*own, data->at, data->len);
	data->at = *own;
	return true;
}

static bool cut(struct bundle_writer *writer, struct bytes *data, uint8_t **own, struct err *err)
{
	enum bundle_set set = writer->entry.set;

	if (!move_out(writer, data, own, err) || !writer_rotate(writer, err) ||
	    !writer_open_volume(writer, set, writer_entry_end_offset(&writer->entry), err))
		return false;
	writer->entry.since_ms = writer->plan.monotonic_ms();
	return true;
}

/* Tar bytes of the open entry: content, or the padding behind it. */
static bool put_pieces(
    struct bundle_writer *writer, struct bytes data, bool is_content, struct err *err)
{
	const struct writer_set *set = &writer->sets[writer->entry.set];
	CLEANUP(free_memory) uint8_t *own = NULL;

	while (data.len) {
		size_t misaligned = (size_t)(set->tar_offset % TAR_BLOCK);
		size_t most = misaligned ? TAR_BLOCK - misaligned : PIECE_LEN;

		/* Only at a block's end may a volume end. */
		if (!misaligned &&
		    ((must_cut(writer, PIECE_LEN) && !cut(writer, &data, &own, err)) ||
			!writer_check_room(writer, PIECE_LEN, err)))
			return false;
		struct bytes piece = {data.at, data.len < most ? data.len : most};

		if (!writer_put(writer, piece, err))
			return false;
		if (is_content) {
			hash_add(writer->entry.sha256, piece);
			writer->entry.written += piece.len;
		}
		data.at += piece.len;
		data.len -= piece.len;
	}
	return true;
}

bool bundle_entry_write(struct bundle_writer *writer, struct bytes data, struct err *err)
{
	struct writer_entry *entry = &writer->entry;
	uint64_t room = entry->size - entry->written;

	if (!writer_usable(writer, err))
		return false;
	if (!entry->is_open || (data.len > room && !entry->is_continued))
		return fail(err, ERR_LIMIT, "more written than the entry's %llu bytes",
		    (unsigned long long)entry->size);
	if (data.len > room) { /* it has grown since its header was written */
		data.len = (size_t)room;
		entry->place.is_stale = true;
	}
	writer->totals.bytes_in += data.len;
	return (entry->written >= entry->skip || writer_catch_up(writer, &data, err)) &&
	       put_pieces(writer, data, true, err);
}

uint8_t *bundle_entry_room(struct bundle_writer *writer, size_t *len)
{
	size_t room = 0;
	uint8_t *at = frames_room(writer->frames, &room);

	if (!writer->entry.is_open || writer->entry.written < writer->entry.skip ||
	    (room < *len && room < BUNDLE_ROOM_LEAST))
		return NULL;
	if (room < *len)
		*len = room - room % BUNDLE_ROOM_LEAST;
	return at;
}

/* For the user there is nothing to wait for. */
static bool may_go_on(struct bundle_writer *writer, struct err *err)
{
	const struct bundle_plan *plan = &writer->plan;

	if (writer->entry.written < writer->entry.size && plan->is_stopped &&
	    plan->is_stopped(plan->context))
		bundle_stop(writer);
	return writer_usable(writer, err);
}

bool writer_fill_up(struct bundle_writer *writer, struct err *err)
{
	static const uint8_t zeros[PIECE_LEN];
	struct writer_entry *entry = &writer->entry;

	if (entry->is_continued && entry->written < entry->size && !writer_note_second(writer, err))
		return false;
	while (entry->written < entry->size) {
		uint64_t left = entry->size - entry->written;
		struct bytes piece = {zeros, left < PIECE_LEN ? (size_t)left : PIECE_LEN};

		if (!put_pieces(writer, piece, true, err) || !may_go_on(writer, err))
			return false;
		entry->place.padded += piece.len;
	}
	if (!put_pieces(writer, (struct bytes){zeros, tar_padding(entry->size)}, false, err))
		return false;
	if (!frames_entry_end(writer->frames, err))
		return writer_broken(writer, err);
	entry->is_open = false;
	entry->place.stored = entry->size;
	hash_take(entry->sha256, entry->place.sha256);
	writer->totals.entries++;
	return true;
}

bool bundle_entry_end(struct bundle_writer *writer, struct bundle_place *place, struct err *err)
{
	struct writer_entry *entry = &writer->entry;
	struct bytes none = {0};

	if (!writer_usable(writer, err))
		return false;
	if (!entry->is_open)
		return fail(err, ERR_LIMIT, "no entry is open");
	if ((entry->written < entry->skip && !writer_catch_up(writer, &none, err)) ||
	    !writer_fill_up(writer, err))
		return false;
	writer_forget_second(writer);
	*place = entry->place;
	return true;
}
