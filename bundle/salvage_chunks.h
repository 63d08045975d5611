/* The plaintext of a volume, of which the chunks last decrypted are kept: for one who reads it in small pieces. */
#ifndef KANSHIKI_BUNDLE_SALVAGE_CHUNKS_H
#define KANSHIKI_BUNDLE_SALVAGE_CHUNKS_H

#include "core/source.h"

/* Reads as `plain` does (age.h), which it takes over; on failure that stays the caller's. For one thread. */
bool salvage_chunks_new(struct source *plain, struct source **out, struct err *err) MUST_CHECK;

#endif
