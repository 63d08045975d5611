/* corpus_xpress FILE...: prefetch files that Windows 10 packed ("MAM", 4: Xpress with Huffman codes; 0x80: a checksum
 * follows the size). Prints "VERSION NAME HASH SIZE" of the SCCA header inside; "plain" for a file that is not packed. */
#include "formats/xpress.h"

#include "core/text.h"

#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX ((size_t)16 << 20)

static bool unpack(struct bytes file, uint8_t *out, struct err *err)
{
	struct text name = {0};
	size_t at = file.at[3] & 0x80 ? 12 : 8;
	size_t size = le32(file.at + 4);
	size_t got = 0;

	if ((file.at[3] & 0x7f) != 4 || size < 84 || size > FILE_MAX || file.len < at)
		return fail(err, ERR_UNSUPPORTED, "no Xpress with Huffman codes");
	struct bytes packed = {file.at + at, file.len - at};

	if (!xpress_decompress(packed, out, size, &got, err))
		return false;
	if (memcmp(out + 4, "SCCA", 4) != 0 || le32(out + 12) != size)
		return fail(err, ERR_DAMAGED, "no prefetch file inside");
	size_t len = 0;

	while (len < 60 && le16(out + 16 + len))
		len += 2;
	text_add_utf16(&name, (struct bytes){out + 16, len});
	printf("%u %s %08X %zu\n", le32(out), text_string(&name), le32(out + 76), size);
	text_free(&name);
	return true;
}

int main(int argc, char **argv)
{
	uint8_t *in = malloc(FILE_MAX);
	uint8_t *out = malloc(FILE_MAX);
	int code = 0;

	for (int i = 1; in && out && i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");
		size_t len = file ? fread(in, 1, FILE_MAX, file) : 0;
		struct err err = {0};

		if (file)
			fclose(file);
		if (len < 12 || memcmp(in, "MAM", 3) != 0) {
			puts("plain");
		} else if (!unpack((struct bytes){in, len}, out, &err)) {
			printf("failed: %s\n", err.text);
			code = 1;
		}
	}
	free(in);
	free(out);
	return code;
}
