/* MANIFEST.sha256: one text for one meaning. */
#include "unit.h"

#include "bundle/manifest.h"
#include "bundle/writer.h"

#include <stdlib.h>
#include <string.h>

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ZEROS  "0000000000000000000000000000000000000000000000000000000000000000"

static const char good[] =
    "# format: 1\n"
    "# collection_id: 01020304-0506-7708-890a-0b0c0d0e0f10\n"
    "# status: in-progress\n"
    "# case: nocase\n"
    "# host: PC 鑑識\n"
    "# started: 2026-11-20T22:04:15.1234567Z\n"
    "# sealed: 2026-11-20T22:05:00.0000000Z\n"
    "# volumes: 1\n"
    "# journal_head: " ZEROS "\n"
    "# seal_cert_sha256: " HASH_A "\n"
    "# recipients: age1x age1y\n" HASH_A "  README.txt\n" HASH_A "  files.001.tar.zst.age\n";

static bool parses(const char *text, struct err *err)
{
	CLEANUP(manifest_free) struct manifest manifest = {0};

	return manifest_parse(bytes_of(text), &manifest, err);
}

static void test_good(void **state)
{
	CLEANUP(manifest_free) struct manifest manifest = {0};
	CLEANUP(text_free) struct text again = {0};
	struct err err = {0};

	(void)state;
	assert_true(manifest_parse(bytes_of(good), &manifest, &err));
	assert_false(manifest.complete);
	assert_int_equal(manifest.volumes, 1);
	assert_int_equal(manifest.recipients.count, 2);
	assert_int_equal(manifest.file_count, 2);
	assert_string_equal(text_string(&manifest.host), "PC 鑑識");
	assert_non_null(manifest_find(&manifest, bytes_of("README.txt")));
	assert_null(manifest_find(&manifest, bytes_of("README")));
	assert_true(manifest_format(&manifest, &again, &err));
	assert_string_equal(text_string(&again), good);
}

/* Replaces the first `from` by `to`; the result must not parse. */
static void refuse(const char *from, const char *to)
{
	CLEANUP(text_free) struct text text = {0};
	const char *at = strstr(good, from);
	struct err err = {0};

	assert_non_null(at);
	text_add(&text, (struct bytes){(const uint8_t *)good, (size_t)(at - good)});
	text_adds(&text, to);
	text_adds(&text, at + strlen(from));
	if (parses(text_string(&text), &err))
		print_error("accepted: '%s' for '%s'\n", to, from);
	assert_false(parses(text_string(&text), &err));
}

static void test_refused(void **state)
{
	struct err err = {0};

	(void)state;
	refuse("# case: nocase\n", "");
	refuse("# case: nocase\n", "# case: nocase\n# case: nocase\n");
	refuse("# case: nocase", "# case: a\x1b[1m");
	refuse("# case: nocase\n", "# case: nocase\r\n");
	refuse("in-progress", "done");
	refuse("volumes: 1", "volumes: 01");
	refuse("volumes: 1", "volumes: 2");
	refuse("volumes: 1", "volumes: 99999999999");
	refuse("15.1234567Z", "15.1Z");
	refuse("0102", "0X02");
	refuse("7708-", "77080");
	refuse(HASH_A "\n", "AAAA\n");
	refuse("  README.txt", " *README.txt");
	refuse("  README.txt", "  ../README.txt");
	refuse("  README.txt", "  MANIFEST.p7s");
	refuse("  README.txt", "  -x");
	refuse("  README.txt", "  .x");
	refuse("  README.txt", "  zzz"); /* out of order */
	refuse("  README.txt", "  files.001.tar.zst.age");
	refuse("# recipients: age1x", "# recipients:  age1x");
	refuse("age1y\n", "age1y \n");
	refuse("# host: PC 鑑識", "# host: PC \xff");
	assert_false(parses("", &err));
	assert_false(parses("# format: 2\n", &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
	/* Cut anywhere. */
	for (size_t len = 0; len < sizeof(good) - 1; len++) {
		CLEANUP(manifest_free) struct manifest manifest = {0};

		if (len && good[len - 1] == '\n' && strstr(good, HASH_A "  README") <= good + len)
			continue; /* whole lines of files missing: the count of volumes tells, or nothing */
		assert_false(
		    manifest_parse((struct bytes){(const uint8_t *)good, len}, &manifest, &err));
	}
}

static void test_set_keeps_order(void **state)
{
	CLEANUP(manifest_free) struct manifest manifest = {0};
	uint8_t hash[SHA256_LEN] = {7};
	struct err err = {0};

	(void)state;
	assert_true(manifest_set(&manifest, "meta.001.tar.zst.age", hash, &err));
	assert_true(manifest_set(&manifest, "files.002.tar.zst.age", hash, &err));
	assert_true(manifest_set(&manifest, "files.001.tar.zst.age", hash, &err));
	hash[0] = 8;
	assert_true(manifest_set(&manifest, "files.002.tar.zst.age", hash, &err));
	assert_int_equal(manifest.file_count, 3);
	assert_string_equal(manifest.files[1].name, "files.002.tar.zst.age");
	assert_int_equal(manifest.files[1].sha256[0], 8);
	assert_false(manifest_set(&manifest, "a/b", hash, &err));
	assert_false(manifest_set(&manifest, "", hash, &err));
	assert_false(manifest_set(&manifest, "a\nb", hash, &err));
}

static void test_volume_names(void **state)
{
	static const char *const bad[] = {"files.1.tar.zst.age", "files.000.tar.zst.age",
	    "files.0001.tar.zst.age", "file.001.tar.zst.age", "files.001.tar.zst.age.part.part",
	    "files.001.tar.zst", "files.00a.tar.zst.age", "xfiles.001.tar.zst.age", ""};
	struct volume_name name;
	char text[VOLUME_NAME_ROOM];

	(void)state;
	volume_name_format(BUNDLE_MEMORY, 42, text);
	assert_string_equal(text, "memory.042.tar.zst.age");
	assert_true(volume_name_parse(bytes_of(text), &name));
	assert_int_equal(name.set, BUNDLE_MEMORY);
	assert_int_equal(name.index, 42);
	assert_false(name.is_part);
	assert_true(volume_name_parse(bytes_of("live.999.tar.zst.age.part"), &name));
	assert_true(name.is_part);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(volume_name_parse(bytes_of(bad[i]), &name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_set_keeps_order),
	    cmocka_unit_test(test_volume_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
