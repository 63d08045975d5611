/* One path, one entry: on a damaged volume two files can have one name in one directory, and files of two lost
 * directories both lie in $Orphan. Who comes second gets what tells it from others behind its name. See state.h. */
#include "collectors/state.h"

#include <stdlib.h>

#define FIRST_ROOM 1024u
#define TRIES      100u /* names that somebody made like ours */

struct claims {
	uint64_t *hashes; /* of paths, open addressing; 0: free */
	uint32_t *owners;
	size_t room, count;
};

void claims_free(struct claims *claims)
{
	if (!claims)
		return;
	free(claims->hashes);
	free(claims->owners);
	free(claims);
}

/* FNV-1a (RFC 9923); never 0. */
static uint64_t hash_of(struct bytes path)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < path.len; i++)
		hash = (hash ^ path.at[i]) * 0x100000001b3u;
	return hash ? hash : 1;
}

uint32_t claims_owner(const uint64_t *parts, size_t count)
{
	uint64_t hash = hash_of((struct bytes){(const uint8_t *)parts, count * sizeof(*parts)});

	return (uint32_t)(hash ^ hash >> 32);
}

/* Where that path is, or belongs. */
static size_t slot_of(const struct claims *claims, uint64_t hash)
{
	size_t at = (size_t)(hash ^ hash >> 29) & (claims->room - 1);

	while (claims->hashes[at] && claims->hashes[at] != hash)
		at = (at + 1) & (claims->room - 1);
	return at;
}

static bool set_room(struct claims *claims, size_t room, struct err *err)
{
	struct claims grown = {
	    .hashes = calloc(room, sizeof(*grown.hashes)),
	    .owners = calloc(room, sizeof(*grown.owners)),
	    .room = room,
	    .count = claims->count,
	};

	if (!grown.hashes || !grown.owners) {
		free(grown.hashes);
		free(grown.owners);
		return fail(err, ERR_MEMORY, "no memory for the names of the files");
	}
	for (size_t i = 0; i < claims->room; i++) {
		if (!claims->hashes[i])
			continue;
		size_t to = slot_of(&grown, claims->hashes[i]);

		grown.hashes[to] = claims->hashes[i];
		grown.owners[to] = claims->owners[i];
	}
	free(claims->hashes);
	free(claims->owners);
	*claims = grown;
	return true;
}

/* True: it is the owner's, now or since before. */
static bool is_ours(struct claims *claims, uint64_t hash, uint32_t owner, bool *is_new)
{
	size_t at = slot_of(claims, hash);

	*is_new = claims->hashes[at] == 0;
	if (!*is_new)
		return claims->owners[at] == owner;
	claims->hashes[at] = hash;
	claims->owners[at] = owner;
	claims->count++;
	return true;
}

/* A run before an interruption may have given it to an object that is gone; or to this one, which was not gone on with. */
static bool is_of_before(
    const struct collection *collection, const struct text *path, uint32_t owner)
{
	const struct bundle_writer *writer = collection->plan->writer;

	return writer && (bundle_is_anothers(writer, text_bytes(path), owner) ||
			     bundle_is_given_up(writer, text_bytes(path), owner));
}

bool collection_claim(struct collection *collection, struct text *path, const char *apart,
    uint32_t owner, bool *is_new, struct err *err)
{
	size_t len = path->len;
	bool is_first = false;

	if (!collection->claims)
		collection->claims = calloc(1, sizeof(*collection->claims));
	struct claims *claims = collection->claims;

	if (!claims)
		return fail(err, ERR_MEMORY, "no memory for the names of the files");
	if (claims->count >= claims->room / 4 * 3 &&
	    !set_room(claims, claims->room ? claims->room * 2 : FIRST_ROOM, err))
		return false;
	for (unsigned i = 0; i < TRIES; i++) {
		if (i) {
			path->len = len;
			text_addf(path, "~%s", apart);
		}
		if (i > 1)
			text_addf(path, "~%u", i);
		if (!text_ok(path, err))
			return false;
		if (!is_of_before(collection, path, owner) &&
		    is_ours(claims, hash_of(text_bytes(path)), owner, &is_first)) {
			if (is_new)
				*is_new = is_first;
			return true;
		}
	}
	return fail(err, ERR_UNSUPPORTED, "%u others have its name", TRIES);
}
