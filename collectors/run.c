/* The run of a collection: live collectors, then the volumes, in the order of volatility. */
#include "collectors/shadows.h"
#include "collectors/state.h"

#include "bundle/name.h"
#include "core/tr.h"
#include "platform/clock.h"
#include "platform/process.h"

#define REST_MS 2000

#ifdef _WIN32
#define IS_LIVE_SYSTEM true
#else
#define IS_LIVE_SYSTEM false
#endif

static const char *why_not_live(const struct collection *collection)
{
	if (!IS_LIVE_SYSTEM)
		return "not on this system";
	if (collection->plan->no_live)
		return "turned off with --no-live";
	if (!collection->plan->writer)
		return "not run in a dry run";
	return NULL;
}

static void begin_item(struct collection *collection, unsigned index)
{
	const struct collector *collector = collection->items[index].collector;

	collection->current = index;
	if (!collection->items[index].started)
		collection->items[index].started = clock_now();
	collection_journal(collection, "begin", collector->name, NULL);
	progress_step(&collection->progress, tr(collector->summary));
}

static void end_item(struct collection *collection, unsigned index, uint64_t started)
{
	struct collection_item *item = &collection->items[index];
	CLEANUP(text_free) struct text detail = {0};

	item->ran = !collect_stopped(collection);
	if (item->ran && item->counts.expected + item->shared == 0)
		progress_step(&collection->progress, tr("  nothing of it was found"));
	item->counts.milliseconds += clock_monotonic_ms() - started;
	item->ended = clock_now();
	text_addf(&detail, "%llu taken, %llu partial, %llu not taken, %llu bytes",
	    (unsigned long long)item->counts.taken, (unsigned long long)item->counts.partial,
	    (unsigned long long)item->counts.failed, (unsigned long long)item->counts.bytes);
	collection_journal(collection, "end", item->collector->name, text_string(&detail));
}

static void run_live(struct collection *collection)
{
	const char *why_not = why_not_live(collection);

	for (unsigned i = 0; i < collection->item_count && !collect_stopped(collection); i++) {
		struct collection_item *item = &collection->items[i];
		uint64_t started = clock_monotonic_ms();

		if (!(item->collector->needs & NEEDS_LIVE))
			continue;
		if (why_not) {
			item->note = why_not;
			item->counts.skipped++;
			item->counts.expected++;
			collection_journal(collection, "skip", item->collector->name, why_not);
			continue;
		}
		begin_item(collection, i);
		item->collector->run(collection);
		end_item(collection, i, started);
	}
}

/* What is wrong with a partition table may hide a volume. */
static void report_disk(struct collection *collection, const struct volume_disk *disk, size_t index)
{
	CLEANUP(text_free) struct text where = {0};

	text_addf(&where, "fs/$disk_%zu", index);
	if (disk->table.damages)
		collect_problem(collection, text_string(&where), &disk->table.damage);
	if (disk->why.kind != ERR_NONE)
		collect_problem(collection, text_string(&where), &disk->why);
}

/* A boot sector that is wrong, an end that is missing. */
static void report_damage(
    struct collection *collection, const char *where, const struct ntfs_volume *volume)
{
	struct err why;

	if (!ntfs_volume_boot_is_sound(volume, &why))
		collect_problem(collection, where, &why);
	if (!ntfs_volume_is_whole(volume, &why))
		collect_problem(collection, where, &why);
}

/* Names each volume that is not taken, or of which the end is missing: row, journal, screen. Leaving one out on purpose is no gap. */
static void report_unusable(struct collection *collection)
{
	const struct volume_set *set = collection->plan->volumes;

	for (size_t i = 0; i < set->disk_count; i++)
		report_disk(collection, &set->disks[i], i);
	for (size_t i = 0; i < set->count; i++) {
		CLEANUP(text_free) struct text where = {0};

		text_addf(&where, "fs/%s", text_string(&set->at[i].name));
		if (collection_volume_usable(&set->at[i])) {
			if (set->at[i].ntfs && !set->at[i].is_shadow)
				report_damage(collection, text_string(&where), set->at[i].ntfs);
		} else if (set->at[i].is_skipped)
			collection_skip(collection, text_string(&where), &set->at[i].why);
		else
			collect_problem(collection, text_string(&where), &set->at[i].why);
	}
}

