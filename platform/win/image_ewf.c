/* Expert Witness images: not here. See platform/image.h, docs/adr/0008-libewf.md. */
#include "platform/image.h"

bool image_open_ewf(const char *path, struct source **out, struct err *err)
{
	(void)path;
	(void)out;
	return fail(err, ERR_UNSUPPORTED, "E01 images are read on Linux");
}
