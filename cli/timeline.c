/* kanshiki timeline: $MFT, change journal and $LogFile of a bundle, a volume or as bare files, as text. */
#include "cli/command.h"
#include "cli/timeline_bundle.h"
#include "cli/timeline_disk.h"
#include "cli/timeline_files.h"
#include "core/options.h"
#include "core/tr.h"
#include "formats/ntfs/ntfs.h"
#include "platform/console.h"
#include "platform/file.h"
#include "platform/image.h"
#include "platform/volume.h"

#define OPTIONS (TRUST_OPTIONS + 2)

struct request {
	struct opening opening;
	const char *format, *shadow;
	struct vss_choice shadows;
};

static void make_options(struct request *request, struct option options[OPTIONS])
{
	trust_options(&request->opening.trust, options);
	options[TRUST_OPTIONS] = (struct option){
	    .name = "format",
	    .kind = OPTION_TEXT,
	    .to = &request->format,
	    .value = "FORMAT",
	    .help = "jsonl (default), csv, bodyfile or timesketch",
	};
	options[TRUST_OPTIONS + 1] = (struct option){
	    .name = "shadow",
	    .kind = OPTION_TEXT,
	    .to = &request->shadow,
	    .value = "WHICH",
	    .help = "also shadow copies: all, none (default), or newest, mid, oldest",
	};
}

static void help(struct text *out)
{
	struct request request = {0};
	struct option options[OPTIONS];

	make_options(&request, options);
	text_adds(
	    out, tr("Example: kanshiki timeline disk.img --format bodyfile | mactime -z UTC\n\n"));
	options_help(options, OPTIONS, out);
}

/* The progress line; true when the user pressed Ctrl-C. */
static bool watch(void *context, uint64_t done, uint64_t total)
{
	return !opening_progress(context, tr("timeline"), done, total);
}

/* Neither volume nor file of one: a disk, or something else, which is then said. */
static bool add_other(struct timeline *timeline, struct opening *opening, struct source *source,
    const struct image_target *target, struct err *err)
{
	CLEANUP(disk_free) struct disk disk = {0};
	enum volume_kind kind = VOLUME_UNKNOWN;
	struct ntfs_geometry geometry;
	struct err why = {0};

	if (source->size == 0)
		return fail(err, ERR_DAMAGED, "it is empty");
	if (!disk_read(source, &disk, err))
		return false;
	if (disk.scheme != DISK_NONE || target->partition)
		return timeline_disk(timeline, source, &disk, target, &opening->gaps, err);
	if (!volume_kind_of(source, &kind, &why)) {
		/* Neither boot sector nor backup: what is left of $MFT may tell. */
		if (ntfs_geometry_find(source, &geometry, NULL))
			return timeline_add_volume(timeline, source, err);
		*err = why;
		return false;
	}
	if (kind == VOLUME_UNFORMATTED)
		return fail(err, ERR_UNSUPPORTED,
		    "it begins with 64 KiB of the same byte: wiped, or a log that was emptied");
	if (kind == VOLUME_UNKNOWN)
		return fail(err, ERR_UNSUPPORTED,
		    "neither a bundle, a volume of NTFS, FAT or exFAT, an $MFT, a change journal "
		    "($J) nor a $LogFile");
	return timeline_add_kind(timeline, source, kind, err);
}

static bool add_input(struct timeline *timeline, struct opening *opening, struct source *source,
    const struct image_target *target, struct err *err)
{
	enum timeline_kind kind =
	    target->partition ? TIMELINE_UNKNOWN : timeline_probe(source, err);

	console_catch_stop(); /* not before: a journal's leading zeros may take long, and nothing is written yet */
	switch (kind) {
	case TIMELINE_VOLUME:
		return timeline_add_volume(timeline, source, err);
	case TIMELINE_FAT:
		return timeline_add_fat(timeline, source, err);
	case TIMELINE_MFT:
		return timeline_add_files(timeline, &(struct timeline_files){.mft = source}, err);
	case TIMELINE_JOURNAL:
		return timeline_add_files(
		    timeline, &(struct timeline_files){.journal = source}, err);
	case TIMELINE_LOGFILE:
		return timeline_add_files(timeline, &(struct timeline_files){.log = source}, err);
	case TIMELINE_UNKNOWN:
		break;
	}
	/* Of a disk whose start cannot be read the backup of its table may be left. */
	if (err->kind == ERR_IO || err->kind == ERR_DAMAGED)
		*err = (struct err){0};
	return err->kind == ERR_NONE && add_other(timeline, opening, source, target, err);
}

static bool add_file(
    struct timeline *timeline, struct opening *opening, const char *word, struct err *err)
{
	CLEANUP(image_target_free) struct image_target target = {0};
	CLEANUP(source_close) struct source *source = NULL;

	if (!image_target_parse(word, &target, err))
		return false;
	const char *path = text_string(&target.path);

	if (!image_open(path, &source, err))
		return false;
	return add_input(timeline, opening, source, &target, err) || fail_in(err, "'%s'", path);
}

