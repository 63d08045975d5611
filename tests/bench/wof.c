/* bench_wof FILE: how fast chunks of WOF are unpacked, beside libwim's decompressor on the same chunks in the same run.
 * Median of five; MB/s of what comes out; only chunks that are packed. */
#include "formats/lzx.h"
#include "formats/xpress.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <wimlib.h>

#define RUNS      5
#define BYTES_MAX ((size_t)16 << 20)

struct packed { /* a file in chunks */
	const uint8_t *content;
	size_t len, chunk, count;
	uint8_t *at;
	size_t *lens; /* 0: stored as it is */
	bool is_lzx;
};

static size_t len_of(const struct packed *p, size_t i)
{
	return i + 1 < p->count ? p->chunk : p->len - i * p->chunk;
}

static size_t pack(struct packed *p, enum wimlib_compression_type type)
{
	struct wimlib_compressor *compressor;
	size_t at = 0;
	size_t whole = 0;

	p->count = (p->len + p->chunk - 1) / p->chunk;
	p->at = malloc(p->len + 1);
	p->lens = calloc(p->count + 1, sizeof(*p->lens));
	if (!p->at || !p->lens || wimlib_create_compressor(type, p->chunk, 0, &compressor) != 0)
		exit(1);
	for (size_t i = 0; i < p->count; i++) {
		p->lens[i] = wimlib_compress(p->content + i * p->chunk, len_of(p, i), p->at + at,
		    len_of(p, i) - 1, compressor);
		at += p->lens[i];
		whole += p->lens[i] ? len_of(p, i) : 0;
	}
	wimlib_free_compressor(compressor);
	return whole;
}

static bool unpack_ours(const struct packed *p, struct bytes in, uint8_t *out, size_t len)
{
	size_t got;

	return p->is_lzx ? lzx_decompress(in, out, len, NULL)
			 : xpress_decompress(in, out, len, &got, NULL);
}

/* Seconds for all chunks; by libwim when `theirs` is not NULL. */
static double run(const struct packed *p, struct wimlib_decompressor *theirs, uint8_t *out)
{
	struct timespec from;
	struct timespec to;
	size_t at = 0;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (size_t i = 0; i < p->count; i++) {
		struct bytes in = {p->at + at, p->lens[i]};

		if (!in.len)
			continue;
		if (theirs ? wimlib_decompress(in.at, in.len, out, len_of(p, i), theirs) != 0
			   : !unpack_ours(p, in, out, len_of(p, i))) {
			fputs("bench_wof: a chunk does not unpack\n", stderr);
			exit(1);
		}
		at += in.len;
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(struct packed *p, const char *name)
{
	enum wimlib_compression_type type =
	    p->is_lzx ? WIMLIB_COMPRESSION_TYPE_LZX : WIMLIB_COMPRESSION_TYPE_XPRESS;
	size_t whole = pack(p, type);
	struct wimlib_decompressor *theirs;
	uint8_t *out = malloc(p->chunk);
	double ours_s[RUNS];
	double theirs_s[RUNS];

	if (!out || wimlib_create_decompressor(type, p->chunk, &theirs) != 0)
		exit(1);
	for (size_t i = 0; i < RUNS; i++) {
		ours_s[i] = run(p, NULL, out);
		theirs_s[i] = run(p, theirs, out);
	}
	qsort(ours_s, RUNS, sizeof(double), compare);
	qsort(theirs_s, RUNS, sizeof(double), compare);
	printf("%-10s %5.0f MB/s, libwim %5.0f MB/s, ratio %.2f\n", name,
	    (double)whole / 1e6 / ours_s[RUNS / 2], (double)whole / 1e6 / theirs_s[RUNS / 2],
	    theirs_s[RUNS / 2] / ours_s[RUNS / 2]);
	wimlib_free_decompressor(theirs);
	free(out);
	free(p->at);
	free(p->lens);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		size_t chunk;
		bool is_lzx;
	} cases[] = {{"xpress4k", 4096, false}, {"xpress8k", 8192, false},
	    {"xpress16k", 16384, false}, {"lzx", LZX_CHUNK, true}};
	uint8_t *content = malloc(BYTES_MAX);
	FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
	size_t len = file && content ? fread(content, 1, BYTES_MAX, file) : 0;

	if (len == 0) {
		fputs("usage: bench_wof FILE\n", stderr);
		return 64;
	}
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct packed p = {.content = content,
		    .len = len,
		    .chunk = cases[i].chunk,
		    .is_lzx = cases[i].is_lzx};

		measure(&p, cases[i].name);
	}
	fclose(file);
	free(content);
	return 0;
}
