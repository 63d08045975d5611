/* Whom we trust and with what we open: the options that all commands share which read a bundle. */
#ifndef KANSHIKI_CLI_TRUST_H
#define KANSHIKI_CLI_TRUST_H

#include "bundle/reader.h"
#include "cli/passphrase.h"

#define TRUST_OPTIONS 6 /* the last is --unverified; verify leaves it out */

/* Zero before use; trust_free at the end. */
struct trust {
	const char *keys, *ca, *at; /* as given */
	struct text_list identity_paths;
	struct passphrase passphrase; /* of identity files that are under one */
	bool unverified;
	struct text ca_pem, crl_pem, tsa_pem, tsa_crl_pem; /* as read */
	struct text_list identities;
	struct bundle_trust bundle; /* borrows from the above; after trust_load */
};

/* Fills the first TRUST_OPTIONS rows of a command's option table. */
void trust_options(struct trust *trust, struct option *options);
/* Reads the files. Without an evidence CA (unless --unverified), or without an identity where one is needed, it is
 * ERR_USAGE with the option to give. */
bool trust_load(struct trust *trust, bool needs_identity, struct err *err) MUST_CHECK;
/* Of a file that was named to us: without the mark of what it should be it is another file, and not damaged. */
void trust_blame_choice(struct err *err, struct bytes content, const char *mark);
/* Wipes the identities. */
void trust_free(struct trust *trust);
static inline void trust_free_at(struct trust *trust)
{
	trust_free(trust);
}

#endif
