/* A volume with shadow copies, made as Windows makes them: every write after a snapshot first keeps the old block in
 * the newest store. What each snapshot must read is remembered beside it. */
#ifndef KANSHIKI_TESTS_FIXTURE_VSS_H
#define KANSHIKI_TESTS_FIXTURE_VSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIXTURE_VSS_BLOCK  0x4000u
#define FIXTURE_VSS_STORES 8u

struct fixture_vss_store {
	uint64_t item;         /* of its two items in the catalogue */
	uint64_t header, list; /* offsets on the storage; list: the block being filled */
	uint64_t bitmap, previous;
	unsigned used;   /* descriptors in that block */
	uint8_t *golden; /* the volume as it was */
	bool *kept;      /* per block: saved in this store, or moved away */
	bool *unused;    /* per block: free when it was made */
};

struct fixture_vss {
	uint8_t *at; /* the volume, borrowed */
	size_t size; /* whole blocks */
	/* where catalogue of stores and stores go: the volume itself, or another */
	uint8_t *storage;
	size_t storage_size;
	uint64_t next;    /* free block of the storage */
	uint64_t catalog; /* on the volume */
	uint64_t storage_catalog;
	/* descriptors in a block of the list, at most 508: small ones make chains */
	unsigned list_room;
	struct fixture_vss_store stores[FIXTURE_VSS_STORES];
	unsigned count;
};

/* area: first byte of the storage that may be used from there on, whole blocks. storage NULL: the volume. Another
 * storage needs an area of one block on the volume for the catalogue: at area as well. */
void fixture_vss_begin(struct fixture_vss *f, uint8_t *at, size_t size, uint8_t *storage,
    size_t storage_size, uint64_t area);
void fixture_vss_free(struct fixture_vss *f);

/* A new snapshot; the blocks [first_unused, end_unused) hold nothing. */
void fixture_vss_snapshot(struct fixture_vss *f, uint64_t created, uint64_t flags,
    uint64_t first_unused, uint64_t end_unused);
/* Writes a whole block of the volume. */
void fixture_vss_write(struct fixture_vss *f, uint64_t block, const void *data);
/* Moves a block to one that every snapshot calls unused (or back), as a defragmenter does. */
void fixture_vss_move(struct fixture_vss *f, uint64_t from, uint64_t to);
/* Writes sectors into a snapshot itself, as its writers do while it is made. */
void fixture_vss_overlay(
    struct fixture_vss *f, unsigned store, uint64_t block, uint32_t sectors, const void *data);

/* Appends a descriptor to the list of a store as it stands. */
void fixture_vss_describe(struct fixture_vss *f, unsigned store, uint64_t original,
    uint64_t relative, uint64_t stored, uint32_t flags, uint32_t bitmap);

#endif
