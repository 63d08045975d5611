/* What an evidence file is, and which walks make its timeline. See timeline.h. */
#include "analysis/timeline.h"

#include "analysis/seen.h"
#include "analysis/timeline_walk.h"
#include "core/array.h"
#include "formats/fat/fat.h"
#include "formats/volume_kind.h"

#include <stdlib.h>

#define PROBE_LEN         ((size_t)64 << 10)
#define LOG_PAGE          ((size_t)4096)
#define JOURNAL_PROBE_LEN ((uint64_t)1 << 20) /* after the zeros: a journal may begin with damage */
#define SECTOR_LEN        512u

static const struct timeline_format *const formats[] = {
    &timeline_format_jsonl,
    &timeline_format_csv,
    &timeline_format_bodyfile,
    &timeline_format_timesketch,
};

static const struct timeline_format *find_format(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

bool timeline_format_known(const char *name)
{
	return find_format(name) != NULL;
}

bool timeline_new(struct sink *to, const char *format, struct timeline **out, struct err *err)
{
	const struct timeline_format *found = find_format(format);

	if (!found)
		return fail(err, ERR_USAGE,
		    "no such format '%s'; there are jsonl, csv, bodyfile and timesketch", format);
	CLEANUP(timeline_free) struct timeline *timeline = calloc(1, sizeof(*timeline));

	if (!timeline)
		return fail(err, ERR_MEMORY, "no memory for a timeline");
	timeline->format = found;
	if (!timeline_prefix(timeline, "", err) || !output_start(&timeline->out, to, err))
		return false;
	if (found->begin)
		found->begin(&timeline->out);
	*out = TAKE(timeline);
	return true;
}

void timeline_free(struct timeline *timeline)
{
	if (!timeline)
		return;
	output_free(&timeline->out);
	seen_free(timeline->seen);
	text_free(&timeline->prefix);
	free(timeline);
}

void timeline_watch(struct timeline *timeline,
    bool (*watch)(void *context, uint64_t done, uint64_t total), void *context)
{
	timeline->watch = watch;
	timeline->watch_context = context;
}

bool timeline_prefix(struct timeline *timeline, const char *prefix, struct err *err)
{
	text_clear(&timeline->prefix);
	text_adds(&timeline->prefix, prefix);
	return text_ok(&timeline->prefix, err);
}

bool timeline_goes_on(struct timeline *timeline, uint64_t done, uint64_t total, struct err *err)
{
	if (timeline->out.why.kind != ERR_NONE) {
		if (err)
			*err = timeline->out.why;
		return false;
	}
	if (timeline->watch && timeline->watch(timeline->watch_context, done, total))
		return fail(err, ERR_STOPPED, "timeline stopped");
	return true;
}

bool timeline_is_fatal(const struct err *err)
{
	return err->kind == ERR_MEMORY || err->kind == ERR_STOPPED;
}

void timeline_write(struct timeline *timeline, const struct timeline_line *line)
{
	if (!timeline->seen || seen_is_new(timeline->seen, timeline->format, line))
		timeline->format->line(&timeline->out, line);
	else
		timeline->out.again.len = 0; /* the path of the next line may be that of this one */
}

void timeline_damaged(struct timeline *timeline, const char *file, uint64_t offset, uint64_t len,
    const struct err *why)
{
	const struct timeline_field fields[] = {
	    {.key = "offset", .type = FIELD_NUMBER, .number = offset},
	    {.key = "length", .type = FIELD_NUMBER, .number = len},
	};
	CLEANUP(text_free) struct text path = {0};
	struct timeline_line line = {
	    .kind = "damage",
	    .damage = why->text,
	    .prefix_len = timeline->prefix.len,
	    .fields = fields,
	    .field_count = ARRAY_LEN(fields),
	};

	text_add(&path, text_bytes(&timeline->prefix));
	text_adds(&path, file);
	line.path = text_bytes(&path);
	if (timeline->totals.damaged++ == 0)
		timeline->totals.first = *why;
	timeline_write(timeline, &line);
}

/* Whether a journal record stands at the first byte that is not zero. */
static bool begins_with_change(struct source *source)
{
	CLEANUP(usn_scan_close) struct usn_scan *scan = NULL;
	struct usn_record record;
	struct err err = {0};

	return usn_scan_open(source, 0, UINT64_MAX, NULL, &scan, &err) &&
	       usn_scan_first(scan, JOURNAL_PROBE_LEN, &record);
}

/* NTFS keeps a copy of the boot sector in the last one: of use when the first is damaged. */
static bool ends_with_boot(struct source *source)
{
	struct ntfs_geometry geometry;
	uint8_t sector[SECTOR_LEN];
	size_t got = 0;

	return source->size >= PROBE_LEN &&
	       source->read(
		   source, source->size - SECTOR_LEN, sector, sizeof(sector), &got, NULL) &&
	       got == sizeof(sector) &&
	       ntfs_boot_parse((struct bytes){sector, got}, &geometry, NULL);
}

/* So do FAT32 and exFAT near the start. */
static bool has_fat_backup(struct source *source)
{
	CLEANUP(fat_volume_close) struct fat_volume *volume = NULL;

	return fat_volume_open(source, &volume, NULL);
}

static bool is_log_page(struct bytes head, size_t at)
{
	const uint8_t *page = head.at + at;

	return head.len - at >= 4 &&
	       (memcmp(page, "RSTR", 4) == 0 || memcmp(page, "RCRD", 4) == 0 ||
		   memcmp(page, "CHKD", 4) == 0);
}

/* A log of which the first pages are damaged: that it has two restart pages is for this. One could be chance. */
static bool has_log_pages(struct bytes head)
{
	size_t pages = 0;

	for (size_t at = 0; at < head.len; at += LOG_PAGE)
		pages += is_log_page(head, at);
	return pages >= 2;
}

/* The start cannot be read: the backup of its boot sector tells, if anything. */
static enum timeline_kind probe_unread(
    struct source *source, const struct err *why, struct err *err)
{
	enum volume_kind kind = VOLUME_UNKNOWN;

	if (volume_kind_of(source, &kind, NULL) && kind == VOLUME_NTFS)
		return TIMELINE_VOLUME;
	if (kind == VOLUME_FAT || kind == VOLUME_EXFAT)
		return TIMELINE_FAT;
	*err = *why;
	return TIMELINE_UNKNOWN;
}

enum timeline_kind timeline_probe(struct source *source, struct err *err)
{
	CLEANUP(free_memory) uint8_t *head = malloc(PROBE_LEN);
	struct ntfs_geometry geometry;
	enum volume_kind kind = VOLUME_UNKNOWN;
	struct fat_geometry fat;
	struct bytes seen = {.at = head};
	struct err why = {0};

	if (!head) {
		fail(err, ERR_MEMORY, "no memory to look at the input");
		return TIMELINE_UNKNOWN;
	}
	if (!source->read(source, 0, head, PROBE_LEN, &seen.len, &why) && seen.len == 0)
		return probe_unread(source, &why, err);
	/* On a disk a boot sector in front of the table, or a backup behind it or at the end, belongs to another volume. */
	if (volume_kind_of(source, &kind, NULL) && kind == VOLUME_DISK)
		return TIMELINE_UNKNOWN;
	if (ntfs_boot_parse(seen, &geometry, NULL))
		return TIMELINE_VOLUME;
	/* Before the copy of NTFS's boot sector: that outlives a new file system. */
	if (fat_boot_parse(seen, &fat, NULL) ||
	    ((kind == VOLUME_FAT || kind == VOLUME_EXFAT) && has_fat_backup(source)))
		return TIMELINE_FAT;
	if (ends_with_boot(source))
		return TIMELINE_VOLUME;
	if (seen.len >= 4 && (memcmp(head, "FILE", 4) == 0 || memcmp(head, "BAAD", 4) == 0))
		return TIMELINE_MFT;
	if (is_log_page(seen, 0))
		return TIMELINE_LOGFILE;
	if (has_fat_backup(source))
		return TIMELINE_FAT;
	if (ntfs_mft_is_in(seen)) /* its first record is damaged */
		return TIMELINE_MFT;
	if (has_log_pages(seen))
		return TIMELINE_LOGFILE;
	if (begins_with_change(source))
		return TIMELINE_JOURNAL;
	return ntfs_geometry_find(source, &geometry, NULL) ? TIMELINE_VOLUME : TIMELINE_UNKNOWN;
}

/* In the order of their lines. */
static bool (*const walks[])(
    struct timeline *timeline, struct timeline_evidence *evidence, struct err *err) = {
    mft_records_write,
    usn_records_write,
    logfile_records_write,
};

static bool walk_all(struct timeline *timeline, struct timeline_evidence *evidence, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(walks); i++)
		if (!walks[i](timeline, evidence, err))
			return false;
	return true;
}

