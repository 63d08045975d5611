/* kanshiki export: members as one zip or tar, for tools that open those. Every member is read twice: its hash is
 * right before a byte of it is written. */
#include "bundle/manifest.h"
#include "bundle/tar.h"
#include "bundle/zip.h"
#include "cli/command.h"
#include "analysis/case_file.h"
#include "cli/listing.h"
#include "cli/member.h"
#include "cli/opening.h"
#include "core/tr.h"
#include "platform/clock.h"
#include "platform/console.h"
#include "platform/file.h"

#include <stdlib.h>
#include <string.h>

#define OPTIONS (TRUST_OPTIONS + 4)
#define EXPANDED_MAX \
	((uint64_t)64 << 30) /* holes of one sparse file written out as zeros, at most */
#define ZEROS       ((size_t)64 << 10)
#define NEW         ".new"
#define APART_TURNS 16 /* names tried for a file whose own another has in the tar */

struct exporting {
	struct opening opening;
	const char *zip_path, *tar_path, *case_path;
	bool force;
	struct text_list operands;
	struct listing listing;
	struct text written; /* the file that is written: what was asked for, or FILE.new */
	bool made, replaces; /* it is there; it is FILE.new */
	struct sink *sink;
	struct zip *zip; /* NULL: a tar is written */
	uint64_t files, bytes;
	size_t failed, as_stored, partial, apart;
	bool damaged, creating;
};

static void make_options(struct exporting *exporting, struct option options[OPTIONS])
{
	const struct option own[] = {
	    {"zip", 0, OPTION_TEXT, &exporting->zip_path, "FILE",
		"write a zip: fs/C/..., as dissect and Velociraptor open it"},
	    {"tar", 0, OPTION_TEXT, &exporting->tar_path, "FILE",
		"write a tar: fs/C:/..., as dissect opens it"},
	    {"case-jsonld", 0, OPTION_TEXT, &exporting->case_path, "FILE",
		"write custody alone, as CASE/UCO: who, when, with what, and hashes"},
	    {"force", 'f', OPTION_FLAG, &exporting->force, NULL,
		"replace FILE if it is there already"},
	};

	trust_options(&exporting->opening.trust, options);
	memcpy(options + TRUST_OPTIONS, own, sizeof(own));
}

static void help(struct text *out)
{
	struct exporting exporting = {0};
	struct option options[OPTIONS];

	make_options(&exporting, options);
	text_adds(out, tr("Example: kanshiki export BUNDLE --keys keys --zip pc1.zip\n"
			  "         target-query -f mft,usnjrnl pc1.zip\n\n"));
	options_help(options, OPTIONS, out);
}

/* One pass over a member: pieces in order, holes as zeros, each given to `each`. */
struct pass {
	struct exporting *exporting;
	bool expand; /* a sparse member is written with its holes */
	bool write;  /* second pass */
	uint64_t at; /* bytes given so far */
	uint32_t crc;
};

static bool give(struct pass *pass, struct bytes piece, struct err *err)
{
	struct exporting *exporting = pass->exporting;

	if (console_stopped())
		return fail(err, ERR_STOPPED, "stopped by you");
	pass->at += piece.len;
	if (!pass->write) {
		if (exporting->zip)
			pass->crc = zip_crc(pass->crc, piece);
		return true;
	}
	exporting->bytes += piece.len;
	return exporting->zip ? zip_write(exporting->zip, piece, err)
			      : exporting->sink->write(exporting->sink, piece, err);
}

static bool give_zeros(struct pass *pass, uint64_t until, struct err *err)
{
	static const uint8_t zeros[ZEROS];

	while (pass->at < until) {
		uint64_t left = until - pass->at;

		if (!give(pass, (struct bytes){zeros, left < ZEROS ? (size_t)left : ZEROS}, err))
			return false;
	}
	return true;
}

