/* Sources over memory and windows of sources. See source.h. */
#include "core/source.h"

#include <stdlib.h>

void source_close(struct source *source)
{
	if (source)
		source->close(source);
}

bool source_read_exact(
    struct source *source, uint64_t offset, void *to, size_t len, struct err *err)
{
	size_t got = 0;

	if (len == 0)
		return true;
	if (!source->read(source, offset, to, len, &got, err))
		return false;
	if (got < len)
		return fail(err, ERR_DAMAGED, "ends at byte %llu, %zu bytes wanted at %llu",
		    (unsigned long long)(offset < source->size ? offset + got : source->size), len,
		    (unsigned long long)offset);
	return true;
}

bool source_read_patiently(
    struct source *source, uint64_t offset, void *to, size_t len, struct err *err)
{
	struct err why = {0};

	if (source_read_exact(source, offset, to, len, &why))
		return true;
	if (why.kind == ERR_IO)
		return source_read_exact(source, offset, to, len, err);
	if (err)
		*err = why;
	return false;
}

uint64_t source_data_at(struct source *source, uint64_t offset)
{
	return source->data_at && offset < source->size ? source->data_at(source, offset) : offset;
}

struct memory_source {
	struct source source;
	struct bytes bytes;
};

static bool memory_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct memory_source *memory = (struct memory_source *)self;
	size_t left = offset < memory->bytes.len ? memory->bytes.len - (size_t)offset : 0;

	(void)err;
	*got = len < left ? len : left;
	if (*got)
		memcpy(to, memory->bytes.at + offset, *got);
	return true;
}

static void memory_close(struct source *self)
{
	free(self);
}

struct source *source_of_bytes(struct bytes bytes)
{
	struct memory_source *memory = calloc(1, sizeof(*memory));

	if (!memory)
		return NULL;
	memory->source =
	    (struct source){.size = bytes.len, .read = memory_read, .close = memory_close};
	memory->bytes = bytes;
	return &memory->source;
}

struct window_source {
	struct source source;
	struct source *whole;
	uint64_t offset;
	bool owns;
};

static bool window_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct window_source *window = (struct window_source *)self;
	uint64_t left = offset < self->size ? self->size - offset : 0;

	*got = 0;
	if (left == 0)
		return true;
	return window->whole->read(
	    window->whole, window->offset + offset, to, len < left ? len : (size_t)left, got, err);
}

static uint64_t window_data_at(struct source *self, uint64_t offset)
{
	struct window_source *window = (struct window_source *)self;
	uint64_t at = source_data_at(window->whole, window->offset + offset) - window->offset;

	return at < self->size ? at : self->size;
}

static void window_close(struct source *self)
{
	struct window_source *window = (struct window_source *)self;

	if (window->owns)
		source_close(window->whole);
	free(window);
}

struct source *source_window(struct source *whole, uint64_t offset, uint64_t len, bool owns)
{
	struct window_source *window = calloc(1, sizeof(*window));

	if (!window)
		return NULL;
	if (offset > whole->size)
		offset = whole->size;
	if (len > whole->size - offset)
		len = whole->size - offset;
	window->source = (struct source){
	    .size = len, .read = window_read, .close = window_close, .data_at = window_data_at};
	window->whole = whole;
	window->offset = offset;
	window->owns = owns;
	return &window->source;
}
