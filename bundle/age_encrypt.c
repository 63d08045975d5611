/* Encryption as a sink. See age.h. */
#include "bundle/age_crypto.h"
#include "bundle/age_header.h"

#include <stdlib.h>

struct age_sink {
	struct sink sink;
	struct sink *below;
	struct age_stream *stream;
	uint64_t number;              /* of the next chunk */
	size_t held;                  /* bytes in plain */
	uint8_t plain[AGE_CHUNK_LEN]; /* the last chunk is known only when more comes, or finish */
	uint8_t sealed[AGE_CHUNK_LEN + AGE_TAG_LEN];
};

static bool put_chunk(struct age_sink *age, struct bytes plain, bool is_last, struct err *err)
{
	struct bytes sealed = {age->sealed, plain.len + AGE_TAG_LEN};

	return age_stream_seal(age->stream, age->number++, is_last, plain, age->sealed, err) &&
	       age->below->write(age->below, sealed, err);
}

static bool age_sink_write(struct sink *self, struct bytes data, struct err *err)
{
	struct age_sink *age = (struct age_sink *)self;

	while (data.len) {
		size_t take = AGE_CHUNK_LEN - age->held;

		if (age->held == AGE_CHUNK_LEN) {
			if (!put_chunk(age, (struct bytes){age->plain, AGE_CHUNK_LEN}, false, err))
				return false;
			age->held = 0;
			continue;
		}
		if (age->held == 0 && data.len > AGE_CHUNK_LEN) { /* surely not the last */
			if (!put_chunk(age, (struct bytes){data.at, take}, false, err))
				return false;
		} else {
			take = take < data.len ? take : data.len;
			memcpy(age->plain + age->held, data.at, take);
			age->held += take;
		}
		data.at += take;
		data.len -= take;
	}
	return true;
}

static bool age_sink_finish(struct sink *self, struct err *err)
{
	struct age_sink *age = (struct age_sink *)self;

	return put_chunk(age, (struct bytes){age->plain, age->held}, true, err) &&
	       age->below->finish(age->below, err);
}

static void age_sink_free(struct sink *self)
{
	struct age_sink *age = (struct age_sink *)self;

	sink_free(age->below);
	age_stream_free(age->stream);
	wipe(age, sizeof(*age));
	free(age);
}

/* recipients, or NULL: the passphrase. */
static bool start(struct age_sink *age, const struct text_list *recipients, struct bytes passphrase,
    struct sink *below, struct err *err)
{
	CLEANUP(text_free) struct text header = {0};
	uint8_t file_key[AGE_FILE_KEY_LEN], nonce[AGE_NONCE_LEN], key[AGE_KEY_LEN];
	struct bytes secret = {file_key, sizeof(file_key)};
	struct bytes salt = {nonce, sizeof(nonce)};

	bool ok = age_random(file_key, sizeof(file_key), err) &&
		  age_random(nonce, sizeof(nonce), err) &&
		  (recipients ? age_header_format(file_key, recipients, &header, err)
			      : age_header_format_passphrase(file_key, passphrase, &header, err)) &&
		  age_hkdf(secret, salt, "payload", key, err) &&
		  age_stream_new(key, true, &age->stream, err);

	wipe(file_key, sizeof(file_key));
	wipe(key, sizeof(key));
	return ok && below->write(below, text_bytes(&header), err) &&
	       below->write(below, salt, err);
}

static bool encrypt(const struct text_list *recipients, struct bytes passphrase, struct sink *below,
    struct sink **out, struct err *err)
{
	CLEANUP(sink_free) struct sink *made = NULL;
	struct age_sink *age = calloc(1, sizeof(*age));

	if (!age)
		return fail(err, ERR_MEMORY, "no memory to encrypt");
	age->sink = (struct sink){age_sink_write, age_sink_finish, age_sink_free};
	made = &age->sink;
	if (!start(age, recipients, passphrase, below, err))
		return false;
	age->below = below;
	*out = TAKE(made);
	return true;
}

bool age_encrypt(
    const struct text_list *recipients, struct sink *below, struct sink **out, struct err *err)
{
	return encrypt(recipients, (struct bytes){0}, below, out, err);
}

bool age_encrypt_passphrase(
    struct bytes passphrase, struct sink *below, struct sink **out, struct err *err)
{
	return encrypt(NULL, passphrase, below, out, err);
}
