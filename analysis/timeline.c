/* What an evidence file is, and which walks make its timeline. See timeline.h. */
#include "analysis/timeline.h"

#include "analysis/timeline_format.h"
#include "core/array.h"

#include <stdlib.h>

#define PROBE_LEN         ((size_t)64 << 10)
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
		*err = timeline->out.why;
		return false;
	}
	if (timeline->watch && timeline->watch(timeline->watch_context, done, total))
		return fail(err, ERR_STOPPED, "timeline stopped");
	return true;
}

void timeline_damaged(struct timeline *timeline, const char *file, uint64_t offset, uint64_t len,
    const struct err *why)
{
	struct timeline_damage damage = {
	    .file = file,
	    .offset = offset,
	    .len = len,
	    .why = why,
	    .prefix = text_string(&timeline->prefix),
	};

	if (timeline->totals.damaged++ == 0)
		timeline->totals.first = *why;
	if (timeline->format->damage)
		timeline->format->damage(&timeline->out, &damage);
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

enum timeline_kind timeline_probe(struct source *source, struct err *err)
{
	CLEANUP(free_memory) uint8_t *head = malloc(PROBE_LEN);
	struct ntfs_geometry geometry;
	struct bytes seen = {.at = head};
	struct err why = {0};

	if (!head) {
		fail(err, ERR_MEMORY, "no memory to look at the input");
		return TIMELINE_UNKNOWN;
	}
	if (!source->read(source, 0, head, PROBE_LEN, &seen.len, &why) && seen.len == 0) {
		*err = why;
		return TIMELINE_UNKNOWN;
	}
	if (ntfs_boot_parse(seen, &geometry, NULL) || ends_with_boot(source))
		return TIMELINE_VOLUME;
	if (seen.len >= 4 && (memcmp(head, "FILE", 4) == 0 || memcmp(head, "BAAD", 4) == 0))
		return TIMELINE_MFT;
	return begins_with_change(source) ? TIMELINE_JOURNAL : TIMELINE_UNKNOWN;
}

/* Finds $Extend/$UsnJrnl:$J. False when the volume has none, or it cannot be found (err set). */
static bool find_journal(struct ntfs_volume *volume, struct ntfs_entry *entry,
    const struct ntfs_stream **out, struct err *err)
{
	static const uint8_t name[] = {'$', 0, 'J', 0};
	struct bytes path = bytes_of("$Extend/$UsnJrnl");
	struct ntfs_reference reference;

	if (!ntfs_find(volume, path, &reference, err) ||
	    !ntfs_entry_load(ntfs_volume_mft(volume), reference.record, entry, err))
		return false;
	*out = ntfs_entry_stream(entry, NTFS_DATA, (struct bytes){name, sizeof(name)});
	return *out || fail(err, ERR_MISSING, "$UsnJrnl has no stream $J");
}

/* The parts of the journal that hold clusters: its leading hole may be a thousand times as long. */
static bool write_journal(struct timeline *timeline, struct ntfs_volume *volume,
    const struct ntfs_entry *entry, const struct ntfs_stream *stream, struct ntfs_paths *paths,
    struct err *err)
{
	CLEANUP(source_close) struct source *journal = NULL;
	CLEANUP(free_memory) struct ntfs_range *ranges = NULL;
	size_t count = 0;

	if (!ntfs_stream_open(volume, entry, stream, &journal, err) ||
	    !ntfs_stream_ranges(volume, stream, &ranges, &count, err))
		return fail_in(err, TIMELINE_JOURNAL_NAME);
	for (size_t i = 0; i < count; i++)
		if (!usn_records_write(
			timeline, journal, ranges[i].offset, ranges[i].len, paths, err))
			return false;
	return true;
}

static bool is_ours(const struct err *err)
{
	return err->kind == ERR_MEMORY || err->kind == ERR_STOPPED;
}

bool timeline_add_volume(struct timeline *timeline, struct source *raw, struct err *err)
{
	CLEANUP(ntfs_volume_close) struct ntfs_volume *volume = NULL;
	CLEANUP(ntfs_paths_free) struct ntfs_paths *paths = NULL;
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	const struct ntfs_stream *stream = NULL;
	struct err why = {0};

	if (!ntfs_volume_open(raw, &volume, err) ||
	    !ntfs_paths_new(ntfs_volume_mft(volume), &paths, err) ||
	    !mft_records_write(timeline, ntfs_volume_mft(volume), paths, err))
		return false;
	if (find_journal(volume, &entry, &stream, &why))
		return write_journal(timeline, volume, &entry, stream, paths, err);
	if (is_ours(&why)) {
		*err = why;
		return false;
	}
	if (why.kind != ERR_MISSING)
		timeline_damaged(timeline, TIMELINE_JOURNAL_NAME, 0, 0, &why);
	return true;
}

/* A file of records that ends inside one was cut. */
static void check_end(struct timeline *timeline, const struct source *mft, uint32_t record_size)
{
	uint64_t rest = mft->size % record_size;
	struct err why = {0};

	if (rest == 0)
		return;
	fail(&why, ERR_DAMAGED, "ends after %llu of the %u bytes of a record",
	    (unsigned long long)rest, record_size);
	timeline_damaged(timeline, TIMELINE_MFT_NAME, mft->size - rest, rest, &why);
}

bool timeline_add_files(
    struct timeline *timeline, const struct timeline_files *files, struct err *err)
{
	CLEANUP(ntfs_mft_close) struct ntfs_mft *mft = NULL;
	CLEANUP(ntfs_paths_free) struct ntfs_paths *paths = NULL;

	if (!ntfs_mft_open(files->mft, &mft, err) || !ntfs_paths_new(mft, &paths, err))
		return false;
	if (files->check &&
	    (!mft_records_learn(timeline, mft, paths, err) || !files->check(files->context, err)))
		return false;
	if (!mft_records_write(timeline, mft, paths, err))
		return false;
	check_end(timeline, files->mft, ntfs_mft_record_size(mft));
	return !files->journal ||
	       usn_records_write(timeline, files->journal, 0, UINT64_MAX, paths, err);
}

bool timeline_add_journal(struct timeline *timeline, struct source *journal, struct err *err)
{
	return usn_records_write(timeline, journal, 0, UINT64_MAX, NULL, err);
}

bool timeline_finish(struct timeline *timeline, struct timeline_totals *totals, struct err *err)
{
	*totals = timeline->totals;
	return output_flush(&timeline->out, err);
}
