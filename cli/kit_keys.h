/* Files of a KEYDIR and of a kit, and the certificates that were issued: docs/formats/kit.md. */
#ifndef KANSHIKI_CLI_KIT_KEYS_H
#define KANSHIKI_CLI_KIT_KEYS_H

#include "bundle/issue.h"

#define KIT_CRL_MAX ((size_t)16 << 20) /* as trust.c reads it */

/* Whether something of that name is there. False where the system does not tell. */
bool kit_find_file(
    const char *directory, const char *name, bool *found, struct err *err) MUST_CHECK;
bool kit_read_file(const char *directory, const char *name, size_t limit, struct text *out,
    struct err *err) MUST_CHECK;
bool kit_write_file(const char *directory, const char *name, const struct text *content,
    bool is_private, struct err *err) MUST_CHECK;

/* What was written by a step that failed later. */
void kit_remove_file(const char *directory, const char *name);

/* Certificate and key of the evidence CA; both must be there. */
bool kit_read_ca(const char *keys, struct issued *ca, struct err *err) MUST_CHECK;
/* evidence-ca.crl; none is an empty one. */
bool kit_read_crl(const char *keys, struct text *out, struct err *err) MUST_CHECK;

/* Where in KEYDIR a certificate of a kit is kept: "kits/NAME.pem" the first, "kits/NAME~2.pem" after a renewal, and so on. What no
 * file system takes becomes '_'; a name that is too long for one is cut and ends in '~' and 8 digits of its SHA-256. */
bool kit_record_name(
    struct bytes name, unsigned number, struct text *out, struct err *err) MUST_CHECK;
/* The first number that is free. ERR_LIMIT. */
bool kit_record_free(
    const char *keys, struct bytes name, unsigned *number, struct err *err) MUST_CHECK;
/* Calls each() for every certificate (PEM) that was issued to the kit NAME, by the name in it. ERR_MISSING: no such kit. */
bool kit_record_each(const char *keys, const char *name,
    bool (*each)(void *context, const struct text *certificate, struct err *err), void *context,
    struct err *err) MUST_CHECK;

#endif
