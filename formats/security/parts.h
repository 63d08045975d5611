/* What the files of formats/security share. Private to them. */
#ifndef KANSHIKI_FORMATS_SECURITY_PARTS_H
#define KANSHIKI_FORMATS_SECURITY_PARTS_H

#include "formats/security/security.h"

/* Adds the two letters of a well-known SID, all of it otherwise. */
void security_add_short_sid(struct text *out, struct bytes sid);

/* Adds an ACE of an ACL, with its header, in parentheses. *damage as in security_add_sddl. */
void security_add_ace(struct text *out, struct bytes ace, struct err *damage);

/* Adds a condition (MS-DTYP 2.4.4.17, with its "artx") in parentheses. False, out untouched, when it cannot be
 * read. */
bool security_add_condition(struct text *out, struct bytes condition) MUST_CHECK;

/* Adds a resource attribute (MS-DTYP 2.4.10.1) in parentheses. False, out untouched, when it cannot be read. */
bool security_add_claim(struct text *out, struct bytes claim) MUST_CHECK;

/* Adds characters between quotes, what would end them or is a control character as %XXXX. */
void security_add_quoted(struct text *out, struct bytes utf16);

#endif
