/* Names on their way into a bundle and out of it: what is escaped passes the check, and what passes it stays below the target. */
#include "fuzz_target.h"

#include "bundle/name.h"
#include "bundle/target.h"

#include <stdlib.h>
#include <string.h>

static void check_target(struct bytes name, enum target_rules rules)
{
	CLEANUP(text_free) struct text path = {0};

	(void)target_path(name, rules, &path);
	if (path.failed)
		return;
	if (path.len == 0 || path.at[0] == '/' || strstr(text_string(&path), "//"))
		abort();
	for (const char *at = text_string(&path); at; at = strchr(at, '/')) {
		at += *at == '/';
		size_t len = strcspn(at, "/");

		if (len == 0 || len > 3 * 255 || (len == 1 && *at == '.') ||
		    (len == 2 && memcmp(at, "..", 2) == 0))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(text_free) struct text component = {0}, utf16 = {0};
	const struct bytes bytes = {data, len};

	bundle_name_add(&component, bytes);
	bundle_name_add_utf16(&utf16, (struct bytes){data, len / 2 * 2});
	if (len && !component.failed && !bundle_name_check(text_bytes(&component), NULL))
		abort();
	if (len > 1 && !utf16.failed && !bundle_name_check(text_bytes(&utf16), NULL))
		abort();
	if (!bundle_name_check(bytes, NULL))
		return 0;
	check_target(bytes, TARGET_POSIX);
	check_target(bytes, TARGET_BOTH);
	check_target(bytes, TARGET_WINDOWS);
	return 0;
}