static bool add_state(struct timeline *timeline, struct source *raw, struct err *err)
{
	CLEANUP(ntfs_volume_close) struct ntfs_volume *volume = NULL;
	CLEANUP(ntfs_paths_free) struct ntfs_paths *paths = NULL;
	struct err boot, short_of;

	if (!ntfs_volume_open(raw, &volume, err) ||
	    !ntfs_paths_new(ntfs_volume_mft(volume), &paths, err))
		return false;
	struct timeline_evidence evidence = {
	    .volume = volume, .mft = ntfs_volume_mft(volume), .paths = paths};

	if (!ntfs_volume_boot_is_sound(volume, &boot))
		timeline_damaged(timeline, "", 0, 0, &boot);
	if (!ntfs_volume_is_whole(volume, &short_of))
		timeline_damaged(timeline, "", raw->size, 0, &short_of);
	return walk_all(timeline, &evidence, err);
}

/* Adds one shadow copy, and counts it. What is wrong with it is a line; false: what ends the work. */
static bool add_shadow(
    struct timeline *timeline, struct vss *vss, size_t index, size_t *added, struct err *err)
{
	CLEANUP(source_close) struct source *source = NULL;
	struct err why = {0};

	if (vss_snapshot_open(vss, index, VSS_KEPT_ONLY, &source, &why) &&
	    add_state(timeline, source, &why)) {
		if (vss_info(vss, index)->damage.kind != ERR_NONE)
			timeline_damaged(timeline, "", 0, 0, &vss_info(vss, index)->damage);
		++*added;
		return true;
	}
	if (timeline_is_fatal(&why) || timeline->out.why.kind != ERR_NONE) {
		*err = why;
		return false;
	}
	timeline_damaged(timeline, "", 0, 0, &why);
	return true;
}

