/* Runs a fuzz target over files, without libFuzzer: its corpus as an ordinary test. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int run_file(const char *path)
{
	FILE *file = fopen(path, "rb");

	if (!file) {
		perror(path);
		return 1;
	}
	uint8_t *data = malloc((size_t)1 << 24);
	size_t len = data ? fread(data, 1, (size_t)1 << 24, file) : 0;
	/* An exact copy, so that ASan sees a read past the end. */
	uint8_t *exact = malloc(len ? len : 1);

	for (size_t i = 0; exact && i < len; i++)
		exact[i] = data[i];
	if (exact)
		LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	free(data);
	fclose(file);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= run_file(argv[i]);
	printf("%d inputs run\n", argc - 1);
	return failed;
}
