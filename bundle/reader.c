/* Opens a bundle: seal and MANIFEST. See reader.h; the files are in reader_files.c, the rows in reader_rows.c, the
 * entries in reader_entries.c. */
#include "bundle/reader.h"

#include "bundle/reader_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MANIFEST_NEW_NAME MANIFEST_NAME ".new"
#define SEAL_NEW_NAME     MANIFEST_SEAL_NAME ".new"

void reader_problem(const struct bundle_reader *reader, const struct err *why)
{
	if (reader->watch.problem)
		reader->watch.problem(reader->watch.context, why);
}

void reader_note(const struct bundle_reader *reader, const char *format, ...)
{
	char line[512];
	va_list args;

	if (!reader->watch.note)
		return;
	va_start(args, format);
	int len = vsnprintf(line, sizeof(line), format, args);

	va_end(args);
	if (len >= (int)sizeof(line))
		line[text_cut(bytes_of(line), (int)sizeof(line) - 2)] = 0;
	reader->watch.note(reader->watch.context, line);
}

bool reader_progress(const struct bundle_reader *reader, const char *phase, uint64_t done,
    uint64_t total, struct err *err)
{
	if (reader->watch.progress &&
	    !reader->watch.progress(reader->watch.context, phase, done, total))
		return fail(err, ERR_STOPPED, "stopped while checking");
	return true;
}

void bundle_close(struct bundle_reader *reader)
{
	if (!reader)
		return;
	for (size_t i = 0; i < ARRAY_LEN(reader->sets); i++)
		source_close(reader->sets[i]);
	row_free(&reader->row);
	text_free(&reader->row_bytes);
	free(reader->rows);
	free(reader->by_path);
	free(reader->metas);
	free(reader->file_good);
	age_identities_free(&reader->identities);
	seal_facts_free(&reader->seal);
	seal_facts_free(&reader->countersigned);
	stamp_facts_free(&reader->stamp);
	manifest_free(&reader->manifest);
	free(reader);
}

bool reader_small(
    struct store *store, const char *name, size_t limit, struct text *out, struct err *err)
{
	CLEANUP(source_close) struct source *file = NULL;

	if (!store->open(store, name, &file, err))
		return false;
	if (file->size > limit)
		return fail(
		    err, ERR_LIMIT, "'%s' has %llu bytes", name, (unsigned long long)file->size);
	uint8_t *bytes = malloc(file->size ? (size_t)file->size : 1);

	if (!bytes)
		return fail(err, ERR_MEMORY, "no memory for '%s'", name);
	bool ok = source_read_exact(file, 0, bytes, (size_t)file->size, err);

	if (ok) {
		text_clear(out);
		text_add(out, (struct bytes){bytes, (size_t)file->size});
		ok = text_ok(out, err);
	}
	free(bytes);
	return ok || fail_in(err, "'%s'", name);
}

/* Whether anything there is of a bundle: then one was taken away from it. */
static bool has_volumes(struct store *store)
{
	CLEANUP(text_list_free) struct text_list names = {0};
	struct volume_name volume;

	if (!store->list(store, &names, NULL))
		return false;
	for (size_t i = 0; i < names.count; i++)
		if (volume_name_parse(bytes_of(names.at[i]), &volume))
			return true;
	return false;
}

/* MANIFEST.sha256; or the one that was to take its place, where a file system without an atomic replace (FAT) lost
 * both names' file between removing and renaming. */
