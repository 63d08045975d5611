/* Reads that fail. See fake_flaky.h. */
#include "fake_flaky.h"

#include <stdlib.h>

struct flaky_source {
	struct source source;
	struct source *real;
	struct fake_flaky *store;
};

static bool flaky_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct flaky_source *flaky = (struct flaky_source *)self;

	*got = 0;
	if (++flaky->store->reads == flaky->store->fail_at)
		return fail(err, ERR_IO, "the disk is broken here");
	return flaky->real->read(flaky->real, offset, to, len, got, err);
}

static void flaky_close(struct source *self)
{
	source_close(((struct flaky_source *)self)->real);
	free(self);
}

static bool flaky_open(struct store *self, const char *name, struct source **out, struct err *err)
{
	struct fake_flaky *store = (struct fake_flaky *)self;
	struct flaky_source *flaky = calloc(1, sizeof(*flaky));

	if (!store->real->open(store->real, name, &flaky->real, err)) {
		free(flaky);
		return false;
	}
	flaky->source =
	    (struct source){.size = flaky->real->size, .read = flaky_read, .close = flaky_close};
	flaky->store = store;
	*out = &flaky->source;
	return true;
}

static bool flaky_list(struct store *self, struct text_list *names, struct err *err)
{
	struct store *real = ((struct fake_flaky *)self)->real;

	return real->list(real, names, err);
}

void fake_flaky_over(struct fake_flaky *flaky, struct store *real)
{
	*flaky = (struct fake_flaky){
	    .store = {.open = flaky_open, .list = flaky_list},
	    .real = real,
	};
}
