/* kanshiki timeline: $MFT and change journal of a bundle, a volume or a bare file, as text. */
#include "cli/command.h"
#include "cli/timeline_bundle.h"
#include "core/options.h"
#include "core/tr.h"
#include "formats/volume_kind.h"
#include "platform/console.h"
#include "platform/file.h"
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

/* Says what the input is instead. Returns false. */
static bool refuse(struct source *source, struct err *err)
{
	enum volume_kind kind = VOLUME_UNKNOWN;

	if (!volume_kind_of(source, &kind, err))
		return false;
	switch (kind) {
	case VOLUME_NTFS:
	case VOLUME_UNKNOWN:
	case VOLUME_UNFORMATTED:
		return fail(err, ERR_UNSUPPORTED,
		    "neither a bundle, a volume of NTFS, FAT or exFAT, an $MFT, a change journal "
		    "($J) nor a $LogFile");
	case VOLUME_DISK:
		return fail(err, ERR_UNSUPPORTED,
		    "%s; give the image of one volume (mmls shows where it begins)",
		    volume_kind_name(kind));
	case VOLUME_BITLOCKER:
	case VOLUME_REFS:
	case VOLUME_FAT:
	case VOLUME_EXFAT:
		break;
	}
	return fail(err, ERR_UNSUPPORTED, "%s; a timeline is made of NTFS, FAT or exFAT",
	    volume_kind_name(kind));
}

static bool add_input(struct timeline *timeline, struct source *source, struct err *err)
{
	switch (timeline_probe(source, err)) {
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
	return err->kind == ERR_NONE && refuse(source, err);
}

static bool add_file(struct timeline *timeline, const char *path, struct err *err)
{
	CLEANUP(source_close) struct source *source = NULL;

	if (!volume_open(path, &source, err))
		return false;
	return add_input(timeline, source, err) || fail_in(err, "'%s'", path);
}

static bool write_timeline(
    struct request *request, const char *path, struct timeline_totals *totals, struct err *err)
{
	CLEANUP(sink_free) struct sink *sink = console_sink();
	CLEANUP(timeline_free) struct timeline *timeline = NULL;

	if (!sink)
		return fail(err, ERR_MEMORY, "no memory for output");
	if (!timeline_new(sink, request->format, &timeline, err) ||
	    !timeline_shadows(timeline, &request->shadows, err))
		return false;
	timeline_watch(timeline, watch, &request->opening);
	bool ok = !volume_is_live(path) && file_kind(path) == FILE_KIND_DIRECTORY
		      ? timeline_bundle(timeline, &request->opening, path,
			    vss_choice_any(&request->shadows), err)
		      : add_file(timeline, path, err);
	struct err late = {0};

	console_progress("");
	/* What was written before a failure is still good, so it goes out. */
	bool flushed = timeline_finish(timeline, totals, &late) && sink->finish(sink, &late);

	if (ok && !flushed)
		*err = late;
	return ok && flushed;
}

static int say_damage(const struct timeline_totals *totals)
{
	CLEANUP(text_free) struct text first = {0};

	if (totals->damaged == 0)
		return EXIT_COMPLETE;
	text_add_printable(&first, bytes_of(totals->first.text));
	say(tr("kanshiki: places that could not be read: %llu; the first: %s\n"),
	    (unsigned long long)totals->damaged, text_string(&first));
	return EXIT_GAPS;
}

static int timeline(struct request *request, const struct text_list *operands)
{
	struct timeline_totals totals = {0};
	struct err err = {0};

	if (operands->count != 1) {
		fail(&err, ERR_USAGE, "timeline takes one bundle, image or file, %zu were given",
		    operands->count);
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
	console_catch_stop();
	if (!write_timeline(request, operands->at[0], &totals, &err))
		return opening_fail(&request->opening, &err);
	int code = say_damage(&totals);

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
    .usage = "kanshiki timeline BUNDLE --keys KEYDIR | IMAGE | FILE "
	     "[--format jsonl|csv|bodyfile|timesketch] [--shadow WHICH]",
    .run = run,
    .help = help,
};