static bool read_manifest(struct bundle_reader *reader, struct text *out, struct err *err)
{
	struct err why = {0};

	reader->manifest_file = MANIFEST_NAME;
	if (reader_small(reader->store, MANIFEST_NAME, MANIFEST_BYTES, out, &why))
		return true;
	if (why.kind == ERR_MISSING &&
	    reader_small(reader->store, MANIFEST_NEW_NAME, MANIFEST_BYTES, out, NULL)) {
		reader->manifest_file = MANIFEST_NEW_NAME;
		reader_note(reader,
		    "the MANIFEST is '%s': writing was cut off before it got its name",
		    MANIFEST_NEW_NAME);
		return true;
	}
	if (why.kind == ERR_MISSING)
		return fail(err, has_volumes(reader->store) ? ERR_DAMAGED : ERR_UNSUPPORTED,
		    "not a bundle: there is no '%s' in it", MANIFEST_NAME);
	if (err)
		*err = why;
	return false;
}

static bool check_seal(
    struct bundle_reader *reader, const char *name, struct bytes manifest, struct err *err)
{
	CLEANUP(text_free) struct text p7s = {0};
	struct seal_trust trust = {
	    .ca_pem = reader->trust.ca_pem,
	    .crl_pem = reader->trust.crl_pem,
	    .at = reader_judged_at(reader, name),
	};

	if (!reader_small(reader->store, name, SEAL_BYTES, &p7s, err)) {
		if (err && err->kind == ERR_MISSING)
			return fail(err, ERR_DAMAGED,
			    "'%s' is missing: nothing vouches for this bundle", name);
		return false;
	}
	if (!seal_verify(manifest, text_bytes(&p7s), &trust, &reader->seal, err))
		return fail_in(err, "'%s' over '%s'", name, reader->manifest_file);
	if (trust.crl_pem.len && reader->seal.crl_from == 0)
		reader_note(reader, "evidence-ca.crl has no list by the issuer of this seal that "
				    "covers it: whether the kit was revoked is not known");
	reader->seal_file = name;
	reader->sealed_valid = true;
	return true;
}

/* MANIFEST.p7s, or the one that a crash kept from its place. */
static bool find_seal(struct bundle_reader *reader, struct bytes manifest, struct err *err)
{
	struct err first = {0}, second = {0};

	if (reader->trust.ca_pem.len == 0) {
		if (!reader->trust.unverified)
			return fail(
			    err, ERR_USAGE, "the evidence CA is needed to check the signature");
		reader_note(reader, "the signature was not checked: no evidence CA was given");
		return true;
	}
	if (check_seal(reader, MANIFEST_SEAL_NAME, manifest, &first))
		return true;
	if (check_seal(reader, SEAL_NEW_NAME, manifest, &second)) {
		reader_drop_intake(reader);
		reader_note(reader, "the seal is '%s': writing was cut off before it got its name",
		    SEAL_NEW_NAME);
		return true;
	}
	/* Only the seal that fits these bytes is judged by its certificate: what is wrong with that is the reason. */
	const struct err *why =
	    second.kind == ERR_UNTRUSTED && first.kind != ERR_UNTRUSTED ? &second : &first;

	if (err)
		*err = *why;
	if (!reader->trust.unverified)
		return false;
	reader_problem(reader, why);
	return true;
}

static bool load_manifest(struct bundle_reader *reader, struct bytes text, struct err *err)
{
	uint8_t digest[SHA256_LEN];

	if (!manifest_parse(text, &reader->manifest, err))
		return fail_in(err, "'%s'", reader->manifest_file);
	if (reader->sealed_valid && memcmp(reader->manifest.seal_cert_sha256,
					reader->seal.certificate_sha256, SHA256_LEN) != 0)
		return fail(err, ERR_DAMAGED, "'%s' names another seal certificate than '%s'",
		    MANIFEST_NAME, reader->seal_file);
	hash_sha256(text, digest);
	hash_hex((struct bytes){digest, sizeof(digest)}, reader->number);
	bundle_id_text(reader->manifest.collection_id, reader->id);
	time_iso(reader->manifest.started, reader->started);
	time_iso(reader->manifest.sealed, reader->sealed);
	reader->file_good =
	    calloc(reader->manifest.file_count ? reader->manifest.file_count : 1, sizeof(bool));
	return reader->file_good || fail(err, ERR_MEMORY, "no memory for the list of files");
}

