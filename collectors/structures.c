/* Things known by what stands together: browser profiles are found by their files, not by their makers. */
#include "collectors/state.h"

#include "core/array.h"
#include "core/pattern.h"
#include "formats/ntfs/wof.h"

#include <stdlib.h>

#define SIGHTINGS_MAX 65536 /* files with the name of an anchor, on one volume */
#define DEPTH_MAX     12    /* directories below a found one */
#define CHILDREN_MAX  65536 /* of one directory */
#define RECORD_MASK   (((uint64_t)1 << 48) - 1)

/* A file with an anchor's name. */
struct sighting {
	uint64_t directory; /* record | sequence << 48 */
	uint32_t structure;
	uint32_t anchors; /* mask */
};

struct known_structure {
	const struct collector_structure *is;
	uint32_t collector; /* bit */
	uint32_t all;       /* mask of all its anchors */
};

struct structures {
	struct collection *collection;
	struct collection_volume *volume;
	struct hit_list *hits;
	struct known_structure known[COLLECTOR_STRUCTURES_MAX];
	size_t known_count;
	struct sighting *at;
	size_t count, room;
	uint64_t dropped;
};

static bool add_known(
    struct structures *s, const struct collector *collector, uint32_t bit, struct err *err)
{
	const struct collector_structure *is = collector->structures;

	for (; is && is->anchors; is++) {
		struct known_structure known = {.is = is, .collector = bit};

		if (s->known_count == COLLECTOR_STRUCTURES_MAX)
			return fail(err, ERR_LIMIT, "too many structures to look for");
		for (size_t i = 0; i < COLLECTOR_ANCHORS_MAX && is->anchors[i]; i++)
			known.all |= 1u << i;
		s->known[s->known_count++] = known;
	}
	return true;
}

bool structures_new(
    struct collection *collection, size_t volume, struct structures **out, struct err *err)
{
	CLEANUP(structures_free) struct structures *s = calloc(1, sizeof(*s));

	if (!s)
		return fail(err, ERR_MEMORY, "no memory to look for structures");
	s->collection = collection;
	s->volume = &collection->plan->volumes->at[volume];
	s->hits = &collection->hits[volume];
	for (unsigned i = 0; i < collection->item_count; i++)
		if (!add_known(s, collection->items[i].collector, 1u << i, err))
			return false;
	*out = TAKE(s);
	return true;
}

void structures_free(struct structures *s)
{
	if (s)
		free(s->at);
	free(s);
}

static void add_sighting(
    struct structures *s, const struct ntfs_name *name, size_t structure, size_t anchor)
{
	if (!array_grow(&s->at, &s->room, s->count + 1, sizeof(*s->at), SIGHTINGS_MAX, NULL)) {
		s->dropped++;
		return;
	}
	s->at[s->count++] = (struct sighting){
	    .directory = name->parent.record | (uint64_t)name->parent.sequence << 48,
	    .structure = (uint32_t)structure,
	    .anchors = 1u << anchor,
	};
}

/* Whether raw is the (ASCII) anchor, without case. */
static bool is_anchor(struct bytes utf16, const char *anchor)
{
	size_t len = strlen(anchor);

	if (utf16.len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text_fold(le16(utf16.at + 2 * i)) != text_fold((uint8_t)anchor[i]))
			return false;
	return true;
}

void structures_see(struct structures *s, const struct ntfs_entry *entry)
{
	for (size_t n = 0; n < entry->name_count && !entry->is_directory; n++) {
		const struct ntfs_name *name = &entry->names[n];

		for (size_t k = 0; k < s->known_count; k++)
			for (size_t a = 0; s->known[k].is->anchors[a]; a++)
				if (is_anchor(name->utf16, s->known[k].is->anchors[a]))
					add_sighting(s, name, k, a);
	}
}

/* A directory on the way down. */
struct descent {
	struct structures *s;
	const struct known_structure *known;
	struct text path; /* relative to the found directory, "" for itself */
	int depth;
};

struct child {
	struct ntfs_reference file;
	struct text name;
};

struct child_list {
	struct ntfs_lister lister;
	struct child *at;
	size_t count, room;
};

static bool keep_child(struct ntfs_lister *self, struct ntfs_reference file,
    const struct ntfs_name *name, struct err *err)
{
	struct child_list *list = (struct child_list *)self;

	if (name->name_space == NTFS_NAME_DOS)
		return true;
	if (!array_grow(
		&list->at, &list->room, list->count + 1, sizeof(*list->at), CHILDREN_MAX, err))
		return false;
	struct child *child = &list->at[list->count++];

	*child = (struct child){.file = file};
	text_add_utf16(&child->name, name->utf16);
	return text_ok(&child->name, err);
}

static void free_children(struct child_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		text_free(&list->at[i].name);
	free(list->at);
}

