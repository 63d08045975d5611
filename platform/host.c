/* What host facts share on both systems. See host.h. */
#include "platform/host.h"

void host_facts_free(struct host_facts *facts)
{
	struct text *all[] = {&facts->name, &facts->os, &facts->user, &facts->domain, &facts->zone,
	    &facts->manufacturer, &facts->model, &facts->serial, &facts->machine_guid, &facts->fqdn,
	    &facts->build, &facts->uuid, &facts->asset_tag};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		text_free(all[i]);
	text_list_free(&facts->logged_on);
	text_list_free(&facts->ip);
	text_list_free(&facts->mac);
}
