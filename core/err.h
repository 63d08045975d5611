/* Why something failed, with the context a responder needs to act on it. */
#ifndef KANSHIKI_CORE_ERR_H
#define KANSHIKI_CORE_ERR_H

#include "core/compiler.h"

enum err_kind {
	ERR_NONE,
	ERR_MEMORY,
	ERR_IO,          /* the device or the OS failed */
	ERR_DENIED,      /* no permission */
	ERR_MISSING,     /* no such file, stream, key */
	ERR_DAMAGED,     /* the bytes contradict their format, or were tampered with */
	ERR_UNSUPPORTED, /* a valid thing that we do not read */
	ERR_LIMIT,       /* more than a named limit */
	ERR_STOPPED,     /* the user stopped it */
	ERR_FULL,        /* no space left at the destination */
	ERR_USAGE,       /* the command line is wrong */
	ERR_EXISTS,      /* would overwrite */
	ERR_UNTRUSTED,   /* not by whom we trust: wrong CA, expired or revoked certificate */
	ERR_KEY,         /* no key at hand opens it */
};

/* Lives on the caller's stack; nothing to free. Zero it (= {0}) before use. */
struct err {
	enum err_kind kind;
	uint32_t os_code; /* GetLastError() or errno when an OS call failed, else 0 */
	/* UTF-8, English, one line, no full stop; a long subject loses its middle */
	char text[248];
};

/* Fills *err and returns false, so that a failing function ends `return fail(...)`. err may be NULL. */
bool fail(struct err *err, enum err_kind kind, const char *format, ...) PRINTF(3, 4);

/* Puts "where: " in front of an error already set, on its way up. Returns false. */
bool fail_in(struct err *err, const char *format, ...) PRINTF(2, 3);

/* A lower-case word for rows and JSON: "io", "denied", "damaged" ... Never NULL. */
const char *err_kind_name(enum err_kind kind);

#endif