static bool matches_any(const struct known_structure *known, struct bytes path, bool below)
{
	for (size_t i = 0; known->is->below[i]; i++)
		if (below ? pattern_may_match_below(known->is->below[i], path)
			  : pattern_match(known->is->below[i], path))
			return true;
	return false;
}

static void report(struct structures *s, uint64_t record, const struct err *why)
{
	CLEANUP(text_free) struct text what = {0};

	text_addf(&what, "fs/%s/$MFT record %llu", text_string(&s->volume->name),
	    (unsigned long long)record);
	collect_problem(s->collection, text_string(&what), why);
}

static void match_streams(struct descent *d, const struct ntfs_entry *entry, struct text *path)
{
	CLEANUP(stream_keys_free) struct stream_keys keys = {0};
	const struct ntfs_stream *packed = ntfs_wof_packed(entry);
	size_t len = path->len;
	struct err err = {0};

	if (!stream_keys_make(&keys, entry, &err)) {
		report(d->s, entry->record, &err);
		return;
	}
	for (size_t i = 0; i < entry->stream_count; i++) {
		const struct ntfs_stream *stream = &entry->streams[i];

		if (!hit_is_wanted(entry, stream) || stream == packed)
			continue;
		if (stream->utf16.len) {
			text_addc(path, ':');
			text_add_utf16(path, stream->utf16);
		}
		if (matches_any(d->known, text_bytes(path), false))
			hit_add(d->s->hits, entry, stream, stream_key(&keys, entry, stream),
			    d->known->collector);
		path->len = len;
	}
}

static void descend(struct descent *d, uint64_t record, uint16_t sequence);

static void visit_child(struct descent *d, const struct child *child)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	size_t len = d->path.len;
	struct err err = {0};

	if (len)
		text_addc(&d->path, '/');
	text_add(&d->path, text_bytes(&child->name));
	bool goes_on = d->depth < DEPTH_MAX && matches_any(d->known, text_bytes(&d->path), true);

	if (!d->path.failed && (goes_on || matches_any(d->known, text_bytes(&d->path), false))) {
		if (!ntfs_entry_load(
			ntfs_volume_mft(d->s->volume->ntfs), child->file.record, &entry, &err)) {
			report(d->s, child->file.record, &err);
		} else if (entry.in_use && entry.sequence == child->file.sequence) {
			match_streams(d, &entry, &d->path);
			if (entry.is_directory && goes_on)
				descend(d, entry.record, entry.sequence);
		}
	}
	d->path.len = len;
}

static void report_damage(struct ntfs_lister *self, const struct err *why)
{
	(void)
	    self; /* the walk finds by record what a damaged index hides; the index is $MFT's own copy */
	(void)why;
}

/* Lists a directory and looks at all in it. Bounded by DEPTH_MAX and by the patterns' own depth. */
static void descend(struct descent *d, uint64_t record, uint16_t sequence)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry directory = {0};
	struct child_list children = {.lister = {keep_child, report_damage}};
	struct err err = {0};

	if (collect_stopped(d->s->collection))
		return;
	d->depth++;
	if (!ntfs_entry_load(ntfs_volume_mft(d->s->volume->ntfs), record, &directory, &err))
		report(d->s, record, &err);
	else if (directory.in_use && directory.is_directory && directory.sequence == sequence &&
		 !ntfs_list(d->s->volume->ntfs, &directory, &children.lister, &err))
		report(d->s, record, &err);
	for (size_t i = 0; i < children.count; i++)
		visit_child(d, &children.at[i]);
	free_children(&children);
	d->depth--;
}

static int compare_sightings(const void *a, const void *b)
{
	const struct sighting *x = a;
	const struct sighting *y = b;

	if (x->directory != y->directory)
		return x->directory < y->directory ? -1 : 1;
	return (x->structure > y->structure) - (x->structure < y->structure);
}

void structures_take(struct structures *s)
{
	size_t walked = s->hits->count;

	if (s->count)
		qsort(s->at, s->count, sizeof(*s->at), compare_sightings);
	for (size_t i = 0; i < s->count;) {
		struct sighting whole = s->at[i];
		struct descent d = {.s = s, .known = &s->known[whole.structure]};

		for (; i < s->count && compare_sightings(&whole, &s->at[i]) == 0; i++)
			whole.anchors |= s->at[i].anchors;
		if (whole.anchors == d.known->all)
			descend(
			    &d, whole.directory & RECORD_MASK, (uint16_t)(whole.directory >> 48));
		text_free(&d.path);
	}
	if (s->hits->count > walked)
		hit_merge(s->hits);
	if (s->dropped) {
		struct err err = {0};

		fail(&err, ERR_LIMIT, "%llu browser files over the limit were not looked at",
		    (unsigned long long)s->dropped);
		report(s, 0, &err);
	}
}
