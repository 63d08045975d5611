/* CMS SignedData (RFC 5652 5) of exactly the shape that seal.c writes. Everything outside the signed attributes
 * and the certificate is compared with fixed bytes or with the certificate, so no bit of it can change. */
#include "bundle/seal_profile.h"

#include "core/time.h"
#include "bundle/der.h"

#include <stdio.h>

static const uint8_t oid_signed_data[] = {
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
static const uint8_t version_1[] = {0x02, 0x01, 0x01};
static const uint8_t digest_sha256[] = {
    0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01};
static const uint8_t oid_data[] = {
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
static const uint8_t ecdsa_sha256[] = {
    0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
static const uint8_t oid_content_type[] = {
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03};
static const uint8_t oid_message_digest[] = {
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04};
static const uint8_t oid_signing_time[] = {
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05};
static const uint8_t oid_signing_certificate_v2[] = {
    0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f};

static bool is_oid(struct bytes oid, const uint8_t *of, size_t len)
{
	return oid.len == len && memcmp(oid.at, of, len) == 0;
}

bool seal_time(struct bytes digits, uint64_t *ticks)
{
	char iso[32];
	const char *d = (const char *)digits.at;
	size_t year = digits.len == 15 ? 4 : 2;

	if ((digits.len != 13 && digits.len != 15) || d[digits.len - 1] != 'Z')
		return false;
	for (size_t i = 0; i + 1 < digits.len; i++)
		if (d[i] < '0' || d[i] > '9')
			return false;
	snprintf(iso, sizeof(iso), "%s%.*s-%.2s-%.2sT%.2s:%.2s:%.2sZ",
	    year == 4     ? ""
	    : d[0] >= '5' ? "19"
			  : "20",
	    (int)year, d, d + year, d + year + 2, d + year + 4, d + year + 6, d + year + 8);
	return time_parse(iso, ticks, NULL);
}

/* SigningCertificateV2 (RFC 5035): one ESSCertIDv2 with the default hash. */
static bool take_certificate_digest(struct bytes value, struct bytes *digest)
{
	struct bytes signing, list, one;

	return der_take(&value, DER_SEQUENCE, &signing, NULL) && value.len == 0 &&
	       der_take(&signing, DER_SEQUENCE, &list, NULL) && signing.len == 0 &&
	       der_take(&list, DER_SEQUENCE, &one, NULL) && list.len == 0 &&
	       der_take(&one, DER_OCTETS, digest, NULL) && digest->len == SHA256_LEN;
}

static bool take_signing_time(struct bytes value, uint64_t *ticks)
{
	struct bytes digits;

	if (!der_take(&value, DER_UTC_TIME, &digits, NULL) &&
	    !der_take(&value, DER_GENERALIZED_TIME, &digits, NULL))
		return false;
	return value.len == 0 && seal_time(digits, ticks);
}

enum seen { SEEN_TYPE = 1, SEEN_DIGEST = 2, SEEN_TIME = 4, SEEN_CERTIFICATE = 8, SEEN_ALL = 15 };

/* One attribute: its OID and a set of exactly one value. Returns what it was, 0 when it may not stand there. */
static unsigned take_attribute(struct bytes attribute, struct seal_parts *parts)
{
	struct bytes oid, value;

	if (!der_take(&attribute, DER_OID, NULL, &oid) ||
	    !der_take(&attribute, DER_SET, &value, NULL) || attribute.len)
		return 0;
	if (is_oid(oid, oid_content_type, sizeof(oid_content_type)))
		return is_oid(value, oid_data, sizeof(oid_data)) ? SEEN_TYPE : 0;
	if (is_oid(oid, oid_message_digest, sizeof(oid_message_digest)))
		return der_take(&value, DER_OCTETS, &parts->message_digest, NULL) &&
			       value.len == 0 && parts->message_digest.len == SHA256_LEN
			   ? SEEN_DIGEST
			   : 0;
	if (is_oid(oid, oid_signing_time, sizeof(oid_signing_time)))
		return take_signing_time(value, &parts->signed_at) ? SEEN_TIME : 0;
	if (is_oid(oid, oid_signing_certificate_v2, sizeof(oid_signing_certificate_v2)))
		return take_certificate_digest(value, &parts->certificate_digest) ? SEEN_CERTIFICATE
										  : 0;
	return 0;
}

static bool take_attributes(struct seal_parts *parts, struct err *err)
{
	struct bytes rest = parts->attributes;
	unsigned seen = 0;

	while (rest.len) {
		struct bytes attribute;
		unsigned now = der_take(&rest, DER_SEQUENCE, &attribute, NULL)
				   ? take_attribute(attribute, parts)
				   : 0;

		if (now == 0 || (seen & now))
			return fail(err, ERR_DAMAGED, "a signed attribute is not as we write it");
		seen |= now;
	}
	if (seen != SEEN_ALL)
		return fail(err, ERR_DAMAGED, "a signed attribute is missing");
	return true;
}

/* SignerInfo, RFC 5652 5.3. */
static bool take_signer(struct bytes infos, struct seal_parts *parts, struct err *err)
{
	struct bytes signer, identity;

	if (!der_take(&infos, DER_SEQUENCE, &signer, NULL) || infos.len)
		return fail(err, ERR_DAMAGED, "not exactly one signer");
	if (!der_expect(&signer, version_1, sizeof(version_1)) ||
	    !der_take(&signer, DER_SEQUENCE, &identity, NULL) ||
	    !der_take(&identity, DER_SEQUENCE, NULL, &parts->issuer) ||
	    !der_take(&identity, DER_INTEGER, NULL, &parts->serial) || identity.len)
		return fail(err, ERR_DAMAGED, "the signer is not named as we write it");
	if (!der_expect(&signer, digest_sha256, sizeof(digest_sha256)) ||
	    !der_take(&signer, DER_CONTEXT_0, &parts->attributes, NULL) ||
	    !der_expect(&signer, ecdsa_sha256, sizeof(ecdsa_sha256)) ||
	    !der_take(&signer, DER_OCTETS, &parts->signature, NULL))
		return fail(err, ERR_DAMAGED, "the algorithms are not ECDSA with SHA-256");
	if (signer.len)
		return fail(err, ERR_DAMAGED, "unsigned attributes stand after the signature");
	return take_attributes(parts, err);
}

static bool take_certificates(struct bytes set, struct seal_parts *parts, struct err *err)
{
	while (set.len) {
		if (parts->certificate_count == SEAL_CERTIFICATES)
			return fail(err, ERR_LIMIT, "more than %d certificates", SEAL_CERTIFICATES);
		if (!der_take(
			&set, DER_SEQUENCE, NULL, &parts->certificates[parts->certificate_count]))
			return fail(err, ERR_DAMAGED, "a certificate is broken");
		parts->certificate_count++;
	}
	return true;
}

bool seal_profile(struct bytes p7s, struct seal_parts *out, struct err *err)
{
	struct seal_parts parts = {0};
	struct bytes info, wrapped, data, digests, content, certificates, infos;

	if (p7s.len > SEAL_BYTES)
		return fail(err, ERR_LIMIT, "a seal of %zu bytes", p7s.len);
	if (!der_take(&p7s, DER_SEQUENCE, &info, NULL) || p7s.len ||
	    !der_expect(&info, oid_signed_data, sizeof(oid_signed_data)) ||
	    !der_take(&info, DER_CONTEXT_0, &wrapped, NULL) || info.len ||
	    !der_take(&wrapped, DER_SEQUENCE, &data, NULL) || wrapped.len)
		return fail(err, ERR_DAMAGED, "not a CMS signature in DER");
	if (!der_expect(&data, version_1, sizeof(version_1)) ||
	    !der_take(&data, DER_SET, &digests, NULL) ||
	    !der_expect(&digests, digest_sha256, sizeof(digest_sha256)) || digests.len ||
	    !der_take(&data, DER_SEQUENCE, &content, NULL) ||
	    !is_oid(content, oid_data, sizeof(oid_data)))
		return fail(err, ERR_DAMAGED, "not a detached signature with SHA-256");
	if (!der_take(&data, DER_CONTEXT_0, &certificates, NULL) ||
	    !der_take(&data, DER_SET, &infos, NULL) || data.len)
		return fail(err, ERR_DAMAGED, "certificates and signer are not as we write them");
	if (!take_certificates(certificates, &parts, err) || !take_signer(infos, &parts, err))
		return false;
	*out = parts;
	return true;
}
