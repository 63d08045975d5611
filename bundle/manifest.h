/* MANIFEST.sha256: "# key: value" lines, then sha256sum lines (docs/bundle-format.md, MANIFEST). */
#ifndef KANSHIKI_BUNDLE_MANIFEST_H
#define KANSHIKI_BUNDLE_MANIFEST_H

#include "core/hash.h"
#include "core/text.h"

#define MANIFEST_NAME        "MANIFEST.sha256"
#define MANIFEST_SEAL_NAME   "MANIFEST.p7s"
#define MANIFEST_SHA512_NAME "MANIFEST.sha512"
#define MANIFEST_BYTES       ((size_t)4 << 20) /* a MANIFEST is never larger */
#define MANIFEST_FILES       16384             /* nor lists more files */
#define MANIFEST_FILE_NAME \
	128 /* bytes of a file's name: [A-Za-z0-9._-], not starting with '.' or '-' */

struct manifest_file {
	char name[MANIFEST_FILE_NAME + 1];
	uint8_t sha256[SHA256_LEN];
};

/* Zero before use; manifest_free at the end. */
struct manifest {
	bool complete; /* status: complete, else in-progress */
	uint8_t collection_id[16];
	struct text case_id; /* "nocase" when there is none */
	struct text host;
	uint64_t started, sealed;
	uint32_t volumes;                     /* number of volumes listed */
	uint8_t journal_head[SHA256_LEN];     /* hash of the last journal line; zeros: none yet */
	uint8_t seal_cert_sha256[SHA256_LEN]; /* of the certificate's DER */
	struct text_list recipients;          /* "age1..." */
	struct manifest_file *files; /* ascending by the bytes of their names, no name twice */
	size_t file_count;
	size_t file_room;
};
void manifest_free(struct manifest *manifest);
static inline void manifest_free_at(struct manifest *manifest)
{
	manifest_free(manifest);
}

/* Adds or replaces one file, kept in order. ERR_DAMAGED for a name that may not stand there. */
bool manifest_set(struct manifest *manifest, const char *name, const uint8_t sha256[SHA256_LEN],
    struct err *err) MUST_CHECK;
/* Takes a file off the list; nothing when it is not there. */
void manifest_remove(struct manifest *manifest, const char *name);
/* NULL when it is not listed. */
const struct manifest_file *manifest_find(const struct manifest *manifest, struct bytes name);

/* Writes the one text that belongs to *manifest. */
bool manifest_format(const struct manifest *manifest, struct text *out, struct err *err) MUST_CHECK;
/* Reads it back. Only the bytes that manifest_format would write are accepted (ERR_DAMAGED names the line);
 * another format number is ERR_UNSUPPORTED. *out untouched on failure. */
bool manifest_parse(struct bytes text, struct manifest *out, struct err *err) MUST_CHECK;

/* Volume names: "files.001.tar.zst.age". parse accepts only those (and says whether it is a .part). */
#define VOLUME_NAME_ROOM 40
struct volume_name {
	unsigned set;   /* enum bundle_set */
	uint32_t index; /* from 1 */
	bool is_part;   /* "NAME.part": not closed */
};
#define VOLUME_INDEX_MAX \
	999 /* volumes in a set: three digits, so that a shell's glob keeps their order */
const char *bundle_set_name(unsigned set); /* "live", "files", "memory", "meta" */
void volume_name_format(unsigned set, uint32_t index, char out[VOLUME_NAME_ROOM]);
bool volume_name_parse(struct bytes name, struct volume_name *out);
/* "files.003.tar.zst.age.cut1": what an interruption left of a volume (docs/bundle-format.md, Resume). */
#define VOLUME_CUT_SUFFIX ".cut"
#define VOLUME_CUT_MAX    999
bool volume_cut_parse(struct bytes name, struct volume_name *out, unsigned *number);
/* "files.003.tar.zst.age.unread1": the same, where it cannot be read to its end, so that no MANIFEST can list it. */
#define VOLUME_UNREAD_SUFFIX ".unread"
bool volume_unread_parse(struct bytes name, struct volume_name *out, unsigned *number);

#endif
