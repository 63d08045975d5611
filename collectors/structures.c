/* Things known by what stands together: browser profiles are found by their files, not by their makers. */
#include "collectors/attribute.h"
#include "collectors/state.h"

#include "core/array.h"
#include "core/pattern.h"
#include "formats/ntfs/wof.h"

#include <stdlib.h>

#define SIGHTINGS_MAX    65536 /* files with the name of an anchor, on one volume */
#define DEPTH_MAX        12    /* directories below a found one */
#define CHILDREN_MAX     65536 /* of one directory */
#define ENTERED_MAX      16u   /* times the records of the volume: directories looked through */
#define ENTERED_LIST_MAX ((size_t)1 << 22) /* of them below one: 32 MiB */
#define RECORD_MASK      (((uint64_t)1 << 48) - 1)

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
	uint8_t
	    *entered; /* a bit for each record: a directory looked through below the one at work */
	uint64_t *entered_list; /* them */
	size_t entered_count, entered_room;
	uint64_t entered_all;    /* on the volume so far */
	uint64_t repeated;       /* directories that were reached again, or too often */
	uint64_t first_repeated; /* the record of the first */
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
	if (!s)
		return;
	free(s->at);
	free(s->entered);
	free(s->entered_list);
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
	uint64_t damaged; /* places that could not be read */
	struct err first; /* why, for the first of them */
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

/* Who wants the stream of the file whose path is given: the collector, or nobody. */
static uint32_t stream_mask(
    const struct descent *d, const struct ntfs_stream *stream, struct text *path)
{
	size_t len = path->len;

	attribute_add_name(path, stream, text_add_utf16);
	bool matches = matches_any(d->known, text_bytes(path), false);

	path->len = len;
	return matches ? d->known->collector : 0;
}

static void match_streams(struct descent *d, const struct ntfs_entry *entry, struct text *path)
{
	CLEANUP(stream_keys_free) struct stream_keys keys = {0};
	const struct ntfs_stream *packed = ntfs_wof_packed(entry);
	struct attribute_company company = {0};
	struct err err = {0};

	if (!stream_keys_make(&keys, entry, &err)) {
		report(d->s, entry->record, &err);
		return;
	}
	/* Attributes lie behind the streams that they come with. */
	for (size_t i = 0; i < entry->stream_count; i++) {
		const struct ntfs_stream *stream = &entry->streams[i];
		bool is_asked = hit_is_wanted(entry, stream) && stream != packed;
		uint32_t mask = is_asked ? stream_mask(d, stream, path)
					 : attribute_company_mask(&company, stream);

		attribute_company_add(&company, stream, mask);
		if (mask)
			hit_add(d->s->hits, entry, stream, stream_key(&keys, entry, stream), mask);
	}
}

static void descend(struct descent *d, uint64_t record, uint16_t sequence);

/* Notes that the directory is looked through, once below each found one: an index may be made to lead back to itself under
 * many names. False: it was, or all together are more than a volume can have. */
static bool enter(struct structures *s, uint64_t record)
{
	uint64_t count = ntfs_mft_count(ntfs_volume_mft(s->volume->ntfs));

	if (!s->entered)
		s->entered = calloc((size_t)(count / 8) + 1, 1);
	if (s->entered && record < count && !(s->entered[record / 8] >> record % 8 & 1) &&
	    s->entered_all < ENTERED_MAX * count &&
	    array_grow(&s->entered_list, &s->entered_room, s->entered_count + 1,
		sizeof(*s->entered_list), ENTERED_LIST_MAX, NULL)) {
		s->entered[record / 8] |= (uint8_t)(1u << record % 8);
		s->entered_list[s->entered_count++] = record;
		s->entered_all++;
		return true;
	}
	if (s->repeated++ == 0)
		s->first_repeated = record;
	return false;
}

static void forget_entered(struct structures *s)
{
	while (s->entered_count)
		s->entered[s->entered_list[--s->entered_count] / 8] = 0;
}

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

static void note_damage(struct ntfs_lister *self, const struct err *why)
{
	struct child_list *list = (struct child_list *)self;

	if (list->damaged++ == 0)
		list->first = *why;
}

static bool list_children(
    struct descent *d, const struct ntfs_entry *directory, struct child_list *out, struct err *err)
{
	*out = (struct child_list){.lister = {keep_child, note_damage}};
	return ntfs_list(d->s->volume->ntfs, directory, &out->lister, err);
}

/* What lies in it is found by its index alone: what that does not give may be missing. */
static void list_directory(
    struct descent *d, const struct ntfs_entry *directory, struct child_list *out)
{
	struct err err = {0};
	bool ok = list_children(d, directory, out, &err);

	if (ok && out->first.kind == ERR_IO) {
		free_children(out);
		ok = list_children(d, directory, out, &err);
	}
	if (ok && out->damaged)
		fail(&err, out->first.kind, "files below it may be missing: %.180s",
		    out->first.text);
	if (!ok || out->damaged)
		report(d->s, directory->record, &err);
}

/* Lists a directory and looks at all in it. Bounded by DEPTH_MAX, by the patterns' own depth and by enter. */
static void descend(struct descent *d, uint64_t record, uint16_t sequence)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry directory = {0};
	struct child_list children = {0};
	struct err err = {0};

	if (collect_stopped(d->s->collection) || !enter(d->s, record))
		return;
	d->depth++;
	if (!ntfs_entry_load(ntfs_volume_mft(d->s->volume->ntfs), record, &directory, &err))
		report(d->s, record, &err);
	else if (directory.in_use && directory.is_directory && directory.sequence == sequence)
		list_directory(d, &directory, &children);
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

static void report_limits(struct structures *s)
{
	struct err err = {0};

	if (s->dropped) {
		fail(&err, ERR_LIMIT, "%llu browser files over the limit were not looked at",
		    (unsigned long long)s->dropped);
		report(s, 0, &err);
	}
	if (s->repeated) {
		fail(&err, ERR_DAMAGED,
		    "%llu times an index leads to a directory that was looked through before",
		    (unsigned long long)s->repeated);
		report(s, s->first_repeated, &err);
	}
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
		forget_entered(s);
		text_free(&d.path);
	}
	if (s->hits->count > walked)
		hit_merge(s->hits);
	report_limits(s);
}
