/* A directory as a bundle's store (core/store.h): the only way the bundle code reaches the disk. */
#ifndef KANSHIKI_PLATFORM_STORE_H
#define KANSHIKI_PLATFORM_STORE_H

#include "core/store.h"

/* Opens an existing directory. The caller frees *out. */
bool store_open_directory(const char *path, struct store **out, struct err *err) MUST_CHECK;

#endif
