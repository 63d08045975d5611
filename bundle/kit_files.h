/* The files of a kit and of a KEYDIR, for who makes and who reads them. docs/formats/kit.md. */
#ifndef KANSHIKI_BUNDLE_KIT_FILES_H
#define KANSHIKI_BUNDLE_KIT_FILES_H

#include "bundle/kit.h"

#define KIT_FORMAT     1
#define KIT_FILE_MAX   ((size_t)256 << 10)
#define KIT_JSON       "kit.json"
#define KIT_RECIPIENTS "recipients.txt"
#define KIT_SEAL       "seal.pem"
#define KIT_SEAL_KEY   "seal.key"
#define KIT_CA         "evidence-ca.pem"
#define KIT_CHAIN      "chain.pem"
#define KIT_GUIDE      "GUIDE.txt"
#define KIT_LIST       "kit.sha256" /* of the files that say who opens and who seals */
#define KIT_LIST_SEAL  "kit.p7s"    /* over KIT_LIST, by the evidence CA itself */

#define KIT_WHO_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

#define KEYS_CA        "evidence-ca.pem"
#define KEYS_CA_KEY    "evidence-ca.key"
#define KEYS_RECIPIENT "recipient.key"
#define KEYS_CRL       "evidence-ca.crl"
#define KEYS_KITS      "kits" /* directory: the certificate of each kit that was issued */

/* Whether it may stand in the name of unlock.WHO.age. ERR_USAGE. */
bool kit_check_who(struct bytes who, struct err *err) MUST_CHECK;
/* Adds "unlock.WHO.age". */
void kit_unlock_name(struct bytes who, struct text *out);

/* Adds the recipients of recipients.txt: "age1..." lines, '#' comments. "# NAME" in the line before names one. */
bool kit_parse_recipients(struct bytes text, struct kit *kit, struct err *err) MUST_CHECK;
/* Adds kit.json. Of `kit` name, profile, created, expires, ids_only and unlocks are used. */
void kit_format_json(const struct kit *kit, struct text *out);
/* Adds GUIDE.txt, Japanese then English; is_locked adds what to do about the passphrase. */
void kit_format_guide(const struct kit *kit, struct text *out);

/* The files that KIT_LIST lists, in its order. */
struct kit_listed {
	struct bytes json, recipients, seal, chain, ca;
	const struct kit_unlock *unlocks;
	size_t unlock_count;
};
/* Adds KIT_LIST: lines for sha256sum -c. */
void kit_format_list(const struct kit_listed *files, struct text *out);
/* Whether p7s is the evidence CA's own signature over list, and list tells of exactly these files. ERR_DAMAGED, ERR_UNTRUSTED
 * names the file that was changed. */
bool kit_check_list(const struct kit_listed *files, struct bytes list, struct bytes p7s,
    struct err *err) MUST_CHECK;

#endif
