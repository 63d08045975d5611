/* Bundles in memory whose seal is good and whose rows may lie, as only a holder of a kit's key could make them. */
#ifndef KANSHIKI_TESTS_FIXTURE_LIAR_H
#define KANSHIKI_TESTS_FIXTURE_LIAR_H

#include "fake_store.h"
#include "fixture_seal.h"

#define LIAR_ENTRIES 6 /* "fs/C/0.bin" ... and "fs/C/twin", the same as 1 */

/* What is wrong with a row of entry 2. */
enum spoil {
	SPOIL_NOTHING,
	SPOIL_HASH,
	SPOIL_PATH,
	SPOIL_SIZE,
	SPOIL_DATA,
	SPOIL_TAR,
	SPOIL_VOLUME,
	SPOIL_MISSING,
	SPOIL_TWICE,
	SPOIL_DANGLING,
	SPOIL_JSON,
	SPOIL_SPARSE,
	SPOIL_COUNT,
};

/* A bundle of a few volumes; entry 2 is spoilt. Not finished when `unfinished`. */
struct fake_store *fixture_liar(const struct fixture_seal *keys, enum spoil spoil, bool unfinished);
/* The same again: another run under the collection id of the last bundle made. */
struct fake_store *fixture_liar_again(const struct fixture_seal *keys);
size_t fixture_liar_size(unsigned number);
/* The bytes of entry `number`: fixture_liar_size of them. */
void fixture_liar_fill(uint8_t *to, unsigned number);

/* Signs what lies there now. Listed files that are gone are left out. */
void fixture_liar_reseal(const struct fixture_seal *keys, struct fake_store *fake);
void fixture_liar_replace(struct fake_store *fake, const char *name, struct bytes content);
void fixture_liar_copy(
    struct fake_store *from, const char *name, struct fake_store *to, const char *as);

#endif
