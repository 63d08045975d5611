/* Facts about the machine we run on, for collection.json and the custody sheet. */
#ifndef KANSHIKI_PLATFORM_HOST_H
#define KANSHIKI_PLATFORM_HOST_H

#include "core/text.h"

struct host_facts {
	struct text name; /* computer name */
	struct text os;   /* "Windows 10.0.19045 (x64)" from RtlGetVersion */
	struct text user; /* who runs us */
	struct text domain;
	struct text zone;                        /* time zone name */
	struct text manufacturer, model, serial; /* "" when unknown */
	struct text machine_guid;
	struct text fqdn;                    /* "pc1.example.jp" */
	struct text build;                   /* "23H2, 22631.4460" */
	struct text uuid, asset_tag;         /* SMBIOS: of the system, of its chassis */
	uint64_t installed;                  /* ticks; 0: unknown */
	struct text_list logged_on, ip, mac; /* "DOMAIN\\name"; addresses as text */
};
/* Fills what it can; never fails. */
void host_facts(struct host_facts *out);
void host_facts_free(struct host_facts *facts);

#endif
