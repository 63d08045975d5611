/* Bundles in memory, as a collector writes them, and a reader that checks all of them. Tests that use it make
 * fixture_keys first. */
#ifndef KANSHIKI_TESTS_FIXTURE_BUNDLE_H
#define KANSHIKI_TESTS_FIXTURE_BUNDLE_H

#include "fake_store.h"
#include "fixture_seal.h"

#include "bundle/reader.h"
#include "bundle/writer.h"

extern uint64_t fixture_clock_ms; /* the plan's clocks; each look at it takes one */

/* A plan on that store, which can tell its free space. */
struct bundle_plan fixture_plan(struct fake_store *fake);
/* A row; place NULL: not taken. */
bool fixture_row(struct bundle_writer *writer, const char *name, uint64_t size,
    const struct bundle_place *place, struct err *err);
/* One entry of `size` bytes that do not compress, and its row. */
bool fixture_entry(struct bundle_writer *writer, enum bundle_set set, const char *name, size_t size,
    struct err *err);
/* Trusts fixture_keys at FIXTURE_NOW, and has their identity; no conveyor. */
struct bundle_trust fixture_trust(void);
/* Opens a bundle and checks all that can be checked; NULL, the problems on stderr, when anything is wrong. */
struct bundle_reader *fixture_open(struct fake_store *fake, struct bundle_facts *facts);
/* The member's bytes are those of fixture_entry. */
void fixture_check_member(struct bundle_reader *reader, const char *name, size_t size);

#endif
