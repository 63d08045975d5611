/* Writes small registry hives (regf 1.5) for tests: keys, values, one security descriptor. Format:
 * https://github.com/msuhanov/regf/blob/master/Windows%20registry%20file%20format%20specification.md */
#ifndef KANSHIKI_TESTS_FIXTURE_HIVE_H
#define KANSHIKI_TESTS_FIXTURE_HIVE_H

#include "core/text.h"

#define FIXTURE_HIVE_KEYS   128
#define FIXTURE_HIVE_VALUES 128

enum fixture_value_type {
	VALUE_SZ = 1,
	VALUE_EXPAND_SZ = 2,
	VALUE_BINARY = 3,
	VALUE_DWORD = 4,
	VALUE_QWORD = 11
};

struct fixture_hive_key {
	const char *name;
	int parent; /* index, -1: the root */
	uint32_t cell;
};

struct fixture_hive_value {
	const char *name; /* "" is the default value */
	int key;
	uint32_t type;
	struct bytes data; /* owned */
};

/* Zero it but for name and time. Names are borrowed; values are copied. The root is key 0. */
struct fixture_hive {
	const char *name; /* "\\SystemRoot\\System32\\Config\\SYSTEM": the last 31 units are kept */
	uint64_t time;    /* last written, of the hive and of every key */
	struct fixture_hive_key keys[FIXTURE_HIVE_KEYS];
	size_t key_count;
	struct fixture_hive_value values[FIXTURE_HIVE_VALUES];
	size_t value_count;
	bool failed; /* too many of something */
};

/* The key at a path of names below the root, made with all keys on the way. The names (literals, NULL-ended)
 * must live as long as the hive. NULL is the root. */
int fixture_hive_key(struct fixture_hive *hive, const char *const *parts);
void fixture_hive_string(struct fixture_hive *hive, int key, const char *name, const char *value);
void fixture_hive_number(struct fixture_hive *hive, int key, const char *name, uint32_t value);
void fixture_hive_binary(struct fixture_hive *hive, int key, const char *name, struct bytes value);
/* The whole file. False when something was too much. */
bool fixture_hive_write(struct fixture_hive *hive, struct text *out);
/* An empty transaction log of that hive (a base block of file type 6, no entries). */
void fixture_hive_write_log(const struct fixture_hive *hive, struct text *out);
void fixture_hive_free(struct fixture_hive *hive);

#endif