static bool add_chosen(
    struct timeline *timeline, struct vss *vss, const char *prefix, size_t *added, struct err *err)
{
	CLEANUP(text_free) struct text name = {0};

	for (size_t i = vss_count(vss); i > 0; i--) {
		if (vss_info(vss, i - 1)->why.kind == ERR_NONE &&
		    !vss_is_chosen(vss, i - 1, &timeline->shadows))
			continue;
		text_clear(&name);
		text_addf(&name, "$vss$/%s%zu/", prefix, i);
		if (!text_ok(&name, err) || !timeline_prefix(timeline, text_string(&name), err) ||
		    !add_shadow(timeline, vss, i - 1, added, err))
			return false;
	}
	return true;
}

void timeline_stores(struct timeline *timeline, struct source *const *volumes, size_t count)
{
	timeline->stores = volumes;
	timeline->store_count = count;
}

/* The volume that holds the shadow copies of raw; NULL: itself, or none that is here. */
static struct source *find_store(const struct timeline *timeline, struct source *raw)
{
	struct vss_header header, other;

	if (!vss_header_read(raw, &header, NULL) || vss_header_is_local(&header))
		return NULL;
	for (size_t i = 0; i < timeline->store_count; i++)
		if (timeline->stores[i] && vss_header_read(timeline->stores[i], &other, NULL) &&
		    memcmp(other.volume, header.storage, VSS_GUID_LEN) == 0)
			return timeline->stores[i];
	return NULL;
}

