/* Opens a bundle, format 1: signature first, then hashes, then age, frames, tar. Nothing unverified is
 * given out unless asked for. One thread. */
#ifndef KANSHIKI_BUNDLE_READER_H
#define KANSHIKI_BUNDLE_READER_H

#include "core/conveyor.h"
#include "core/store.h"
#include "bundle/writer.h"

struct bundle_trust {
	struct bytes ca_pem;  /* the evidence CA(s); empty: the signature cannot be checked */
	struct bytes crl_pem; /* may be empty */
	/* contents of identity files; NULL or empty: content stays closed */
	const struct text_list *identities;
	uint64_t at;      /* judge certificates at this time */
	bool is_at_given; /* also where a time stamp says another */
	/* CAs of time stamp authorities; empty: time stamps cannot be checked */
	struct bytes tsa_pem;
	struct bytes tsa_crl_pem; /* what they revoked; may be empty */
	bool unverified;          /* go on without a valid signature or hash */
	/* Hashes, decrypts and unpacks on its threads (borrowed as long as the reader); NULL: none. */
	struct conveyor *conveyor;
};

/* What the one who opens wants to hear; every function may be NULL. */
struct bundle_watch {
	void *context;
	/* Bytes done of all, in one phase ("hash", "entries"). False stops with ERR_STOPPED. */
	bool (*progress)(void *context, const char *phase, uint64_t done, uint64_t total);
	/* Something is wrong; checking goes on where it can. */
	void (*problem)(void *context, const struct err *why);
	/* Not wrong, but to be said: strangers, a .part, an older seal. English, no full stop. */
	void (*note)(void *context, const char *text);
};

struct bundle_facts {      /* strings live as long as the reader */
	bool sealed_valid; /* the signature was checked and is good */
	bool complete;     /* status: complete */
	const char *collection_id, *case_id, *host, *started, *sealed;
	char number[SHA256_HEX_ROOM]; /* 管理番号: SHA-256 of MANIFEST.sha256 */
	const char *seal_file;        /* "MANIFEST.p7s" or "MANIFEST.p7s.new" */
	const char *signer, *issuer;  /* names of the seal certificate, printable */
	uint64_t signed_at;           /* by the PC's own clock, 0: none */
	uint64_t not_before, not_after;
	uint64_t judged_at;  /* when the certificate was judged: time stamp, --at, or now */
	uint64_t revoked;    /* from when on, where that is later; 0: never */
	uint64_t stamped_at; /* by MANIFEST.tsr, 0: none that was checked */
	const char *stamped_by;
	const char *countersigned_by; /* MANIFEST.countersigned.p7s, "": none */
	char countersigner
	    [SHA256_HEX_ROOM]; /* SHA-256 of its certificate: whose it is, nobody judged */
	const struct text_list *recipients; /* "age1...", as the MANIFEST says */
	uint32_t volumes;                   /* listed */
	size_t files;                       /* listed */
	bool has_content;                   /* the meta volumes were opened */
};

struct bundle_reader; /* opaque */

/* Signature and MANIFEST only. The store, the CA and the identities are borrowed. */
bool bundle_open_seal(struct store *store, const struct bundle_trust *trust,
    const struct bundle_watch *watch, struct bundle_reader **out, struct err *err) MUST_CHECK;
/* Names of the sealed volumes from index 0, in the order of the MANIFEST; NULL behind the last. */
const char *bundle_volume_name(const struct bundle_reader *reader, size_t index);
/* What the MANIFEST says of a file; false when it is not listed. */
bool bundle_listed_sha256(
    const struct bundle_reader *reader, const char *name, uint8_t sha256[SHA256_LEN]);
/* Every listed file against its hash, and what lies there unlisted; with_sha512: also MANIFEST.sha512 against the volumes. False
 * when anything is wrong (each was reported as a problem; err holds the first). */
bool bundle_check_files(struct bundle_reader *reader, bool with_sha512, struct err *err) MUST_CHECK;
/* Checks the `meta` volumes and loads the rows. */
bool bundle_open_content(struct bundle_reader *reader, struct err *err) MUST_CHECK;
/* Walks every set to its end and compares each entry with its row. */
bool bundle_check_entries(struct bundle_reader *reader, struct err *err) MUST_CHECK;

/* The chain of meta/journal.jsonl up to the hash that the MANIFEST names. */
bool bundle_check_journal(struct bundle_reader *reader, struct err *err) MUST_CHECK;

/* meta/toc.json against the MANIFEST and the volumes; after bundle_check_entries, which opens them. */
bool bundle_check_toc(struct bundle_reader *reader, struct err *err) MUST_CHECK;

/* Signature, MANIFEST, `meta` volumes and rows: what ls, cat and timeline need. */
bool bundle_open(struct store *store, const struct bundle_trust *trust, struct bundle_reader **out,
    struct err *err) MUST_CHECK;
void bundle_close(struct bundle_reader *reader);
CLEANUP_POINTER(struct bundle_reader, bundle_close);
void bundle_facts(const struct bundle_reader *reader, struct bundle_facts *out);

/* One object of meta/entries (docs/bundle-format.md, A row). The strings borrow from the reader and are
 * good until the next bundle_row_* call on it. */
struct bundle_row_view {
	struct bytes path;         /* "fs/C/Windows/..." as in the tar */
	struct bytes json;         /* the whole row */
	bool taken;                /* it has bytes in the bundle under its own path */
	bool is_sparse;            /* stored: runs */
	struct bytes same_as;      /* path of the entry that holds the content; empty: none */
	uint64_t size;             /* logical bytes */
	struct bundle_place place; /* valid when taken */
};
size_t bundle_row_count(const struct bundle_reader *reader);
bool bundle_row_at(struct bundle_reader *reader, size_t index, struct bundle_row_view *out,
    struct err *err) MUST_CHECK;
/* The row of that path, by exact name: ERR_MISSING when there is none, another kind when a row could not be read. */
bool bundle_row_find(
    struct bundle_reader *reader, struct bytes path, size_t *index, struct err *err) MUST_CHECK;

/* The row that holds the bytes of a row: itself, or the one that it is same_as. ERR_MISSING: it was not taken. */
bool bundle_row_holder(
    struct bundle_reader *reader, size_t index, size_t *holder, struct err *err) MUST_CHECK;

/* Opens the stored bytes of a taken row (or of the row it is same_as) for reading at any offset: frames
 * are decrypted and unpacked as needed, few are kept. Its hash is not checked on the way. The member is
 * closed before the reader is. */
bool bundle_member_open(
    struct bundle_reader *reader, size_t index, struct source **out, struct err *err) MUST_CHECK;

/* Says that members will be opened one after the other up to the end: worth reading ahead. Else only the members
 * opened are read. */
void bundle_read_all(struct bundle_reader *reader);

/* Names of the meta files ("collection.json", ...) from index 0; NULL behind the last. */
const char *bundle_meta_name(const struct bundle_reader *reader, size_t index);
/* The newest meta file of that name ("collection.json", "receipt.json"): ERR_MISSING when there is none. */
bool bundle_meta_open(struct bundle_reader *reader, const char *name, struct source **out,
    struct err *err) MUST_CHECK;

#endif
