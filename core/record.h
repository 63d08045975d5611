/* One fact read out of an artifact, on its way to a timeline, case.db or a rule. */
#ifndef KANSHIKI_CORE_RECORD_H
#define KANSHIKI_CORE_RECORD_H

#include "core/bytes.h"
#include "core/err.h"

enum value_type { VALUE_NONE, VALUE_INTEGER, VALUE_TIME, VALUE_TEXT, VALUE_BLOB };

struct value {
	enum value_type type;
	union {
		int64_t integer;
		uint64_t time;      /* 100 ns ticks since 1601-01-01 UTC, as Windows keeps it */
		struct bytes bytes; /* text: UTF-8 (WTF-8 for lone surrogates), no NUL */
	};
};

struct column {
	const char *name;
	enum value_type type;
	const char *meaning; /* makes table, rule names and docs */
};

struct schema {
	const char *table;
	const struct column *columns;
	size_t count;
};

struct record { /* borrowed by emit(): nothing in it need outlive the call */
	const struct schema *schema;
	uint64_t offset;            /* bytes into the member it was read from */
	const struct value *values; /* schema->count of them */
};

struct record_sink {
	bool (*emit)(struct record_sink *self, const struct record *record,
	    struct err *err) MUST_CHECK; /* false: store broken, stop */
	void (*damage)(struct record_sink *self, uint64_t offset,
	    const struct err *why); /* damage is evidence: also a record */
};

#endif
