/* What is left of deleted files: their clusters against what is in use and what other records claim. See fat.h. */
#include "formats/fat/volume.h"

#include "core/array.h"

#include <stdlib.h>

struct claim {          /* a run of a deleted file, or of one in use whose chain is broken */
	uint64_t place; /* of its entry */
	uint32_t first, count;
	uint32_t good;    /* of them free and claimed by nobody else */
	uint32_t unknown; /* claimed by nobody else, but nothing tells whether they are free */
	uint32_t absent;  /* of these: the image ends before them */
	uint8_t layout;   /* enum fat_layout */
};

struct edge { /* where a claim begins or ends */
	uint32_t cluster;
	uint32_t claim;
	bool is_end;
};

struct part { /* clusters that one claim alone has */
	uint32_t first, count;
	uint64_t place;
};

struct fat_claims {
	struct claim *at; /* by place at last */
	size_t count, room;
	struct part *parts; /* by cluster */
	size_t part_count;
	uint64_t links; /* followed for them; over the bound files count as one run */
	bool is_full;   /* more of them than we remember: nothing is called whole */
};

void fat_claims_free(struct fat_claims *claims)
{
	if (!claims)
		return;
	free(claims->at);
	free(claims->parts);
	free(claims);
}

static bool add_claim(struct fat_claims *claims, const struct claim *claim, struct err *err)
{
	struct err why = {0};

	if (claim->count == 0)
		return true;
	if (!array_grow(&claims->at, &claims->room, claims->count + 1, sizeof(*claims->at),
		FAT_LIMIT_CLAIMS, &why)) {
		claims->is_full |= why.kind == ERR_LIMIT;
		*err = why;
		return why.kind == ERR_LIMIT;
	}
	claims->at[claims->count++] = *claim;
	return true;
}

enum state { FREE, USED, UNKNOWN };

static enum state state_of(struct fat_volume *volume, uint32_t cluster)
{
	bool is_free = false;

	if (!fat_cluster_is_free(volume, cluster, &is_free, NULL))
		return UNKNOWN;
	return is_free ? FREE : USED;
}

struct survey {
	struct fat_walker walker;
	struct fat_volume *volume;
	struct fat_claims *claims;
};

/* Every claim of a file: the runs that it would be read from. */
static bool claim_runs(struct survey *survey, const struct fat_entry *entry, struct err *err)
{
	CLEANUP(fat_runs_free) struct fat_runs runs = {0};
	struct fat_claims *claims = survey->claims;
	struct fat_entry told = *entry;
	uint64_t before = survey->volume->links;
	enum fat_layout layout;
	struct err why = {0};

	if (claims->links > fat_links_max(survey->volume)) {
		told.is_contiguous = true; /* no more chains */
		claims->is_full = true;
	}
	if (!fat_content_runs(survey->volume, &told, &runs, &layout, &why) &&
	    why.kind == ERR_MEMORY) {
		*err = why;
		return false;
	}
	claims->links += survey->volume->links - before;
	for (size_t i = 0; i < runs.count; i++) {
		struct claim claim = {.place = entry->place,
		    .first = runs.at[i].first,
		    .count = runs.at[i].count,
		    .layout = (uint8_t)layout};

		if (!add_claim(claims, &claim, err))
			return false;
	}
	return true;
}

static bool look(struct fat_walker *self, const struct fat_entry *entry, struct err *err)
{
	struct survey *survey = (struct survey *)self;
	bool is_file = entry->kind == FAT_ENTRY_FILE || entry->kind == FAT_ENTRY_DIRECTORY;
	if (!is_file || !fat_is_cluster(survey->volume, entry->cluster))
		return true;
	if (entry->is_deleted)
		return claim_runs(survey, entry, err);
	enum state state = state_of(survey->volume, entry->cluster);
	struct fat_entry told = *entry;

	if (state == USED)
		return true;
	/* In use, but its cluster is not, or nobody can tell: the table or the bitmap is damaged, the file still claims what it
	 * had. exFAT without its bitmap still has chains. */
	if (state == FREE || survey->volume->geometry.kind != FAT_EX)
		told.is_deleted = told.is_contiguous = true;
	return claim_runs(survey, &told, err);
}

static int compare_edges(const void *a, const void *b)
{
	const struct edge *x = a;
	const struct edge *y = b;

	if (x->cluster != y->cluster)
		return x->cluster < y->cluster ? -1 : 1;
	return (int)y->is_end - (int)x->is_end;
}

/* What the image does not have was not overwritten, as far as anybody knows. */
static void count(struct fat_volume *volume, struct claim *claim, uint32_t from, uint32_t to)
{
	uint32_t end = fat_clusters_end(volume);
	uint32_t cluster = from;

	for (; cluster < to && cluster < end; cluster++) {
		enum state state = state_of(volume, cluster);

		claim->good += state == FREE;
		claim->unknown += state == UNKNOWN;
	}
	claim->unknown += to - cluster;
	claim->absent += to - cluster;
}

static void add_part(struct fat_volume *volume, struct fat_claims *claims, struct claim *claim,
    uint32_t from, uint32_t to)
{
	if (from == to)
		return;
	count(volume, claim, from, to);
	claims->parts[claims->part_count++] =
	    (struct part){.first = from, .count = to - from, .place = claim->place};
}

