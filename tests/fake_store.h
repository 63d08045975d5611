/* A store in memory that fails when told to: at the nth change, or when it is full. */
#ifndef KANSHIKI_TESTS_FAKE_STORE_H
#define KANSHIKI_TESTS_FAKE_STORE_H

#include "core/store.h"

struct fake_file;

struct fake_store {
	struct store store;
	struct fake_file *files;
	size_t count;
	uint64_t used;
	uint64_t capacity; /* bytes, 0: no limit. A write over it puts what fits and is ERR_FULL */
	uint64_t changes;  /* so far: create, write, finish, rename, remove */
	uint64_t fail_at;  /* this one fails (1 is the first), 0: none */
	bool fails_on;     /* and all after it */
	enum err_kind kind;
	const char *refused;        /* no file is made whose name begins so */
	uint64_t refused_from;      /* that many changes, and all after */
	const char *blocked;        /* the next rename to this name fails, once */
	uint64_t dies_at;           /* this change and all after it fail: the power was pulled */
	uint64_t opens, bytes_read; /* of files, so far */
};

/* NULL when no memory. store_free(&fake->store) frees it. */
struct fake_store *fake_store_new(void);
/* The bytes of a file, borrowed until the next change; at is NULL when there is none. */
struct bytes fake_store_bytes(struct fake_store *fake, const char *name);
/* From here on its second half cannot be read (ERR_IO), whatever it is called. */
void fake_store_spoil(struct fake_store *fake, const char *name);
/* The same of some bytes of it alone; of none: it is sound again. */
void fake_store_spoil_at(struct fake_store *fake, const char *name, uint64_t at, uint64_t len);
/* For bundle_plan.free_space: context is the fake. */
bool fake_store_free_space(void *context, uint64_t *bytes);

#endif
