/* Keys for tests. See fixture_seal.h. */
#include "fixture_seal.h"

#include "bundle/age.h"

struct fixture_seal fixture_keys;

bool fixture_seal_make(struct fixture_seal *out, struct err *err)
{
	CLEANUP(text_free) struct text identity = {0};
	CLEANUP(text_free) struct text recipient = {0};

	return issue_ca("test CA", FIXTURE_NOW, &out->ca, err) &&
	       issue_seal(&out->ca, "test kit", FIXTURE_NOW, 90, &out->certificate, err) &&
	       seal_key_load(text_bytes(&out->certificate.certificate),
		   text_bytes(&out->ca.certificate), text_bytes(&out->certificate.key), &out->seal,
		   err) &&
	       age_generate(&identity, &recipient, err) &&
	       text_list_add(&out->recipients, text_bytes(&recipient), err) &&
	       text_list_add(&out->identities, text_bytes(&identity), err);
}

void fixture_seal_free(struct fixture_seal *fixture)
{
	issued_free(&fixture->ca);
	issued_free(&fixture->certificate);
	seal_key_free(fixture->seal);
	text_list_free(&fixture->recipients);
	text_list_free(&fixture->identities);
	*fixture = (struct fixture_seal){0};
}

int fixture_keys_make(void **state)
{
	(void)state;
	return fixture_seal_make(&fixture_keys, NULL) ? 0 : -1;
}

int fixture_keys_free(void **state)
{
	(void)state;
	fixture_seal_free(&fixture_keys);
	return 0;
}
