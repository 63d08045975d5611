/* What is added at intake, each bound to MANIFEST.p7s by its own check: a time stamp, a countersignature. */
#include "bundle/reader_parts.h"

#include "bundle/countersign.h"
#include "core/time.h"

/* False with ERR_MISSING when there is none. */
static bool read_both(struct bundle_reader *reader, const char *name, size_t limit,
    struct text *sealed, struct text *added, struct err *err)
{
	return reader_small(reader->store, name, limit, added, err) &&
	       reader_small(reader->store, MANIFEST_SEAL_NAME, SEAL_BYTES, sealed, err);
}

/* With --unverified said only. */
static bool refuse(struct bundle_reader *reader, const struct err *why, struct err *err)
{
	if (reader->trust.unverified) {
		reader_problem(reader, why);
		return true;
	}
	if (err)
		*err = *why;
	return false;
}

/* A list knows nothing of what was revoked after it was made. */
static void note_revocation(struct bundle_reader *reader)
{
	char day[TIME_ISO_ROOM];

	if (reader->trust.tsa_crl_pem.len == 0)
		return;
	if (reader->stamp.crl_from == 0) {
		reader_note(reader,
		    "'%s': tsa-ca.crl has no list by its authority's issuer that covers it",
		    STAMP_NAME);
		return;
	}
	time_iso(reader->stamp.crl_from, day);
	reader_note(reader, "'%s': its authority was looked up in a revocation list of %.10s",
	    STAMP_NAME, day);
}

static bool take_stamp(struct bundle_reader *reader, struct err *err)
{
	CLEANUP(text_free) struct text sealed = {0};
	CLEANUP(text_free) struct text tsr = {0};
	struct err why = {0};

	if (!read_both(reader, STAMP_NAME, STAMP_BYTES, &sealed, &tsr, &why))
		return why.kind == ERR_MISSING || refuse(reader, &why, err);
	if (reader->trust.tsa_pem.len == 0) {
		reader_note(
		    reader, "'%s' was not checked: there is no tsa-ca.pem in KEYDIR", STAMP_NAME);
		return true;
	}
	const struct stamp_trust trust = {reader->trust.tsa_pem, reader->trust.tsa_crl_pem};

	if (!stamp_verify(text_bytes(&sealed), text_bytes(&tsr), (struct bytes){0}, &trust,
		&reader->stamp, &why)) {
		fail_in(&why, "'%s'", STAMP_NAME);
		return refuse(reader, &why, err);
	}
	note_revocation(reader);
	if (reader->stamp.others)
		reader_note(reader,
		    "'%s': certificates in it that the way to tsa-ca.pem does not need, and "
		    "nothing "
		    "vouches for: %zu",
		    STAMP_NAME, reader->stamp.others);
	return true;
}

static bool take_countersignature(struct bundle_reader *reader, struct err *err)
{
	CLEANUP(text_free) struct text sealed = {0};
	CLEANUP(text_free) struct text p7s = {0};
	struct err why = {0};

	if (!read_both(reader, COUNTERSIGN_NAME, SEAL_BYTES, &sealed, &p7s, &why))
		return why.kind == ERR_MISSING || refuse(reader, &why, err);
	if (!countersign_verify(
		text_bytes(&sealed), text_bytes(&p7s), &reader->countersigned, &why)) {
		fail_in(&why, "'%s'", COUNTERSIGN_NAME);
		return refuse(reader, &why, err);
	}
	return true;
}

uint64_t reader_judged_at(const struct bundle_reader *reader, const char *seal)
{
	bool is_stamped = reader->stamp.at && strcmp(seal, MANIFEST_SEAL_NAME) == 0;

	return is_stamped && !reader->trust.is_at_given ? reader->stamp.at : reader->trust.at;
}

void reader_drop_intake(struct bundle_reader *reader)
{
	if (reader->stamp.at)
		reader_note(reader, "'%s' counts for nothing: it is not of this seal", STAMP_NAME);
	if (reader->countersigned.signer.len)
		reader_note(
		    reader, "'%s' counts for nothing: it is not of this seal", COUNTERSIGN_NAME);
	stamp_facts_free(&reader->stamp);
	seal_facts_free(&reader->countersigned);
}

bool reader_intake(struct bundle_reader *reader, struct err *err)
{
	return take_stamp(reader, err) && take_countersignature(reader, err);
}
