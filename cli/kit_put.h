/* Writes the files of a kit that depend on its seal: for a new kit, or in the place of those of one that is renewed. */
#ifndef KANSHIKI_CLI_KIT_PUT_H
#define KANSHIKI_CLI_KIT_PUT_H

#include "bundle/issue.h"
#include "bundle/kit.h"

/* Zero but for directory and replaces; kit_put_end at the end. */
struct kit_put {
	const char *directory;
	bool replaces; /* each is first made as NAME.new; all are renamed by kit_put_done */
	struct text_list files; /* paths made so far: removed again unless it was done */
};
bool kit_put(struct kit_put *put, const char *name, const struct text *content, bool is_private,
    struct err *err) MUST_CHECK;
bool kit_put_done(struct kit_put *put, struct err *err) MUST_CHECK;
/* Of a kit that failed: removes what was made, and the record of its certificate in KEYDIR, whose key nobody has then. Where something
 * cannot be removed (the disk was pulled) the record stays, so that it can be revoked. */
void kit_put_undo(struct kit_put *put, const char *keys, const char *record);
void kit_put_end(struct kit_put *put);
static inline void kit_put_end_at(struct kit_put *put)
{
	kit_put_end(put);
}

/* Key, certificates, list, the evidence CA's signature over it, guide; kit.json last: a directory without it is no kit. kit->ca is
 * not used, kit->recipients_file is and must be in place. */
bool kit_put_sealed(struct kit_put *put, const struct issued *ca, const struct issued *seal,
    const struct kit *kit, uint64_t now, struct err *err) MUST_CHECK;

#endif