static bool load_identities(struct bundle_reader *reader, struct err *err)
{
	const struct text_list *list = reader->trust.identities;

	for (size_t i = 0; list && i < list->count; i++)
		if (!age_identities_add(&reader->identities, bytes_of(list->at[i]), err))
			return fail_in(err, "identity file %zu", i + 1);
	return true;
}

bool bundle_open_seal(struct store *store, const struct bundle_trust *trust,
    const struct bundle_watch *watch, struct bundle_reader **out, struct err *err)
{
	CLEANUP(bundle_close) struct bundle_reader *reader = calloc(1, sizeof(*reader));
	CLEANUP(text_free) struct text manifest = {0};

	if (!reader)
		return fail(err, ERR_MEMORY, "no memory for a bundle");
	reader->store = store;
	reader->trust = *trust;
	reader->rows_most = READER_ROWS;
	if (watch)
		reader->watch = *watch;
	if (!read_manifest(reader, &manifest, err))
		return false;
	if (!load_identities(reader, err) || !reader_intake(reader, err) ||
	    !find_seal(reader, text_bytes(&manifest), err) ||
	    !load_manifest(reader, text_bytes(&manifest), err))
		return false;
	*out = TAKE(reader);
	return true;
}

bool bundle_open(struct store *store, const struct bundle_trust *trust, struct bundle_reader **out,
    struct err *err)
{
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;

	if (!bundle_open_seal(store, trust, NULL, &reader, err) ||
	    !bundle_open_content(reader, err))
		return false;
	*out = TAKE(reader);
	return true;
}

void bundle_facts(const struct bundle_reader *reader, struct bundle_facts *out)
{
	const struct manifest *manifest = &reader->manifest;

	*out = (struct bundle_facts){
	    .sealed_valid = reader->sealed_valid,
	    .complete = manifest->complete,
	    .collection_id = reader->id,
	    .case_id = text_string(&manifest->case_id),
	    .host = text_string(&manifest->host),
	    .started = reader->started,
	    .sealed = reader->sealed,
	    .seal_file = reader->seal_file ? reader->seal_file : MANIFEST_SEAL_NAME,
	    .signer = text_string(&reader->seal.signer),
	    .issuer = text_string(&reader->seal.issuer),
	    .signed_at = reader->seal.signed_at,
	    .not_before = reader->seal.not_before,
	    .not_after = reader->seal.not_after,
	    .judged_at = reader_judged_at(
		reader, reader->seal_file ? reader->seal_file : MANIFEST_SEAL_NAME),
	    .revoked = reader->seal.revoked,
	    .stamped_at = reader->stamp.at,
	    .stamped_by = text_string(&reader->stamp.authority),
	    .countersigned_by = text_string(&reader->countersigned.signer),
	    .recipients = &manifest->recipients,
	    .volumes = manifest->volumes,
	    .files = manifest->file_count,
	    .has_content = reader->has_content,
	};
	memcpy(out->number, reader->number, sizeof(out->number));
	if (reader->countersigned.signer.len)
		hash_hex((struct bytes){reader->countersigned.certificate_sha256, SHA256_LEN},
		    out->countersigner);
}

const char *bundle_volume_name(const struct bundle_reader *reader, size_t index)
{
	for (size_t i = 0; i < reader->manifest.file_count; i++) {
		struct volume_name volume;

		if (!volume_name_parse(bytes_of(reader->manifest.files[i].name), &volume))
			continue;
		if (index-- == 0)
			return reader->manifest.files[i].name;
	}
	return NULL;
}

bool bundle_listed_sha256(
    const struct bundle_reader *reader, const char *name, uint8_t sha256[SHA256_LEN])
{
	const struct manifest_file *file = manifest_find(&reader->manifest, bytes_of(name));

	if (file)
		memcpy(sha256, file->sha256, SHA256_LEN);
	return file != NULL;
}
