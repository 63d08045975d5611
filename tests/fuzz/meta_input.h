/* A bundle that holds nothing but a meta volume with the tar that is given: complete, and its seal is not asked for. */
#ifndef KANSHIKI_TESTS_FUZZ_META_INPUT_H
#define KANSHIKI_TESTS_FUZZ_META_INPUT_H

#include "bundle/age.h"
#include "bundle/frames.h"
#include "bundle/manifest.h"
#include "bundle/reader.h"

#include <stdlib.h>
#include <string.h>

#define META_INPUT_NAME "meta.001.tar.zst.age"

struct meta_input {
	struct store store;
	struct text manifest, volume;
};

static inline bool meta_input_open_file(
    struct store *self, const char *name, struct source **out, struct err *err)
{
	struct meta_input *in = (struct meta_input *)self;
	bool is_meta = strcmp(name, META_INPUT_NAME) == 0;

	if (!is_meta && strcmp(name, MANIFEST_NAME) != 0)
		return fail(err, ERR_MISSING, "no '%s'", name);
	*out = source_of_bytes(text_bytes(is_meta ? &in->volume : &in->manifest));
	return *out || fail(err, ERR_MEMORY, "no memory");
}

/* The volume as a writer makes it: one frame of the tar, sealed to the one recipient. */
static inline bool meta_input_volume(const struct text_list *to, struct bytes tar, struct text *out)
{
	static struct frames *frames;
	const struct frames_header header = {.set = BUNDLE_META, .index = 1};
	CLEANUP(text_free) struct text json = {0};
	CLEANUP(sink_free) struct sink *age = NULL;
	struct sink *into = sink_to_text(out);

	if (!into || (!frames && !frames_new(1, NULL, &frames, NULL)) ||
	    !age_encrypt(to, into, &age, NULL))
		return false;
	frames_header_format(&header, &json);
	return frames_start(frames, text_bytes(&json), age, NULL) &&
	       frames_write(frames, tar, NULL) && frames_finish(frames, NULL) &&
	       age->finish(age, NULL);
}

static inline bool meta_input_manifest(
    const struct text_list *to, struct bytes volume, struct text *out)
{
	CLEANUP(manifest_free) struct manifest manifest = {.complete = true, .volumes = 1};
	uint8_t sha256[SHA256_LEN];

	hash_sha256(volume, sha256);
	text_adds(&manifest.case_id, "nocase");
	text_adds(&manifest.host, "fuzz");
	return text_list_add(&manifest.recipients, bytes_of(to->at[0]), NULL) &&
	       manifest_set(&manifest, META_INPUT_NAME, sha256, NULL) &&
	       manifest_format(&manifest, out, NULL);
}

/* Its content is open, or *reader knows no more than the MANIFEST: then false. */
static inline bool meta_input_open(
    struct meta_input *in, struct bytes tar, struct bundle_reader **reader)
{
	static struct text_list recipients, identities;
	struct err err = {0};

	*in = (struct meta_input){.store = {.open = meta_input_open_file}};
	if (!recipients.count) {
		CLEANUP(text_free) struct text identity = {0}, recipient = {0};

		if (!age_generate(&identity, &recipient, NULL) ||
		    !text_list_add(&recipients, text_bytes(&recipient), NULL) ||
		    !text_list_add(&identities, text_bytes(&identity), NULL))
			abort();
	}
	const struct bundle_trust trust = {.identities = &identities, .unverified = true};

	if (!meta_input_volume(&recipients, tar, &in->volume) ||
	    !meta_input_manifest(&recipients, text_bytes(&in->volume), &in->manifest) ||
	    !bundle_open_seal(&in->store, &trust, NULL, reader, &err))
		abort();
	return bundle_open_content(*reader, NULL);
}

static inline void meta_input_close(struct meta_input *in, struct bundle_reader *reader)
{
	bundle_close(reader);
	text_free(&in->volume);
	text_free(&in->manifest);
}

#endif
