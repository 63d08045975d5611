/* kanshiki extract: members as files below a directory that they cannot leave. */
#include "bundle/pour.h"
#include "bundle/target.h"
#include "cli/command.h"
#include "cli/listing.h"
#include "cli/made_names.h"
#include "cli/member.h"
#include "cli/names_list.h"
#include "cli/opening.h"
#include "core/tr.h"
#include "platform/console.h"
#include "platform/tree.h"

#include <stdlib.h>
#include <string.h>

#define OPTIONS     (TRUST_OPTIONS + 3)
#define OWN_LANE    (POUR_LANES - 1) /* of this thread */
#define APART_TRIES 16
#define HELD_MAX    ((size_t)8 << 20) /* bytes about files on their way out */

struct extraction {
	struct opening opening;
	const char *directory;
	bool force, windows_names;
	struct text_list operands;
	struct listing listing;
	struct tree *trees[POUR_LANES]; /* the same directory for each thread */
	struct pour *pour;
	size_t held;
	bool over; /* nothing more is written, because of `why` */
	struct err why;
	struct made_names made;
	struct names_list renamed;
	uint64_t files, bytes; /* written */
	size_t failed, denied, partial;
	size_t existing; /* of failed: they are there already, and were not said one by one */
	bool damaged, creating;
};

static void make_options(struct extraction *extraction, struct option options[OPTIONS])
{
	const struct option own[] = {
	    {"directory", 'C', OPTION_TEXT, &extraction->directory, "DIR",
		"put the files below this directory; made if missing"},
	    {"force", 'f', OPTION_FLAG, &extraction->force, NULL,
		"replace files that are there already"},
	    {"windows-names", 0, OPTION_FLAG, &extraction->windows_names, NULL,
		"only names that Windows can hold too"},
	};

	trust_options(&extraction->opening.trust, options);
	memcpy(options + TRUST_OPTIONS, own, sizeof(own));
}

static void help(struct text *out)
{
	struct extraction extraction = {0};
	struct option options[OPTIONS];

	make_options(&extraction, options);
	text_adds(out, tr("Example: kanshiki extract BUNDLE --keys keys -C out 'fs/C/Users'\n\n"));
	options_help(options, OPTIONS, out);
}

/* One file on its way out: pieces of it may be written on any thread. */
struct outgoing {
	struct pour_entry entry;
	struct extraction *extraction;
	struct member member;
	struct text path;   /* in the bundle */
	struct text target; /* below the directory */
	struct text
	    apart; /* the one it gets where its own is another's; reserved. Empty: none is */
	struct tree_file *file;
	bool is_twin;    /* there is one of ours whose name differs only in case */
	bool is_again;   /* or not at all */
	bool is_renamed; /* target is not path */
	bool is_created;
	size_t held;
};

static void outgoing_free(struct outgoing *out)
{
	tree_abandon(out->file);
	member_close(&out->member);
	text_free(&out->path);
	text_free(&out->target);
	text_free(&out->apart);
	free(out);
}
CLEANUP_POINTER(struct outgoing, outgoing_free);

static enum target_rules rules_of(const struct extraction *extraction)
{
	return tree_has_windows_names()    ? TARGET_WINDOWS
	       : extraction->windows_names ? TARGET_BOTH
					   : TARGET_POSIX;
}

static void use_apart(struct outgoing *out)
{
	text_free(&out->target);
	out->target = out->apart;
	out->apart = (struct text){0};
	out->is_renamed = true;
}

/* Takes a name for it that no other file of ours has, in any case of letters: a name that somebody made up to be the same
 * as a twin's would replace it under --force. */
static bool reserve_apart(struct outgoing *out, enum target_rules rules, struct err *err)
{
	for (unsigned turn = 0; turn < APART_TRIES; turn++) {
		text_clear(&out->apart);
		target_path_distinct(text_bytes(&out->path), rules, turn, &out->apart);
		if (!text_ok(&out->apart, err))
			return false;
		if (made_names_take(&out->extraction->made, text_bytes(&out->apart))) {
			(void)made_names_take_exact(
			    &out->extraction->made, text_bytes(&out->apart));
			return true;
		}
	}
	return fail(err, ERR_DAMAGED, "other files have its name, and those it would get instead");
}

static bool outgoing_new(
    struct extraction *extraction, struct bytes path, struct outgoing **made, struct err *err)
{
	CLEANUP(outgoing_free) struct outgoing *out = calloc(1, sizeof(*out));
	enum target_rules rules = rules_of(extraction);

