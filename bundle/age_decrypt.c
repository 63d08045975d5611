/* Decryption from beginning to end. See age.h. */
#include "bundle/age_crypto.h"
#include "bundle/age_header.h"
#include "core/array.h"

#include <stdlib.h>

struct payload {
	struct source *file;
	struct age_stream *stream;
	uint64_t at; /* of the next chunk in the file */
	uint64_t number;
	uint8_t *sealed, *plain;
};

/* Opens the chunk at hand. A chunk that opens only as the last one ends the payload, whatever follows. */
static bool open_chunk(struct payload *payload, size_t len, bool *is_last, struct err *err)
{
	struct bytes chunk = {payload->sealed, len};

	if (len < AGE_TAG_LEN)
		return fail(err, ERR_DAMAGED, "age payload is cut short at byte %llu",
		    (unsigned long long)(payload->at + len));
	*is_last = len < AGE_CHUNK_LEN + AGE_TAG_LEN;
	if (!*is_last &&
	    age_stream_open(payload->stream, payload->number, false, chunk, payload->plain))
		return true;
	*is_last = true;
	if (!age_stream_open(payload->stream, payload->number, true, chunk, payload->plain))
		return fail(err, ERR_DAMAGED,
		    "age chunk %llu is damaged, or the file was cut there",
		    (unsigned long long)payload->number);
	if (len == AGE_TAG_LEN && payload->number > 0)
		return fail(err, ERR_DAMAGED, "age payload ends with an empty chunk");
	return true;
}

static bool decrypt_chunk(struct payload *payload, struct sink *to, bool *is_last, struct err *err)
{
	size_t len = 0;

	if (!payload->file->read(payload->file, payload->at, payload->sealed,
		AGE_CHUNK_LEN + AGE_TAG_LEN, &len, err) ||
	    !open_chunk(payload, len, is_last, err) ||
	    !to->write(to, (struct bytes){payload->plain, len - AGE_TAG_LEN}, err))
		return false;
	payload->at += len;
	payload->number++;
	if (*is_last && payload->at < payload->file->size)
		return fail(err, ERR_DAMAGED, "data after the end of the age payload at byte %llu",
		    (unsigned long long)payload->at);
	return true;
}

bool age_decrypt(
    struct source *file, const struct age_identities *identities, struct sink *to, struct err *err)
{
	CLEANUP(age_stream_free) struct age_stream *stream = NULL;
	CLEANUP(free_memory) uint8_t *sealed = malloc(AGE_CHUNK_LEN + AGE_TAG_LEN);
	CLEANUP(free_memory) uint8_t *plain = malloc(AGE_CHUNK_LEN);
	struct payload payload = {.file = file, .sealed = sealed, .plain = plain};
	uint8_t key[AGE_KEY_LEN];
	bool is_last = false;

	if (!sealed || !plain)
		return fail(err, ERR_MEMORY, "no memory to decrypt");
	if (!age_file_key(file, identities, key, &payload.at, err))
		return false;
	bool ok = age_stream_new(key, false, &stream, err);

	wipe(key, sizeof(key));
	payload.stream = stream;
	while (ok && !is_last)
		ok = decrypt_chunk(&payload, to, &is_last, err);
	wipe(plain, AGE_CHUNK_LEN); /* it may have been an identity */
	return ok;
}
