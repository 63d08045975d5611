/* Names of volume files. See manifest.h. */
#include "bundle/manifest.h"
#include "bundle/writer.h"

#include <stdio.h>

static const char *const set_names[] = {
    [BUNDLE_LIVE] = "live",
    [BUNDLE_FILES] = "files",
    [BUNDLE_MEMORY] = "memory",
    [BUNDLE_META] = "meta",
};
static const char suffix[] = ".tar.zst.age";
static const char part[] = ".part";

const char *bundle_set_name(unsigned set)
{
	return set < ARRAY_LEN(set_names) ? set_names[set] : "unknown";
}

void volume_name_format(unsigned set, uint32_t index, char out[VOLUME_NAME_ROOM])
{
	snprintf(out, VOLUME_NAME_ROOM, "%s.%03u%s", bundle_set_name(set), (unsigned)index, suffix);
}

static bool take(struct bytes *from, const char *string)
{
	size_t len = strlen(string);

	if (from->len < len || memcmp(from->at, string, len) != 0)
		return false;
	from->at += len;
	from->len -= len;
	return true;
}

/* Exactly three digits, not 000. */
static bool take_index(struct bytes *from, uint32_t *index)
{
	uint32_t value = 0;

	if (from->len < 3)
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (from->at[i] < '0' || from->at[i] > '9')
			return false;
		value = value * 10 + (from->at[i] - '0');
	}
	from->at += 3;
	from->len -= 3;
	*index = value;
	return value > 0;
}

bool volume_name_parse(struct bytes name, struct volume_name *out)
{
	for (unsigned set = 0; set < ARRAY_LEN(set_names); set++) {
		struct volume_name found = {.set = set};
		struct bytes rest = name;

		if (!take(&rest, set_names[set]) || !take(&rest, ".") ||
		    !take_index(&rest, &found.index) || !take(&rest, suffix))
			continue;
		found.is_part = take(&rest, part);
		if (rest.len)
			return false;
		*out = found;
		return true;
	}
	return false;
}

/* NAME, what is put behind it, and a number. */
static bool parse_numbered(
    struct bytes name, const char *behind, struct volume_name *out, unsigned *number)
{
	struct bytes rest = name;
	unsigned value = 0;

	while (rest.len && rest.at[rest.len - 1] >= '0' && rest.at[rest.len - 1] <= '9')
		rest.len--;
	for (size_t i = rest.len; i < name.len && value <= VOLUME_CUT_MAX; i++)
		value = value * 10 + (name.at[i] - '0');
	if (value == 0 || value > VOLUME_CUT_MAX || name.at[rest.len] == '0' ||
	    rest.len < strlen(behind))
		return false;
	struct volume_name volume;
	struct bytes ending = {rest.at + rest.len - strlen(behind), strlen(behind)};

	rest.len -= ending.len;
	if (!bytes_equal(ending, bytes_of(behind)) || !volume_name_parse(rest, &volume) ||
	    volume.is_part)
		return false;
	*out = volume;
	*number = value;
	return true;
}

bool volume_cut_parse(struct bytes name, struct volume_name *out, unsigned *number)
{
	return parse_numbered(name, VOLUME_CUT_SUFFIX, out, number);
}

bool volume_unread_parse(struct bytes name, struct volume_name *out, unsigned *number)
{
	return parse_numbered(name, VOLUME_UNREAD_SUFFIX, out, number);
}
