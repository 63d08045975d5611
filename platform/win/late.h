/* Functions of DLLs that are not in our import table, looked up when first needed and only ever in the
 * system directory, so that a DLL planted beside the program is never loaded (docs/attack-surface.md). */
#ifndef KANSHIKI_PLATFORM_WIN_LATE_H
#define KANSHIKI_PLATFORM_WIN_LATE_H

/* The search for DLLs in the program's directory, the current directory and PATH is off for everything loaded
 * after the import table: a constructor does that before main. To be called from main's first steps, so
 * that the constructor is part of the program. */
void late_start(void);

/* The function, or NULL where this Windows has none. The module stays loaded. */
void (*late_find(const char *module, const char *function))(void);

/* The function of that name with the type of its declaration. */
#define LATE(module, function) ((__typeof__(&(function)))late_find(module, #function))

#endif
