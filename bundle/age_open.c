/* Decryption at any offset. See age.h. */
#include "bundle/age_crypto.h"
#include "bundle/age_header.h"
#include "core/array.h"

#include <stdlib.h>

#define SEALED_LEN (AGE_CHUNK_LEN + AGE_TAG_LEN)

struct age_source {
	struct source source;
	struct source *file;
	bool owns;
	uint8_t key[AGE_KEY_LEN];
	uint64_t payload_at;
	uint64_t chunks; /* that may be read */
	bool has_last;   /* the one before the end is the last of the file */
};

/* Reads and opens chunk `number` into plain; *len is its plaintext. */
static bool read_chunk(struct age_source *age, struct age_stream *stream, uint64_t number,
    uint8_t *sealed, uint8_t *plain, size_t *len, struct err *err)
{
	bool is_last = age->has_last && number == age->chunks - 1;
	size_t got = 0;

	if (!age->file->read(
		age->file, age->payload_at + number * SEALED_LEN, sealed, SEALED_LEN, &got, err))
		return false;
	if (got < AGE_TAG_LEN ||
	    !age_stream_open(stream, number, is_last, (struct bytes){sealed, got}, plain))
		return fail(
		    err, ERR_DAMAGED, "age chunk %llu is damaged", (unsigned long long)number);
	*len = got - AGE_TAG_LEN;
	return true;
}

static bool age_source_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct age_source *age = (struct age_source *)self;
	CLEANUP(age_stream_free) struct age_stream *stream = NULL;
	CLEANUP(free_memory) uint8_t *sealed = malloc(SEALED_LEN);
	CLEANUP(free_memory) uint8_t *plain = malloc(AGE_CHUNK_LEN);

	*got = 0;
	if (offset >= self->size || len == 0)
		return true;
	if (len > self->size - offset)
		len = (size_t)(self->size - offset);
	if (!sealed || !plain)
		return fail(err, ERR_MEMORY, "no memory to decrypt");
	if (!age_stream_new(age->key, false, &stream, err))
		return false;
	while (*got < len) {
		uint64_t at = offset + *got;
		size_t skip = (size_t)(at % AGE_CHUNK_LEN), have = 0;

		if (!read_chunk(age, stream, at / AGE_CHUNK_LEN, sealed, plain, &have, err))
			return false;
		size_t take = have > skip ? have - skip : 0;

		take = take < len - *got ? take : len - *got;
		if (take == 0) /* the file became shorter under us */
			return fail(err, ERR_DAMAGED, "age payload ends early");
		memcpy((uint8_t *)to + *got, plain + skip, take);
		*got += take;
	}
	return true;
}

static void age_source_close(struct source *self)
{
	struct age_source *age = (struct age_source *)self;

	if (age->owns)
		source_close(age->file);
	wipe(age, sizeof(*age));
	free(age);
}

/* The sizes that a payload of this many bytes has when it is whole. */
static bool measure(struct age_source *age, struct err *err)
{
	uint64_t bytes = age->file->size - age->payload_at;
	uint64_t rest = bytes % SEALED_LEN;

	age->chunks = bytes / SEALED_LEN + (rest != 0);
	if (bytes < AGE_TAG_LEN || (rest != 0 && rest < AGE_TAG_LEN) ||
	    (rest == AGE_TAG_LEN && age->chunks > 1))
		return fail(err, ERR_DAMAGED, "age payload is cut short at byte %llu",
		    (unsigned long long)age->file->size);
	age->has_last = true;
	age->source.size = bytes - age->chunks * AGE_TAG_LEN;
	return true;
}

/* The last chunk says that nothing is missing at the end. */
static bool check_last(struct age_source *age, struct err *err)
{
	CLEANUP(age_stream_free) struct age_stream *stream = NULL;
	CLEANUP(free_memory) uint8_t *sealed = malloc(SEALED_LEN);
	CLEANUP(free_memory) uint8_t *plain = malloc(AGE_CHUNK_LEN);
	size_t len = 0;

	if (!sealed || !plain)
		return fail(err, ERR_MEMORY, "no memory to decrypt");
	return age_stream_new(age->key, false, &stream, err) &&
	       read_chunk(age, stream, age->chunks - 1, sealed, plain, &len, err);
}

static bool open_any(struct source *file, bool owns, bool truncated,
    const struct age_identities *identities, struct source **out, struct err *err)
{
	CLEANUP(source_close) struct source *made = NULL;
	struct age_source *age = calloc(1, sizeof(*age));

	if (!age)
		return fail(err, ERR_MEMORY, "no memory to decrypt");
	age->source =
	    (struct source){.size = 0, .read = age_source_read, .close = age_source_close};
	made = &age->source;
	age->file = file;
	if (!age_file_key(file, identities, age->key, &age->payload_at, err))
		return false;
	struct err *why = truncated ? NULL : err;

	if (!measure(age, why) || !check_last(age, why)) {
		if (!truncated)
			return false;
		age->has_last = false;
		age->chunks = (file->size - age->payload_at) / SEALED_LEN;
		age->source.size = age->chunks * AGE_CHUNK_LEN;
	}
	age->owns = owns;
	*out = TAKE(made);
	return true;
}

bool age_open(struct source *file, bool owns, const struct age_identities *identities,
    struct source **out, struct err *err)
{
	return open_any(file, owns, false, identities, out, err);
}

bool age_open_truncated(struct source *file, bool owns, const struct age_identities *identities,
    struct source **out, struct err *err)
{
	return open_any(file, owns, true, identities, out, err);
}
