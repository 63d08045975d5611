/* What the files of resume share; nobody else includes it. */
#ifndef KANSHIKI_BUNDLE_RESUME_PARTS_H
#define KANSHIKI_BUNDLE_RESUME_PARTS_H

#include "bundle/writer_state.h"

struct resuming {
	struct store *store;
	const struct bundle_plan *plan;
	const struct bundle_checking *checking;
	struct manifest manifest;
	struct resume_state state;
	uint32_t files; /* RESUME.NNN that are listed */
	bool manifest_is_new, seal_is_new;
	uint64_t done, total; /* bytes checked */
	struct text_list to_remove;
};

/* resume_check.c: all files that stay. Nothing is changed. */
bool resume_check_files(struct resuming *r, struct err *err) MUST_CHECK;
/* The content of a listed file. */
bool resume_check_listed(
    struct resuming *r, const char *name, struct bytes content, struct err *err) MUST_CHECK;
bool resume_hash_file(struct resuming *r, const char *name, uint64_t size, bool counts,
    uint8_t sha256[SHA256_LEN], struct err *err) MUST_CHECK;
/* The volume of that name, where a RESUME tells of it; else NULL. */
const struct closed_volume *resume_told(const struct resuming *r, const char *name);
bool resume_is_cut_name(const char *name);
/* What the run makes anew at its end. */
bool resume_is_made_anew(const char *name);

#endif
