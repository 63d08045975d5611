/* The runs of deleted records, gathered and asked. See claims.h. */
#include "formats/ntfs/claims_state.h"

#include "core/array.h"
#include "formats/ntfs/entry_memory.h"
#include "formats/ntfs/limits.h"
#include "formats/ntfs/volume.h"

#include <stdlib.h>

static uint64_t clusters_there(const struct ntfs_claims *claims)
{
	const struct ntfs_geometry *g = ntfs_volume_geometry(claims->volume);
	uint64_t there = claims->volume->raw->size / g->cluster_size;

	return there < g->clusters ? there : g->clusters;
}

bool ntfs_claims_new(struct ntfs_volume *volume, struct ntfs_bitmap *bitmap,
    struct ntfs_claims **out, struct err *err)
{
	uint64_t records = ntfs_mft_count(ntfs_volume_mft(volume));
	struct ntfs_claims *claims = calloc(1, sizeof(*claims));

	if (!claims)
		return fail(err, ERR_MEMORY, "no memory for the owners of clusters");
	claims->volume = volume;
	claims->bitmap = bitmap;
	claims->to = UINT64_MAX;
	claims->known_to = clusters_there(claims); /* of what was cut off nobody knows */
	if (records < NTFS_LIMIT_CLAIM_RECORDS)
		claims->told = calloc((size_t)(records / 8) + 1, 1);
	if (!claims->told)
		claims->known_to = 0;
	*out = claims;
	return true;
}

void ntfs_claims_free(struct ntfs_claims *claims)
{
	if (!claims)
		return;
	ntfs_entry_free(&claims->owner);
	free(claims->told);
	free(claims->claims.at);
	free(claims->contested.at);
	free(claims->list.at);
	free(claims->clocks);
	free(claims);
}

void ntfs_claims_set_live(struct ntfs_claims *claims)
{
	claims->is_live = true;
}

void ntfs_claims_set_log(struct ntfs_claims *claims, const struct logfile_clusters *log)
{
	claims->log = log;
}

void ntfs_claims_set_keeping(struct ntfs_claims *claims,
    uint64_t (*ask)(void *context, uint64_t first, uint64_t count, enum ntfs_fate *fate),
    void *context)
{
	claims->ask_keeping = ask;
	claims->keeping = context;
}

uint64_t claims_log_number(const struct ntfs_claims *claims, const struct ntfs_entry *entry)
{
	bool is_later = claims->log && entry->lsn > logfile_clusters_until(claims->log);

	return is_later ? 0 : entry->lsn;
}

bool ntfs_claims_log_covers(const struct ntfs_claims *claims, const struct ntfs_entry *entry)
{
	return claims->log && claims_log_number(claims, entry) != 0 &&
	       logfile_clusters_since(claims->log) <= entry->lsn;
}

/* Nothing from cluster `from` on can be told. */
static void give_up(struct ntfs_claims *claims, uint64_t from)
{
	if (claims->known_to > from)
		claims->known_to = from;
}

/* Cuts the walk to the lower half of the clusters that it has claims for. */
static bool make_room(struct ntfs_claims *claims)
{
	struct claim_list *list = &claims->claims;
	size_t kept = list->count / 2;

	claims_sort(list->at, list->count);
	uint64_t to = list->at[kept].lcn;

	if (to <= list->at[0].lcn)
		return false;
	while (kept > 0 && list->at[kept - 1].lcn == to)
		kept--;
	for (size_t i = 0; i < kept; i++)
		if (list->at[i].length > to - list->at[i].lcn)
			list->at[i].length = (uint32_t)(to - list->at[i].lcn);
	list->count = kept;
	claims->to = to;
	return true;
}

static void add(struct ntfs_claims *claims, struct claim claim)
{
	struct claim_list *list = &claims->claims;

	if (list->count == NTFS_LIMIT_CLAIMS && !make_room(claims)) {
		give_up(claims, claims->from);
		return;
	}
	if (claim.lcn >= claims->to)
		return;
	if (claim.length > claims->to - claim.lcn)
		claim.length = (uint32_t)(claims->to - claim.lcn);
	if (array_grow(
		&list->at, &list->room, list->count + 1, sizeof(claim), NTFS_LIMIT_CLAIMS, NULL))
		list->at[list->count++] = claim;
	else
		give_up(claims, claims->from);
}

/* Clusters [lcn, end) for that owner, as far as this walk wants them. */
static void claim_range(struct ntfs_claims *claims, uint64_t lcn, uint64_t end, uint32_t owner)
{
	if (lcn < claims->from)
		lcn = claims->from;
	while (lcn < end && lcn < claims->to && lcn < claims->known_to) {
		uint64_t left = end - lcn;
		uint32_t length = left < CLAIM_LENGTH ? (uint32_t)left : CLAIM_LENGTH;

		add(claims, (struct claim){.lcn = lcn, .length = length, .owner = owner});
		lcn += length;
	}
}

