/* One volume file: NAME.part while it is written, hashed on the way, NAME when it is closed. */
#ifndef KANSHIKI_BUNDLE_VOLUME_H
#define KANSHIKI_BUNDLE_VOLUME_H

#include "core/conveyor.h"
#include "core/hash.h"
#include "core/store.h"

#define VOLUME_PART_SUFFIX ".part"

struct volume_hashes {
	uint8_t sha256[SHA256_LEN];
	uint8_t sha512[SHA512_LEN];
	uint64_t bytes;
};

#define VOLUME_BESIDE_DEPTH 8 /* blocks on their way to SHA-512 */

/* Creates NAME.part in the store (borrowed). finish() makes it durable, renames it to NAME and fills *hashes
 * (borrowed, must outlive the sink). SHA-512 takes twice as long as SHA-256: `beside` (borrowed; NULL: none)
 * is a conveyor of VOLUME_BESIDE_DEPTH at most, on which it goes on while the next bytes are written. */
bool volume_create(struct store *store, const char *name, struct conveyor *beside,
    struct volume_hashes *hashes, struct sink **out, struct err *err) MUST_CHECK;

/* Writes a whole small file durably and gives its SHA-256. */
bool volume_put_file(struct store *store, const char *name, struct bytes content,
    uint8_t sha256[SHA256_LEN], struct err *err) MUST_CHECK;

#endif
