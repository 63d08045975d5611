/* Minimal prefetch and recycle bin files. See fixture_prefetch.h. */
#include "tests/fixture_prefetch.h"
#include "tests/fixture_bytes.h"

#define METRICS_AT  240 /* header 84, information 156 */
#define METRICS_LEN 32
#define CHAIN_LEN   12
#define VOLUME_LEN  104
#define VOLUME_NAME "\\DEVICE\\HARDDISKVOLUME1"

static size_t utf16_units(const char *string)
{
	CLEANUP(text_free) struct text utf16 = {0};

	add_utf16(&utf16, string);
	return utf16.len / 2;
}

static void add_information(const struct fixture_prefetch *prefetch, size_t names_at,
    size_t names_len, size_t volume_at, size_t volume_len, struct text *out)
{
	add_u32(out, METRICS_AT);
	add_u32(out, 1);
	add_u32(out, METRICS_AT + METRICS_LEN);
	add_u32(out, 1);
	add_u32(out, (uint32_t)names_at);
	add_u32(out, (uint32_t)names_len);
	add_u32(out, (uint32_t)volume_at);
	add_u32(out, 1);
	add_u32(out, (uint32_t)volume_len);
	add_zeros(out, 8);
	add_u64(out, prefetch->last_run);
	add_zeros(out, 16);
	add_u32(out, prefetch->runs);
	add_until(out, METRICS_AT);
}

static void add_metrics(const struct fixture_prefetch *prefetch, struct text *out)
{
	add_u32(out, 0); /* start, duration, average duration */
	add_u32(out, 1);
	add_u32(out, 1);
	add_u32(out, 0); /* name: offset and units */
	add_u32(out, (uint32_t)utf16_units(prefetch->file));
	add_u32(out, 0x200);
	add_u64(out, 5 | (uint64_t)5 << 48); /* file reference */
}

static void add_volume(struct text *out, uint64_t created)
{
	size_t start = out->len;

	add_u32(out, VOLUME_LEN); /* where its name is, from here */
	add_u32(out, (uint32_t)utf16_units(VOLUME_NAME));
	add_u64(out, created);
	add_u32(out, 0x4b414e53);      /* serial number */
	add_u32(out, VOLUME_LEN + 48); /* file references: none but the head */
	add_u32(out, 16);
	add_u32(out, VOLUME_LEN + 64); /* directory names: none */
	add_u32(out, 0);
	add_until(out, start + VOLUME_LEN);
	add_utf16(out, VOLUME_NAME);
	add_until(out, start + VOLUME_LEN + 48);
	add_u32(out, 3);
	add_u32(out, 1);
	add_u64(out, 0);
}

void fixture_prefetch_write(const struct fixture_prefetch *prefetch, struct text *out)
{
	size_t names_at = METRICS_AT + METRICS_LEN + CHAIN_LEN;
	size_t names_len = (utf16_units(prefetch->file) + 1) * 2;
	size_t volume_at = (names_at + names_len + 7) / 8 * 8;
	size_t volume_len = VOLUME_LEN + 64;

	add_u32(out, 23);
	text_adds(out, "SCCA");
	add_u32(out, 0x11);
	add_u32(out, (uint32_t)(volume_at + volume_len));
	add_utf16(out, prefetch->program);
	add_until(out, 76);
	add_u32(out, prefetch->hash);
	add_u32(out, 0);
	add_information(prefetch, names_at, names_len, volume_at, volume_len, out);
	add_metrics(prefetch, out);
	add_u32(out, 0xffffffff); /* a trace chain of one */
	add_u32(out, 1);
	add_u32(out, 0);
	add_utf16(out, prefetch->file);
	add_until(out, volume_at);
	add_volume(out, prefetch->last_run);
}

void fixture_prefetch_recycled(const char *path, uint64_t size, uint64_t deleted, struct text *out)
{
	add_u64(out, 2);
	add_u64(out, size);
	add_u64(out, deleted);
	add_u32(out, (uint32_t)utf16_units(path) + 1);
	add_utf16(out, path);
	add_u16(out, 0);
}
