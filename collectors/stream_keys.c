/* See stream_keys.h. */
#include "collectors/stream_keys.h"

#include "collectors/attribute.h"
#include "core/array.h"

#include <stdlib.h>

#define FEW         4u /* streams, that are compared with one another */
#define STREAMS_MAX ((size_t)1 << 20)

#define FNV_START 2166136261u /* FNV-1a (RFC 9923) */
#define FNV_PRIME 16777619u

static uint32_t add_unit(uint32_t hash, uint32_t unit)
{
	hash = (hash ^ (unit & 0xff)) * FNV_PRIME;
	return (hash ^ (unit >> 8)) * FNV_PRIME;
}

uint32_t stream_hash(struct bytes utf16)
{
	uint32_t hash = FNV_START;

	if (utf16.len < 2)
		return 0;
	for (size_t i = 0; i + 2 <= utf16.len; i += 2)
		hash = add_unit(hash, text_fold(le16(utf16.at + i)));
	return hash ? hash : 1;
}

static bool make_room(struct stream_keys *keys, size_t count, struct err *err)
{
	size_t room = 2 * FEW;

	if (!array_grow(&keys->at, &keys->room, count, sizeof(*keys->at), STREAMS_MAX, err))
		return false;
	if (count <= FEW)
		return true;
	while (room < 2 * count)
		room *= 2;
	if (!array_grow(
		&keys->taken, &keys->taken_room, room, sizeof(*keys->taken), 4 * STREAMS_MAX, err))
		return false;
	keys->slots = room;
	memset(keys->taken, 0, room * sizeof(*keys->taken));
	return true;
}

/* Whether the key is another stream's; if not, it is not free any more. */
static bool is_taken(struct stream_keys *keys, size_t count, uint32_t key, size_t before)
{
	if (count <= FEW) {
		for (size_t i = 0; i < before; i++)
			if (keys->at[i] == key)
				return true;
		return false;
	}
	size_t at = (size_t)(((uint64_t)key * 0x9e3779b97f4a7c15u) >> 32) % keys->slots;

	while (keys->taken[at] && keys->taken[at] != key)
		at = (at + 1) % keys->slots;
	if (keys->taken[at] == key)
		return true;
	keys->taken[at] = key;
	return false;
}

/* The key of an attribute, before others have theirs. Those of $DATA streams, which lie before, do not depend on them. */
static uint32_t key_of_attribute(const struct ntfs_stream *stream)
{
	return add_unit(stream_hash(stream->utf16), stream->type);
}

bool stream_keys_make(struct stream_keys *keys, const struct ntfs_entry *entry, struct err *err)
{
	bool has_unnamed = false;
	uint32_t same = 0; /* streams before it that have its name */

	if (!make_room(keys, entry->stream_count, err))
		return false;
	for (size_t i = 0; i < entry->stream_count; i++) {
		const struct ntfs_stream *stream = &entry->streams[i];
		uint32_t key = stream_hash(stream->utf16);

		keys->at[i] = 0;
		if (stream->type != NTFS_DATA && !attribute_type(stream))
			continue;
		if (stream->type != NTFS_DATA)
			key = key_of_attribute(stream);
		if (key == 0 && stream->type == NTFS_DATA && !has_unnamed) {
			has_unnamed = true;
			continue;
		}
		/* Those of one name lie side by side. */
		same = i > 0 && stream[-1].type == stream->type &&
			       bytes_equal(stream[-1].utf16, stream->utf16)
			   ? same + 1
			   : 0;
		if (same)
			key = add_unit(add_unit(key, same & 0xffff), same >> 16);
		while (key == 0 || key == STREAM_KEY_LOST ||
		       is_taken(keys, entry->stream_count, key, i))
			key++;
		keys->at[i] = key;
	}
	return true;
}

uint32_t stream_key(const struct stream_keys *keys, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream)
{
	return keys->at[stream - entry->streams];
}

const struct ntfs_stream *stream_of_key(
    const struct stream_keys *keys, const struct ntfs_entry *entry, uint32_t key)
{
	for (size_t i = 0; i < entry->stream_count; i++)
		if (keys->at[i] == key && (key || entry->streams[i].type == NTFS_DATA))
			return &entry->streams[i];
	return NULL;
}

void stream_keys_free(struct stream_keys *keys)
{
	free(keys->at);
	free(keys->taken);
	*keys = (struct stream_keys){0};
}