/* Shadow copies that are damaged, or of which something is lost. */
static void report_shadows(struct collection *collection)
{
	const struct volume_set *set = collection->plan->volumes;

	for (size_t i = 0; i < set->count; i++) {
		CLEANUP(text_free) struct text where = {0};
		const struct collection_volume *volume = &set->at[i];
		const struct vss_info *info = shadow_info(set, volume);

		text_addf(&where, "fs/%s%s", info ? "" : "$vss$/", text_string(&volume->name));
		if (info && volume->ntfs && info->damage.kind != ERR_NONE)
			collect_problem(collection, text_string(&where), &info->damage);
		if (!info && volume->shadow_why.kind != ERR_NONE)
			collect_problem(collection, text_string(&where), &volume->shadow_why);
	}
}

/* Nothing but live state is a gap, even where no volume failed. */
static void report_no_volume(struct collection *collection)
{
	struct err why = {0};

	fail(&why, ERR_MISSING, "no volume was taken: name one with --volume");
	collect_problem(collection, "fs", &why);
}

static void report_pattern(struct collection *collection, const struct match_pattern *pattern)
{
	CLEANUP(text_free) struct text where = {0};
	CLEANUP(text_free) struct text asked = {0};
	CLEANUP(text_free) struct text line = {0};
	struct err why = {0};

	text_adds(&where, "fs/");
	if (pattern->letter)
		text_addf(&where, "%c/", pattern->letter);
	bundle_name_add_path(&where, bytes_of(pattern->text));
	fail(&why, ERR_MISSING, "--take names it, but it is on no volume");
	if (match_is_wild(pattern)) {
		if (pattern->letter)
			text_addf(&asked, "%c:/", pattern->letter);
		text_add_printable(&asked, bytes_of(pattern->text));
		text_addf(&line, tr("--take: nothing matches '%s'"), text_string(&asked));
		progress_step(&collection->progress, text_string(&line));
		collection_add_unmatched(collection, &line);
		collection_journal(collection, "nothing-matches", text_string(&where), NULL);
	} else {
		collect_problem(collection, text_string(&where), &why);
	}
}

/* A file that --take names and no volume has is a gap; a pattern without a match is written down. */
static void report_unmatched(struct collection *collection)
{
	for (size_t i = 0; i < collection->matcher.count; i++) {
		const struct match_pattern *pattern = &collection->matcher.at[i];

		if (pattern->matched ||
		    strcmp(collection->items[pattern->collector].collector->name, "take") != 0)
			continue;
		collection->current = pattern->collector;
		report_pattern(collection, pattern);
	}
}

static void show_estimate(struct collection *collection)
{
	const struct volume_set *set = collection->plan->volumes;
	uint64_t bytes = 0;
	uint64_t count = 0;
	CLEANUP(text_free) struct text line = {0};
	CLEANUP(text_free) struct text size = {0};

	for (size_t i = 0; i < set->count; i++) {
		uint64_t more = collection->hits[i].bytes + collection->fat[i].bytes;

		bytes = more > UINT64_MAX - bytes ? UINT64_MAX : bytes + more;
		count += collection->hits[i].count - collection->hits[i].same;
		count += collection->fat[i].count;
	}
	text_add_size(&size, bytes);
	text_addf(&line, tr("To take (files and streams): %llu, %s before compression"),
	    (unsigned long long)count, text_string(&size));
	progress_step(&collection->progress, text_string(&line));
	collection_journal(collection, "estimate", "volumes", text_string(&size));
	if (collection->plan->free_bytes < bytes) {
		text_clear(&line);
		text_clear(&size);
		text_add_size(&size, collection->plan->free_bytes);
		text_addf(&line,
		    tr("Only %s are free at the destination: if it fills up, what was taken until "
		       "then is sealed"),
		    text_string(&size));
		progress_step(&collection->progress, text_string(&line));
	}
	progress_start(&collection->progress, bytes);
}