/* One pass over the clusters: where exactly one claim holds, the free ones are its own. */
static bool sweep(struct fat_volume *volume, struct fat_claims *claims, struct err *err)
{
	CLEANUP(free_memory) struct edge *edges = calloc(claims->count * 2 + 1, sizeof(*edges));
	size_t active = 0, count = 0;
	uint64_t sum = 0; /* of the numbers of the active claims: with one, its number */

	claims->parts = calloc(claims->count * 2 + 1, sizeof(*claims->parts));
	if (!edges || !claims->parts)
		return fail(err, ERR_MEMORY, "no memory to compare deleted files");
	for (size_t i = 0; i < claims->count; i++) {
		const struct claim *claim = &claims->at[i];

		edges[count++] = (struct edge){claim->first, (uint32_t)i, false};
		edges[count++] = (struct edge){claim->first + claim->count, (uint32_t)i, true};
	}
	qsort(edges, count, sizeof(*edges), compare_edges);
	for (size_t i = 0; i < count; i++) {
		if (active == 1 && i > 0)
			add_part(volume, claims, &claims->at[sum], edges[i - 1].cluster,
			    edges[i].cluster);
		active = edges[i].is_end ? active - 1 : active + 1;
		sum = edges[i].is_end ? sum - edges[i].claim : sum + edges[i].claim;
	}
	return true;
}

static int compare_places(const void *a, const void *b)
{
	const struct claim *x = a;
	const struct claim *y = b;

	return (x->place > y->place) - (x->place < y->place);
}

static bool survey_volume(struct fat_volume *volume, struct err *err)
{
	struct fat_claims *claims = calloc(1, sizeof(*claims));
	struct survey survey = {.walker = {.each = look}, .volume = volume, .claims = claims};

	if (!claims)
		return fail(err, ERR_MEMORY, "no memory to compare deleted files");
	if (!fat_walk(volume, &survey.walker, err) || !sweep(volume, claims, err)) {
		fat_claims_free(claims);
		return false;
	}
	if (claims->count)
		qsort(claims->at, claims->count, sizeof(*claims->at), compare_places);
	volume->claims = claims;
	return true;
}

static bool is_claim_before(const void *element, uint64_t key)
{
	const struct claim *one = element;

	return one->place < key;
}

static size_t first_claim(const struct fat_claims *claims, uint64_t place)
{
	return array_first_from(
	    claims->at, claims->count, sizeof(*claims->at), is_claim_before, place);
}

/* False: its directory could not be read when all claims were gathered, so nothing was compared. */
static bool is_compared(const struct fat_claims *claims, uint64_t place)
{
	size_t low = first_claim(claims, place);

	return low < claims->count && claims->at[low].place == place;
}

/* Adds up the claims of the entry at place. */
static void add_up(const struct fat_claims *claims, uint64_t place, struct fat_recovered *out)
{
	for (size_t low = first_claim(claims, place);
	     low < claims->count && claims->at[low].place == place; low++) {
		out->good += claims->at[low].good;
		out->unknown += claims->at[low].unknown;
		out->absent += claims->at[low].absent;
		out->layout = claims->at[low].layout;
	}
}

bool fat_recovery_of(struct fat_volume *volume, const struct fat_entry *entry,
    struct fat_recovered *out, struct err *err)
{
	struct fat_recovered found = {0};

	if (!volume->claims && !survey_volume(volume, err))
		return false;
	found.clusters = entry->is_slack ? 0 : fat_clusters_for(volume, entry->size);
	bool has_cluster = fat_is_cluster(volume, entry->cluster);

	if (has_cluster)
		add_up(volume->claims, entry->place, &found);
	if (has_cluster && !is_compared(volume->claims, entry->place))
		found.unknown = found.clusters;
	found.result = FAT_RECOVERY_PARTIAL;
	found.is_doubtful = entry->is_high_lost && found.clusters > 0;
	bool is_known = !found.is_doubtful && !entry->is_slack && !volume->claims->is_full;

	if (found.clusters && found.good == 0 && found.unknown == 0 && is_known)
		found.result = FAT_RECOVERY_OVERWRITTEN;
	else if (found.good == found.clusters && is_known)
		found.result = FAT_RECOVERY_FULL;
	*out = found;
	return true;
}

static bool begins_by(const void *element, uint64_t key)
{
	const struct part *one = element;

	return one->first <= key;
}

/* Whether the cluster is claimed by others, or in use. */
static bool is_lost(struct fat_volume *volume, uint64_t place, uint32_t cluster)
{
	const struct fat_claims *claims = volume->claims;
	size_t low = array_first_from(
	    claims->parts, claims->part_count, sizeof(*claims->parts), begins_by, cluster);

	bool is_alone = low > 0 && claims->parts[low - 1].place == place &&
			cluster - claims->parts[low - 1].first < claims->parts[low - 1].count;

	return state_of(volume, cluster) == USED || (!is_alone && is_compared(claims, place));
}

bool fat_claims_lost(struct fat_volume *volume, uint64_t place, const struct fat_runs *runs,
    struct range **out, size_t *count, struct err *err)
{
	CLEANUP(free_memory) struct range *lost = NULL;
	uint64_t size = volume->geometry.cluster_size;
	size_t room = 0, n = 0;

	if (!volume->claims && !survey_volume(volume, err))
		return false;
	uint32_t end = fat_clusters_end(volume);

	for (size_t i = 0; i < runs->count; i++)
		for (uint32_t k = 0; k < runs->at[i].count && runs->at[i].first + k < end; k++) {
			uint64_t offset = (runs->at[i].index + (uint64_t)k) * size;

			if (!is_lost(volume, place, runs->at[i].first + k))
				continue;
			if (n && lost[n - 1].offset + lost[n - 1].len == offset) {
				lost[n - 1].len += size;
				continue;
			}
			if (!array_grow(&lost, &room, n + 1, sizeof(*lost), FAT_LIMIT_RUNS, err))
				return fail_in(err, "lost parts of a file");
			lost[n++] = (struct range){offset, size};
		}
	*out = TAKE(lost);
	*count = n;
	return true;
}
