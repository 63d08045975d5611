/* Age vectors in the C2SP CCTV form: "key: value" lines, an empty line, an age file. Arguments: the vectors. Each must end as
 * its `expect` says, and what was given out must have the hash of its `payload`. */
#include "bundle/age_header.h"
#include "core/array.h"
#include "core/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define VECTOR_MAX ((size_t)64 << 20)

struct vector {
	char expect[32];
	char payload[SHA256_HEX_ROOM];
	bool is_zlib, is_armored, is_post_quantum, is_unknown;
	struct age_identities identities;
	struct text file;
};

static void vector_free_at(struct vector *vector)
{
	age_identities_free(&vector->identities);
	text_free(&vector->file);
}

static bool read_file(const char *path, struct text *out)
{
	FILE *file = fopen(path, "rb");
	uint8_t buffer[65536];
	size_t got;

	if (!file)
		return false;
	while ((got = fread(buffer, 1, sizeof(buffer), file)) > 0)
		text_add(out, (struct bytes){buffer, got});
	bool ok = !ferror(file) && !out->failed;

	fclose(file);
	return ok;
}

static bool inflate_all(struct bytes packed, struct text *out)
{
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)packed.at, .avail_in = (uInt)packed.len};
	uint8_t buffer[65536];
	int result = inflateInit(&stream);

	while (result == Z_OK) {
		stream.next_out = buffer;
		stream.avail_out = sizeof(buffer);
		result = inflate(&stream, Z_NO_FLUSH);
		text_add(out, (struct bytes){buffer, sizeof(buffer) - stream.avail_out});
	}
	inflateEnd(&stream);
	return result == Z_STREAM_END && !out->failed;
}

static bool take_identity(struct vector *vector, const char *value, struct err *err)
{
	if (strncmp(value, "AGE-SECRET-KEY-PQ-", 18) == 0) {
		vector->is_post_quantum = true;
		return true;
	}
	return age_identities_add(&vector->identities, bytes_of(value), err);
}

static bool take_line(struct vector *vector, const char *key, const char *value, struct err *err)
{
	if (strcmp(key, "expect") == 0)
		snprintf(vector->expect, sizeof(vector->expect), "%s", value);
	else if (strcmp(key, "payload") == 0)
		snprintf(vector->payload, sizeof(vector->payload), "%s", value);
	else if (strcmp(key, "compressed") == 0 && strcmp(value, "zlib") == 0)
		vector->is_zlib = true;
	else if (strcmp(key, "armored") == 0)
		vector->is_armored = strcmp(value, "yes") == 0;
	else if (strcmp(key, "identity") == 0)
		return take_identity(vector, value, err);
	else if (strcmp(key, "passphrase") == 0)
		return age_identities_add_passphrase(&vector->identities, bytes_of(value), err);
	else if (strcmp(key, "file key") != 0 && strcmp(key, "comment") != 0)
		vector->is_unknown = true;
	return true;
}

/* False for a file that is no vector (a README). */
static bool parse_vector(struct text *whole, struct vector *vector, struct err *err)
{
	char *line = whole->at;
	char *end;

	while (line && (end = strchr(line, '\n')) != NULL && end != line) {
		char *colon = strstr(line, ": ");

		*end = 0;
		if (!colon)
			return fail(err, ERR_UNSUPPORTED, "no vector");
		*colon = 0;
		if (!take_line(vector, line, colon + 2, err))
			return false;
		line = end + 1;
	}
	if (!line || !end || !*vector->expect)
		return fail(err, ERR_UNSUPPORTED, "no vector");
	size_t at = (size_t)(end + 1 - whole->at);
	struct bytes rest = {(const uint8_t *)whole->at + at, whole->len - at};

	if (vector->is_zlib)
		return inflate_all(rest, &vector->file) || fail(err, ERR_DAMAGED, "zlib");
	text_add(&vector->file, rest);
	return text_ok(&vector->file, err);
}

/* What becomes of it, in the words of the vectors; *plain is what was given out. */
static const char *run_vector(const struct vector *vector, struct text *plain, struct err *err)
{
	CLEANUP(age_header_free) struct age_header header = {0};
	CLEANUP(source_close) struct source *file = source_of_bytes(text_bytes(&vector->file));
	CLEANUP(sink_free) struct sink *to = sink_to_text(plain);
	uint8_t file_key[AGE_FILE_KEY_LEN], payload_key[AGE_KEY_LEN];
	uint64_t payload_at;

	if (!age_header_parse(text_bytes(&vector->file), &header, err))
		return "header failure";
	if (!age_header_unwrap(&header, &vector->identities, file_key, err))
		return err->kind == ERR_DAMAGED ? "header failure" : "no match";
	if (!age_header_check_mac(&header, file_key, err))
		return "HMAC failure";
	if (!age_file_key(file, &vector->identities, payload_key, &payload_at, err))
		return "header failure"; /* no nonce */
	return age_decrypt(file, &vector->identities, to, err) ? "success" : "payload failure";
}

