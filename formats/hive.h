/* A Windows registry hive file (regf), read only: keys by path, values by name. Enough to ask a hive a few
 * questions; transaction logs are not applied. Layout: docs/formats/hive.md. */
#ifndef KANSHIKI_FORMATS_HIVE_H
#define KANSHIKI_FORMATS_HIVE_H

#include "core/source.h"
#include "core/text.h"

#define HIVE_NAME_MAX    512       /* bytes of a key's or value's name, as stored */
#define HIVE_SUBKEYS_MAX 65536     /* looked at in one key */
#define HIVE_VALUES_MAX  65536     /* looked at in one key */
#define HIVE_LIST_DEPTH  2         /* an "ri" list holds lists that hold no lists */
#define HIVE_VALUE_MAX   (1 << 20) /* bytes of a value that is read */
#define HIVE_PATH_DEPTH  512       /* components */

struct hive; /* opaque */

/* Opens the hive in source, which it borrows. ERR_DAMAGED: no "regf", or no root key. */
bool hive_open(struct source *source, struct hive **out, struct err *err) MUST_CHECK;
void hive_close(struct hive *hive);
CLEANUP_POINTER(struct hive, hive_close);

/* A key: where its cell lies. */
struct hive_key {
	uint32_t cell;
	uint64_t written; /* ticks */
};

void hive_root(const struct hive *hive, struct hive_key *out);
/* Finds a key below `from` by a path of components between '/' ("Control/ComputerName"), without case.
 * ERR_MISSING names the component that is not there. */
bool hive_find(struct hive *hive, const struct hive_key *from, const char *path,
    struct hive_key *out, struct err *err) MUST_CHECK;

enum hive_type {
	HIVE_NONE,
	HIVE_SZ,
	HIVE_EXPAND_SZ,
	HIVE_BINARY,
	HIVE_DWORD,
	HIVE_DWORD_BE,
	HIVE_LINK,
	HIVE_MULTI_SZ,
	HIVE_QWORD = 11,
};

#define HIVE_ITEM_LEN 20u
struct hive_item {
	struct bytes name; /* WTF-8, borrowed: gone after the call */
	uint32_t data_len; /* as stored */
	uint8_t cell[HIVE_ITEM_LEN];
};
/* Calls each for the first `most` values of a key, in the order of their list, until it returns false. Those that are damaged are
 * passed over; a list that ends early is a failure. *seen: how many of the list were looked at, also then. */
bool hive_values(struct hive *hive, const struct hive_key *key, uint32_t most,
    bool (*each)(void *context, const struct hive_item *item), void *context, uint32_t *seen,
    struct err *err) MUST_CHECK;
/* Reads the data of a value into *data (its old content is dropped). ERR_LIMIT over HIVE_VALUE_MAX. */
bool hive_data(
    struct hive *hive, const struct hive_item *item, struct text *data, struct err *err) MUST_CHECK;

/* Reads a value's data into *data (its old content is dropped). ERR_MISSING; ERR_LIMIT over
 * HIVE_VALUE_MAX. The type is as stored: any number. */
bool hive_value(struct hive *hive, const struct hive_key *key, const char *name, uint32_t *type,
    struct text *data, struct err *err) MUST_CHECK;
/* The same for text (REG_SZ, REG_EXPAND_SZ), up to its first NUL, as WTF-8. */
bool hive_string(struct hive *hive, const struct hive_key *key, const char *name, struct text *out,
    struct err *err) MUST_CHECK;
bool hive_number(struct hive *hive, const struct hive_key *key, const char *name, uint32_t *out,
    struct err *err) MUST_CHECK;

/* The computer's name from a SYSTEM hive: Select!Current, ControlSetNNN/Control/ComputerName/ComputerName. */
bool hive_computer_name(struct hive *hive, struct text *out, struct err *err) MUST_CHECK;

#endif
