/* The header of an age v1 file (age.md, Header): stanzas and MAC. Inside bundle/age*.c, its tests and fuzz targets. */
#ifndef KANSHIKI_BUNDLE_AGE_HEADER_H
#define KANSHIKI_BUNDLE_AGE_HEADER_H

#include "bundle/age.h"

#define AGE_HEADER_MAX  ((size_t)1 << 20) /* bytes of a header that we read */
#define AGE_STANZAS_MAX 1024
#define AGE_ARGS_MAX    16
#define AGE_MAC_LEN     32

struct age_stanza {
	struct bytes args[AGE_ARGS_MAX]; /* args[0] is the type; borrowed from the header's bytes */
	size_t arg_count;                /* those over AGE_ARGS_MAX are counted, not kept */
	struct bytes body;               /* decoded; borrowed from `bodies` */
	size_t body_at;                  /* where in `bodies` */
};

struct age_header { /* zero before use */
	struct age_stanza *stanzas;
	size_t count;
	size_t room;
	struct text bodies;
	struct bytes signed_part; /* what the MAC is over; borrowed */
	uint8_t mac[AGE_MAC_LEN];
	size_t len; /* of the whole header; the payload's nonce follows */
};
void age_header_free(struct age_header *header);
static inline void age_header_free_at(struct age_header *header)
{
	age_header_free(header);
}

/* Reads a header from the beginning of an age file; the bytes must outlive it. ERR_DAMAGED otherwise. */
bool age_header_parse(struct bytes file, struct age_header *out, struct err *err) MUST_CHECK;
/* Finds the file key. ERR_MISSING: no identity fits; ERR_UNSUPPORTED: no stanza of a known kind; ERR_DAMAGED: a stanza of a
 * known kind breaks its rules. The MAC is not checked here. */
bool age_header_unwrap(const struct age_header *header, const struct age_identities *identities,
    uint8_t file_key[AGE_FILE_KEY_LEN], struct err *err) MUST_CHECK;
bool age_header_check_mac(const struct age_header *header, const uint8_t file_key[AGE_FILE_KEY_LEN],
    struct err *err) MUST_CHECK;

/* Adds a whole header for a file key and X25519 recipients. */
bool age_header_format(const uint8_t file_key[AGE_FILE_KEY_LEN], const struct text_list *recipients,
    struct text *out, struct err *err) MUST_CHECK;

/* The same for one passphrase (scrypt), which stands alone. */
bool age_header_format_passphrase(const uint8_t file_key[AGE_FILE_KEY_LEN], struct bytes passphrase,
    struct text *out, struct err *err) MUST_CHECK;

/* Reads the header, unwraps and checks it; *payload_at is the offset of the first chunk. */
bool age_file_key(struct source *file, const struct age_identities *identities,
    uint8_t payload_key[AGE_KEY_LEN], uint64_t *payload_at, struct err *err) MUST_CHECK;

#endif