static bool take_piece(void *context, uint64_t at, struct bytes piece, struct err *err)
{
	struct pass *pass = context;

	return (!pass->expand || give_zeros(pass, at, err)) && give(pass, piece, err);
}

static bool run_pass(struct pass *pass, const struct member *member, uint64_t size, struct err *err)
{
	return member_copy(member, take_piece, pass, err) && give_zeros(pass, size, err);
}

/* Whether bytes are to be had under that path. */
static bool has_content(struct bundle_reader *reader, struct bytes path, bool *out, struct err *err)
{
	struct bundle_row_view view;
	struct err why = {0};
	size_t index;

	*out = false;
	if (!bundle_row_find(reader, path, &index, &why)) {
		if (why.kind == ERR_MISSING)
			return true;
		*err = why;
		return false;
	}
	if (!bundle_row_at(reader, index, &view, err))
		return false;
	*out = view.taken || view.same_as.len;
	return true;
}

/* "fs/C:/..." as a path of the bundle, which no collector writes: in a tar it is the name of "fs/C/...". */
static bool is_marked(struct bytes path)
{
	return path.len > 6 && memcmp(path.at, "fs/", 3) == 0 && memcmp(path.at + 4, ":/", 2) == 0;
}

/* Whether "fs/C/...", which gets the name "fs/C:/..." in a tar, is there. */
static bool is_anothers(struct bundle_reader *reader, struct bytes name, bool *out, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};

	text_add(&path, (struct bytes){name.at, 4});
	text_add(&path, (struct bytes){name.at + 5, name.len - 5});
	return text_ok(&path, err) && has_content(reader, text_bytes(&path), out, err);
}

/* Adds '~' and eight digits out of the path to it: no two paths get one name, as all have as many. */
static bool find_apart(
    struct bundle_reader *reader, struct bytes path, struct text *out, struct err *err)
{
	for (unsigned turn = 0; turn < APART_TURNS; turn++) {
		CLEANUP(text_free) struct text hashed = {0};
		uint8_t digest[SHA256_LEN];
		bool is_there, is_mapped;

		text_add(&hashed, path);
		if (turn)
			text_addf(&hashed, "%u", turn);
		hash_sha256(text_bytes(&hashed), digest);
		text_clear(out);
		text_add(out, path);
		text_addc(out, '~');
		text_add_hex(out, (struct bytes){digest, 4});
		if (!text_ok(&hashed, err) || !text_ok(out, err) ||
		    !has_content(reader, text_bytes(out), &is_there, err) ||
		    !is_anothers(reader, text_bytes(out), &is_mapped, err))
			return false;
		if (!is_there && !is_mapped)
			return true;
	}
	return fail(err, ERR_LIMIT, "no name is left for it in the tar");
}

/* "fs/C/..." becomes "fs/C:/..." in a tar; ':' marks the drive for dissect. Who is called so already steps aside: a reader of
 * the tar would show the one or the other. */
static bool find_name(
    struct exporting *exporting, struct bytes path, struct text *out, struct err *err)
{
	bool drive =
	    !exporting->zip && path.len > 5 && memcmp(path.at, "fs/", 3) == 0 && path.at[4] == '/';
	bool is_taken = false;

	if (drive) {
		text_add(out, (struct bytes){path.at, 4});
		text_addc(out, ':');
		text_add(out, (struct bytes){path.at + 4, path.len - 4});
		return text_ok(out, err);
	}
	text_add(out, path);
	if (exporting->zip || !is_marked(path))
		return text_ok(out, err);
	if (!is_anothers(exporting->opening.reader, path, &is_taken, err))
		return false;
	exporting->apart += is_taken;
	return is_taken ? find_apart(exporting->opening.reader, path, out, err) : text_ok(out, err);
}

