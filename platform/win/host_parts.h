/* The parts of host_facts that ask DLLs which are loaded late. For platform/win/host*.c alone. */
#ifndef KANSHIKI_PLATFORM_WIN_HOST_PARTS_H
#define KANSHIKI_PLATFORM_WIN_HOST_PARTS_H

#include "core/text.h"

/* Addresses of the adapters that are up, loopback left out; nothing when they cannot be asked. */
void host_add_addresses(struct text_list *ip, struct text_list *mac);
/* Who is logged on, "DOMAIN\\name", each once. */
void host_add_sessions(struct text_list *users);

#endif
