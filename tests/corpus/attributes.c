/* corpus_attributes FILE [OFFSET]: every reparse point, extended attribute and object id of a bare $MFT, or of the
 * volume at OFFSET: one line each, "reparse TAG NAME TARGET", "ea RECORD NAME BYTES", "object GUID" (and "indexed" when
 * $ObjId:$O has it); "bad RECORD WHY". */
#include "formats/ntfs/ea.h"
#include "formats/ntfs/object_id.h"
#include "formats/ntfs/object_index.h"
#include "formats/ntfs/reparse.h"

#include "core/array.h"
#include "platform/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct look {
	struct ntfs_volume *volume;
	const struct ntfs_entry *entry;
	struct ntfs_object_index *objects; /* NULL: a bare $MFT */
};

static void bad(const struct look *l, const char *what, const struct err *why)
{
	printf("bad %" PRIu64 " %s: %s\n", l->entry->record, what, why->text);
}

static void show_reparse(const struct look *l, struct bytes content)
{
	struct ntfs_reparse reparse;
	struct err err = {0};
	struct text target = {0};

	if (!ntfs_reparse_parse(content, &reparse, &err))
		bad(l, "reparse", &err);
	text_add_utf16(&target, reparse.target);
	text_add(&target, reparse.target_utf8);
	printf("reparse %08x %s %s\n", reparse.tag, reparse.name ? reparse.name : "-",
	    text_string(&target));
	text_free(&target);
}

static void show_eas(const struct look *l, struct bytes content)
{
	struct ntfs_ea ea;
	struct err err = {0};
	size_t pos = 0;
	bool found = true;
	bool ok = true;

	while (ok && found) {
		ok = ntfs_ea_next(content, &pos, &ea, &found, &err);
		if (ok && found)
			printf("ea %" PRIu64 " %.*s %zu\n", l->entry->record, (int)ea.name.len,
			    (const char *)ea.name.at, ea.value.len);
	}
	if (!ok)
		bad(l, "ea", &err);
}

static void show_object(const struct look *l, struct bytes content)
{
	struct ntfs_object_id id;
	struct err err = {0};
	struct text guid = {0};

	if (!ntfs_object_id_parse(content, &id, &err)) {
		bad(l, "object", &err);
		return;
	}
	text_add_guid(&guid, id.object);
	const struct ntfs_object *object =
	    l->objects ? ntfs_object_index_find(l->objects, id.object) : NULL;

	printf("object %s%s\n", text_string(&guid), object ? " indexed" : "");
	if (object && object->file.record != l->entry->record)
		printf("bad %" PRIu64 " object: the index means another file\n", l->entry->record);
	text_free(&guid);
}

static void show(
    const struct look *l, uint32_t type, void (*print)(const struct look *, struct bytes))
{
	CLEANUP(free_memory) uint8_t *owned = NULL;
	const struct ntfs_stream *stream = ntfs_entry_stream(l->entry, type, (struct bytes){0});
	struct bytes content;
	struct err err = {0};

	if (!stream)
		return;
	if (ntfs_stream_load(l->volume, l->entry, stream, NTFS_EA_MAX, &owned, &content, &err))
		print(l, content);
	else if (l->volume)
		bad(l, "attribute", &err);
}

static void walk(struct ntfs_volume *volume, struct ntfs_mft *mft)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	CLEANUP(ntfs_object_index_close) struct ntfs_object_index *objects = NULL;
	struct look look = {.volume = volume, .entry = &entry};
	uint64_t first = ntfs_mft_first(mft);
	struct err err = {0};

	if (volume && !ntfs_object_index_open(volume, &objects, &err))
		bad(&look, "index", &err);
	else if (volume && ntfs_object_index_damage(objects)->kind != ERR_MISSING &&
		 ntfs_object_index_damage(objects)->kind != ERR_NONE)
		bad(&look, "index", ntfs_object_index_damage(objects));
	look.objects = objects;
	for (uint64_t i = first; i < first + ntfs_mft_count(mft); i++) {
		if (!ntfs_entry_load(mft, i, &entry, NULL) || !entry.in_use || entry.base.record)
			continue;
		show(&look, NTFS_REPARSE_POINT, show_reparse);
		show(&look, NTFS_EA, show_eas);
		show(&look, NTFS_OBJECT_ID, show_object);
	}
}

int main(int argc, char **argv)
{
	CLEANUP(source_close) struct source *file = NULL;
	CLEANUP(source_close) struct source *window = NULL;
	CLEANUP(ntfs_volume_close) struct ntfs_volume *volume = NULL;
	CLEANUP(ntfs_mft_close) struct ntfs_mft *mft = NULL;
	struct err err = {0};

	if (argc < 2 || !file_open(argv[1], &file, &err)) {
		fprintf(stderr, "%s\n", argc < 2 ? "usage" : err.text);
		return 1;
	}
	if (argc > 2)
		window = source_window(file, strtoull(argv[2], NULL, 10), UINT64_MAX, false);
	if (argc > 2 ? !window || !ntfs_volume_open(window, &volume, &err)
		     : !ntfs_mft_open(file, &mft, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	walk(volume, volume ? ntfs_volume_mft(volume) : mft);
	return 0;
}
