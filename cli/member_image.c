/* Sparse members as whole files. See member_image.h. */
#include "cli/member_image.h"

#include <stdlib.h>

struct image {
	struct source source;
	const struct member *member;
	uint8_t *kept;    /* the stored bytes, NULL: read from the member */
	uint64_t *starts; /* of each run in them */
};

struct keeping {
	struct image *image;
	uint64_t done;
};

/* The last run that begins at or before offset; SIZE_MAX when none does. */
static size_t run_at(const struct member *member, uint64_t offset)
{
	size_t low = 0, high = member->run_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (member->runs[middle].at <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? low - 1 : SIZE_MAX;
}

/* How many bytes from offset on are stored, or are not: *stored tells which, *at where. */
static uint64_t stretch(const struct image *image, uint64_t offset, bool *stored, uint64_t *at)
{
	const struct member *member = image->member;
	size_t i = run_at(member, offset);

	*stored = i != SIZE_MAX && offset - member->runs[i].at < member->runs[i].len;
	if (*stored) {
		*at = image->starts[i] + (offset - member->runs[i].at);
		return member->runs[i].len - (offset - member->runs[i].at);
	}
	i = i == SIZE_MAX ? 0 : i + 1;
	return (i < member->run_count ? member->runs[i].at : member->size) - offset;
}

static bool image_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct image *image = (struct image *)self;
	struct source *from = image->member->source;

	*got = 0;
	while (*got < len && offset + *got < self->size) {
		uint8_t *piece = (uint8_t *)to + *got;
		uint64_t at = 0;
		bool stored;
		uint64_t left = stretch(image, offset + *got, &stored, &at);
		size_t part = len - *got < left ? len - *got : (size_t)left;

		if (!stored)
			memset(piece, 0, part);
		else if (image->kept)
			memcpy(piece, image->kept + at, part);
		else if (!source_read_exact(from, at, piece, part, err))
			return false;
		*got += part;
	}
	return true;
}

static uint64_t image_data_at(struct source *self, uint64_t offset)
{
	const struct image *image = (struct image *)self;
	uint64_t at = 0;
	bool stored;
	uint64_t left = stretch(image, offset, &stored, &at);

	return stored ? offset : offset + left;
}

static void image_close(struct source *self)
{
	struct image *image = (struct image *)self;

	free(image->kept);
	free(image->starts);
	free(image);
}

static bool keep(void *context, uint64_t at, struct bytes piece, struct err *err)
{
	struct keeping *keeping = context;

	(void)at, (void)err;
	if (keeping->image->kept)
		memcpy(keeping->image->kept + keeping->done, piece.at, piece.len);
	keeping->done += piece.len;
	return true;
}

/* A member of which nothing is kept: all is read where it lies. */
static bool make_image(const struct member *member, struct image **out, struct err *err)
{
	struct image *image = calloc(1, sizeof(*image));
	uint64_t start = 0;

	if (image)
		image->starts = calloc(member->run_count + 1, sizeof(*image->starts));
	if (!image || !image->starts) {
		free(image);
		return fail(err, ERR_MEMORY, "no memory for a sparse file");
	}
	image->source = (struct source){.size = member->size,
	    .read = image_read,
	    .close = image_close,
	    .data_at = image_data_at};
	image->member = member;
	for (size_t i = 0; i < member->run_count; i++) {
		image->starts[i] = start;
		start += member->runs[i].len;
	}
	*out = image;
	return true;
}

bool member_image_open(const struct member *member, struct source **out, struct err *err)
{
	CLEANUP(source_close) struct source *made = NULL;
	struct image *image;

	if (!make_image(member, &image, err))
		return false;
	made = &image->source;
	if (member->source->size <= MEMBER_IMAGE_BYTES)
		image->kept = malloc((size_t)member->source->size + 1);
	struct keeping keeping = {.image = image};

	if (!member_copy(member, keep, &keeping, err))
		return false;
	*out = TAKE(made);
	return true;
}

bool member_image_of_checked(const struct member *member, struct source **out, struct err *err)
{
	struct image *image;

	if (!make_image(member, &image, err))
		return false;
	*out = &image->source;
	return true;
}
