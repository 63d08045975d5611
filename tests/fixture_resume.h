/* Bundles in memory that were interrupted, and going on with them until their content is that of a run that nobody disturbed. */
#ifndef KANSHIKI_TESTS_FIXTURE_RESUME_H
#define KANSHIKI_TESTS_FIXTURE_RESUME_H

#include "fixture_bundle.h"

#define KIB       1024
#define BIG_BYTES (340 * KIB + 11) /* of "fs/C/big": over several volumes */

extern const struct bundle_checking fixture_resume_checking; /* all, without progress */

/* Of small volumes. */
struct bundle_plan fixture_resume_plan(struct fake_store *fake);
/* What a small collection does; false as soon as the destination is broken. */
bool fixture_resume_collect(struct bundle_writer *writer, struct err *err);
bool fixture_resume_finish(struct bundle_writer *writer, struct err *err);
/* The content of a run that nobody disturbed: each thing once. was_complete: what tells of its state may be there. */
void fixture_resume_check_content(struct fake_store *fake, bool was_complete);
/* NULL: it is refused. */
struct bundle_writer *fixture_resume(
    struct fake_store *fake, struct bundle_resumed *resumed, struct err *err);
/* Goes on until it is done; the power goes at the nth change of each of the first `deaths` attempts. True: it was
 * complete, and only what tells of its state was not removed. */
bool fixture_resume_to_end(struct fake_store *fake, uint64_t nth, unsigned deaths);
/* A bundle whose run died inside the large entry, of which a part is sealed. */
struct fake_store *fixture_resume_interrupted(void);
/* With that error, and nothing changed. */
void fixture_resume_refuses(
    struct fake_store *fake, const struct bundle_plan *plan, enum err_kind kind, const char *text);

#endif
