/* The signed list of a kit: recipients or profile of another would send the evidence to a stranger. See kit_files.h. */
#include "bundle/kit_files.h"

#include "bundle/pem.h"
#include "bundle/seal_verify.h"
#include "core/array.h"

#define LISTED 5

static const char *const names[LISTED] = {KIT_JSON, KIT_RECIPIENTS, KIT_SEAL, KIT_CHAIN, KIT_CA};

static struct bytes content_of(const struct kit_listed *files, size_t index)
{
	const struct bytes contents[LISTED] = {
	    files->json, files->recipients, files->seal, files->chain, files->ca};

	return contents[index];
}

/* Behind the fixed ones come the files of the identities. */
static struct bytes file_at(const struct kit_listed *files, size_t index, struct text *name)
{
	if (index < LISTED) {
		text_adds(name, names[index]);
		return content_of(files, index);
	}
	kit_unlock_name(text_bytes(&files->unlocks[index - LISTED].who), name);
	return text_bytes(&files->unlocks[index - LISTED].content);
}

static void add_line(
    const struct kit_listed *files, size_t index, struct text *name, struct text *out)
{
	uint8_t digest[SHA256_LEN];

	hash_sha256(file_at(files, index, name), digest);
	text_add_hex(out, (struct bytes){digest, sizeof(digest)});
	text_addf(out, "  %s\n", text_string(name));
}

void kit_format_list(const struct kit_listed *files, struct text *out)
{
	for (size_t i = 0; i < LISTED + files->unlock_count; i++) {
		CLEANUP(text_free) struct text name = {0};

		add_line(files, i, &name, out);
	}
}

/* Whether the certificate of that hash is one of the CA's own. */
static bool is_ca(const uint8_t digest[SHA256_LEN], struct bytes ca_pem, bool *is, struct err *err)
{
	CLEANUP(pem_certificates_free) STACK_OF(X509) *authorities = NULL;

	if (!pem_certificates(ca_pem, 1, &authorities, err))
		return false;
	*is = false;
	for (int i = 0; i < sk_X509_num(authorities) && !*is; i++) {
		uint8_t own[SHA256_LEN];
		unsigned len = sizeof(own);

		*is = X509_digest(sk_X509_value(authorities, i), EVP_sha256(), own, &len) == 1 &&
		      memcmp(own, digest, SHA256_LEN) == 0;
	}
	return true;
}

bool kit_check_list(
    const struct kit_listed *files, struct bytes list, struct bytes p7s, struct err *err)
{
	CLEANUP(seal_facts_free) struct seal_facts facts = {0};
	bool by_ca = false;

	if (!seal_verify_signature(list, p7s, &facts, err))
		return fail_in(err, "'%s' over '%s'", KIT_LIST_SEAL, KIT_LIST);
	if (!is_ca(facts.certificate_sha256, files->ca, &by_ca, err))
		return fail_in(err, "'%s'", KIT_CA);
	if (!by_ca)
		return fail(err, ERR_UNTRUSTED, "'%s' is not by the evidence CA of '%s'",
		    KIT_LIST_SEAL, KIT_CA);
	size_t at = 0;

	for (size_t i = 0; i < LISTED + files->unlock_count; i++) {
		CLEANUP(text_free) struct text line = {0};
		CLEANUP(text_free) struct text name = {0};
		struct bytes stands;

		add_line(files, i, &name, &line);
		if (!text_ok(&line, err) || !text_ok(&name, err))
			return false;
		if (!bytes_slice(list, at, line.len, &stands) ||
		    !bytes_equal(stands, text_bytes(&line)))
			return fail(err, ERR_DAMAGED,
			    "'%s' is not as the office signed it; do not use this kit",
			    text_string(&name));
		at += line.len;
	}
	return at == list.len || fail(err, ERR_DAMAGED, "'%s' lists more than it should", KIT_LIST);
}
