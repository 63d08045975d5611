/* Functions of DLLs that are not in our import table, looked up when first needed and only ever in the
 * system directory, so that a DLL planted beside the program is never loaded (docs/attack-surface.md). */
#ifndef KANSHIKI_PLATFORM_WIN_LATE_H
#define KANSHIKI_PLATFORM_WIN_LATE_H

/* Switches the search for DLLs in the program's directory, the current directory and PATH off for
 * everything loaded from now on. Call first of all. */
void late_start(void);

/* The function, or NULL where this Windows has none. The module stays loaded. */
void (*late_find(const char *module, const char *function))(void);

/* The function of that name with the type of its declaration. */
#define LATE(module, function) ((__typeof__(&(function)))late_find(module, #function))

#endif
