/* collection.json: who, what, where, by which clock and tool; and the custody sheet made from the same facts.
 * A field that nothing tells us is null, and `why` says so. */
#ifndef KANSHIKI_COLLECTORS_FACTS_H
#define KANSHIKI_COLLECTORS_FACTS_H

#include "bundle/kit.h"
#include "collectors/collection.h"
#include "core/json.h"
#include "platform/host.h"

#define FACTS_BYTES_MAX ((size_t)1 << 20) /* of a --facts file */

struct facts_file; /* opaque: what the responder wrote down beforehand */

/* Parses a JSON object. ERR_DAMAGED with line and reason. */
bool facts_file_parse(struct bytes json, struct facts_file **out, struct err *err) MUST_CHECK;
void facts_file_free(struct facts_file *file);
CLEANUP_POINTER(struct facts_file, facts_file_free);
/* The text at "operator" / "name"; NULL when it is not there. Lives as long as the file. file may be NULL. */
const char *facts_file_text(const struct facts_file *file, const char *object, const char *key);

struct read_back {          /* of the volumes, from the medium */
	const char *result; /* "good", "bad", "stopped", "left out"; NULL: not yet */
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
	const uint8_t *collection_id; /* 16 bytes */
	uint64_t started, ended;
	int32_t zone_minutes;
	uint64_t boot_time;
	const struct read_back *read_back;
	bool is_live;                         /* host is the machine that we run on */
	char program_sha256[SHA256_HEX_ROOM]; /* "" unknown */
};

void facts_write(const struct facts *facts, struct text *out);

/* 証拠物件管理票: one page of text, Japanese and English, with empty boxes for the number. */
void facts_custody(const struct facts *facts, struct text *out);

#endif
