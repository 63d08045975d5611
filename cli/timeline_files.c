/* Bare files of one volume. See timeline_files.h. */
#include "cli/timeline_files.h"

#include "core/text.h"
#include "platform/console.h"
#include "platform/image.h"

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

static bool sort_in(struct timeline_files *files, struct source **source, struct err *err)
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
	return fail(err, ERR_USAGE,
	    "neither an $MFT, a change journal nor a $LogFile; only these go together, anything "
	    "else is given alone");
}

bool timeline_bare_files(struct timeline *timeline, const struct text_list *words, struct err *err)
{
	CLEANUP(files_close) struct timeline_files files = {0};

	for (size_t i = 0; i < words->count; i++) {
		CLEANUP(source_close) struct source *source = NULL;

		if (!image_open(words->at[i], &source, err))
			return false;
		if (!sort_in(&files, &source, err))
			return fail_in(err, "'%s'", words->at[i]);
	}
	console_catch_stop();
	return timeline_add_files(timeline, &files, err);
}
