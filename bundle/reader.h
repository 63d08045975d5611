/* Opens a bundle, format 1: signature first, then hashes, then age, frames, tar. Nothing unverified is
 * given out unless asked for. */
#ifndef KANSHIKI_BUNDLE_READER_H
#define KANSHIKI_BUNDLE_READER_H

#include "core/store.h"
#include "bundle/writer.h"

struct bundle_trust {
	struct bytes ca_pem;  /* the evidence CA(s); empty: signature cannot be checked */
	struct bytes crl_pem; /* may be empty */
	const struct text_list
	    *identities; /* contents of identity files: "AGE-SECRET-KEY-1..." lines */
	uint64_t at;     /* judge certificates at this time */
	bool unverified; /* go on without a valid signature */
};

struct bundle_reader; /* opaque */

/* Checks signature, MANIFEST and the `meta` volumes, and loads the rows. The store is borrowed. */
bool bundle_open(struct store *store, const struct bundle_trust *trust, struct bundle_reader **out,
    struct err *err) MUST_CHECK;
void bundle_close(struct bundle_reader *reader);
CLEANUP_POINTER(struct bundle_reader, bundle_close);

struct bundle_row_view {           /* one object of meta/entries; strings borrow from the reader */
	struct bytes path;         /* "fs/C/Windows/..." as in the tar */
	struct bytes json;         /* the whole row */
	bool taken;                /* false: not in the bundle, see status and reason in json */
	bool is_sparse;            /* stored: runs */
	struct bytes same_as;      /* path of the entry that holds the content, empty: itself */
	uint64_t size;             /* logical bytes */
	struct bundle_place place; /* valid when taken */
};
size_t bundle_row_count(const struct bundle_reader *reader);
void bundle_row_at(const struct bundle_reader *reader, size_t index, struct bundle_row_view *out);
/* The row of that path, by exact name; false when there is none. */
bool bundle_row_find(const struct bundle_reader *reader, struct bytes path, size_t *index);

/* Opens the stored bytes of a taken row for reading at any offset (frames are decrypted and unpacked as
 * needed, few are kept). Its hash is not checked on the way: bundle_row_check does that. */
bool bundle_member_open(
    struct bundle_reader *reader, size_t index, struct source **out, struct err *err) MUST_CHECK;

#endif