/* Nobody need ask then who had it. */
static bool is_all_used(struct ntfs_claims *claims, uint64_t lcn, uint64_t end)
{
	return claims->bitmap &&
	       ntfs_bitmap_count(claims->bitmap, lcn, end - lcn).used == end - lcn;
}

/* Claims as in use what $Bitmap says is, or what it does not say. */
static void claim_by_state(struct ntfs_claims *claims, uint64_t lcn, uint64_t end, bool if_used)
{
	while (lcn < end) {
		enum ntfs_cluster_state state;
		uint64_t same = ntfs_bitmap_run(claims->bitmap, lcn, end - lcn, &state);

		if ((state == NTFS_CLUSTER_USED) == if_used)
			claim_range(claims, lcn, lcn + same, CLAIM_IN_USE);
		lcn += same;
	}
}

/* A file in use has what $Bitmap says is in use; only what it does not say needs a claim. */
static void claim_in_use(struct ntfs_claims *claims, uint64_t lcn, uint64_t end)
{
	if (claims->bitmap && !is_all_used(claims, lcn, end))
		claim_by_state(claims, lcn, end, false);
}

static void claim_deleted(struct ntfs_claims *claims, uint64_t lcn, uint64_t end, uint32_t owner)
{
	if (claims->is_live && claims->bitmap)
		claim_by_state(claims, lcn, end, true);
	else if (is_all_used(claims, lcn, end))
		return;
	claim_range(claims, lcn, end, owner);
}

static void claim_run(
    struct ntfs_claims *claims, const struct ntfs_run *run, bool in_use, uint32_t owner)
{
	uint64_t there = clusters_there(claims);
	uint64_t end;

	if (run->lcn == NTFS_HOLE || run->lcn >= there)
		return;
	end = run->length > there - run->lcn ? there : run->lcn + run->length;
	if (in_use)
		claim_in_use(claims, run->lcn, end);
	else
		claim_deleted(claims, run->lcn, end, owner);
}

static bool is_far_list(const struct ntfs_attribute *attribute)
{
	return attribute->type == NTFS_ATTRIBUTE_LIST && !attribute->resident &&
	       attribute->first_vcn == 0;
}

/* The clusters of the attribute list, which is no stream of the entry. */
static void claim_list(
    struct ntfs_claims *claims, const struct ntfs_entry *entry, bool in_use, uint32_t owner)
{
	const struct ntfs_entry_memory *m = entry->memory;

	for (size_t i = 0; i < m->attributes.count; i++) {
		const struct ntfs_attribute *list = &m->attributes.at[i];

		if (!is_far_list(list))
			continue;
		claims->list.count = 0;
		DISCARD(ntfs_runs_add(
		    &claims->list, list->mapping, 0, list->last_vcn + 1, NULL)); /* what is good */
		for (size_t r = 0; r < claims->list.count; r++)
			claim_run(claims, &claims->list.at[r], in_use, owner);
	}
}

bool ntfs_claims_tells(const struct ntfs_claims *claims, uint64_t record)
{
	return claims->told && record < ntfs_mft_count(ntfs_volume_mft(claims->volume)) &&
	       claims->told[record / 8] >> record % 8 & 1;
}

/* Notes the extension records of which the entry has everything: what it claims, they need not claim again. */
static void note_told(struct ntfs_claims *claims, const struct ntfs_entry *entry)
{
	uint64_t records = ntfs_mft_count(ntfs_volume_mft(claims->volume));
	const struct ntfs_reference *parts;
	size_t count = claims->told ? ntfs_entry_parts(entry, &parts) : 0;

	for (size_t i = 0; i < count; i++)
		if (parts[i].record < records)
			claims->told[parts[i].record / 8] |= (uint8_t)(1u << parts[i].record % 8);
}

/* An extension record that was seen before its base. */
static void drop_told(struct ntfs_claims *claims)
{
	struct claim_list *list = &claims->claims;
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->at[i].owner >= CLAIM_UNDECIDED ||
		    !ntfs_claims_tells(claims, list->at[i].owner))
			list->at[kept++] = list->at[i];
	list->count = kept;
}

/* A file whose streams are all resident may have a list in clusters. */
static bool has_clusters(const struct ntfs_entry *entry)
{
	const struct ntfs_entry_memory *m = entry->memory;
	bool any = false;

	for (size_t i = 0; i < entry->stream_count && !any; i++)
		any = entry->streams[i].run_count > 0;
	for (size_t i = 0; i < m->attributes.count && !any; i++)
		any = is_far_list(&m->attributes.at[i]);
	return any;
}

