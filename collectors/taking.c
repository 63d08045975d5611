/* Names, paths and rows of a stream on its way into the bundle, and what a run before an interruption has of it. See
 * taking.h. */
#include "collectors/taking.h"

#include "bundle/name.h"
#include "collectors/attribute.h"
#include "collectors/shadows.h"
#include "core/array.h"

#include <stdio.h>

void taking_free(struct taking *t)
{
	text_free(&t->path);
	content_free(&t->content);
}

void taking_path(struct taking *t, const struct ntfs_name *name, struct text *out)
{
	CLEANUP(text_free) struct text path = {0};
	bool is_orphan = true;

	if (name && !ntfs_path(t->volume->paths, name, &path, &is_orphan, NULL)) {
		text_clear(&path);
		text_adds(&path, "$Orphan/");
		text_add_utf16(&path, name->utf16);
	}
	if (!name)
		text_addf(&path, "$Orphan/record %llu", (unsigned long long)t->entry->record);
	text_addf(out, "fs/%s/", text_string(&t->volume->name));
	bundle_name_add_path(out, text_bytes(&path));
	if (t->stream)
		attribute_add_name(out, t->stream, bundle_name_add_utf16);
	t->is_orphan = is_orphan;
}

/* Which of the file's names in its directory that are spelt so: more than one only in a damaged record. */
static uint64_t ordinal_of(const struct taking *t, const struct ntfs_name *name)
{
	uint64_t before = 0;

	for (const struct ntfs_name *other = t->entry->names; other < name; other++)
		before += other->parent.record == name->parent.record &&
			  other->parent.sequence == name->parent.sequence &&
			  bytes_equal(other->utf16, name->utf16);
	return before;
}

uint32_t taking_owner(const struct taking *t, const struct ntfs_name *name)
{
	const uint64_t parts[] = {
	    (uint64_t)(t->volume - t->collection->plan->volumes->at),
	    t->entry->record | (uint64_t)t->entry->sequence << 48,
	    t->hit->stream,
	    name ? name->parent.record | (uint64_t)name->parent.sequence << 48 : UINT64_MAX,
	    name ? ordinal_of(t, name) : 0,
	};

	return claims_owner(parts, ARRAY_LEN(parts));
}

bool taking_claim(const struct taking *t, const struct ntfs_name *name, struct text *path,
    bool *is_new, struct err *err)
{
	char apart[32];

	snprintf(apart, sizeof(apart), "%llu-%u", (unsigned long long)t->entry->record,
	    (unsigned)t->entry->sequence);
	return text_ok(path, err) &&
	       collection_claim(t->collection, path, apart, taking_owner(t, name), is_new, err);
}

void taking_row(struct taking *t, struct row *row)
{
	row->path = text_bytes(&t->path);
	row->kind = !t->stream                  ? "file"
		    : attribute_type(t->stream) ? "attribute"
		    : t->stream->utf16.len      ? "stream"
						: "file";
	row->read = t->volume->is_shadow ? "vss" : "raw";
	row->size = !t->stream          ? 0
		    : t->content.is_wof ? t->stream->size
					: content_size(t->stream) - t->content.cut;
	row->collection = t->collection;
	row->collectors = t->hit->collectors;
	row->volume = t->volume;
	row->entry = t->entry;
	row->name = row->name ? row->name : t->name;
	row->stream = t->stream;
	row->is_orphan = t->is_orphan;
	row->shadow = shadow_info(t->collection->plan->volumes, t->volume);
	row->now = t->now;
	row_put(row);
}

static bool is_name_of_its_own(const struct ntfs_name *name)
{
	return name->name_space != NTFS_NAME_DOS;
}

void taking_other_names(struct taking *t, const struct ntfs_name *holder, const struct text *first)
{
	for (size_t i = 0; i < t->entry->name_count && !collect_stopped(t->collection); i++) {
		const struct ntfs_name *name = &t->entry->names[i];
		struct row row = {
		    .status = ROW_SAME_AS, .same_as = text_bytes(first), .name = name};

		if (name == holder || !is_name_of_its_own(name))
			continue;
		text_clear(&t->path);
		taking_path(t, name, &t->path);
		row.owner = taking_owner(t, name);
		if (taking_claim(t, name, &t->path, NULL, NULL))
			taking_row(t, &row);
	}
}

struct kept_names {                     /* of a file, as a run before an interruption left them */
	const struct ntfs_name *holder; /* that has the content */
	struct text path;               /* of the holder */
	struct bundle_kept of_holder;
	const struct ntfs_name *
	    next; /* under which it is to be taken: begun already; else the first that came since */
	bool has_holder, has_same, has_begun, has_next;
};

static void kept_names_free_at(struct kept_names *kept)
{
	text_free(&kept->path);
}

static void look_at_name(struct taking *t, const struct ntfs_name *name, struct kept_names *out)
{
	const struct bundle_writer *writer = t->collection->plan->writer;
	CLEANUP(text_free) struct text path = {0};
	struct bundle_kept kept;
	bool is_orphan = t->is_orphan;
	uint32_t owner = taking_owner(t, name);

	taking_path(t, name, &path);
	t->is_orphan = is_orphan;
	if (out->has_holder || !taking_claim(t, name, &path, NULL, NULL))
		return;
	if (!bundle_kept(t->collection->plan->writer, text_string(&path), owner, &kept)) {
		bool is_begun = bundle_is_begun(writer, text_bytes(&path), owner);

		out->next = out->has_next && !is_begun ? out->next : name;
		out->has_next = true;
		out->has_begun = out->has_begun || is_begun;
	} else if (kept.is_same) {
		out->has_same = true;
	} else {
		out->holder = name;
		out->has_holder = true;
		out->of_holder = kept;
		out->path = path;
		path = (struct text){0};
	}
}

static void look_at_names(struct taking *t, struct kept_names *out)
{
	look_at_name(t, t->name, out);
	for (size_t i = 0; t->name && i < t->entry->name_count; i++)
		if (&t->entry->names[i] != t->name && is_name_of_its_own(&t->entry->names[i]))
			look_at_name(t, &t->entry->names[i], out);
}

/* The name to take it under. */
static bool choose_name(struct taking *t, const struct ntfs_name *name)
{
	t->name = name;
	text_clear(&t->path);
	taking_path(t, name, &t->path);
	return taking_claim(t, name, &t->path, NULL, NULL);
}

bool taking_keep(struct taking *t)
{
	CLEANUP(kept_names_free) struct kept_names kept = {0};

	if (!t->collection->plan->writer || !bundle_goes_on(t->collection->plan->writer))
		return false;
	look_at_names(t, &kept);
	if (kept.has_holder) {
		collection_count_kept(t->collection, text_string(&kept.path), &kept.of_holder);
		/* A row that has the content of another cannot give it to a third. */
		t->is_stored = kept.of_holder.outcome == BUNDLE_WHOLE && kept.holder == t->name;
		t->has_kept_gap = kept.of_holder.outcome == BUNDLE_GAP;
		taking_other_names(t, kept.holder, &kept.path);
		return true;
	}
	if (kept.has_begun || (kept.has_same && kept.has_next))
		return !choose_name(t, kept.next);
	if (kept.has_same)
		collection_count_kept(t->collection, text_string(&t->path),
		    &(struct bundle_kept){.outcome = BUNDLE_WHOLE});
	return kept.has_same;
}
