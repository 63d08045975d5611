/* Self-relative security descriptors (MS-DTYP 2.4.6) with their SIDs (2.4.2), ACLs (2.4.5) and ACEs (2.4.4), as
 * text in SDDL (2.5.1). Nothing is trusted: every offset, size and count is checked, what cannot be read is
 * shown as hex, and what comes out is at most some ten times as long as what came in. */
#ifndef KANSHIKI_FORMATS_SECURITY_SECURITY_H
#define KANSHIKI_FORMATS_SECURITY_SECURITY_H

#include "core/text.h"

#define SECURITY_SID_MAX 68u /* bytes: 15 sub-authorities */

/* The SID that begins at the start of `from`, cut to its own length. */
bool security_sid(struct bytes from, struct bytes *sid, struct err *err) MUST_CHECK;
/* Adds "S-1-5-32-544" for a SID that security_sid gave. */
void security_add_sid(struct text *out, struct bytes sid);

#define SECURITY_DACL_PRESENT   0x0004u
#define SECURITY_SACL_PRESENT   0x0010u
#define SECURITY_DACL_AUTO_REQ  0x0100u
#define SECURITY_SACL_AUTO_REQ  0x0200u
#define SECURITY_DACL_AUTO      0x0400u
#define SECURITY_SACL_AUTO      0x0800u
#define SECURITY_DACL_PROTECTED 0x1000u
#define SECURITY_SACL_PROTECTED 0x2000u

struct security_descriptor { /* views into the bytes it was read from */
	uint16_t control;    /* SECURITY_* */
	struct bytes owner;  /* SIDs, empty: none */
	struct bytes group;
	/* ACLs with their header, empty: none (or null, when control says present) */
	struct bytes dacl;
	struct bytes sacl;
	struct err damage; /* the first part that lies outside or makes no sense: it is empty */
};

/* False only when there is no descriptor at all; a part that is damaged is left empty. */
bool security_parse(struct bytes from, struct security_descriptor *out, struct err *err) MUST_CHECK;

/* Adds "O:BAG:SYD:PAI(A;;FA;;;SY)…". Well-known SIDs that are the same on every computer are written by their two
 * letters, all others in full; an ACE of an unknown kind, or damaged, as "(0x42;OICI;#hex of what follows its
 * header)", which is not SDDL. *damage: the first damage met, left alone when there is none. */
void security_add_sddl(
    struct text *out, const struct security_descriptor *descriptor, struct err *damage);

#endif