static bool begin(struct exporting *exporting, const struct text *name, const struct member *member,
    uint64_t size, uint32_t crc, struct err *err)
{
	CLEANUP(text_free) struct text header = {0};
	const struct zip_member zipped = {
	    .name = text_bytes(name),
	    .size = size,
	    .crc = crc,
	    .modified = member->times.modified,
	    .accessed = member->times.accessed,
	    .created = member->times.created,
	};
	const struct bundle_member tarred = {
	    .name = text_string(name),
	    .size = size,
	    .modified = member->times.modified,
	    .accessed = member->times.accessed,
	    .changed = member->times.changed,
	    .created = member->times.created,
	};

	if (exporting->zip)
		return zip_begin(exporting->zip, &zipped, err);
	return tar_header(&tarred, &header, err) &&
	       exporting->sink->write(exporting->sink, text_bytes(&header), err);
}

/* Whether what failed is the output; then the run ends. */
static bool output_failed(const struct err *why)
{
	return why->kind == ERR_FULL || why->kind == ERR_STOPPED || why->kind == ERR_MEMORY;
}

/* *broken: the output holds half of it, so that the run must end. */
static bool export_member(struct exporting *exporting, const struct text *name,
    const struct member *member, bool *broken, struct err *err)
{
	static const uint8_t zeros[TAR_BLOCK];
	struct bytes path = text_bytes(name);
	uint64_t holes = member->is_sparse && member->size > member->source->size
			     ? member->size - member->source->size
			     : 0;
	bool is_journal = path.len > 3 && memcmp(path.at + path.len - 3, ":$J", 3) == 0;
	struct pass first = {.exporting = exporting, .expand = member->is_sparse && !is_journal};
	uint64_t size = first.expand ? member->size : member->source->size;

	if (first.expand && holes > EXPANDED_MAX)
		return fail(err, ERR_LIMIT,
		    "its holes have %llu bytes; extract makes a sparse file of it",
		    (unsigned long long)holes);
	if (!run_pass(&first, member, size, err))
		return false;
	struct pass second = {.exporting = exporting, .expand = first.expand, .write = true};

	*broken = true;
	if (!begin(exporting, name, member, size, first.crc, err)) {
		*broken = err->kind != ERR_LIMIT;
		return false;
	}
	if (!run_pass(&second, member, size, err))
		return false;
	if (!exporting->zip &&
	    !exporting->sink->write(exporting->sink, (struct bytes){zeros, tar_padding(size)}, err))
		return false;
	*broken = false;
	exporting->files++;
	exporting->as_stored += is_journal && member->is_sparse;
	exporting->partial += member->reason.len != 0;
	return true;
}

/* Says why a member is not in the export; true when the run ends with it. */
static bool is_end(struct exporting *exporting, struct bytes path, bool broken, struct err *why)
{
	if (broken || output_failed(why))
		return true;
	exporting->failed++;
	exporting->damaged = exporting->damaged || why->kind == ERR_DAMAGED;
	text_fail_in(why, path);
	opening_problem(&exporting->opening, why);
	return false;
}

static bool export_row(struct exporting *exporting, size_t index, struct err *err)
{
	struct bundle_reader *reader = exporting->opening.reader;
	CLEANUP(member_close) struct member member = {0};
	CLEANUP(text_free) struct text path = {0};
	CLEANUP(text_free) struct text name = {0};
	struct bundle_row_view view;
	struct err why = {0};
	bool broken = false;

	bool has_row = bundle_row_at(reader, index, &view, &why);

	if (has_row && ((!view.taken && view.same_as.len == 0) ||
			   !listing_matches(&exporting->listing, view.path)))
		return true;
	text_add(&path, has_row ? view.path : bytes_of("meta"));
	if (has_row && text_ok(&path, &why) &&
	    find_name(exporting, text_bytes(&path), &name, &why) &&
	    member_open_row(reader, index, &member, &why) &&
	    export_member(exporting, &name, &member, &broken, &why))
		return true;
	if (!is_end(exporting, text_bytes(&path), broken, &why))
		return true;
	*err = why;
	return false;
}

