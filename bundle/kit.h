/* The field kit: what a responder carries. Recipients and a seal certificate, no decryption key. */
#ifndef KANSHIKI_BUNDLE_KIT_H
#define KANSHIKI_BUNDLE_KIT_H

#include "core/store.h"
#include "bundle/seal.h"

#define KIT_UNLOCKS 16 /* at most */

/* an identity under a passphrase or a hardware key, which each bundle gets a copy of */
struct kit_unlock {
	struct text who;     /* [A-Za-z0-9_-], 1 to KIT_WHO_MAX */
	struct text content; /* of unlock.WHO.age */
};
#define KIT_WHO_MAX 32

struct kit {
	struct text name;
	uint64_t created, expires;   /* ticks */
	struct text_list recipients; /* "age1..." */
	struct text_list names; /* one for each recipient, as the office called it; "" unknown */
	struct seal_key *seal;  /* certificate, chain and private key; NULL after kit_read */
	struct text profile;    /* default profile name */
	/* "public": "ids": no names of persons and PCs outside of what is encrypted */
	bool ids_only;
	struct kit_unlock unlocks[KIT_UNLOCKS];
	size_t unlock_count;
	bool is_locked;                  /* its seal key is under a passphrase */
	struct text recipients_file, ca; /* recipients.txt and evidence-ca.pem as they stand */
};

/* Gives the passphrase of a locked seal key; asked again after a wrong one, until it fails with what to say. */
struct kit_opener {
	bool (*ask)(void *context, struct text *passphrase, struct err *err);
	void *context;
};

#define KIT_PUBLIC_NAMES "names"
#define KIT_PUBLIC_IDS   "ids"
/* What may show outside of what is encrypted, as --public and kit.json say it. ERR_USAGE. */
bool kit_public_parse(const char *word, bool *ids_only, struct err *err) MUST_CHECK;

/* Reads and checks a kit: the seal certificate belongs to its key and chains to the kit's evidence CA, every
 * recipient is well formed. ERR_MISSING (no kit.json: no such kit), ERR_DAMAGED (says which file), ERR_KEY: its seal key is
 * locked, and opener is NULL or does not open it. */
bool kit_open(struct store *store, const struct kit_opener *opener, struct kit *out,
    struct err *err) MUST_CHECK;
/* The same without the seal key, which is not even opened: for the office. */
bool kit_read(struct store *store, struct kit *out, struct err *err) MUST_CHECK;
void kit_free(struct kit *kit);
static inline void kit_free_at(struct kit *kit)
{
	kit_free(kit);
}

#endif
