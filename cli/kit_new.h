/* Makes a field kit: keys of the office in KEYDIR, what travels in the kit's directory. */
#ifndef KANSHIKI_CLI_KIT_NEW_H
#define KANSHIKI_CLI_KIT_NEW_H

#include "cli/passphrase.h"

struct kit_order {
	const char *directory, *keys;
	const char *name;            /* NULL: made from the date */
	const char *profile;         /* the kit's default */
	bool ids_only;               /* struct kit */
	struct text_list recipients; /* beside the one of KEYDIR: "NAME=age1..." or "age1..." */
	struct text_list unlocks;    /* who gets an identity under a passphrase */
	bool locks_seal;             /* the seal key comes under a passphrase */
	struct passphrase passphrase;
	struct text_list programs; /* kanshiki.exe to copy; empty: looked for */
	unsigned days;
	uint64_t now;
};

struct kit_made { /* what to tell the user; text_free each */
	struct text name;
	bool new_ca, new_recipient;
	bool is_writing;   /* when it failed: what failed was something to be made */
	unsigned programs; /* copied */
	uint64_t expires;
};
void kit_made_free(struct kit_made *made);
static inline void kit_made_free_at(struct kit_made *made)
{
	kit_made_free(made);
}

/* Makes both directories if missing. Refuses to overwrite a kit or a name issued before (ERR_EXISTS), and a KEYDIR that lies in
 * the kit (ERR_USAGE): its keys would travel. Files and directories made are removed again when it fails,
 * and its record in KEYDIR; *out then says what was made in KEYDIR and stays. */
bool kit_new(struct kit_order *order, struct kit_made *out, struct err *err) MUST_CHECK;

/* Gives the seal of a kit a fresh key and certificate, `days` from now: same name, recipients, profile. Its own evidence CA must be
 * that of KEYDIR, and nothing in it changed. A kit whose seal key was locked stays so, with a new passphrase. ERR_UNTRUSTED: it was
 * revoked. Of order directory, keys, days, locks_seal, passphrase, now are used. */
bool kit_renew(struct kit_order *order, struct kit_made *out, struct err *err) MUST_CHECK;

/* Asks for the passphrase that the seal key is to have. */
bool kit_ask_seal(struct passphrase *from, struct text *out, struct err *err) MUST_CHECK;

/* kit_programs.c: copies the Windows programs; *count says how many. Names of what was made are added to `made`. */
bool kit_copy_programs(const struct kit_order *order, struct text_list *made, unsigned *count,
    struct err *err) MUST_CHECK;

#endif