static bool export_all(struct exporting *exporting, struct err *err)
{
	static const uint8_t zeros[TAR_END_LEN];
	size_t count = bundle_row_count(exporting->opening.reader);

	for (size_t i = 0; i < count; i++) {
		if (!opening_progress(&exporting->opening, tr("exporting"), i + 1, count))
			return fail(err, ERR_STOPPED, "stopped by you");
		if (!export_row(exporting, i, err))
			return false;
	}
	if (exporting->zip ? !zip_finish(exporting->zip, err)
			   : !exporting->sink->write(
				 exporting->sink, (struct bytes){zeros, sizeof(zeros)}, err))
		return false;
	return exporting->sink->finish(exporting->sink, err);
}

/* The file that is asked for; NULL when none or several are. */
static const char *output_path(const struct exporting *exporting)
{
	const char *all[] = {exporting->zip_path, exporting->tar_path, exporting->case_path};
	const char *path = NULL;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (all[i] && path)
			return NULL;
		path = all[i] ? all[i] : path;
	}
	return path;
}

/* An archive that is to be replaced stays until there is a whole one in its place. */
static bool name_output(struct exporting *exporting, const char *path, struct err *err)
{
	enum file_kind kind = file_kind(path);

	if (strcmp(path, "-") == 0)
		return fail(err, ERR_USAGE, "export writes a file, not to stdout: '-' is no name");
	if (kind != FILE_KIND_MISSING && !exporting->force)
		return fail(err, ERR_EXISTS, "'%s' is there already; --force replaces it", path);
	text_adds(&exporting->written, path);
	exporting->replaces = kind == FILE_KIND_FILE;
	if (!exporting->replaces)
		return text_ok(&exporting->written, err);
	text_adds(&exporting->written, NEW);
	return text_ok(&exporting->written, err) &&
	       (file_kind(text_string(&exporting->written)) == FILE_KIND_MISSING ||
		   fail(err, ERR_EXISTS,
		       "'%s' is there: another export runs, or one that was cut off left it; "
		       "remove it, then try again",
		       text_string(&exporting->written)));
}

static bool create_output(struct exporting *exporting, struct err *err)
{
	exporting->creating = true;
	if (!file_create_private(text_string(&exporting->written), &exporting->sink, err))
		return false;
	exporting->creating = false;
	exporting->made = true;
	exporting->zip = exporting->zip_path ? zip_new(exporting->sink, ZIP_DIRECTORY) : NULL;
	return !exporting->zip_path || exporting->zip ||
	       fail(err, ERR_MEMORY, "no memory for a zip");
}

static bool prepare(struct exporting *exporting, struct err *err)
{
	const char *path = output_path(exporting);

	if (exporting->operands.count == 0)
		return fail(err, ERR_USAGE, "export takes a bundle, none was given");
	if (!path)
		return fail(err, ERR_USAGE,
		    "what to write? give one of --zip FILE, --tar FILE and --case-jsonld FILE");
	if (exporting->case_path && exporting->operands.count > 1)
		return fail(err, ERR_USAGE, "--case-jsonld takes no pattern");
	return listing_start(&exporting->listing, &exporting->operands, err) &&
	       name_output(exporting, path, err) &&
	       opening_all(&exporting->opening, exporting->operands.at[0], err) &&
	       create_output(exporting, err);
}

static void say_counts(const struct exporting *exporting)
{
	CLEANUP(text_free) struct text path = {0};

	console_progress("");
	text_add_printable(&path, bytes_of(output_path(exporting)));
	say(tr("kanshiki: files: %llu (%llu bytes), written to '%s'\n"),
	    (unsigned long long)exporting->files, (unsigned long long)exporting->bytes,
	    text_string(&path));
	if (exporting->failed)
		say(tr("kanshiki: files that could not be written: %zu\n"), exporting->failed);
	if (exporting->partial)
		say(tr("kanshiki: note: %zu of them were taken only in part; kanshiki verify names "
		       "them\n"),
		    exporting->partial);
	if (exporting->apart)
		say(tr("kanshiki: note: another has the name in the tar, where fs/C/ is fs/C:/; "
		       "'~' and "
		       "eight digits are behind theirs: %zu\n"),
		    exporting->apart);
	if (exporting->as_stored)
		say(tr("kanshiki: note: of %zu change journals only the allocated end is in it, as "
		       "it was taken\n"),
		    exporting->as_stored);
}

