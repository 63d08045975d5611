/* Keys for small attributes. See attribute_fields.h. */
#include "analysis/attribute_fields.h"

#include "formats/ntfs/ea.h"
#include "formats/ntfs/object_id.h"
#include "formats/ntfs/reparse.h"
#include "formats/ntfs/wof.h"

#define EA_NAMES_MAX 64

struct keys {
	struct text *text;
	struct timeline_field *at; /* their bytes: place in the text, until all is said */
	size_t starts[ATTRIBUTE_FIELDS_MAX];
	size_t count;
};

static void begin(struct keys *keys, const char *key)
{
	keys->starts[keys->count] = keys->text->len;
	keys->at[keys->count++] = (struct timeline_field){.key = key, .type = FIELD_TEXT};
}

static void add_reparse(struct keys *keys, struct bytes content)
{
	struct ntfs_reparse reparse;
	bool ok = ntfs_reparse_parse(content, &reparse, NULL);

	if (reparse.name) {
		begin(keys, "reparse");
		text_adds(keys->text, reparse.name);
	}
	if (ok && (reparse.target.len || reparse.target_utf8.len)) {
		begin(keys, "reparse_target");
		text_add_utf16(keys->text, reparse.target);
		text_add(keys->text, reparse.target_utf8);
	}
	if (reparse.shape == NTFS_REPARSE_WOF_FILE && reparse.algorithm <= NTFS_WOF_XPRESS16K) {
		begin(keys, "packed");
		text_adds(keys->text, ntfs_wof_word((enum ntfs_wof_algorithm)reparse.algorithm));
	}
}

static void add_eas(struct keys *keys, struct bytes content)
{
	struct ntfs_ea ea;
	size_t pos = 0;
	bool found = true;

	begin(keys, "ea");
	for (size_t i = 0; i < EA_NAMES_MAX && found; i++)
		if (!ntfs_ea_next(content, &pos, &ea, &found, NULL)) {
			return;
		} else if (found) {
			if (i)
				text_addc(keys->text, ' ');
			text_add(keys->text, ea.name);
		}
}

static void add_object(struct keys *keys, struct bytes content)
{
	struct ntfs_object_id id;

	if (!ntfs_object_id_parse(content, &id, NULL))
		return;
	begin(keys, "object_id");
	text_add_guid(keys->text, id.object);
}

size_t attribute_fields(
    const struct ntfs_entry *entry, struct text *text, struct timeline_field *to)
{
	struct keys keys = {.text = text, .at = to};
	bool seen[3] = {0}; /* a forged record may have several */

	text_clear(text);
	for (size_t i = 0; i < entry->stream_count; i++) {
		const struct ntfs_stream *stream = &entry->streams[i];

		if (!stream->resident || stream->utf16.len)
			continue;
		if (stream->type == NTFS_REPARSE_POINT && !seen[0]) {
			seen[0] = true;
			add_reparse(&keys, stream->content);
		} else if (stream->type == NTFS_EA && !seen[1]) {
			seen[1] = true;
			add_eas(&keys, stream->content);
		} else if (stream->type == NTFS_OBJECT_ID && !seen[2]) {
			seen[2] = true;
			add_object(&keys, stream->content);
		}
	}
	if (text->failed)
		return 0;
	for (size_t i = 0; i < keys.count; i++) {
		size_t end = i + 1 < keys.count ? keys.starts[i + 1] : text->len;

		to[i].bytes = (struct bytes){
		    (const uint8_t *)text->at + keys.starts[i], end - keys.starts[i]};
	}
	return keys.count;
}
