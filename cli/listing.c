/* Patterns of ls, extract and export. See listing.h. */
#include "cli/listing.h"

#include "core/pattern.h"

#include <string.h>

/* "fs/C/Users" means all below it, too. */
static bool is_below(const char *directory, struct bytes path)
{
	size_t len = strlen(directory);

	while (len && directory[len - 1] == '/')
		len--;
	return len && path.len > len && path.at[len] == '/' &&
	       text_same_name(
		   (struct bytes){path.at, len}, (struct bytes){(const uint8_t *)directory, len});
}

bool listing_matches(const struct text_list *patterns, struct bytes path)
{
	for (size_t i = 0; i < patterns->count; i++)
		if (pattern_match(patterns->at[i], path) || is_below(patterns->at[i], path))
			return true;
	return patterns->count == 0;
}