void ntfs_claims_see(struct ntfs_claims *claims, const struct ntfs_entry *entry)
{
	if (!entry->memory)
		return;
	if (!entry->in_use && !ntfs_entry_is_extension(entry))
		note_told(claims, entry);
	if (!has_clusters(entry) || (!entry->in_use && ntfs_claims_tells(claims, entry->record)))
		return;
	if (entry->record >= CLAIM_UNDECIDED) { /* NTFS has no record of that number */
		give_up(claims, 0);
		return;
	}
	uint32_t owner = entry->in_use ? 0 : (uint32_t)entry->record;

	for (size_t i = 0; i < entry->stream_count; i++)
		for (size_t r = 0; r < entry->streams[i].run_count; r++)
			claim_run(claims, &entry->streams[i].runs[r], entry->in_use, owner);
	claim_list(claims, entry, entry->in_use, owner);
}

bool ntfs_claims_settle(struct ntfs_claims *claims)
{
	claims->walks++;
	drop_told(claims);
	claims_sort(claims->claims.at, claims->claims.count);
	claims_contest(claims);
	claims->claims.count = 0;
	if (claims->to < claims->known_to && claims->walks < NTFS_LIMIT_CLAIM_WALKS) {
		claims->from = claims->to;
		claims->to = UINT64_MAX;
		return true;
	}
	give_up(claims, claims->to);
	free(claims->claims.at);
	claims->claims = (struct claim_list){0};
	return false;
}

static bool ends_before(const void *element, uint64_t key)
{
	const struct claim *one = element;

	return one->lcn + one->length <= key;
}

/* The index of the first contested stretch that ends behind the cluster. */
static size_t find(const struct claim_list *list, uint64_t cluster)
{
	return array_first_from(list->at, list->count, sizeof(*list->at), ends_before, cluster);
}

static enum ntfs_fate fate_by(uint32_t last_owner, const struct ntfs_entry *entry)
{
	if (last_owner == CLAIM_IN_USE)
		return NTFS_FATE_USED;
	if (last_owner == CLAIM_UNDECIDED)
		return NTFS_FATE_UNKNOWN;
	return last_owner == entry->record ? NTFS_FATE_OWN : NTFS_FATE_LATER;
}

/* The fate of a free cluster and how far that reaches. */
static uint64_t ask(const struct ntfs_claims *claims, const struct ntfs_entry *entry,
    uint64_t first, uint64_t count, enum ntfs_fate *fate)
{
	const struct claim_list *list = &claims->contested;
	size_t i;
	uint64_t end;

	*fate = NTFS_FATE_UNKNOWN;
	if (first >= claims->known_to)
		return count;
	if (count > claims->known_to - first)
		count = claims->known_to - first;
	*fate = NTFS_FATE_OWN;
	i = find(list, first);
	if (i == list->count)
		return count;
	if (list->at[i].lcn > first) {
		end = list->at[i].lcn;
	} else {
		end = list->at[i].lcn + list->at[i].length;
		*fate = fate_by(list->at[i].owner, entry);
	}
	return count < end - first ? count : end - first;
}

/* The same with what the log tells of clusters that nobody else seems to have had. What a file gave back after the record was
 * written for the last time was not this one's: NTFS writes that a file's clusters are free before the record of the file. */
static uint64_t ask_log(const struct ntfs_claims *claims, const struct ntfs_entry *entry,
    uint64_t first, uint64_t count, enum ntfs_fate *fate)
{
	uint64_t lsn = claims_log_number(claims, entry);
	bool given, freed = false;
	uint64_t same = logfile_clusters_given_after(claims->log, first, count, lsn, &given);

	if (same && !given)
		same = logfile_clusters_freed_after(claims->log, first, same, lsn, &freed);
	if (same == 0) {
		*fate = NTFS_FATE_UNKNOWN;
		return count;
	}
	if (given || freed)
		*fate = given && lsn != 0 ? NTFS_FATE_LATER : NTFS_FATE_UNKNOWN;
	return same;
}

uint64_t ntfs_claims_run(const struct ntfs_claims *claims, struct ntfs_bitmap *bitmap,
    const struct ntfs_entry *entry, uint64_t first, uint64_t count, enum ntfs_fate *fate)
{
	enum ntfs_cluster_state state = NTFS_CLUSTER_UNKNOWN;
	uint64_t same = count;

	if (bitmap)
		same = ntfs_bitmap_run(bitmap, first, count, &state);
	if (state == NTFS_CLUSTER_FREE) {
		same = ask(claims, entry, first, same, fate);
		if (claims->log && *fate == NTFS_FATE_OWN)
			same = ask_log(claims, entry, first, same, fate);
		if (claims->ask_keeping && *fate == NTFS_FATE_OWN)
			same = claims->ask_keeping(claims->keeping, first, same, fate);
		return same;
	}
	*fate = state == NTFS_CLUSTER_USED ? NTFS_FATE_USED : NTFS_FATE_UNKNOWN;
	return same;
}
