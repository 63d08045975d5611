/* Makes a field kit: keys of the office in KEYDIR, what travels in the kit's directory. */
#ifndef KANSHIKI_CLI_KIT_NEW_H
#define KANSHIKI_CLI_KIT_NEW_H

#include "core/err.h"
#include "core/text.h"

struct kit_order {
	const char *directory, *keys;
	const char *name;            /* NULL: made from the date */
	const char *profile;         /* the kit's default */
	bool ids_only;               /* struct kit */
	struct text_list recipients; /* beside the one of KEYDIR */
	struct text_list programs;   /* kanshiki.exe to copy; empty: looked for */
	unsigned days;
	uint64_t now;
};

struct kit_made { /* what to tell the user; text_free each */
	struct text name;
	bool new_ca, new_recipient;
	unsigned programs; /* copied */
	uint64_t expires;
};
void kit_made_free(struct kit_made *made);
static inline void kit_made_free_at(struct kit_made *made)
{
	kit_made_free(made);
}

/* Makes both directories if missing. Refuses to overwrite a kit or a name issued before (ERR_EXISTS), and a KEYDIR that lies in
 * the kit (ERR_USAGE): its keys would travel. Files made in the kit are removed again when it fails. */
bool kit_new(const struct kit_order *order, struct kit_made *out, struct err *err) MUST_CHECK;

/* Where in KEYDIR the certificate of a kit is kept: "kits/NAME.pem". What no file system takes becomes '_'. */
bool kit_record_name(struct bytes name, struct text *out, struct err *err) MUST_CHECK;

/* kit_programs.c: copies the Windows programs; *count says how many. Names of what was made are added to `made`. */
bool kit_copy_programs(const struct kit_order *order, struct text_list *made, unsigned *count,
    struct err *err) MUST_CHECK;

#endif