/* Before it is renamed or removed: Windows does neither to an open file. */
static void close_output(struct exporting *exporting)
{
	zip_free(exporting->zip);
	exporting->zip = NULL;
	sink_free(exporting->sink);
	exporting->sink = NULL;
}

/* Half a zip is no zip. */
static void remove_output(struct exporting *exporting)
{
	close_output(exporting);
	if (exporting->made)
		(void)!file_remove(text_string(&exporting->written), NULL);
}

/* What is whole stays, also where the old one cannot be replaced: somebody has it open. */
static bool put_in_place(struct exporting *exporting, struct err *err)
{
	const char *written = text_string(&exporting->written);

	close_output(exporting);
	exporting->creating = exporting->replaces;
	exporting->made = false;
	return !exporting->replaces || file_rename(written, output_path(exporting), err) ||
	       fail_in(err, "the new archive is whole, but keeps the name '%s'", written);
}

static bool export_custody(struct exporting *exporting, struct err *err)
{
	CLEANUP(text_free) struct text document = {0};

	if (!case_file_write(
		exporting->opening.reader, exporting->opening.store, clock_now(), &document, err) ||
	    !exporting->sink->write(exporting->sink, text_bytes(&document), err))
		return false;
	exporting->files = 1;
	exporting->bytes = document.len;
	return exporting->sink->finish(exporting->sink, err);
}

static int export(struct exporting *exporting)
{
	struct err err = {0};
	bool ok =
	    prepare(exporting, &err) &&
	    (exporting->case_path ? export_custody(exporting, &err) : export_all(exporting, &err));
	size_t missed = ok ? listing_say_missed(&exporting->listing, exporting->opening.path) : 0;

	/* A bundle whose collection was killed at once may well hold nothing: only where something was asked for. */
	if (missed && missed == exporting->listing.count && exporting->failed == 0) {
		remove_output(exporting);
		return EXIT_NO_INPUT;
	}
	if (!ok || !put_in_place(exporting, &err)) {
		int code = opening_fail_writing(&exporting->opening, &err);

		remove_output(exporting);
		return exporting->creating ? opening_cannot_create(&err) : code;
	}
	say_counts(exporting);
	if (exporting->damaged || exporting->opening.is_wrong)
		return EXIT_BAD_INPUT;
	return missed || exporting->failed || exporting->opening.problems.count ||
		       exporting->opening.is_unfinished
		   ? EXIT_GAPS
		   : EXIT_COMPLETE;
}

static int run(int argc, char **argv)
{
	struct exporting exporting = {0};
	struct option options[OPTIONS];
	struct err err = {0};
	int code;

	make_options(&exporting, options);
	if (!options_parse(options, OPTIONS, argc, argv, &exporting.operands, &err))
		code = command_fail(&err);
	else
		code = export(&exporting);
	close_output(&exporting);
	text_free(&exporting.written);
	opening_close(&exporting.opening);
	listing_free(&exporting.listing);
	text_list_free(&exporting.operands);
	return code;
}

const struct command command_export = {
    .name = "export",
    .summary = "write files of a bundle into one zip or tar",
    .usage = "kanshiki export BUNDLE --zip|--tar|--case-jsonld FILE [PATTERN...] --keys KEYDIR | "
	     "--ca FILE "
	     "--identity FILE",
    .run = run,
    .stop_is_gap = true,
    .help = help,
};
