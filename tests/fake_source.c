/* A source that fails when told to. See fake_source.h. */
#include "tests/fake_source.h"

#include <stdlib.h>

static bool fake_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct fake_source *fake = (struct fake_source *)self;
	uint64_t left = offset < fake->bytes.len ? fake->bytes.len - offset : 0;
	uint64_t end = offset + (len < left ? len : left);

	*got = 0;
	fake->reads++;
	if (fake->reads == fake->call_at)
		fake->call(fake->context);
	if (fake->reads == fake->fail_at && fake->is_lasting) {
		fake->bad_from = offset;
		fake->bad_len = 512;
	}
	bool is_bad =
	    fake->bad_len && offset < fake->bad_from + fake->bad_len && fake->bad_from < end;

	if (fake->reads == fake->fail_at)
		return fail(err, ERR_IO, "the fake device failed at read %llu",
		    (unsigned long long)fake->reads);
	if (is_bad)
		end = fake->bad_from > offset ? fake->bad_from : offset;
	*got = (size_t)(end - offset);
	if (*got)
		memcpy(to, fake->bytes.at + offset, *got);
	return !is_bad || fail(err, ERR_IO, "bad sector at %llu", (unsigned long long)end);
}

static void fake_close(struct source *self)
{
	free(self);
}

struct fake_source *fake_source_new(struct bytes bytes)
{
	struct fake_source *fake = calloc(1, sizeof(*fake));

	if (!fake)
		return NULL;
	fake->source = (struct source){.size = bytes.len, .read = fake_read, .close = fake_close};
	fake->bytes = bytes;
	return fake;
}
