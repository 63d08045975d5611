/* A collection under way: what collectors hand their takings to, and what runs them in order. One thread. */
#ifndef KANSHIKI_COLLECTORS_COLLECTION_H
#define KANSHIKI_COLLECTORS_COLLECTION_H

#include "bundle/writer.h"
#include "collectors/collector.h"
#include "collectors/volumes.h"

/* For the run() of a collector ------------------------------------------------------------------ */

/* Copies source into the bundle as name ("live/processes.jsonl", already fit for a bundle), hashing on the
 * way, with its row and its count in the receipt. Takes ownership of source. What cannot be read is
 * zeros, and said in the row. */
void collect_source(struct collection *collection, const char *name, struct source *source);

/* The one place a problem goes: a row with the reason, the journal, the receipt, the screen. `what` is the
 * name of the thing that was not (or not wholly) taken. */
void collect_problem(struct collection *collection, const char *what, const struct err *why);

/* Whether the user stopped it or the destination broke: leave the loop, return. */
bool collect_stopped(struct collection *collection);

/* A member made here line by line, spooled in memory up to COLLECT_LINES_BYTES, then written with its size.
 * Use: struct collect_lines lines; collect_lines_begin(&lines, collection, "live/processes.jsonl");
 * collect_lines_add(&lines, json) for each; collect_lines_end(&lines) always. Lines over the bound are
 * counted and reported as one problem. No line at all still makes an (empty) member. */
#define COLLECT_LINES_BYTES ((size_t)32 << 20)
struct collect_lines {
	struct collection *collection;
	const char *name;
	struct text text;
	uint64_t count, dropped;
};
void collect_lines_begin(
    struct collect_lines *lines, struct collection *collection, const char *name);
void collect_lines_add(struct collect_lines *lines, struct bytes json); /* an object, no newline */
void collect_lines_end(struct collect_lines *lines);

/* For the command that runs it ------------------------------------------------------------------ */

/* What is done about deleted files: nothing, a list of them, also the data of those on the list of
 * docs/collectors/deleted-files.md, of all. */
enum deleted_policy { DELETED_PRIORITY, DELETED_NONE, DELETED_LIST, DELETED_ALL };
/* ERR_USAGE unless it is "none", "list", "priority" or "all". */
bool collection_deleted_policy(
    const char *word, enum deleted_policy *out, struct err *err) MUST_CHECK;
const char *collection_deleted_word(enum deleted_policy policy);

struct collection_plan {              /* borrowed for the life of the collection */
	struct bundle_writer *writer; /* NULL: a dry run, only names what it would take */
	struct volume_set *volumes;
	/* "none", or names with commas between: "default" for all collectors, "registry,prefetch", "default,deleted-files:all" */
	const char *profile;
	const struct text_list *take; /* --take patterns */
	bool no_live;
	bool asks_deleted; /* --deleted was given: the collector runs whatever the profile says */
	enum deleted_policy deleted;
	uint64_t deleted_cap; /* bytes of deleted files' data on all volumes; 0: by the policy */
	uint64_t free_bytes;  /* at the destination; UINT64_MAX when unknown */
	/* Called with each name in a dry run. */
	void (*would_take)(void *context, struct bytes name, uint64_t size);
	void *context;
};

/* Whether there is a profile of that name, or collectors of those names. ERR_USAGE. */
bool collection_check_profile(const char *profile, struct err *err) MUST_CHECK;
/* ERR_USAGE for a profile or a pattern that cannot be. */
bool collection_new(
    const struct collection_plan *plan, struct collection **out, struct err *err) MUST_CHECK;
void collection_free(struct collection *collection);
CLEANUP_POINTER(struct collection, collection_free);

/* Runs the collectors of the profile, live ones first, then the volumes. Returns when all is done, the user
 * stopped it (the bundle then stays one to go on with), or the destination broke (then false with *err; bundle_finish still seals what is whole). */
bool collection_run(struct collection *collection, struct err *err) MUST_CHECK;

/* The destination, or what a dry run tells its names to, does not take any more: the run ends. */
void collection_break(struct collection *collection, const struct err *why);

/* A line for each collector of the profile, in the order of the run, as people are told what is taken. ERR_USAGE. */
bool collection_describe(const char *profile, struct text *out, struct err *err) MUST_CHECK;
/* A line per collector, for --help. */
void collection_help(struct text *out);

struct collection_counts {
	uint64_t expected; /* objects that the profile matched */
	uint64_t taken;    /* whole */
	uint64_t partial;  /* with bad ranges */
	uint64_t skipped;  /* on purpose, with a reason ("not on this system") */
	uint64_t failed;
	uint64_t kept;  /* of taken and partial: sealed by a run before an interruption */
	uint64_t bytes; /* stored */
	uint64_t milliseconds;
};
void collection_totals(const struct collection *collection, struct collection_counts *out);
/* Gaps: a problem was told (something failed, or lacks what was to be had), it was stopped, or the destination broke. */
bool collection_has_gaps(const struct collection *collection);

/* Remembers a problem that has no row: the seal's own. */
void collection_note(struct collection *collection, const char *what, const struct err *why);

/* After the run, before the receipt: closes what was written. What a volume held that cannot be closed counts as not
 * taken, and is said. */
void collection_close(struct collection *collection);

/* Gives receipt.json and footprint.jsonl to the writer. */
bool collection_receipt(struct collection *collection, struct err *err) MUST_CHECK;
/* The first few problems, in the user's language, one a line ("C: $MFT: ..."), for the end of the run. */
void collection_problems(const struct collection *collection, struct text *out);
/* The same of the patterns of --take that nothing matches. */
void collection_unmatched(const struct collection *collection, struct text *out);

#endif
