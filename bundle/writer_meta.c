/* What goes into a meta volume: rows, journal, the caller's files, table of contents. See writer_state.h. */
#include "bundle/writer_state.h"

#include "core/json.h"

#include <stdio.h>

static void add_volume(struct json *json, const struct closed_volume *volume)
{
	json_begin(json);
	json_string_field(json, "name", volume->name);
	json_string_field(json, "set", bundle_set_name(volume->set));
	json_unsigned_field(json, "index", volume->index);
	json_unsigned_field(json, "bytes", volume->hashes.bytes);
	json_unsigned_field(json, "tar_offset", volume->tar_offset);
	json_unsigned_field(json, "tar_bytes", volume->tar_bytes);
	json_hex_field(json, "sha256", (struct bytes){volume->hashes.sha256, SHA256_LEN});
	json_hex_field(json, "sha512", (struct bytes){volume->hashes.sha512, SHA512_LEN});
	json_end(json);
}

static void add_toc(const struct bundle_writer *writer, struct text *out)
{
	struct json json = {.to = out};
	char id[37];

	bundle_id_text(writer->plan.collection_id, id);
	json_begin(&json);
	json_unsigned_field(&json, "format", 1);
	json_string_field(&json, "collection_id", id);
	json_key(&json, "volumes");
	json_begin_array(&json);
	for (size_t i = 0; i < writer->closed_count; i++)
		add_volume(&json, &writer->closed[i]);
	json_end_array(&json);
	json_end(&json);
	text_addc(out, '\n');
}

static bool begin_member(
    struct bundle_writer *writer, const char *name, uint64_t size, struct err *err)
{
	CLEANUP(text_free) struct text header = {0};
	char path[sizeof("meta/") + MANIFEST_FILE_NAME];
	struct bundle_member member = {
	    .name = path,
	    .size = size,
	    .modified = writer->plan.now(),
	};

	snprintf(path, sizeof(path), "meta/%s", name);
	return tar_header(&member, &header, err) && writer_put(writer, text_bytes(&header), err);
}

static bool end_member(struct bundle_writer *writer, uint64_t size, struct err *err)
{
	static const uint8_t zeros[TAR_BLOCK];

	if (!writer_put(writer, (struct bytes){zeros, tar_padding(size)}, err))
		return false;
	return frames_entry_end(writer->frames, err) || writer_broken(writer, err);
}

static bool put_member(
    struct bundle_writer *writer, const char *name, struct bytes content, struct err *err)
{
	return begin_member(writer, name, content.len, err) && writer_put(writer, content, err) &&
	       end_member(writer, content.len, err);
}

static bool take_rows(void *context, struct bytes piece, struct err *err)
{
	return writer_put(context, piece, err);
}

static bool put_rows(
    struct bundle_writer *writer, const char *name, struct rows *rows, struct err *err)
{
	return begin_member(writer, name, rows_bytes(rows), err) &&
	       rows_replay(rows, take_rows, writer, err) &&
	       end_member(writer, rows_bytes(rows), err);
}

static bool put_all(struct bundle_writer *writer, struct err *err)
{
	CLEANUP(text_free) struct text toc = {0};
	char name[32], journal[32] = "journal.jsonl";

	snprintf(name, sizeof(name), "entries.%03u.jsonl", (unsigned)writer->volume.index);
	if (rows_count(writer->rows) && !put_rows(writer, name, writer->rows, err))
		return false;
	for (size_t i = 0; i < writer->meta_count; i++)
		if (!put_member(
			writer, writer->meta[i].name, text_bytes(&writer->meta[i].content), err))
			return false;
	add_toc(writer, &toc);
	if (writer->run > 1)
		snprintf(journal, sizeof(journal), "journal.%03u.jsonl", (unsigned)writer->run);
	return text_ok(&toc, err) && put_rows(writer, journal, writer->journal, err) &&
	       put_member(writer, "toc.json", text_bytes(&toc), err);
}

static void forget(struct bundle_writer *writer)
{
	rows_clear(writer->rows);
	for (size_t i = 0; i < writer->meta_count; i++)
		text_free(&writer->meta[i].content);
	writer->meta_count = 0;
	writer->rowed.volumes = writer->closed_count;
	writer->rowed.items = writer->fresh.count;
	writer->rowed.journal_lines = writer->journal_before + rows_count(writer->journal);
	for (unsigned i = 0; i < BUNDLE_SETS; i++)
		writer->rowed.sets[i] =
		    (struct resume_set){writer->sets[i].is_closed, writer->sets[i].tar_offset};
	writer_keep_cut(writer);
	memcpy(writer->manifest.journal_head, writer->journal_head, SHA256_LEN);
	memcpy(writer->rowed.journal_head, writer->journal_head, SHA256_LEN);
}

bool writer_meta_volume(struct bundle_writer *writer, struct err *err)
{
	uint64_t start = writer->sets[BUNDLE_META].tar_offset;

	if (!writer_check_meta(writer, 1, err))
		return false; /* nothing broke: why the run ends stays */
	if (writer_open_volume(writer, BUNDLE_META, start, err) && put_all(writer, err) &&
	    writer_close_volume(writer, err)) {
		forget(writer);
		return true;
	}
	/* Everything in it is still in memory: nothing is lost with the file, and a later one takes its name. */
	char part[VOLUME_NAME_ROOM + sizeof(VOLUME_PART_SUFFIX)];

	writer_drop_volume(writer);
	snprintf(part, sizeof(part), "%s%s", writer->volume.name, VOLUME_PART_SUFFIX);
	(void)!writer->store->remove(writer->store, part, NULL);
	return writer_broken(writer, err);
}
