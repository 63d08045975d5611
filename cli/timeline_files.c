/* Bare files of one volume. See timeline_files.h. */
#include "cli/timeline_files.h"

#include "cli/command.h"
#include "core/array.h"
#include "core/text.h"
#include "core/tr.h"
#include "platform/console.h"
#include "platform/image.h"

#include <stdlib.h>
#include <string.h>

#define HEAD ((size_t)64 << 10)

static void files_close_at(struct timeline_files *files)
{
	source_close(files->mft);
	source_close(files->journal);
	source_close(files->log);
}

static bool keep(struct source **place, struct source **source, const char *what, struct err *err)
{
	if (*place)
		return fail(err, ERR_USAGE, "a second %s; one volume has one", what);
	*place = TAKE(*source);
	return true;
}

/* Why there is nothing in it, if so: an empty file, or one of the same byte, as a log is once it was reset. ERR_NONE: there may be. */
static bool look_empty(struct source *source, struct err *empty, struct err *err)
{
	CLEANUP(free_memory) uint8_t *head = malloc(HEAD);
	size_t got = 0;

	if (!head)
		return fail(err, ERR_MEMORY, "no memory to look at the input");
	if (source->size == 0) {
		fail(empty, ERR_DAMAGED, "it is empty");
		return true;
	}
	if (!source->read(source, 0, head, HEAD, &got, err))
		return false;
	if (got == (source->size < HEAD ? source->size : HEAD) &&
	    memcmp(head, head + 1, got - 1) == 0)
		fail(empty, ERR_UNSUPPORTED,
		    source->size > HEAD ? "it begins with 64 KiB of the same byte: wiped, or a "
					  "log that was emptied"
					: "all its bytes are the same: wiped, or a log that was "
					  "emptied");
	return true;
}

static bool sort_in(
    struct timeline_files *files, struct source **source, struct err *empty, struct err *err)
{
	struct err why = {0};

	switch (timeline_probe(*source, &why)) {
	case TIMELINE_MFT:
		return keep(&files->mft, source, "$MFT", err);
	case TIMELINE_JOURNAL:
		return keep(&files->journal, source, "change journal", err);
	case TIMELINE_LOGFILE:
		return keep(&files->log, source, "$LogFile", err);
	case TIMELINE_VOLUME:
	case TIMELINE_FAT:
	case TIMELINE_UNKNOWN:
		break;
	}
	if (why.kind != ERR_NONE) {
		*err = why;
		return false;
	}
	if (!look_empty(*source, empty, err))
		return false;
	return empty->kind != ERR_NONE || fail(err, ERR_USAGE,
					      "neither an $MFT, a change journal nor a $LogFile; "
					      "only these go together, anything "
					      "else is given alone");
}

/* One that was emptied does not cost the lines of the others. */
static void say_empty(const char *word, const struct err *empty, size_t *gaps)
{
	CLEANUP(text_free) struct text name = {0};
	CLEANUP(text_free) struct text reason = {0};

	text_add_printable(&name, bytes_of(word));
	command_line_about(NULL, empty->text, &reason);
	say(tr("kanshiki: '%s' was left out: %s\n"), text_string(&name), text_string(&reason));
	++*gaps;
}

bool timeline_bare_files(
    struct timeline *timeline, const struct text_list *words, size_t *gaps, struct err *err)
{
	CLEANUP(files_close) struct timeline_files files = {0};

	for (size_t i = 0; i < words->count; i++) {
		CLEANUP(source_close) struct source *source = NULL;
		struct err empty = {0};

		if (!image_open(words->at[i], &source, err))
			return false;
		if (!sort_in(&files, &source, &empty, err))
			return fail_in(err, "'%s'", words->at[i]);
		if (empty.kind != ERR_NONE)
			say_empty(words->at[i], &empty, gaps);
	}
	if (!files.mft && !files.journal && !files.log)
		return fail(err, ERR_UNSUPPORTED, "none of the files holds anything");
	console_catch_stop();
	return timeline_add_files(timeline, &files, err);
}