	if (!out)
		return fail(err, ERR_MEMORY, "no memory for a file");
	out->extraction = extraction;
	text_add(&out->path, path);
	out->is_renamed = target_path(path, rules, &out->target);
	if (!text_ok(&out->path, err) || !text_ok(&out->target, err))
		return false;
	out->is_twin = !made_names_take(&extraction->made, text_bytes(&out->target));
	/* Only what would be replaced need be known so exactly. */
	out->is_again = extraction->force &&
			!made_names_take_exact(&extraction->made, text_bytes(&out->target));
	if (out->is_twin && !reserve_apart(out, rules, err))
		return false;
	/* Two names that differ only in case cannot both go to Windows, even where they can lie here. */
	if (out->is_twin && rules != TARGET_POSIX)
		use_apart(out);
	*made = TAKE(out);
	return text_ok(&(*made)->target, err);
}

/* A file in the place of a twin is of an earlier run where the file system takes no two names for one: then it goes, as any other. */
static bool replace_stale(struct outgoing *out, struct tree *tree)
{
	return out->extraction->force && !out->is_again &&
	       tree_tells_case(tree, text_string(&out->target)) &&
	       tree_create(tree, text_string(&out->target), true, &out->file, NULL);
}

/* Where the file system takes two names of ours for one, the second gets a name apart. */
static bool create(struct outgoing *out, struct tree *tree, struct err *err)
{
	const struct extraction *extraction = out->extraction;
	enum target_rules rules = rules_of(extraction);
	bool is_apart = out->is_twin && rules != TARGET_POSIX;
	bool replace = extraction->force && (!out->is_twin || is_apart);
	struct err why = {0};

	if (!tree_create(tree, text_string(&out->target), replace, &out->file, &why)) {
		if (!out->is_twin || is_apart || why.kind != ERR_EXISTS) {
			*err = why;
			return false;
		}
		if (!replace_stale(out, tree)) {
			use_apart(out);
			if (!tree_create(tree, text_string(&out->target), extraction->force,
				&out->file, err))
				return false;
		}
	}
	out->is_created = true;
	return true;
}

static bool write_piece(void *context, uint64_t at, struct bytes piece, struct err *err)
{
	struct outgoing *out = context;

	if (console_stopped())
		return fail(err, ERR_STOPPED, "stopped by you");
	return tree_write(out->file, at, piece, err);
}

static bool finish(struct outgoing *out, struct err *err)
{
	const struct tree_times times = {
	    .created = out->member.times.created,
	    .modified = out->member.times.modified,
	    .accessed = out->member.times.accessed,
	};

	return tree_finish(TAKE(out->file), out->member.size, &times, err);
}

static bool on_begin(struct pour_entry *entry, unsigned lane, struct err *err)
{
	struct outgoing *out = (struct outgoing *)entry;
	struct extraction *extraction = out->extraction;

	if (!extraction->trees[lane] &&
	    !tree_open(extraction->directory, &extraction->trees[lane], err))
		return false;
	return create(out, extraction->trees[lane], err);
}

static bool on_write(struct pour_entry *entry, uint64_t at, struct bytes piece, struct err *err)
{
	struct outgoing *out = (struct outgoing *)entry;

	return member_place(&out->member, at, piece, write_piece, out, err);
}

static bool on_end(struct pour_entry *entry, struct err *err)
{
	return finish((struct outgoing *)entry, err);
}

/* Whether the run ends with that failure; else it was said and counted. */
static bool is_end(struct extraction *extraction, struct bytes path, struct err *why)
{
	if (why->kind == ERR_STOPPED)
		return true;
	/* By the system's word: what stands in the way of a directory is said, as --force does not help. */
	if (why->kind == ERR_EXISTS && why->os_code && !extraction->force) {
		extraction->existing++;
		extraction->failed++;
		return false;
	}
	text_fail_in(why, path);
	if (why->kind == ERR_FULL || why->kind == ERR_MEMORY)
		return true;
	extraction->failed++;
	extraction->denied += why->kind == ERR_DENIED;
	extraction->damaged = extraction->damaged || why->kind == ERR_DAMAGED;
	opening_problem(&extraction->opening, why);
	return false;
}

