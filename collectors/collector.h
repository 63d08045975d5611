/* A collector: one kind of evidence, taken in its place in the order of volatility. One file, one row in
 * list.h, one test, one page in docs/collectors/. */
#ifndef KANSHIKI_COLLECTORS_COLLECTOR_H
#define KANSHIKI_COLLECTORS_COLLECTOR_H

#include "core/source.h"
#include "core/text.h"

enum collector_needs {
	NEEDS_LIVE = 1,   /* only on a running Windows */
	NEEDS_VOLUME = 2, /* raw volumes */
	NEEDS_ADMIN = 4,
};

/* The eight kinds of information, for the receipt. */
enum information_kind {
	KIND_FILE_SYSTEM, /* ア */
	KIND_REGISTRY,    /* イ */
	KIND_EVENT_LOG,   /* ウ */
	KIND_BROWSER,     /* エ */
	KIND_MEMORY,      /* オ */
	KIND_SOFTWARE,    /* カ */
	KIND_STARTUP,     /* キ */
	KIND_HARDWARE,    /* ク */
	KIND_COUNT,
};

struct collection; /* opaque here: collection.h */

/* A thing known by what stands together, wherever it lies on a volume: of a directory that holds all `anchors`
 * (file names), what matches `below` (patterns relative to it) is taken. Both are NULL-ended. */
struct collector_structure {
	const char *const *anchors;
	const char *const *below;
};
#define COLLECTOR_ANCHORS_MAX    8
#define COLLECTOR_STRUCTURES_MAX 32 /* of all collectors together */

struct collector {
	const char *name;    /* "event-logs": on the command line, in the bundle, in docs/ */
	const char *summary; /* English; shown through tr() */
	enum information_kind kind;
	int volatility; /* 0 is lost first; the run goes in this order (RFC 3227) */
	unsigned needs; /* NEEDS_* */
	/* Volume collectors: the patterns it takes ("Windows/System32/winevt/Logs/" "*.evtx"), NULL-ended, applied to
	 * every volume; NULL when it only runs. A named stream is written "path:stream". */
	const char *const *patterns;
	const struct collector_structure *structures; /* NULL-ended by .anchors == NULL; or NULL */
	/* Live collectors, and what is taken of disks. Returns nothing: what fails is reported, the run goes on. NULL
	 * when patterns are all. */
	void (*run)(struct collection *collection);
	/* Volume collectors that do more than take by patterns: called for each usable NTFS volume, shadow copies
	 * too, by its index in the plan. NULL: patterns are all. */
	void (*run_volume)(struct collection *collection, size_t volume);
};

/* Every collector: collect_NAME. A file without a row in list.h fails clang's -Wmissing-variable-declarations. */
#define COLLECTOR(name) extern const struct collector collect_##name;
#include "collectors/list.h"
#undef COLLECTOR

#endif