/* age_open must agree: open exactly what decrypts as a whole, and give the same bytes at any offset. */
static bool check_random_access(
    const struct vector *vector, bool success, const struct text *plain, struct err *err)
{
	CLEANUP(source_close) struct source *file = source_of_bytes(text_bytes(&vector->file));
	CLEANUP(source_close) struct source *opened = NULL;
	CLEANUP(free_memory) uint8_t *whole = malloc(plain->len + 1);
	size_t got = 0;

	if (!age_open(file, false, &vector->identities, &opened, err))
		return !success || fail_in(err, "age_open");
	if (opened->size != plain->len && success)
		return fail(err, ERR_DAMAGED, "age_open tells another size");
	bool ok = opened->read(opened, 0, whole, plain->len + 1, &got, err);

	if (ok != success)
		return fail(err, ERR_DAMAGED, "age_open and age_decrypt disagree");
	if (ok && (got != plain->len || memcmp(whole, text_string(plain), got) != 0))
		return fail(err, ERR_DAMAGED, "age_open gives other bytes");
	for (size_t at = 0; ok && at < plain->len; at += 65535) {
		uint8_t few[3];

		if (!opened->read(opened, at, few, sizeof(few), &got, err))
			return false;
		if (got == 0 || memcmp(few, plain->at + at, got) != 0)
			return fail(err, ERR_DAMAGED, "age_open gives other bytes at %zu", at);
	}
	return true;
}

static bool check_vector(const struct vector *vector, struct err *err)
{
	CLEANUP(text_free) struct text plain = {.ceiling = VECTOR_MAX};
	uint8_t sha256[SHA256_LEN];
	char hex[SHA256_HEX_ROOM];
	struct err why = {0};
	const char *outcome = run_vector(vector, &plain, &why);

	if (strcmp(outcome, vector->expect) != 0)
		return fail(err, ERR_DAMAGED, "expected '%s', got '%s' (%s)", vector->expect,
		    outcome, why.text);
	hash_sha256(text_bytes(&plain), sha256);
	hash_hex((struct bytes){sha256, sizeof(sha256)}, hex);
	if (*vector->payload && strcmp(hex, vector->payload) != 0)
		return fail(err, ERR_DAMAGED, "other bytes were given out (%zu)", plain.len);
	return check_random_access(vector, strcmp(outcome, "success") == 0, &plain, err);
}

struct counts {
	unsigned checked, armored, post_quantum, unknown, no_vector, failed;
};

static void run_file(const char *path, struct counts *counts)
{
	CLEANUP(text_free) struct text whole = {0};
	CLEANUP(vector_free) struct vector vector = {.file = {.ceiling = VECTOR_MAX}};
	struct err err = {0};

	if (!read_file(path, &whole)) {
		fprintf(stderr, "%s: cannot be read\n", path);
		counts->failed++;
	} else if (!parse_vector(&whole, &vector, &err)) {
		counts->no_vector += err.kind == ERR_UNSUPPORTED;
		counts->failed += err.kind != ERR_UNSUPPORTED;
		if (err.kind != ERR_UNSUPPORTED)
			fprintf(stderr, "%s: %s\n", path, err.text);
	} else if (vector.is_armored) {
		counts->armored++;
	} else if (vector.is_post_quantum) {
		counts->post_quantum++;
	} else if (vector.is_unknown) {
		counts->unknown++;
	} else {
		counts->checked++;
		if (!check_vector(&vector, &err)) {
			fprintf(stderr, "%s: %s\n", path, err.text);
			counts->failed++;
		}
	}
}

int main(int argc, char **argv)
{
	struct counts counts = {0};

	for (int i = 1; i < argc; i++)
		run_file(argv[i], &counts);
	printf(
	    "age: %u vectors checked; skipped: %u armored, %u post-quantum, %u with unknown keys; "
	    "%u files are no vectors; %u failed\n",
	    counts.checked, counts.armored, counts.post_quantum, counts.unknown, counts.no_vector,
	    counts.failed);
	return counts.failed ? 1 : counts.checked ? 0 : 77;
}
