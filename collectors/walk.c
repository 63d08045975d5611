/* One walk through the file table of a volume: every file in use against all patterns of all collectors. */
#include "collectors/attribute.h"
#include "collectors/shadows.h"
#include "collectors/state.h"

#include "core/array.h"
#include "core/tr.h"
#include "formats/ntfs/wof.h"

#define RESERVED_RECORDS  24
#define SHOW_EVERY        2048  /* records */
#define STREAMS_LOOKED_AT 8192u /* of one file; an attribute list of Windows has room for fewer */
#define NAMES_AND_STREAMS (1u << 20)

struct walk {
	struct collection *collection;
	struct collection_volume *volume;
	struct hit_list *hits;
	struct structures *structures; /* NULL: no collector has any */
	struct text path;
	const struct ntfs_stream *packed; /* of the file at work: what WOF packed; NULL */
	struct stream_keys keys;          /* of the file at work */
	uint32_t *masks;                  /* of its streams: who wants them */
	size_t mask_room;
	uint32_t lost;    /* who wants what of the file at work could not be read */
	uint64_t crowded; /* files with streams that were not looked at */
	uint64_t damaged; /* records that could not be read */
	struct err first_damage;
	uint64_t pathless; /* files whose path could not be made */
	struct err first_pathless;
};

static void note_damage(uint64_t *count, struct err *first, const struct err *why)
{
	if ((*count)++ == 0)
		*first = *why;
}

/* Which collectors want the stream of the file whose path stands in walk->path. Where WOF put its packed content, a
 * pattern that names streams must ask for it, for an attribute one that names its type. */
static uint32_t stream_mask(struct walk *walk, const struct ntfs_stream *stream)
{
	size_t len = walk->path.len;

	attribute_add_name(&walk->path, stream, text_add_utf16);
	uint32_t mask = (stream->type != NTFS_DATA ? matcher_attribute_mask
			 : stream == walk->packed  ? matcher_stream_mask
						   : matcher_mask)(
	    &walk->collection->matcher, walk->volume->letter, text_bytes(&walk->path));

	if (walk->path.at && walk->path.len > len) {
		walk->path.len = len;
		walk->path.at[len] = 0;
	}
	return mask;
}

/* Every stream is looked at under every name: of a file made to have thousands of both, not all. */
static size_t looked_at(const struct ntfs_entry *entry)
{
	size_t most = STREAMS_LOOKED_AT;

	if (entry->name_count > NAMES_AND_STREAMS / STREAMS_LOOKED_AT)
		most = NAMES_AND_STREAMS / entry->name_count;
	return entry->stream_count < most ? entry->stream_count : most;
}

/* Adds to the masks of the streams what the file is wanted for by this name. */
static void match_name(
    struct walk *walk, const struct ntfs_entry *entry, const struct ntfs_name *name, size_t streams)
{
	struct err err = {0};
	bool is_orphan;

	text_clear(&walk->path);
	if (name && !ntfs_path(walk->volume->paths, name, &walk->path, &is_orphan, &err)) {
		note_damage(&walk->pathless, &walk->first_pathless, &err);
		return;
	}
	if (!name)
		text_addf(&walk->path, "$Orphan/record %llu", (unsigned long long)entry->record);
	for (size_t i = 0; i < streams; i++)
		if (hit_is_wanted(entry, &entry->streams[i]) || attribute_type(&entry->streams[i]))
			walk->masks[i] |= stream_mask(walk, &entry->streams[i]);
	if (entry->lost.kind != ERR_NONE)
		walk->lost |= matcher_any_stream_mask(
		    &walk->collection->matcher, walk->volume->letter, text_bytes(&walk->path));
}

/* Records that mkfs sets aside for metafiles to come: in use, without name, empty. */
static bool is_reserved(const struct ntfs_entry *entry)
{
	const struct ntfs_stream *stream = ntfs_entry_stream(entry, NTFS_DATA, (struct bytes){0});

	return entry->record < RESERVED_RECORDS && (!stream || stream->size == 0);
}

/* What the file is wanted for by all its names. */
static void match_names(struct walk *walk, const struct ntfs_entry *entry, size_t streams)
{
	const struct ntfs_name *best = ntfs_entry_name(entry);

	for (size_t i = 0; i < entry->name_count; i++)
		if (entry->names[i].name_space != NTFS_NAME_DOS)
			match_name(walk, entry, &entry->names[i], streams);
	if (!best && (!is_reserved(entry) || entry->lost.kind != ERR_NONE))
		match_name(walk, entry, NULL, streams);
	if (best && best->name_space == NTFS_NAME_DOS)
		match_name(walk, entry, best, streams);
}

/* Has something that can be taken, or may have had some. */
static bool has_members(const struct ntfs_entry *entry)
{
	bool has = entry->lost.kind != ERR_NONE;

	for (size_t i = 0; i < entry->stream_count && !has; i++)
		has =
		    hit_is_wanted(entry, &entry->streams[i]) || attribute_type(&entry->streams[i]);
	return has;
}

