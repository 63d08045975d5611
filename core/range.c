/* Ranges of bytes. See range.h. */
#include "core/range.h"

#include "core/array.h"

#include <stdlib.h>

struct part {
	struct range range; /* in the whole */
	uint64_t start;     /* in the source */
};

struct range_source {
	struct source source;
	struct source *whole;
	bool owns;
	size_t count;
	struct part parts[];
};

static bool ends_before(const void *element, uint64_t key)
{
	const struct range *range = element;

	return range->offset + range->len <= key;
}

size_t range_behind(const struct range *ranges, size_t count, uint64_t offset)
{
	return array_first_from(ranges, count, sizeof(*ranges), ends_before, offset);
}

static bool part_ends_before(const void *element, uint64_t key)
{
	const struct part *part = element;

	return part->start + part->range.len <= key;
}

static bool range_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	const struct range_source *from = (struct range_source *)self;
	size_t i = array_first_from(
	    from->parts, from->count, sizeof(*from->parts), part_ends_before, offset);

	*got = 0;
	for (; *got < len && i < from->count; i++) {
		const struct part *part = &from->parts[i];
		uint64_t inside = offset + *got - part->start;
		uint64_t left = part->range.len - inside;
		size_t wanted = len - *got < left ? len - *got : (size_t)left;
		size_t done = 0;
		bool ok = from->whole->read(from->whole, part->range.offset + inside,
		    (uint8_t *)to + *got, wanted, &done, err);

		*got += done;
		if (!ok)
			return false;
		if (done < wanted)
			return fail(err, ERR_DAMAGED, "the volume or image ends inside it");
	}
	return true;
}

static void range_close(struct source *self)
{
	struct range_source *from = (struct range_source *)self;

	if (from->owns)
		source_close(from->whole);
	free(from);
}

struct source *range_source(
    struct source *whole, const struct range *ranges, size_t count, bool owns)
{
	struct range_source *from = NULL;
	uint64_t size = 0;

	if (count < (SIZE_MAX - sizeof(*from)) / sizeof(from->parts[0]))
		from = calloc(1, sizeof(*from) + count * sizeof(from->parts[0]));
	if (!from)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		from->parts[i] = (struct part){ranges[i], size};
		size += ranges[i].len;
	}
	from->source = (struct source){.size = size, .read = range_read, .close = range_close};
	from->whole = whole;
	from->owns = owns;
	from->count = count;
	return &from->source;
}
