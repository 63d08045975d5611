/* bundle/salvage.h: a bundle without MANIFEST in, all that comes out of it. The input is pieces: [2: length][1: where][1: damage]
 * and that many bytes, which become a frame of a volume. */
#include "fuzz_target.h"

#include "bundle/frames.h"
#include "bundle/manifest.h"
#include "bundle/salvage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VOLUMES 12u
#define HEAD    4u
/* where */
#define SET  0x03u /* its number */
#define CUT  0x0cu /* above 0: what is left of an earlier one, NAME.cutN */
#define NEXT 0x10u /* begins another volume; */
#define GAP  0x20u /* one number is left out */
#define LIES 0x40u /* its header tells another place in the set */

struct volume {
	char name[VOLUME_NAME_ROOM + 8];
	struct text bytes;
};

struct input {
	struct store store;
	struct volume volumes[VOLUMES];
	size_t count;
	uint64_t sizes[SET + 1]; /* of the sets so far */
	uint32_t last[SET + 1];  /* index */
};

static struct text_list recipients;
static struct age_identities identities;
static struct frames *frames;

static bool open_file(struct store *self, const char *name, struct source **out, struct err *err)
{
	struct input *in = (struct input *)self;

	for (size_t i = 0; i < in->count; i++) {
		if (strcmp(name, in->volumes[i].name) != 0)
			continue;
		*out = source_of_bytes(text_bytes(&in->volumes[i].bytes));
		return *out || fail(err, ERR_MEMORY, "no memory");
	}
	return fail(err, ERR_MISSING, "no '%s'", name);
}

static bool list_files(struct store *self, struct text_list *names, struct err *err)
{
	struct input *in = (struct input *)self;

	for (size_t i = 0; i < in->count; i++)
		if (!text_list_add(names, bytes_of(in->volumes[i].name), err))
			return false;
	return true;
}

/* A byte of the volume is another, or it ends early. */
static void spoil(struct text *bytes, uint8_t damage)
{
	if (damage > 127)
		bytes->len = bytes->len * (damage - 127u) / 130;
	else if (damage)
		bytes->at[bytes->len * damage / 128] ^= 1;
}

/* The next volume of the set. */
static struct frames_header name_volume(struct input *in, uint8_t where)
{
	unsigned set = where & SET, cut = (where & CUT) / (CUT & -CUT);
	uint32_t step = cut && in->last[set] ? 0 : where & GAP ? 2 : 1;
	struct volume *volume = &in->volumes[in->count++];

	in->last[set] += step;
	volume_name_format(set, in->last[set], volume->name);
	if (cut)
		snprintf(volume->name + strlen(volume->name), 8, VOLUME_CUT_SUFFIX "%u", cut);
	return (struct frames_header){.set = set,
	    .index = in->last[set],
	    .tar_offset = where & LIES ? 512 : in->sizes[set],
	    .next_header = in->sizes[set]};
}

/* A volume out of the pieces from *at on, until one begins another. */
static bool make_volume(struct input *in, struct bytes data, size_t *at)
{
	CLEANUP(text_free) struct text json = {0};
	CLEANUP(sink_free) struct sink *age = NULL;
	struct text *bytes = &in->volumes[in->count].bytes;
	struct sink *into = sink_to_text(bytes); /* the age file's */
	uint8_t where = data.at[*at + 2], damage = data.at[*at + 3];
	struct frames_header header = name_volume(in, where);

	frames_header_format(&header, &json);
	if (!into || !age_encrypt(&recipients, into, &age, NULL) ||
	    !frames_start(frames, text_bytes(&json), age, NULL))
		return false;
	do {
		size_t left = data.len - *at - HEAD, len = le16(data.at + *at);
		struct bytes piece = {data.at + *at + HEAD, len < left ? len : left};

		if (!frames_write(frames, piece, NULL) || !frames_flush(frames, NULL))
			return false;
		in->sizes[where & SET] += where & CUT ? 0 : piece.len;
		*at += HEAD + piece.len;
	} while (data.len - *at > HEAD && data.at[*at + 2] == (where & ~NEXT));
	if (!frames_finish(frames, NULL) || !age->finish(age, NULL))
		return false;
	spoil(bytes, damage);
	return true;
}

static bool begin(void *context, struct bytes path, uint64_t size, struct err *err)
{
	(void)context, (void)size, (void)err;
	if (path.len == 0)
		abort();
	return true;
}

static bool take(void *context, uint64_t at, struct bytes piece, struct err *err)
{
	(void)context, (void)at, (void)piece, (void)err;
	return true;
}

static bool end(void *context, const struct salvage_entry *entry, struct err *err)
{
	(void)context, (void)err;
	if (entry->state == SALVAGE_WHOLE && entry->bad_bytes)
		abort();
	return true;
}

static bool refuse(void *context, const char *set, const struct err *why, struct err *err)
{
	(void)context, (void)set, (void)err;
	if (why->kind == ERR_NONE)
		abort();
	return true;
}

static void hear(void *context, const char *name, const struct err *why)
{
	(void)context, (void)name, (void)why;
}

static void make_keys(void)
{
	CLEANUP(text_free) struct text identity = {0}, recipient = {0};

	if (!age_generate(&identity, &recipient, NULL) ||
	    !text_list_add(&recipients, text_bytes(&recipient), NULL) ||
	    !age_identities_add(&identities, text_bytes(&identity), NULL) ||
	    !frames_new(1, NULL, &frames, NULL))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct salvage_output output = {NULL, begin, take, end, refuse, hear};
	struct input in = {.store = {.open = open_file, .list = list_files}};
	struct salvage_totals totals = {0};
	size_t at = 0;

	if (!frames)
		make_keys();
	while (len - at > HEAD && in.count < VOLUMES)
		if (!make_volume(&in, (struct bytes){data, len}, &at))
			abort();
	(void)!salvage_run(&in.store, &identities, NULL, &output, &totals, NULL);
	for (size_t i = 0; i < VOLUMES; i++)
		text_free(&in.volumes[i].bytes);
	return 0;
}
