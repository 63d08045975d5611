/* Facts about a Linux machine. See platform/host.h. */
#define _GNU_SOURCE
#include "platform/host.h"

#include <pwd.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* The first line of a small file of the kernel; nothing when it cannot be read. */
static void add_line_of(struct text *out, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[256];

	if (!file)
		return;
	if (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		text_adds(out, line);
	}
	fclose(file);
}

void host_facts(struct host_facts *out)
{
	struct utsname name;
	time_t now = time(NULL);
	struct tm local;
	const struct passwd *user = getpwuid(geteuid());

	*out = (struct host_facts){0};
	if (uname(&name) == 0) {
		text_adds(&out->name, name.nodename);
		text_addf(&out->os, "%s %s (%s)", name.sysname, name.release, name.machine);
		if (strcmp(name.domainname, "(none)") != 0)
			text_adds(&out->domain, name.domainname);
	}
	if (user)
		text_adds(&out->user, user->pw_name);
	if (localtime_r(&now, &local) && local.tm_zone)
		text_adds(&out->zone, local.tm_zone);
	add_line_of(&out->manufacturer, "/sys/class/dmi/id/sys_vendor");
	add_line_of(&out->model, "/sys/class/dmi/id/product_name");
	add_line_of(&out->serial, "/sys/class/dmi/id/product_serial");
	add_line_of(&out->uuid, "/sys/class/dmi/id/product_uuid");
	add_line_of(&out->asset_tag, "/sys/class/dmi/id/chassis_asset_tag");
	add_line_of(&out->machine_guid, "/etc/machine-id");
}