/* lost: why the volume itself could not be added; ERR_NONE: it was. */
static bool add_shadows(struct timeline *timeline, struct source *raw, const struct err *lost,
    size_t *added, struct err *err)
{
	CLEANUP(vss_close) struct vss *vss = NULL;
	CLEANUP(text_free) struct text prefix = {0};
	struct err why = {0};

	if (!vss_open(raw, find_store(timeline, raw), &vss, &why)) {
		if (why.kind == ERR_MEMORY)
			*err = why;
		else if (why.kind != ERR_MISSING)
			timeline_damaged(timeline, "$vss$", 0, 0, &why);
		return why.kind != ERR_MEMORY;
	}
	if (lost->kind != ERR_NONE)
		timeline_damaged(timeline, "", 0, 0, lost);
	if (vss_damage(vss)->kind != ERR_NONE)
		timeline_damaged(timeline, "$vss$", 0, 0, vss_damage(vss));
	text_add(&prefix, text_bytes(&timeline->prefix));
	return text_ok(&prefix, err) &&
	       add_chosen(timeline, vss, text_string(&prefix), added, err) &&
	       timeline_prefix(timeline, text_string(&prefix), err);
}

void timeline_skip_shadow(struct timeline *timeline)
{
	timeline->totals.shadows++;
}

static void skip_shadows(struct timeline *timeline, struct source *raw)
{
	CLEANUP(vss_close) struct vss *vss = NULL;

	if (!vss_open(raw, find_store(timeline, raw), &vss, NULL))
		return;
	for (size_t i = 0; i < vss_count(vss); i++)
		if (vss_info(vss, i)->why.kind == ERR_NONE)
			timeline_skip_shadow(timeline);
}

bool timeline_add_volume(struct timeline *timeline, struct source *raw, struct err *err)
{
	struct err lost = {0};
	size_t added = 0;

	if (add_state(timeline, raw, &lost)) {
		lost = (struct err){0};
	} else if (timeline_is_fatal(&lost) || timeline->out.why.kind != ERR_NONE) {
		*err = lost;
		return false;
	}
	if (!timeline->seen)
		skip_shadows(timeline, raw);
	else if (!add_shadows(timeline, raw, &lost, &added, err))
		return false;
	if (lost.kind == ERR_NONE || added > 0)
		return true;
	*err = lost;
	return false;
}

bool timeline_shadows(struct timeline *timeline, const struct vss_choice *choice, struct err *err)
{
	if (!vss_choice_any(choice))
		return true;
	timeline->shadows = *choice;
	timeline->seen = seen_new();
	return timeline->seen || fail(err, ERR_MEMORY, "no memory for a timeline");
}

bool timeline_add_files(
    struct timeline *timeline, const struct timeline_files *files, struct err *err)
{
	CLEANUP(ntfs_mft_close) struct ntfs_mft *mft = NULL;
	CLEANUP(ntfs_paths_free) struct ntfs_paths *paths = NULL;

	if (files->mft &&
	    (!ntfs_mft_open(files->mft, &mft, err) || !ntfs_paths_new(mft, &paths, err)))
		return false;
	struct timeline_evidence evidence = {.files = files, .mft = mft, .paths = paths};

	if (files->check &&
	    (!mft_records_learn(timeline, &evidence, err) || !files->check(files->context, err)))
		return false;
	return walk_all(timeline, &evidence, err);
}

bool timeline_finish(struct timeline *timeline, struct timeline_totals *totals, struct err *err)
{
	*totals = timeline->totals;
	return output_flush(&timeline->out, err);
}
