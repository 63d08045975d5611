/* Tiny FAT and exFAT volumes built in memory, for tests that need them malformed in one place. */
#ifndef KANSHIKI_TESTS_FIXTURE_FAT_H
#define KANSHIKI_TESTS_FIXTURE_FAT_H

#include "formats/fat/fat.h"

#define FIXTURE_FAT_END 0x0fffffffu
#define FIXTURE_FAT_BAD 0x0ffffff7u

struct fixture_fat {
	uint8_t *at;
	size_t size;
	struct fat_geometry g;
};

/* An empty volume with a root directory (FAT32 and exFAT: one cluster, 2 or 4; exFAT's holds its allocation bitmap in
 * cluster 2, a cluster 3 for the up-case table). Clusters of one sector. */
bool fixture_fat_new(
    struct fixture_fat *f, enum fat_kind kind, uint32_t sector_size, uint32_t clusters);
void fixture_fat_free(struct fixture_fat *f);
static inline void fixture_fat_free_at(struct fixture_fat *f)
{
	fixture_fat_free(f);
}
uint8_t *fixture_fat_cluster(struct fixture_fat *f, uint32_t cluster);
/* The nth entry of the directory in a cluster, of the root for 0. */
uint8_t *fixture_fat_slot(struct fixture_fat *f, uint32_t cluster, size_t n);
/* Sets the entry of a cluster in one copy of the FAT, and exFAT's bit. */
void fixture_fat_put(struct fixture_fat *f, uint32_t copy, uint32_t cluster, uint32_t value);
/* In all copies. */
void fixture_fat_set(struct fixture_fat *f, uint32_t cluster, uint32_t value);
/* A chain of count clusters from first, one after the other. */
void fixture_fat_chain(struct fixture_fat *f, uint32_t first, uint32_t count);

/* FAT: a short entry. name has eleven characters. */
void fixture_fat_short(
    uint8_t *slot, const char *name, unsigned attributes, uint32_t cluster, uint32_t size);
/* FAT: long name parts (ASCII) for a short name in the next entry; returns how many. */
size_t fixture_fat_long(uint8_t *slot, const char *name, const char *short_name);
/* FAT: "." and "..". */
void fixture_fat_dots(struct fixture_fat *f, uint32_t cluster, uint32_t parent);
/* exFAT: an entry set with its checksum; returns how many entries. flags: 1 allocated, 2 one run. */
size_t fixture_fat_set_of(uint8_t *slot, const char *name, unsigned attributes, unsigned flags,
    uint32_t cluster, uint64_t size);
/* exFAT: takes the bit "in use" of count entries. */
void fixture_fat_unuse(uint8_t *slot, size_t count);
/* exFAT: the checksums of both boot regions. */
void fixture_fat_seal(struct fixture_fat *f);

#endif
