/* collection.json: who, what, where, by which clock and tool; and the custody sheet made from the same facts.
 * A field that nothing tells us is null, and `why` says so. */
#ifndef KANSHIKI_COLLECTORS_FACTS_H
#define KANSHIKI_COLLECTORS_FACTS_H

#include "bundle/kit.h"
#include "collectors/collection.h"
#include "core/json.h"
#include "platform/clock.h"
#include "platform/host.h"

#define FACTS_BYTES_MAX ((size_t)1 << 20) /* of a --facts file */

struct facts_file; /* opaque: what the responder wrote down beforehand */

/* Parses a JSON object. ERR_DAMAGED with line and reason. */
bool facts_file_parse(struct bytes json, struct facts_file **out, struct err *err) MUST_CHECK;
void facts_file_free(struct facts_file *file);
CLEANUP_POINTER(struct facts_file, facts_file_free);
/* The text at "operator" / "name"; NULL when it is not there. Lives as long as the file. file may be NULL. */
const char *facts_file_text(const struct facts_file *file, const char *object, const char *key);

/* Puts a text (UTF-8) at "operator" / "name", in the place of what is there, of a list into the first; makes *file where it
 * is NULL. */
bool facts_file_put(struct facts_file **file, const char *object, const char *key,
    const char *value, struct err *err) MUST_CHECK;

struct facts_clock { /* the clocks of the machine that collects, read at once */
	uint64_t utc, monotonic_ms;
	int32_t zone_minutes;
	uint64_t boot_time; /* 0: unknown */
};

struct facts_reference {   /* a clock that is right, read by a person */
	const char *typed; /* NULL: none */
	uint64_t utc;      /* what it showed */
	uint64_t host;     /* the host clock when it was given */
};
/* "2026-11-20T22:04:15Z", or a zone instead of the Z: "2026-11-21 07:04:15+09:00". ERR_USAGE says how it is written. */
bool facts_reference_parse(const char *typed, uint64_t *utc, struct err *err) MUST_CHECK;
/* What a person types in front of the PC: as above, or without a zone by the clock on the wall (zone_minutes before UTC),
 * "2026-11-21 07:04", or a time alone, "07:04:15", on the day nearest to the host's. Digits may be full-width. ERR_USAGE. */
bool facts_clock_reading(const char *typed, uint64_t host, int32_t zone_minutes, uint64_t *utc,
    struct err *err) MUST_CHECK;
/* Host clock minus reference in milliseconds: above 0 the host's is fast. */
int64_t facts_offset_ms(const struct facts_reference *reference);

enum read_back_result {
	READ_BACK_NOT_YET,
	READ_BACK_GOOD,
	READ_BACK_BAD,
	READ_BACK_STOPPED,
	READ_BACK_LEFT_OUT
};
struct read_back { /* of the volumes, from the medium */
	enum read_back_result result;
	struct bundle_read_back done;
	uint64_t milliseconds;
};

struct facts {                         /* all borrowed */
	const struct facts_file *file; /* NULL: none given */
	const struct collection *collection;
	const struct bundle_writer *writer;
	const struct volume_set *volumes;
	const struct host_facts *machine; /* that we run on */
	const struct kit *kit;
	const char *host, *case_id, *profile, *directory;
	const uint8_t *collection_id;         /* 16 bytes */
	const struct bundle_resumed *resumed; /* NULL: this run began it */
	struct facts_clock started, ended;
	struct facts_reference reference;
	const struct clock_sync *sync_started, *sync_ended;
	const struct read_back *read_back;
	const char *out;                      /* where the bundle's directory is made */
	uint64_t free_before;                 /* bytes there; UINT64_MAX: unknown */
	const char *locale;                   /* of the user's system */
	bool is_live;                         /* host is the machine that we run on */
	bool ids_only;                        /* names of people and PCs are inside alone */
	char program_sha256[SHA256_HEX_ROOM]; /* "" unknown */
};

void facts_write(const struct facts *facts, struct text *out);

/* 証拠物件管理票: one page of text, Japanese and English, with empty boxes for the number. hides_names: for all to read,
 * without names of people, PCs and places, which are lines to write on. */
void facts_custody(const struct facts *facts, bool hides_names, struct text *out);

#endif
