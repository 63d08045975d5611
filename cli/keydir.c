/* See keydir.h. */
#include "cli/keydir.h"

#include "platform/file.h"

bool keydir_read(
    const char *keys, const char *name, size_t limit, struct text *out, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};

	file_join(&path, keys, name);
	if (!text_ok(&path, err))
		return false;
	enum file_kind kind = file_kind(text_string(&path));

	if (kind == FILE_KIND_MISSING)
		return true;
	if (kind != FILE_KIND_FILE)
		return fail(
		    err, ERR_IO, "'%s' is not a file, or cannot be read", text_string(&path));
	if (!file_read_all(text_string(&path), limit, out, err))
		return false;
	return out->len || fail(err, ERR_DAMAGED, "'%s' is empty", text_string(&path));
}
