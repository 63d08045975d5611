/* Directories known by what stands together in them (browser profiles), on a FAT or exFAT volume: told in one walk, matched
 * by path in the next. See state.h. */
#include "collectors/state.h"

#include "core/array.h"
#include "core/pattern.h"

#include <stdlib.h>

#define SIGHTINGS_MAX 16384u /* files with the name of an anchor */
#define FOUND_MAX     1024u  /* directories that have all of them */

struct sighting {
	uint64_t parent; /* number of the directory's entry */
	uint32_t structure, anchors;
	char *path; /* of the directory */
};

struct known {
	const struct collector_structure *is;
	uint32_t collector, all; /* bit; mask of its anchors */
};

struct fat_structures {
	struct known known[COLLECTOR_STRUCTURES_MAX];
	size_t known_count;
	struct sighting *at; /* once settled: the directories that are found */
	size_t count, room;
	uint64_t dropped;
};

static void add_known(struct fat_structures *s, const struct collector *collector, unsigned item)
{
	const struct collector_structure *is = collector->structures;

	for (; is && is->anchors && s->known_count < COLLECTOR_STRUCTURES_MAX; is++) {
		struct known known = {.is = is, .collector = 1u << item};

		for (size_t i = 0; i < COLLECTOR_ANCHORS_MAX && is->anchors[i]; i++)
			known.all |= 1u << i;
		s->known[s->known_count++] = known;
	}
}

struct fat_structures *fat_structures_new(const struct collection *collection)
{
	struct fat_structures *s = calloc(1, sizeof(*s));

	for (unsigned i = 0; s && i < collection->item_count; i++)
		add_known(s, collection->items[i].collector, i);
	return s;
}

void fat_structures_free(struct fat_structures *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		free(s->at[i].path);
	free(s->at);
	free(s);
}

static void add_sighting(
    struct fat_structures *s, const struct fat_entry *entry, size_t structure, size_t anchor)
{
	size_t len = entry->path.len - entry->name.len;
	char *path = malloc(len + 1);

	if (!path ||
	    !array_grow(&s->at, &s->room, s->count + 1, sizeof(*s->at), SIGHTINGS_MAX, NULL)) {
		free(path);
		s->dropped++;
		return;
	}
	memcpy(path, entry->path.at, len);
	path[len] = 0;
	s->at[s->count++] = (struct sighting){
	    .parent = entry->parent,
	    .structure = (uint32_t)structure,
	    .anchors = 1u << anchor,
	    .path = path,
	};
}

void fat_structures_see(struct fat_structures *s, const struct fat_entry *entry)
{
	for (size_t k = 0; k < s->known_count; k++)
		for (size_t a = 0; s->known[k].is->anchors[a]; a++)
			if (text_same_name(entry->name, bytes_of(s->known[k].is->anchors[a])))
				add_sighting(s, entry, k, a);
}

static int compare(const void *a, const void *b)
{
	const struct sighting *x = a;
	const struct sighting *y = b;

	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	return (x->structure > y->structure) - (x->structure < y->structure);
}

size_t fat_structures_settle(struct fat_structures *s)
{
	size_t found = 0;

	if (s->count)
		qsort(s->at, s->count, sizeof(*s->at), compare);
	for (size_t i = 0; i < s->count;) {
		struct sighting whole = s->at[i++];

		for (; i < s->count && compare(&whole, &s->at[i]) == 0; i++) {
			whole.anchors |= s->at[i].anchors;
			free(s->at[i].path);
		}
		if (whole.anchors == s->known[whole.structure].all && found < FOUND_MAX) {
			s->at[found++] = whole;
			continue;
		}
		s->dropped += whole.anchors == s->known[whole.structure].all;
		free(whole.path);
	}
	s->count = found;
	return found;
}

uint32_t fat_structures_mask(const struct fat_structures *s, struct bytes path)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct known *known = &s->known[s->at[i].structure];
		struct bytes head = bytes_of(s->at[i].path), start;

		if ((mask & known->collector) || !bytes_slice(path, 0, head.len, &start) ||
		    !bytes_equal(start, head))
			continue;
		struct bytes rest = {path.at + head.len, path.len - head.len};

		for (size_t k = 0; known->is->below[k]; k++)
			if (pattern_match(known->is->below[k], rest))
				mask |= known->collector;
	}
	return mask;
}

uint64_t fat_structures_dropped(const struct fat_structures *s)
{
	return s->dropped;
}
