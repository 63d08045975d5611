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

#define KEYS_CA        "evidence-ca.pem"
#define KEYS_CA_KEY    "evidence-ca.key"
#define KEYS_RECIPIENT "recipient.key"
#define KEYS_KITS      "kits" /* directory: the certificate of each kit that was issued */

/* Adds the recipients of recipients.txt: "age1..." lines, '#' comments. */
bool kit_parse_recipients(struct bytes text, struct kit *kit, struct err *err) MUST_CHECK;
/* Adds kit.json. Of `kit` name, profile, created and expires are used. */
void kit_format_json(const struct kit *kit, struct text *out);
/* Adds GUIDE.txt, Japanese then English. */
void kit_format_guide(const struct kit *kit, struct text *out);

#endif
