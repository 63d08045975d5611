/* Security descriptors made by hand: for tests and seeds. */
#ifndef KANSHIKI_TESTS_FIXTURE_SECURE_H
#define KANSHIKI_TESTS_FIXTURE_SECURE_H

#include <stdint.h>

#define FIXTURE_DESCRIPTOR 32u
#define FIXTURE_SDS        (20u + FIXTURE_DESCRIPTOR)

/* A descriptor owned by S-1-5-rid, without ACL. */
void fixture_descriptor(uint8_t at[FIXTURE_DESCRIPTOR], uint8_t rid);
/* A $SDS of one such. */
void fixture_sds(uint8_t at[FIXTURE_SDS], uint32_t id, uint8_t rid);

#endif