static void walk_volumes(struct collection *collection)
{
	const struct volume_set *set = collection->plan->volumes;

	for (size_t i = 0; i < set->count && !collect_stopped(collection); i++)
		if (collection_volume_usable(&set->at[i])) {
			collection_journal(collection, "walk", text_string(&set->at[i].name), NULL);
			(set->at[i].fat ? collection_fat_walk : collection_walk)(collection, i);
			collection_discount(collection, i);
		}
}

static void take_volume(struct collection *collection, size_t volume)
{
	const struct collector *collector = collection->items[collection->current].collector;

	if (collection->plan->volumes->at[volume].fat) {
		collection_fat_take(collection, volume);
		if (collector == &collect_deleted_files)
			collection_fat_deleted(collection, volume);
		return;
	}
	collection_take(collection, volume);
	if (collector->run_volume)
		collector->run_volume(collection, volume);
}

static void run_volumes(struct collection *collection)
{
	const struct volume_set *set = collection->plan->volumes;

	for (unsigned i = 0; i < collection->item_count && !collect_stopped(collection); i++) {
		uint64_t started = clock_monotonic_ms();

		if (!(collection->items[i].collector->needs & NEEDS_VOLUME))
			continue;
		begin_item(collection, i);
		if (collection->items[i].collector->run)
			collection->items[i].collector->run(collection);
		for (size_t v = 0; v < set->count && !collect_stopped(collection); v++)
			if (collection_volume_usable(&set->at[v]))
				take_volume(collection, v);
		end_item(collection, i, started);
	}
}

/* What a stop left behind is counted, and named while that does not keep the seal waiting. */
static void account_for_rest(struct collection *collection)
{
	uint64_t until = clock_monotonic_ms() + REST_MS;
	uint64_t count = collection->left;
	struct err why = {0};

	for (size_t v = 0; v < collection->plan->volumes->count; v++)
		if (collection->plan->volumes->at[v].ntfs)
			count += collection_take_rest(collection, v, until);
		else if (collection->plan->volumes->at[v].fat)
			count += collection_fat_rest(collection, v, until);
	if (count == 0)
		return;
	fail(&why, collection->broken ? collection->broken_why.kind : ERR_STOPPED,
	    "items left: %llu", (unsigned long long)count);
	collection_note(collection, "fs", &why);
}

/* What is wrong with the volumes themselves counts for the first that reads them. False: nobody does. */
static bool count_for_volumes(struct collection *collection)
{
	for (unsigned i = 0; i < collection->item_count; i++)
		if (collection->items[i].collector->needs & NEEDS_VOLUME) {
			collection->current = i;
			return true;
		}
	return false;
}

static void take_from_volumes(struct collection *collection)
{
	report_unusable(collection);
	report_shadows(collection);
	if (volume_set_usable(collection->plan->volumes) > 0) {
		walk_volumes(collection);
		if (!collect_stopped(collection)) {
			report_unmatched(collection);
			show_estimate(collection);
		}
		run_volumes(collection);
	} else if (!collect_stopped(collection)) {
		report_no_volume(collection);
	}
}

/* Everything had its turn: what an interruption cut and nobody came for again is closed. */
static void settle(struct collection *collection)
{
	struct err err = {0};

	if (!collect_stopped(collection) && collection->plan->writer &&
	    !bundle_settle(collection->plan->writer, &err))
		collection_break(collection, &err);
}

bool collection_run(struct collection *collection, struct err *err)
{
	progress_start(&collection->progress, 0);
	run_live(collection);
	if (count_for_volumes(collection))
		take_from_volumes(collection);
	progress_clear(&collection->progress);
	settle(collection);
	if (collect_stopped(collection) && collection->plan->writer)
		account_for_rest(collection);
	if (collection->broken && collection->broken_why.kind != ERR_STOPPED) {
		*err = collection->broken_why;
		return false;
	}
	return true;
}
