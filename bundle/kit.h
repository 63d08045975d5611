/* The field kit: what a responder carries. Recipients and a seal certificate, no decryption key. */
#ifndef KANSHIKI_BUNDLE_KIT_H
#define KANSHIKI_BUNDLE_KIT_H

#include "core/store.h"
#include "bundle/seal.h"

struct kit {
	struct text name;
	uint64_t created, expires;   /* ticks */
	struct text_list recipients; /* "age1..." */
	struct seal_key *seal;       /* certificate, chain and private key */
	struct text profile;         /* default profile name */
	bool
	    ids_only; /* "public": "ids": no names of persons and PCs outside of what is encrypted */
};

#define KIT_PUBLIC_NAMES "names"
#define KIT_PUBLIC_IDS   "ids"
/* What may show outside of what is encrypted, as --public and kit.json say it. ERR_USAGE. */
bool kit_public_parse(const char *word, bool *ids_only, struct err *err) MUST_CHECK;

/* Reads and checks a kit: the seal certificate belongs to its key and chains to the kit's evidence CA, every
 * recipient is well formed. ERR_MISSING (no kit.json: no such kit), ERR_DAMAGED (says which file). */
bool kit_load(struct store *store, struct kit *out, struct err *err) MUST_CHECK;
void kit_free(struct kit *kit);
static inline void kit_free_at(struct kit *kit)
{
	kit_free(kit);
}

#endif
