/* The tar of a bundle's meta set: rows, journal, table of contents, as a reader finds them behind a seal that it was told
 * not to ask for; and what every command then does with the rows. */
#include "fuzz_target.h"

#include "bundle/age.h"
#include "bundle/frames.h"
#include "bundle/manifest.h"
#include "bundle/reader.h"

#include <stdlib.h>
#include <string.h>

#define META "meta.001.tar.zst.age"

struct files {
	struct store store;
	struct text manifest, volume;
};

static bool files_open(struct store *self, const char *name, struct source **out, struct err *err)
{
	struct files *files = (struct files *)self;
	bool is_meta = strcmp(name, META) == 0;

	if (!is_meta && strcmp(name, MANIFEST_NAME) != 0)
		return fail(err, ERR_MISSING, "no '%s'", name);
	*out = source_of_bytes(text_bytes(is_meta ? &files->volume : &files->manifest));
	return *out || fail(err, ERR_MEMORY, "no memory");
}

/* The volume as a writer makes it: one frame of the tar, sealed to the one recipient. */
static bool make_volume(const struct text_list *to, struct bytes tar, struct text *out)
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

static bool make_manifest(const struct text_list *to, struct bytes volume, struct text *out)
{
	CLEANUP(manifest_free) struct manifest manifest = {.complete = true, .volumes = 1};
	uint8_t sha256[SHA256_LEN];

	hash_sha256(volume, sha256);
	text_adds(&manifest.case_id, "nocase");
	text_adds(&manifest.host, "fuzz");
	return text_list_add(&manifest.recipients, bytes_of(to->at[0]), NULL) &&
	       manifest_set(&manifest, META, sha256, NULL) && manifest_format(&manifest, out, NULL);
}

static void ask_everything(struct bundle_reader *reader)
{
	for (size_t i = 0; i < bundle_row_count(reader) && i < 64; i++) {
		CLEANUP(source_close) struct source *member = NULL;
		CLEANUP(text_free) struct text path = {0};
		struct bundle_row_view view;
		size_t found = 0;

		if (!bundle_row_at(reader, i, &view, NULL))
			continue;
		text_add(&path, view.path);
		if (!bundle_row_find(reader, text_bytes(&path), &found, NULL))
			abort();
		(void)!bundle_member_open(reader, i, &member, NULL);
	}
	(void)!bundle_check_entries(reader, NULL);
	(void)!bundle_check_journal(reader, NULL);
	(void)!bundle_check_toc(reader, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct text_list recipients, identities;
	struct files files = {.store = {.open = files_open}};
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct err err = {0};

	if (!recipients.count) {
		CLEANUP(text_free) struct text identity = {0}, recipient = {0};

		if (!age_generate(&identity, &recipient, NULL) ||
		    !text_list_add(&recipients, text_bytes(&recipient), NULL) ||
		    !text_list_add(&identities, text_bytes(&identity), NULL))
			abort();
	}
	const struct bundle_trust trust = {.identities = &identities, .unverified = true};

	if (!make_volume(&recipients, (struct bytes){data, len}, &files.volume) ||
	    !make_manifest(&recipients, text_bytes(&files.volume), &files.manifest) ||
	    !bundle_open_seal(&files.store, &trust, NULL, &reader, &err))
		abort();
	if (bundle_open_content(reader, NULL))
		ask_everything(reader);
	bundle_close(TAKE(reader));
	text_free(&files.volume);
	text_free(&files.manifest);
	return 0;
}
