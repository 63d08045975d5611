/* Keys for tests: an evidence CA, a seal certificate, an age identity. */
#ifndef KANSHIKI_TESTS_FIXTURE_SEAL_H
#define KANSHIKI_TESTS_FIXTURE_SEAL_H

#include "bundle/seal.h"
#include "bundle/issue.h"

#define FIXTURE_NOW 134000000000000000ull /* 2025-08-18 */

struct fixture_seal {
	struct issued ca, certificate;
	struct seal_key *seal;
	struct text_list recipients, identities;
};

/* False when libcrypto fails. */
bool fixture_seal_make(struct fixture_seal *out, struct err *err);
void fixture_seal_free(struct fixture_seal *fixture);

/* The keys of a group of tests: made before it, freed after it. */
extern struct fixture_seal fixture_keys;
int fixture_keys_make(void **state);
int fixture_keys_free(void **state);

#endif