static void walk_file(struct walk *walk, const struct ntfs_entry *entry)
{
	size_t streams = looked_at(entry);
	struct attribute_company company = {0};
	struct err err = {0};

	if (walk->structures)
		structures_see(walk->structures, entry);
	if (!has_members(entry))
		return;
	if (!array_grow(&walk->masks, &walk->mask_room, streams, sizeof(*walk->masks),
		STREAMS_LOOKED_AT, &err) ||
	    !stream_keys_make(&walk->keys, entry, &err)) {
		note_damage(&walk->damaged, &walk->first_damage, &err);
		return;
	}
	if (streams)
		memset(walk->masks, 0, streams * sizeof(*walk->masks));
	walk->lost = 0;
	walk->packed = ntfs_wof_packed(entry);
	match_names(walk, entry, streams);
	for (size_t i = 0; i < streams; i++)
		attribute_company_add(&company, &entry->streams[i], walk->masks[i]);
	for (size_t i = 0; i < streams; i++) {
		walk->masks[i] |= attribute_company_mask(&company, &entry->streams[i]);
		if (walk->masks[i])
			hit_add(walk->hits, entry, &entry->streams[i], walk->keys.at[i],
			    walk->masks[i]);
		if (entry->lost.kind != ERR_NONE)
			walk->lost |= walk->masks[i];
	}
	if (walk->lost)
		hit_add_lost(walk->hits, entry, walk->lost);
	walk->crowded += entry->stream_count > streams;
}

static void walk_record(struct walk *walk, uint64_t record, struct ntfs_entry *entry)
{
	struct err err = {0};

	if (!hit_load(walk->volume, record, entry, &err)) {
		if (!walk->volume->is_live) /* where a bit may be written before its record */
			ntfs_mft_doubt(ntfs_volume_mft(walk->volume->ntfs), record, &err);
		if (err.kind != ERR_MISSING)
			note_damage(&walk->damaged, &walk->first_damage, &err);
		return;
	}
	if (entry->in_use && !ntfs_entry_is_extension(entry))
		walk_file(walk, entry);
}

static void report(struct walk *walk)
{
	struct err err = {0};
	CLEANUP(text_free) struct text where = {0};

	text_addf(&where, "fs/%s/$MFT", text_string(&walk->volume->name));
	if (walk->damaged) {
		fail(&err, walk->first_damage.kind,
		    "%llu records of the file table could not be read: %.150s",
		    (unsigned long long)walk->damaged, walk->first_damage.text);
		collect_problem(walk->collection, text_string(&where), &err);
	}
	if (walk->pathless) {
		fail(&err, walk->first_pathless.kind, "%llu files have no path: %.150s",
		    (unsigned long long)walk->pathless, walk->first_pathless.text);
		collect_problem(walk->collection, text_string(&where), &err);
	}
	if (walk->crowded) {
		fail(&err, ERR_LIMIT, "%llu files have too many streams and names to look at all",
		    (unsigned long long)walk->crowded);
		collect_problem(walk->collection, text_string(&where), &err);
	}
	if (walk->hits->dropped) {
		fail(&err, ERR_LIMIT, "more than %u streams chosen: %llu left out",
		    COLLECTION_HITS_MAX, (unsigned long long)walk->hits->dropped);
		collect_problem(walk->collection, text_string(&where), &err);
	}
}

/* What a metafile that rows tell of could not give. An old volume may have none. */
static void tell_damage(struct walk *walk, const char *metafile, const struct err *err)
{
	CLEANUP(text_free) struct text where = {0};

	text_addf(&where, "fs/%s/%s", text_string(&walk->volume->name), metafile);
	if (err->kind != ERR_NONE && err->kind != ERR_MISSING)
		collect_problem(walk->collection, text_string(&where), err);
}

/* Reads the index of object ids, of which rows tell. What a second try cannot read either is damage. */
static void open_objects(struct walk *walk)
{
	struct err err = {0};

	for (unsigned tries = 0; tries == 0 || (tries == 1 && err.kind == ERR_IO); tries++) {
		if (walk->volume->objects)
			ntfs_object_index_close(TAKE(walk->volume->objects));
		if (ntfs_object_index_open(walk->volume->ntfs, &walk->volume->objects, &err))
			err = *ntfs_object_index_damage(walk->volume->objects);
	}
	tell_damage(walk, "$Extend/$ObjId:$O", &err);
}

/* Reads the security descriptors, of which rows tell, the same way. */
static void open_security(struct walk *walk)
{
	struct err err = {0};

	for (unsigned tries = 0; tries == 0 || (tries == 1 && err.kind == ERR_IO); tries++) {
		if (walk->volume->secure)
			ntfs_secure_close(TAKE(walk->volume->secure));
		if (ntfs_secure_open(walk->volume->ntfs, &walk->volume->secure, &err))
			err = *ntfs_secure_damage(walk->volume->secure);
	}
	tell_damage(walk, "$Secure:$SDS", &err);
}

void collection_walk(struct collection *collection, size_t index)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	CLEANUP(structures_free) struct structures *structures = NULL;
	CLEANUP(text_free) struct text title = {0};
	struct walk walk = {
	    .collection = collection,
	    .volume = &collection->plan->volumes->at[index],
	    .hits = &collection->hits[index],
	};
	uint64_t count = ntfs_mft_count(ntfs_volume_mft(walk.volume->ntfs));
	struct err err = {0};

	text_addf(&title, tr("Reading the file table of %s"), text_string(&walk.volume->name));
	progress_step(&collection->progress, text_string(&title));
	if (collection->plan->writer && !walk.volume->secure)
		open_security(&walk);
	if (collection->plan->writer && !walk.volume->objects)
		open_objects(&walk);
	if (!structures_new(collection, index, &structures, &err))
		collect_problem(collection, text_string(&walk.volume->name), &err);
	walk.structures = structures;
	for (uint64_t record = 0; record < count; record++) {
		if (record % SHOW_EVERY == 0) {
			if (collect_stopped(collection))
				break;
			progress_part(&collection->progress, text_string(&title), record, count);
		}
		if (!shadow_read_ahead(collection->plan->volumes, walk.volume, record, &err))
			note_damage(&walk.damaged, &walk.first_damage, &err);
		walk_record(&walk, record, &entry);
	}
	if (structures)
		structures_take(structures);
	report(&walk);
	text_free(&walk.path);
	stream_keys_free(&walk.keys);
	free(walk.masks);
}