/* What became of a file; frees it. */
static void account(struct outgoing *out, const struct err *why)
{
	struct extraction *extraction = out->extraction;

	extraction->held -= out->held;
	if (out->is_created && out->is_renamed)
		names_list_add(
		    &extraction->renamed, text_bytes(&out->path), text_bytes(&out->target));
	if (!why) {
		extraction->files++;
		extraction->bytes +=
		    out->member.has_hash ? out->member.place.stored : out->member.size;
		extraction->partial += out->member.reason.len != 0;
	} else if (!extraction->over) {
		extraction->why = *why;
		extraction->over = is_end(extraction, text_bytes(&out->path), &extraction->why);
	}
	outgoing_free(out);
}

static void on_done(void *context, struct pour_entry *entry, const struct err *why)
{
	(void)context;
	account((struct outgoing *)entry, why);
}

static void extract_row(struct extraction *extraction, size_t index, struct outgoing *out)
{
	struct err why = {0};

	if (!member_load_row(extraction->opening.reader, index, &out->member, &why)) {
		account(out, &why);
		return;
	}
	out->entry.place = out->member.place;
	out->held = sizeof(*out) + out->path.room + out->target.room +
		    out->member.run_count * (sizeof(*out->member.runs) + sizeof(uint64_t));
	extraction->held += out->held;
	/* The first of the two must be there to be seen. */
	if (out->is_twin)
		pour_settle(extraction->pour);
	pour_put(extraction->pour, &out->entry);
	if (extraction->held > HELD_MAX)
		pour_settle(extraction->pour);
}

static void extract_meta(struct extraction *extraction, const char *name, struct outgoing *out)
{
	struct err why = {0};
	bool ok = member_open_meta(extraction->opening.reader, name, &out->member, &why) &&
		  create(out, extraction->trees[OWN_LANE], &why) &&
		  member_copy(&out->member, write_piece, out, &why) && finish(out, &why);

	account(out, ok ? NULL : &why);
}

/* False when nothing more is to be written. */
static bool over(const struct extraction *extraction, struct err *err)
{
	if (extraction->over)
		*err = extraction->why;
	return extraction->over;
}

/* One that nothing can be done for does not cost the others. */
static bool go_on(
    struct extraction *extraction, struct bytes path, struct err *why, struct err *err)
{
	if (!is_end(extraction, path, why))
		return true;
	*err = *why;
	return false;
}

static bool extract_metas(struct extraction *extraction, struct err *err)
{
	const char *name;

	for (size_t i = 0; (name = bundle_meta_name(extraction->opening.reader, i)); i++) {
		CLEANUP(text_free) struct text path = {0};
		struct outgoing *out;
		struct err why = {0};

		text_addf(&path, "meta/%s", name);
		if (!text_ok(&path, err))
			return false;
		if (!listing_matches(&extraction->listing, text_bytes(&path)))
			continue;
		if (outgoing_new(extraction, text_bytes(&path), &out, &why))
			extract_meta(extraction, name, out);
		else if (!go_on(extraction, text_bytes(&path), &why, err))
			return false;
		if (over(extraction, err))
			return false;
	}
	return true;
}

static bool extract_index(struct extraction *extraction, size_t index, struct err *err)
{
	struct bundle_row_view view;
	struct outgoing *out;
	struct err why = {0};

	if (!bundle_row_at(extraction->opening.reader, index, &view, &why))
		return go_on(extraction, bytes_of("meta"), &why, err);
	if ((!view.taken && view.same_as.len == 0) ||
	    !listing_matches(&extraction->listing, view.path))
		return true;
	if (!outgoing_new(extraction, view.path, &out, &why))
		return go_on(extraction, view.path, &why, err);
	extract_row(extraction, index, out);
	return true;
}

static bool extract_rows(struct extraction *extraction, struct err *err)
{
	size_t count = bundle_row_count(extraction->opening.reader);

	for (size_t i = 0; i < count; i++) {
		if (!opening_progress(&extraction->opening, tr("extracting"), i + 1, count))
			return fail(err, ERR_STOPPED, "stopped by you");
		if (!extract_index(extraction, i, err) || over(extraction, err))
			return false;
	}
	pour_settle(extraction->pour);
	return !over(extraction, err);
}

static bool extract_all(struct extraction *extraction, struct err *err)
{
	const struct pour_plan plan = {
	    .reader = extraction->opening.reader,
	    .begin = on_begin,
	    .write = on_write,
	    .end = on_end,
	    .done = on_done,
	};

	if (!extract_metas(extraction, err) || !pour_new(&plan, &extraction->pour, err))
		return false;
	bool ok = extract_rows(extraction, err);

	pour_free(TAKE(extraction->pour));
	return ok;
}

