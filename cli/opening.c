/* Opening a bundle for a command. See opening.h. */
#include "cli/opening.h"

#include "bundle/manifest.h"
#include "bundle/seal_verify.h"
#include "cli/command.h"
#include "core/tr.h"
#include "platform/console.h"
#include "platform/conveyor.h"
#include "platform/file.h"
#include "platform/store.h"

#include <stdio.h>
#include <string.h>

#define NO_PERCENT 101

static bool was_said(const struct opening *opening, const struct err *why)
{
	for (size_t i = 0; i < opening->problems.count; i++)
		if (strcmp(opening->problems.at[i], why->text) == 0)
			return true;
	return false;
}

void opening_problem(struct opening *opening, const struct err *why)
{
	console_progress("");
	opening->shown_percent = NO_PERCENT;
	if (was_said(opening, why))
		return;
	if (opening->problems.count >= PROBLEMS_SAID) {
		opening->unsaid++;
		return;
	}
	(void)!text_list_add(&opening->problems, bytes_of(why->text), NULL);
	(void)command_fail_about(opening->path, why);
}

/* Of the rest of a bundle with a bad volume salvage may take more. */
static void look_for_volume(struct opening *opening, const struct err *why)
{
	opening->is_salvageable = opening->is_salvageable ||
				  (why->kind == ERR_DAMAGED && strstr(why->text, ".tar.zst.age'"));
}

static void on_problem(void *context, const struct err *why)
{
	struct opening *opening = context;

	opening->is_wrong = true;
	look_for_volume(opening, why);
	opening_problem(opening, why);
}

static void on_note(void *context, const char *note)
{
	struct opening *opening = context;
	CLEANUP(text_free) struct text line = {0};

	console_progress("");
	opening->shown_percent = NO_PERCENT;
	(void)!text_list_add(&opening->notes, bytes_of(note), NULL);
	command_line_about(opening->path, note, &line);
	say(tr("kanshiki: note: %s\n"), text_string(&line));
}

void opening_percent(unsigned *shown, const char *what, uint64_t done, uint64_t total)
{
	unsigned percent = done >= total              ? 100
			   : total > UINT64_MAX / 100 ? (unsigned)(done / (total / 100))
						      : (unsigned)(done * 100 / total);
	char line[96];

	if (percent == *shown || !console_is_terminal(2))
		return;
	snprintf(line, sizeof(line), "%s %u %%", what, percent);
	console_progress(percent == 100 ? "" : line);
	*shown = percent;
}

bool opening_progress(struct opening *opening, const char *what, uint64_t done, uint64_t total)
{
	opening_percent(&opening->shown_percent, what, done, total);
	return !console_stopped();
}

static bool on_progress(void *context, const char *phase, uint64_t done, uint64_t total)
{
	const char *what =
	    strcmp(phase, "hash") == 0 ? tr("checking files") : tr("checking entries");

	return opening_progress(context, what, done, total);
}

bool opening_directory(const char *path, struct err *err)
{
	return file_kind(path) == FILE_KIND_MISSING || file_kind(path) == FILE_KIND_DIRECTORY ||
	       fail(err, ERR_EXISTS, "'%s' is a file; -C takes a directory", path);
}

bool opening_store(const char *path, struct store **out, struct err *err)
{
	CLEANUP(text_free) struct text trimmed = {0};

	text_adds(&trimmed, path);
	while (trimmed.len > 1 && trimmed.at[trimmed.len - 1] == '/')
		trimmed.at[--trimmed.len] = 0;
	path = text_string(&trimmed);
	switch (file_kind(path)) {
	case FILE_KIND_MISSING:
		return fail(err, ERR_MISSING, "no such bundle '%s'", path);
	case FILE_KIND_FILE:
	case FILE_KIND_OTHER:
		return fail(
		    err, ERR_UNSUPPORTED, "'%s' is not a bundle: a bundle is a directory", path);
	case FILE_KIND_DIRECTORY:
		break;
	}
	return store_open_directory(path, out, err);
}

