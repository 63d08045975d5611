/* Attributes as members. See attribute.h. */
#include "collectors/attribute.h"

#include "formats/ntfs/ea.h"

static const struct {
	uint32_t type;
	const char *name;
} types[] = {
    {NTFS_INDEX_ROOT, "$INDEX_ROOT"},
    {NTFS_INDEX_ALLOCATION, "$INDEX_ALLOCATION"},
    {NTFS_BITMAP, "$BITMAP"},
    {NTFS_EA, "$EA"},
    {NTFS_LOGGED_UTILITY_STREAM, "$LOGGED_UTILITY_STREAM"},
};

static bool is_called(const struct ntfs_stream *stream, const char *name)
{
	size_t len = strlen(name);

	if (stream->utf16.len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (le16(stream->utf16.at + 2 * i) != (uint8_t)name[i])
			return false;
	return true;
}

/* Those of directories are looked through by others; of logged streams only the keys of EFS tell more. */
static bool is_member(const struct ntfs_stream *stream)
{
	return stream->type == NTFS_LOGGED_UTILITY_STREAM ? is_called(stream, "$EFS")
							  : !is_called(stream, "$I30");
}

const char *attribute_type(const struct ntfs_stream *stream)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i].type == stream->type)
			return is_member(stream) ? types[i].name : NULL;
	return NULL;
}

void attribute_add_name(struct text *out, const struct ntfs_stream *stream,
    void (*spell)(struct text *out, struct bytes utf16))
{
	const char *type = attribute_type(stream);

	if (type || stream->utf16.len) {
		text_addc(out, ':');
		spell(out, stream->utf16);
	}
	if (type)
		text_addf(out, ":%s", type);
}

void attribute_company_add(
    struct attribute_company *company, const struct ntfs_stream *stream, uint32_t mask)
{
	company->any |= mask;
	if (stream->type == NTFS_DATA && stream->flags & NTFS_STREAM_ENCRYPTED)
		company->encrypted |= mask;
}

/* Whether the row of its file has all of the extended attributes; of those that are not resident nobody knows before they are read. */
static bool is_shown(const struct ntfs_stream *stream)
{
	struct ntfs_ea ea;
	size_t pos = 0, count = 0;
	bool found = true;

	if (!stream->resident)
		return stream->size == 0;
	while (found) {
		if (!ntfs_ea_next(stream->content, &pos, &ea, &found, NULL))
			return false;
		count += found;
		if (found &&
		    (count > ATTRIBUTE_EA_SHOWN_MAX || ea.value.len > ATTRIBUTE_EA_VALUE_MAX))
			return false;
	}
	return true;
}

uint32_t attribute_company_mask(
    const struct attribute_company *company, const struct ntfs_stream *stream)
{
	if (stream->type == NTFS_LOGGED_UTILITY_STREAM && attribute_type(stream))
		return company->encrypted;
	if (stream->type == NTFS_EA && company->any && !is_shown(stream))
		return company->any;
	return 0;
}
