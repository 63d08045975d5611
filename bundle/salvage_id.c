/* Which bundle the volumes are of. See salvage_parts.h. */
#include "bundle/salvage_parts.h"

#include "bundle/reader_parts.h"
#include "core/array.h"

#include <stdlib.h>

#define IDS_MAX (2 * (BUNDLE_META + 1) * 2 * VOLUME_INDEX_MAX)

struct claim { /* a collection id that headers of volumes have */
	uint8_t id[16];
	size_t volumes;
};

struct claims {
	struct claim *at;
	size_t count, room;
};

static void claims_free_at(struct claims *claims)
{
	free(claims->at);
}

static struct claim *find(const struct claims *claims, const uint8_t id[16])
{
	for (size_t i = 0; i < claims->count; i++)
		if (memcmp(claims->at[i].id, id, 16) == 0)
			return &claims->at[i];
	return NULL;
}

static bool count(struct claims *claims, const uint8_t id[16], struct err *err)
{
	struct claim *claim = find(claims, id);

	if (claim) {
		claim->volumes++;
		return true;
	}
	if (!array_grow(
		&claims->at, &claims->room, claims->count + 1, sizeof(*claims->at), IDS_MAX, err))
		return false;
	claim = &claims->at[claims->count++];
	memcpy(claim->id, id, 16);
	claim->volumes = 1;
	return true;
}

static bool ask(struct salvage *salvage, const struct salvage_volumes *volumes,
    struct claims *claims, struct err *err)
{
	for (size_t i = 0; i < volumes->count; i++) {
		struct salvage_volume volume =
		    volumes->at[i]; /* its own keeps what the scan says */
		struct frames_header header;
		uint64_t first;
		CLEANUP(source_close)
		struct source *plain =
		    salvage_volume_open(&volume, salvage->store, salvage->identities);

		if (plain && unpack_header_read(plain, &header, &first, NULL) &&
		    !count(claims, header.collection_id, err))
			return false;
	}
	return true;
}

/* The first of those that most volumes have; NULL: none has a header. */
static const struct claim *most(const struct claims *claims)
{
	const struct claim *best = NULL;

	for (size_t i = 0; i < claims->count; i++)
		if (!best || claims->at[i].volumes > best->volumes)
			best = &claims->at[i];
	return best;
}

/* Also an unverified one: more is not to be had. */
static bool read_manifest(struct salvage *salvage, struct manifest *manifest)
{
	static const char *const names[] = {MANIFEST_NAME, MANIFEST_NAME ".new"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CLEANUP(text_free) struct text text = {0};

		if (reader_small(salvage->store, names[i], MANIFEST_BYTES, &text, NULL) &&
		    manifest_parse(text_bytes(&text), manifest, NULL))
			return true;
	}
	return false;
}

static void say_unlisted(struct salvage *salvage, const struct salvage_volume *volume)
{
	struct err why = {0};

	fail(&why, ERR_DAMAGED, "the seal does not list it: nothing that it says is proven");
	salvage->output->volume(salvage->output->context, volume->name, &why);
	salvage->totals->volumes_unlisted++;
}

/* What is listed beside a good seal had its hash checked, in meta. */
static void mark(
    struct salvage *salvage, struct salvage_volumes *volumes, const struct manifest *manifest)
{
	uint8_t sha256[SHA256_LEN];

	for (size_t i = 0; i < volumes->count; i++) {
		struct salvage_volume *volume = &volumes->at[i];

		volume->is_listed =
		    salvage->sealed ? bundle_listed_sha256(salvage->sealed, volume->name, sha256)
				    : manifest_find(manifest, bytes_of(volume->name)) != NULL;
		volume->is_sealed = salvage->sealed && volume->is_listed && !volume->is_part &&
				    volume->cut == 0 && volume->set == BUNDLE_META;
		if (salvage->sealed && !volume->is_listed)
			say_unlisted(salvage, volume);
	}
}

bool salvage_identify(struct salvage *salvage, uint8_t id[16], struct err *err)
{
	CLEANUP(claims_free) struct claims claims = {0};
	CLEANUP(manifest_free) struct manifest manifest = {0};
	const struct claim *best = NULL;

	/* meta first: among equals it is the one that is whole most often. */
	for (unsigned i = 0; i <= BUNDLE_META; i++)
		if (!ask(salvage, &salvage->sets[BUNDLE_META - i], &claims, err))
			return false;
	for (unsigned set = 0; set <= BUNDLE_META; set++)
		if (!ask(salvage, &salvage->cuts.sets[set], &claims, err))
			return false;
	if (read_manifest(salvage, &manifest))
		best = find(&claims, manifest.collection_id);
	for (unsigned set = 0; set <= BUNDLE_META; set++) {
		mark(salvage, &salvage->sets[set], &manifest);
		mark(salvage, &salvage->cuts.sets[set], &manifest);
	}
	if (!best)
		best = most(&claims);
	memset(id, 0, 16);
	if (best)
		memcpy(id, best->id, 16);
	return true;
}