bool opening_seal_bytes(const char *path, struct text *out, struct err *err)
{
	CLEANUP(text_free) struct text seal = {0};
	CLEANUP(text_free) struct text manifest = {0};

	if (file_kind(path) == FILE_KIND_MISSING)
		return fail(err, ERR_MISSING, "no such bundle '%s'", path);
	file_join(&seal, path, MANIFEST_SEAL_NAME);
	file_join(&manifest, path, MANIFEST_NAME);
	if (!text_ok(&seal, err) || !text_ok(&manifest, err))
		return false;
	if (file_kind(text_string(&seal)) != FILE_KIND_FILE)
		return fail(err,
		    file_kind(text_string(&manifest)) == FILE_KIND_FILE ? ERR_DAMAGED
									: ERR_UNSUPPORTED,
		    "not a sealed bundle: there is no '%s' in '%s'", MANIFEST_SEAL_NAME, path);
	return file_read_all(text_string(&seal), SEAL_BYTES, out, err);
}

bool opening_seal(struct opening *opening, const char *path, bool needs_identity, struct err *err)
{
	const struct bundle_watch watch = {opening, on_progress, on_problem, on_note};

	opening->shown_percent = NO_PERCENT;
	console_catch_stop();
	/* The bundle first: who names a wrong one should not hear of keys. */
	if (!opening_store(path, &opening->store, err) ||
	    !trust_load(&opening->trust, needs_identity, err))
		return false;
	opening->path = path;
	if (!conveyor_new(0, &opening->conveyor, NULL))
		opening->conveyor = NULL;
	opening->trust.bundle.conveyor = opening->conveyor;
	return bundle_open_seal(
	    opening->store, &opening->trust.bundle, &watch, &opening->reader, err);
}

/* What is listed, and written, looks whole: who does not run verify must hear of it too. */
static void note_unfinished(struct opening *opening)
{
	struct bundle_facts facts;

	bundle_facts(opening->reader, &facts);
	opening->is_unfinished = !facts.complete;
	if (opening->is_unfinished)
		on_note(opening,
		    "the collection had not ended when this was sealed; kanshiki collect --resume "
		    "goes on with it, kanshiki salvage takes what was not sealed");
}

/* Without a single row nothing can be found by name. */
static bool open_content(struct opening *opening, struct err *err)
{
	note_unfinished(opening);
	if (!bundle_open_content(opening->reader, err))
		return false;
	if (opening->trust.unverified && opening->problems.count &&
	    bundle_row_count(opening->reader) == 0) {
		say(tr("kanshiki: note: nothing tells any more what the bundle holds; kanshiki "
		       "salvage takes what is left of it\n"));
		opening->was_salvage_said = true;
	}
	return true;
}

bool opening_rows(struct opening *opening, const char *path, struct err *err)
{
	return opening_seal(opening, path, true, err) && open_content(opening, err);
}

bool opening_all(struct opening *opening, const char *path, struct err *err)
{
	if (!opening_seal(opening, path, true, err))
		return false;
	if (!bundle_check_files(opening->reader, false, err) &&
	    (!opening->trust.unverified || err->kind == ERR_STOPPED))
		return false;
	*err = (struct err){0};
	bundle_read_all(opening->reader);
	return open_content(opening, err);
}

int opening_fail(struct opening *opening, const struct err *err)
{
	console_progress("");
	look_for_volume(opening, err);
	int code = was_said(opening, err) ? command_exit(err->kind)
					  : command_fail_about(opening->path, err);

	return code == EXIT_GAPS ? EXIT_STOPPED : code; /* nothing else gives it */
}

int opening_fail_writing(struct opening *opening, const struct err *err)
{
	int code = opening_fail(opening, err);

	if (err->kind != ERR_STOPPED)
		return code;
	return opening->is_wrong ? EXIT_BAD_INPUT : EXIT_GAPS;
}

int opening_cannot_create(const struct err *err)
{
	switch (err->kind) {
	case ERR_MISSING:
	case ERR_DENIED:
	case ERR_EXISTS:
	case ERR_UNSUPPORTED:
		return EXIT_CANNOT_CREATE;
	default:
		return command_exit(err->kind);
	}
}

void opening_close(struct opening *opening)
{
	if (opening->unsaid)
		say(tr("kanshiki: and %zu more like these\n"), opening->unsaid);
	if (opening->is_salvageable && !opening->was_salvage_said)
		on_note(opening, "kanshiki salvage takes what is left of it");
	bundle_close(opening->reader);
	conveyor_free(opening->conveyor);
	store_free(opening->store);
	trust_free(&opening->trust);
	text_list_free(&opening->problems);
	text_list_free(&opening->notes);
	*opening = (struct opening){0};
}
