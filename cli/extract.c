/* kanshiki extract: members as files below a directory that they cannot leave. */
#include "bundle/target.h"
#include "cli/command.h"
#include "cli/listing.h"
#include "cli/member.h"
#include "cli/opening.h"
#include "core/tr.h"
#include "platform/console.h"
#include "platform/tree.h"

#include <stdlib.h>
#include <string.h>

#define OPTIONS   (TRUST_OPTIONS + 3)
#define NAMES_TRY 99 /* NAMES.tsv, NAMES.2.tsv ... */

struct extraction {
	struct opening opening;
	const char *directory;
	bool force, windows_names;
	struct text_list operands, patterns;
	struct tree *tree;
	struct text names; /* of NAMES.tsv: path in the bundle, path here */
	uint64_t *made;    /* hashes of the folded paths of files made, open addressing; 0: free */
	size_t made_mask;
	uint64_t files, bytes; /* written */
	size_t renamed, failed, denied, partial;
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

/* Hash of a path without regard to case; never 0. */
static uint64_t folded_hash(struct bytes path)
{
	uint64_t hash = 0xcbf29ce484222325u;
	size_t pos = 0;

	while (pos < path.len)
		hash = (hash ^ text_fold(text_decode(path, &pos))) * 0x100000001b3u;
	return hash ? hash : 1;
}

/* The slot of that hash: its own, or the free one where it belongs. */
static uint64_t *made_slot(const struct extraction *extraction, uint64_t hash)
{
	size_t at = (size_t)(hash >> 7) & extraction->made_mask;

	while (extraction->made[at] && extraction->made[at] != hash)
		at = (at + 1) & extraction->made_mask;
	return &extraction->made[at];
}

static bool make_room(struct extraction *extraction, struct err *err)
{
	size_t room = 1024;

	while (room / 2 <= bundle_row_count(extraction->opening.reader) + 1024)
		room *= 2;
	extraction->made = calloc(room, sizeof(*extraction->made));
	extraction->made_mask = room - 1;
	return extraction->made || fail(err, ERR_MEMORY, "no memory for the names of the files");
}

/* Creates the file for a member. A file of ours whose name differs only in case gets a name apart. */
static bool create(
    struct extraction *extraction, struct bytes member, struct tree_file **out, struct err *err)
{
	enum target_rules rules = tree_has_windows_names()    ? TARGET_WINDOWS
				  : extraction->windows_names ? TARGET_BOTH
							      : TARGET_POSIX;
	CLEANUP(text_free) struct text path = {0};
	bool changed = target_path(member, rules, &path);

	if (!text_ok(&path, err))
		return false;
	uint64_t hash = folded_hash(text_bytes(&path));
	bool twin = *made_slot(extraction, hash) == hash;
	/* Two names that differ only in case cannot both go to Windows, even where they can lie here. */
	bool apart = twin && rules != TARGET_POSIX;
	bool created = !apart && tree_create(extraction->tree, text_string(&path),
				     extraction->force && !twin, out, err);

	if (apart || (!created && twin && err->kind == ERR_EXISTS)) {
		text_clear(&path);
		target_path_distinct(member, rules, &path);
		changed = true;
		created = text_ok(&path, err) && tree_create(extraction->tree, text_string(&path),
						     extraction->force, out, err);
	}
	if (!created)
		return false;
	*made_slot(extraction, hash) = hash;
	if (changed) {
		extraction->renamed++;
		text_add_printable(&extraction->names, member);
		text_addc(&extraction->names, '\t');
		text_add_printable(&extraction->names, text_bytes(&path));
		text_addc(&extraction->names, '\n');
	}
	return true;
}

struct copying {
	struct extraction *extraction;
	struct tree_file *file;
};

static bool copy_piece(void *context, uint64_t at, struct bytes piece, struct err *err)
{
	struct copying *copying = context;

	copying->extraction->bytes += piece.len;
	if (console_stopped())
		return fail(err, ERR_STOPPED, "stopped by you");
	return tree_write(copying->file, at, piece, err);
}

static bool write_member(
    struct extraction *extraction, struct bytes path, const struct member *member, struct err *err)
{
	CLEANUP(tree_abandon) struct tree_file *file = NULL;
	const struct tree_times times = {
	    .created = member->times.created,
	    .modified = member->times.modified,
	    .accessed = member->times.accessed,
	};

	if (!create(extraction, path, &file, err))
		return false;
	struct copying copying = {extraction, file};

