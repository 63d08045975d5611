/* Security identifiers as text. See security.h. */
#include "formats/security/parts.h"

#define SID_HEADER          8u
#define SUB_AUTHORITIES_MAX 15u

bool security_sid(struct bytes from, struct bytes *sid, struct err *err)
{
	if (from.len < SID_HEADER)
		return fail(err, ERR_DAMAGED, "SID of %zu bytes", from.len);
	size_t count = from.at[1];

	if (from.at[0] != 1 || count > SUB_AUTHORITIES_MAX)
		return fail(err, ERR_DAMAGED, "SID of revision %u with %zu sub-authorities",
		    from.at[0], count);
	if (!bytes_slice(from, 0, SID_HEADER + 4 * count, sid))
		return fail(
		    err, ERR_DAMAGED, "SID of %zu sub-authorities in %zu bytes", count, from.len);
	return true;
}

void security_add_sid(struct text *out, struct bytes sid)
{
	uint64_t authority = 0;

	for (size_t i = 2; i < SID_HEADER; i++)
		authority = authority << 8 | sid.at[i];
	text_addf(out, "S-%u-", sid.at[0]);
	/* MS-DTYP 2.4.2.1 */
	text_addf(
	    out, authority > UINT32_MAX ? "0x%012llX" : "%llu", (unsigned long long)authority);
	for (size_t at = SID_HEADER; at + 4 <= sid.len; at += 4)
		text_addf(out, "-%u", le32(sid.at + at));
}

/* MS-DTYP 2.5.1.1, without those that depend on a domain or a computer. */
static const struct {
	const char *sid, *letters;
} well_known[] = {
    {"S-1-1-0", "WD"},
    {"S-1-3-0", "CO"},
    {"S-1-3-1", "CG"},
    {"S-1-3-4", "OW"},
    {"S-1-5-2", "NU"},
    {"S-1-5-4", "IU"},
    {"S-1-5-6", "SU"},
    {"S-1-5-7", "AN"},
    {"S-1-5-9", "ED"},
    {"S-1-5-10", "PS"},
    {"S-1-5-11", "AU"},
    {"S-1-5-12", "RC"},
    {"S-1-5-18", "SY"},
    {"S-1-5-19", "LS"},
    {"S-1-5-20", "NS"},
    {"S-1-5-33", "WR"},
    {"S-1-5-32-544", "BA"},
    {"S-1-5-32-545", "BU"},
    {"S-1-5-32-546", "BG"},
    {"S-1-5-32-547", "PU"},
    {"S-1-5-32-548", "AO"},
    {"S-1-5-32-549", "SO"},
    {"S-1-5-32-550", "PO"},
    {"S-1-5-32-551", "BO"},
    {"S-1-5-32-552", "RE"},
    {"S-1-5-32-554", "RU"},
    {"S-1-5-32-555", "RD"},
    {"S-1-5-32-556", "NO"},
    {"S-1-5-32-558", "MU"},
    {"S-1-5-32-559", "LU"},
    {"S-1-5-32-568", "IS"},
    {"S-1-5-32-569", "CY"},
    {"S-1-5-32-573", "ER"},
    {"S-1-5-32-574", "CD"},
    {"S-1-5-32-575", "RA"},
    {"S-1-5-32-576", "ES"},
    {"S-1-5-32-577", "MS"},
    {"S-1-5-32-578", "HA"},
    {"S-1-5-32-579", "AA"},
    {"S-1-5-32-580", "RM"},
    {"S-1-5-84-0-0-0-0-0", "UD"},
    {"S-1-15-2-1", "AC"},
    {"S-1-16-4096", "LW"},
    {"S-1-16-8192", "ME"},
    {"S-1-16-8448", "MP"},
    {"S-1-16-12288", "HI"},
    {"S-1-16-16384", "SI"},
    {"S-1-18-1", "AS"},
    {"S-1-18-2", "SS"},
};

void security_add_short_sid(struct text *out, struct bytes sid)
{
	CLEANUP(text_free) struct text full = {0};

	security_add_sid(&full, sid);
	for (size_t i = 0; i < ARRAY_LEN(well_known); i++)
		if (strcmp(text_string(&full), well_known[i].sid) == 0) {
			text_adds(out, well_known[i].letters);
			return;
		}
	text_add(out, text_bytes(&full));
	out->failed |= full.failed;
}
