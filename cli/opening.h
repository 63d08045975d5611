/* A bundle being opened from the command line: trust, store, reader, and what is said on the way. */
#ifndef KANSHIKI_CLI_OPENING_H
#define KANSHIKI_CLI_OPENING_H

#include "cli/trust.h"

/* Zero before use; opening_close at the end. */
struct opening {
	struct trust trust;
	const char *path; /* of the bundle, once keys are no longer to blame; every line names it */
	struct store *store;
	struct conveyor *conveyor; /* NULL: all on one thread */
	struct bundle_reader *reader;
	struct text_list problems; /* said so far, English */
	struct text_list notes;
	bool
	    is_wrong; /* seal, hash or content of the bundle: what came out under --unverified proves nothing */
	bool is_salvageable; /* a volume is damaged or missing: what is left can be taken */
	bool was_salvage_said;
	unsigned shown_percent;
	bool is_unfinished; /* its collection had not ended; that was said */
	size_t unsaid;      /* problems behind the first PROBLEMS_SAID */
	size_t gaps;        /* members needed that were not taken whole; each was said */
};

/* Refuses what -C names and is a file. */
bool opening_directory(const char *path, struct err *err) MUST_CHECK;
/* The directory of a bundle, nothing of it looked at. */
bool opening_store(const char *path, struct store **out, struct err *err) MUST_CHECK;
/* The bundle's seal as it lies there, nothing checked: for what is put beside it. */
bool opening_seal_bytes(const char *path, struct text *out, struct err *err) MUST_CHECK;
/* Loads the trust and checks seal and MANIFEST of the bundle at path. */
bool opening_seal(
    struct opening *opening, const char *path, bool needs_identity, struct err *err) MUST_CHECK;
/* The same and the rows: for ls, cat and timeline. */
bool opening_rows(struct opening *opening, const char *path, struct err *err) MUST_CHECK;
/* The same, after every file was checked against its hash: for extract and export. */
bool opening_all(struct opening *opening, const char *path, struct err *err) MUST_CHECK;
void opening_close(struct opening *opening);
static inline void opening_close_at(struct opening *opening)
{
	opening_close(opening);
}

#define PROBLEMS_SAID 50
/* Says a problem at once and keeps it; behind PROBLEMS_SAID they are only counted. */
void opening_problem(struct opening *opening, const struct err *why);
/* Says err, unless it was already said as a problem; returns its exit code. One that was stopped is EXIT_STOPPED: of a command that
 * shows or checks, 1 says that it came to its end. */
int opening_fail(struct opening *opening, const struct err *err);
/* The same for one that writes: what was written before a stop is good, and was counted, so that a stop is a gap; unless the bundle
 * is not. */
int opening_fail_writing(struct opening *opening, const struct err *err);
/* The code when what is wanted cannot be made: 73, unless the disk or we ourselves are to blame. */
int opening_cannot_create(const struct err *err);

/* A percentage on a terminal, where it is another than *shown; 0 before the first. */
void opening_percent(unsigned *shown, const char *what, uint64_t done, uint64_t total);
/* The same; false when the user stopped it. */
bool opening_progress(struct opening *opening, const char *what, uint64_t done, uint64_t total);

#endif