	if (!member_copy(member, copy_piece, &copying, err) ||
	    !tree_finish(TAKE(file), member->size, &times, err))
		return false;
	extraction->files++;
	extraction->partial += member->reason.len != 0;
	return true;
}

/* Whether the run ends with that failure; else it was said and counted. */
static bool is_end(struct extraction *extraction, struct bytes path, struct err *why)
{
	if (why->kind == ERR_STOPPED)
		return true;
	fail_in(why, "'%.*s'", path.len < 120 ? (int)path.len : 120, (const char *)path.at);
	if (why->kind == ERR_FULL || why->kind == ERR_MEMORY)
		return true;
	extraction->failed++;
	extraction->denied += why->kind == ERR_DENIED;
	extraction->damaged = extraction->damaged || why->kind == ERR_DAMAGED;
	opening_problem(&extraction->opening, why);
	return false;
}

static bool extract_row(struct extraction *extraction, size_t index, struct err *err)
{
	struct bundle_reader *reader = extraction->opening.reader;
	CLEANUP(member_close) struct member member = {0};
	CLEANUP(text_free) struct text path = {0};
	struct bundle_row_view view;
	struct err why = {0};

	if (!bundle_row_at(reader, index, &view, err))
		return false;
	if ((!view.taken && view.same_as.len == 0) ||
	    !listing_matches(&extraction->patterns, view.path))
		return true;
	text_add(&path, view.path);
	if (text_ok(&path, &why) && member_open_row(reader, index, &member, &why) &&
	    write_member(extraction, text_bytes(&path), &member, &why))
		return true;
	if (!is_end(extraction, text_bytes(&path), &why))
		return true;
	*err = why;
	return false;
}

static bool extract_meta(struct extraction *extraction, const char *name, struct err *err)
{
	CLEANUP(member_close) struct member member = {0};
	CLEANUP(text_free) struct text path = {0};
	struct err why = {0};

	text_addf(&path, "meta/%s", name);
	if (!listing_matches(&extraction->patterns, text_bytes(&path)))
		return true;
	if (member_open_meta(extraction->opening.reader, name, &member, &why) &&
	    write_member(extraction, text_bytes(&path), &member, &why))
		return true;
	if (!is_end(extraction, text_bytes(&path), &why))
		return true;
	*err = why;
	return false;
}

static bool extract_all(struct extraction *extraction, struct err *err)
{
	struct bundle_reader *reader = extraction->opening.reader;
	size_t count = bundle_row_count(reader);
	const char *name;

	for (size_t i = 0; (name = bundle_meta_name(reader, i)); i++)
		if (!extract_meta(extraction, name, err))
			return false;
	for (size_t i = 0; i < count; i++) {
		if (!opening_progress(&extraction->opening, tr("extracting"), i + 1, count))
			return fail(err, ERR_STOPPED, "stopped by you");
		if (!extract_row(extraction, i, err))
			return false;
	}
	return true;
}

static bool write_names(struct extraction *extraction, struct text *name, struct err *err)
{
	const struct tree_times times = {0};

	for (int i = 1; i <= NAMES_TRY; i++) {
		CLEANUP(tree_abandon) struct tree_file *file = NULL;

		text_clear(name);
		if (i == 1)
			text_adds(name, "NAMES.tsv");
		else
			text_addf(name, "NAMES.%d.tsv", i);
		if (!tree_create(
			extraction->tree, text_string(name), extraction->force, &file, err)) {
			if (err->kind == ERR_EXISTS)
				continue;
			return false;
		}
		return tree_write(file, 0, text_bytes(&extraction->names), err) &&
		       tree_finish(TAKE(file), extraction->names.len, &times, err);
	}
	return false;
}

static void say_counts(struct extraction *extraction)
{
	CLEANUP(text_free) struct text name = {0};
	CLEANUP(text_free) struct text directory = {0};
	struct err err = {0};

	console_progress("");
	text_add_printable(&directory, bytes_of(extraction->directory));
	say(tr("kanshiki: %llu files (%llu bytes) written below '%s'\n"),
	    (unsigned long long)extraction->files, (unsigned long long)extraction->bytes,
	    text_string(&directory));
	if (extraction->failed)
		say(tr("kanshiki: %zu files could not be written\n"), extraction->failed);
	if (extraction->partial)
		say(tr("kanshiki: note: %zu of them were taken only in part; kanshiki verify names "
		       "them\n"),
		    extraction->partial);
	if (extraction->renamed == 0)
		return;
	if (write_names(extraction, &name, &err))
		say(tr("kanshiki: %zu names had to be changed; '%s' there lists them\n"),
		    extraction->renamed, text_string(&name));
	else
		opening_problem(&extraction->opening, &err);
}

static bool prepare(struct extraction *extraction, struct err *err)
{
	if (extraction->operands.count == 0)
		return fail(err, ERR_USAGE, "extract takes a bundle, none was given");
	if (!extraction->directory)
		return fail(err, ERR_USAGE, "where to? give -C DIR");
	for (size_t i = 1; i < extraction->operands.count; i++)
		if (!text_list_add(
			&extraction->patterns, bytes_of(extraction->operands.at[i]), err))
			return false;
	if (!opening_all(&extraction->opening, extraction->operands.at[0], err) ||
	    !make_room(extraction, err))
		return false;
	extraction->creating = !tree_open(extraction->directory, &extraction->tree, err);
	return !extraction->creating;
}

static int extract(struct extraction *extraction)
{
	struct err err = {0};

	if (!prepare(extraction, &err)) {
		int code = opening_fail(&extraction->opening, &err);

		return extraction->creating ? opening_cannot_create(&err) : code;
	}
	extraction->names.ceiling = (size_t)1 << 30;
	bool all = extract_all(extraction, &err);

	say_counts(extraction);
	if (!all)
		return opening_fail(&extraction->opening, &err);
	/* A bundle whose collection was killed at once may well hold nothing. */
	if (extraction->patterns.count && extraction->files == 0 && extraction->failed == 0) {
		fail(&err, ERR_MISSING,
		    "nothing in the bundle matches; kanshiki ls lists what there is");
		return command_fail(&err);
	}
	if (extraction->damaged)
		return EXIT_BAD_INPUT;
	if (extraction->denied && extraction->denied == extraction->failed &&
	    extraction->files == 0)
		return EXIT_CANNOT_CREATE; /* DIR is not to be written to */
	return extraction->failed || extraction->opening.problems.count ? EXIT_GAPS : EXIT_COMPLETE;
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
	tree_close(extraction.tree);
	text_free(&extraction.names);
	text_list_free(&extraction.operands);
	text_list_free(&extraction.patterns);
	free(extraction.made);
	return code;
}

const struct command command_extract = {
    .name = "extract",
    .summary = "write files of a bundle below a directory",
    .usage =
	"kanshiki extract BUNDLE -C DIR [PATTERN...] --keys KEYDIR | --ca FILE --identity FILE",
    .run = run,
    .help = help,
};
