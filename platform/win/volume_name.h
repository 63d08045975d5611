/* Volumes by the name that Windows gives each: "\\?\Volume{GUID}\". For platform/win alone. */
#ifndef KANSHIKI_PLATFORM_WIN_VOLUME_NAME_H
#define KANSHIKI_PLATFORM_WIN_VOLUME_NAME_H

#include "platform/win/edge.h"

#define VOLUME_NAME_LEN  49 /* "\\?\Volume{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}\" */
#define VOLUME_NAME_ROOM 64

/* The volume that path lies on, with junctions, links, SUBST and volumes mounted in folders resolved; of the
 * nearest parent when there is nothing at path. False for network paths and where it cannot be told. */
bool volume_name_of(const char *path, wchar_t out[VOLUME_NAME_ROOM]);
/* The volume with that drive letter. */
bool volume_name_of_letter(char letter, wchar_t out[VOLUME_NAME_ROOM]);
/* The drive letter among the places where a volume is mounted; 0 for none. */
char volume_name_letter(const wchar_t *name);

#endif
