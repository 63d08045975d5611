/* Kits that were issued from a KEYDIR: kits/NAME.pem and evidence-ca.crl. docs/formats/kit.md. */
#ifndef KANSHIKI_CLI_KIT_OFFICE_H
#define KANSHIKI_CLI_KIT_OFFICE_H

#include "core/err.h"

/* Puts the kit of that name on the evidence CA's revocation list: its seals are refused from `since` on. ERR_MISSING: no such
 * kit; ERR_EXISTS: revoked before; ERR_USAGE: `since` has not come yet, or lies before the kit's first day. */
bool kit_revoke(
    const char *keys, const char *name, uint64_t since, uint64_t now, struct err *err) MUST_CHECK;

/* Prints a line for each kit and returns the exit code. */
int kit_list(const char *keys);

#endif