/* A directory without any of a bundle's manifests: most likely files that another collector copied. */
static bool is_bundle(const char *path)
{
	static const char *const names[] = {
	    "MANIFEST.sha256", "MANIFEST.sha256.new", "MANIFEST.p7s", "MANIFEST.p7s.new"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CLEANUP(text_free) struct text name = {0};

		file_join(&name, path, names[i]);
		if (file_kind(text_string(&name)) != FILE_KIND_MISSING)
			return true;
	}
	return false;
}

static bool add_operands(struct timeline *timeline, struct request *request,
    const struct text_list *operands, struct err *err)
{
	const char *path = operands->at[0];

	if (operands->count > 1)
		return timeline_bare_files(timeline, operands, &request->opening.gaps, err);
	if (!volume_is_live(path) && file_kind(path) == FILE_KIND_DIRECTORY && !is_bundle(path))
		return fail(err, ERR_DAMAGED,
		    "'%s' is not a bundle; of files that were copied give $MFT, $J and $LogFile "
		    "themselves",
		    path);
	if (!volume_is_live(path) && file_kind(path) == FILE_KIND_DIRECTORY)
		return timeline_bundle(
		    timeline, &request->opening, path, vss_choice_any(&request->shadows), err);
	return add_file(timeline, &request->opening, path, err);
}

static bool write_timeline(struct request *request, const struct text_list *operands,
    struct timeline_totals *totals, struct err *err)
{
	CLEANUP(sink_free) struct sink *sink = console_sink();
	CLEANUP(timeline_free) struct timeline *timeline = NULL;

	if (!sink)
		return fail(err, ERR_MEMORY, "no memory for output");
	if (!timeline_new(sink, request->format, &timeline, err) ||
	    !timeline_shadows(timeline, &request->shadows, err))
		return false;
	timeline_watch(timeline, watch, &request->opening);
	bool ok = add_operands(timeline, request, operands, err);
	struct err late = {0};

	console_progress("");
	/* What was written before a failure is still good, so it goes out. */
	bool flushed = timeline_finish(timeline, totals, &late) && sink->finish(sink, &late);

	if (ok && !flushed)
		*err = late;
	return ok && flushed;
}

/* Of the files of a volume the first is named. */
static int say_damage(const char *input, const struct timeline_totals *totals)
{
	CLEANUP(text_free) struct text name = {0};
	CLEANUP(text_free) struct text first = {0};

	if (totals->damaged == 0)
		return EXIT_COMPLETE;
	text_add_printable(&name, bytes_of(input));
	command_line_about(NULL, totals->first.text, &first);
	say(tr("kanshiki: '%s': places that could not be read: %llu; the first: %s\n"),
	    text_string(&name), (unsigned long long)totals->damaged, text_string(&first));
	return EXIT_GAPS;
}

/* Whoever gave --shadow knows of them. */
static void say_shadows(
    const struct request *request, const char *input, const struct timeline_totals *totals)
{
	CLEANUP(text_free) struct text name = {0};

	if (request->shadow || totals->shadows == 0)
		return;
	text_add_printable(&name, bytes_of(input));
	say(tr("kanshiki: '%s': shadow copies that were not read: %llu; --shadow all reads them, "
	       "too\n"),
	    text_string(&name), (unsigned long long)totals->shadows);
}

static int timeline(struct request *request, const struct text_list *operands)
{
	struct timeline_totals totals = {0};
	struct err err = {0};

	if (operands->count == 0) {
		fail(&err, ERR_USAGE,
		    "timeline takes a bundle, an image or the files of a volume; none was given");
		return command_fail(&err);
	}
	if (!timeline_format_known(request->format)) {
		fail(&err, ERR_USAGE,
		    "no such format '%s'; there are jsonl, csv, bodyfile and timesketch",
		    request->format);
		return command_fail(&err);
	}
	if (request->shadow && !vss_choice_parse(request->shadow, &request->shadows, &err))
		return command_fail(&err);
	bool ok = write_timeline(request, operands, &totals, &err);
	int code =
	    ok ? say_damage(operands->at[0], &totals) : opening_fail(&request->opening, &err);

	say_shadows(request, operands->at[0], &totals);
	if (!ok)
		return code;
	if (request->opening.gaps)
		code = EXIT_GAPS;
	return request->opening.problems.count ? EXIT_BAD_INPUT : code;
}

static int run(int argc, char **argv)
{
	CLEANUP(text_list_free) struct text_list operands = {0};
	struct request request = {.format = "jsonl"};
	struct option options[OPTIONS];
	struct err err = {0};

	make_options(&request, options);
	int code = options_parse(options, OPTIONS, argc, argv, &operands, &err)
		       ? timeline(&request, &operands)
		       : command_fail(&err);

	opening_close(&request.opening);
	return code;
}

const struct command command_timeline = {
    .name = "timeline",
    .summary = "print what happened to the files of a volume, and when",
    .usage = "kanshiki timeline BUNDLE --keys KEYDIR | IMAGE | FILE... "
	     "[--format jsonl|csv|bodyfile|timesketch] [--shadow WHICH]",
    .run = run,
    .help = help,
};