static void say_counts(struct extraction *extraction)
{
	CLEANUP(text_free) struct text directory = {0};
	struct err err = {0};

	console_progress("");
	text_add_printable(&directory, bytes_of(extraction->directory));
	say(tr("kanshiki: files: %llu (%llu bytes), written below '%s'\n"),
	    (unsigned long long)extraction->files, (unsigned long long)extraction->bytes,
	    text_string(&directory));
	if (extraction->existing) {
		fail(&err, ERR_EXISTS,
		    "files that are there already, and were left as they are: %zu; --force "
		    "replaces them",
		    extraction->existing);
		(void)command_fail_about(extraction->opening.path, &err);
	}
	if (extraction->failed > extraction->existing)
		say(tr("kanshiki: files that could not be written: %zu\n"),
		    extraction->failed - extraction->existing);
	if (extraction->partial)
		say(tr("kanshiki: note: %zu of them were taken only in part; kanshiki verify names "
		       "them\n"),
		    extraction->partial);
	if (extraction->renamed.count == 0)
		return;
	if (names_list_finish(&extraction->renamed, &err))
		say(tr("kanshiki: names that had to be changed: %zu; '%s' there lists them\n"),
		    extraction->renamed.count, text_string(&extraction->renamed.name));
	else
		opening_problem(&extraction->opening, &err);
}

static bool prepare(struct extraction *extraction, struct err *err)
{
	if (extraction->operands.count == 0)
		return fail(err, ERR_USAGE, "extract takes a bundle, none was given");
	if (!extraction->directory)
		return fail(err, ERR_USAGE, "where to? give -C DIR");
	extraction->creating = true;
	if (!opening_directory(extraction->directory, err))
		return false;
	extraction->creating = false;
	if (!listing_start(&extraction->listing, &extraction->operands, err) ||
	    !opening_all(&extraction->opening, extraction->operands.at[0], err) ||
	    !made_names_new(&extraction->made, bundle_row_count(extraction->opening.reader), err))
		return false;
	extraction->creating = !tree_open(extraction->directory, &extraction->trees[OWN_LANE], err);
	extraction->renamed.tree = extraction->trees[OWN_LANE];
	extraction->renamed.made = &extraction->made;
	extraction->renamed.force = extraction->force;
	return !extraction->creating;
}

static int extract(struct extraction *extraction)
{
	struct err err = {0};

	if (!prepare(extraction, &err)) {
		int code = opening_fail_writing(&extraction->opening, &err);

		return extraction->creating ? opening_cannot_create(&err) : code;
	}
	bool all = extract_all(extraction, &err);

	say_counts(extraction);
	if (!all)
		return opening_fail_writing(&extraction->opening, &err);
	size_t missed = listing_say_missed(&extraction->listing, extraction->opening.path);

	if (missed && missed == extraction->listing.count && extraction->failed == 0)
		return EXIT_NO_INPUT;
	if (extraction->damaged)
		return EXIT_BAD_INPUT;
	if (extraction->denied && extraction->denied == extraction->failed &&
	    extraction->files == 0)
		return EXIT_CANNOT_CREATE; /* DIR is not to be written to */
	if (extraction->opening.is_wrong)
		return EXIT_BAD_INPUT;
	return missed || extraction->failed || extraction->opening.problems.count ||
		       extraction->opening.is_unfinished
		   ? EXIT_GAPS
		   : EXIT_COMPLETE;
}

static int run(int argc, char **argv)
{
	struct extraction extraction = {0};
	struct option options[OPTIONS];
	struct err err = {0};
	int code;

	make_options(&extraction, options);
	if (!options_parse(options, OPTIONS, argc, argv, &extraction.operands, &err))
		code = command_fail(&err);
	else
		code = extract(&extraction);
	opening_close(&extraction.opening);
	names_list_free(&extraction.renamed);
	made_names_free(&extraction.made);
	for (size_t i = 0; i < ARRAY_LEN(extraction.trees); i++)
		tree_close(extraction.trees[i]);
	listing_free(&extraction.listing);
	text_list_free(&extraction.operands);
	return code;
}

const struct command command_extract = {
    .name = "extract",
    .summary = "write files of a bundle below a directory",
    .usage =
	"kanshiki extract BUNDLE -C DIR [PATTERN...] --keys KEYDIR | --ca FILE --identity FILE",
    .run = run,
    .stop_is_gap = true,
    .help = help,
};
