/* What every sink shares. See sink.h. */
#include "core/sink.h"

#include <stdlib.h>

void sink_free(struct sink *sink)
{
	if (sink)
		sink->free(sink);
}

struct text_sink {
	struct sink sink;
	struct text *text;
};

static bool text_sink_write(struct sink *self, struct bytes data, struct err *err)
{
	struct text_sink *to = (struct text_sink *)self;

	text_add(to->text, data);
	return text_ok(to->text, err);
}

static bool text_sink_finish(struct sink *self, struct err *err)
{
	return text_ok(((struct text_sink *)self)->text, err);
}

static void text_sink_free(struct sink *self)
{
	free(self);
}

struct sink *sink_to_text(struct text *text)
{
	struct text_sink *to = calloc(1, sizeof(*to));

	if (!to)
		return NULL;
	to->sink = (struct sink){text_sink_write, text_sink_finish, text_sink_free};
	to->text = text;
	return &to->sink;
}
