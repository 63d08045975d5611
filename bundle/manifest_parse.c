/* Reading a MANIFEST back. See manifest.h. */
#include "bundle/manifest.h"

#include "bundle/writer.h"
#include "core/time.h"

struct lines {
	struct bytes text;
	size_t pos;
	unsigned number; /* of the line that was taken last */
};

static bool next_line(struct lines *lines, struct bytes *line)
{
	const uint8_t *from = lines->text.at + lines->pos;
	const uint8_t *end =
	    lines->pos < lines->text.len ? memchr(from, '\n', lines->text.len - lines->pos) : NULL;

	if (!end)
		return false;
	*line = (struct bytes){from, (size_t)(end - from)};
	lines->pos += line->len + 1;
	lines->number++;
	return true;
}

/* Takes the line "# key: value"; the value may be empty when nothing follows the colon. */
static bool take_key(struct lines *lines, const char *key, struct bytes *value, struct err *err)
{
	size_t len = strlen(key);
	struct bytes line;

	if (!next_line(lines, &line) || line.len < len + 3 || memcmp(line.at, "# ", 2) != 0 ||
	    memcmp(line.at + 2, key, len) != 0 || line.at[2 + len] != ':')
		return fail(err, ERR_DAMAGED, "line %u is not '# %s: ...'", lines->number, key);
	size_t skip = len + 3 < line.len && line.at[len + 3] == ' ' ? len + 4 : len + 3;

	*value = (struct bytes){line.at + skip, line.len - skip};
	return true;
}

static bool hex_digit(uint8_t c, uint8_t *value)
{
	if (c >= '0' && c <= '9')
		*value = (uint8_t)(c - '0');
	else if (c >= 'a' && c <= 'f')
		*value = (uint8_t)(c - 'a' + 10);
	else
		return false;
	return true;
}

static bool parse_hex(struct bytes hex, uint8_t *out, size_t len)
{
	uint8_t high, low;

	if (hex.len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!hex_digit(hex.at[2 * i], &high) || !hex_digit(hex.at[2 * i + 1], &low))
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool take_hash(
    struct lines *lines, const char *key, uint8_t out[SHA256_LEN], struct err *err)
{
	struct bytes value;

	if (!take_key(lines, key, &value, err))
		return false;
	if (!parse_hex(value, out, SHA256_LEN))
		return fail(err, ERR_DAMAGED, "line %u has no SHA-256", lines->number);
	return true;
}

static bool take_time(struct lines *lines, const char *key, uint64_t *out, struct err *err)
{
	struct bytes value;
	char iso[TIME_ISO_ROOM];

	if (!take_key(lines, key, &value, err))
		return false;
	if (value.len >= sizeof(iso) || memchr(value.at, 0, value.len))
		return fail(err, ERR_DAMAGED, "line %u has no time", lines->number);
	memcpy(iso, value.at, value.len);
	iso[value.len] = 0;
	return time_parse(iso, out, err) || fail_in(err, "line %u", lines->number);
}

static bool take_text(struct lines *lines, const char *key, struct text *out, struct err *err)
{
	struct bytes value;

	if (!take_key(lines, key, &value, err))
		return false;
	text_add(out, value);
	return text_ok(out, err);
}

static bool take_id(struct lines *lines, uint8_t id[16], struct err *err)
{
	struct bytes value;
	uint8_t digits[32];
	size_t count = 0;

	if (!take_key(lines, "collection_id", &value, err))
		return false;
	for (size_t i = 0; i < value.len && count < sizeof(digits); i++)
		if (value.at[i] != '-')
			digits[count++] = value.at[i];
	if (value.len != 36 || !parse_hex((struct bytes){digits, count}, id, 16))
		return fail(err, ERR_DAMAGED, "line %u has no UUID", lines->number);
	return true;
}

static bool take_format(struct lines *lines, struct err *err)
{
	struct bytes value;

	if (!take_key(lines, "format", &value, err))
		return false;
	if (!bytes_equal(value, bytes_of("1")))
		return fail(err, ERR_UNSUPPORTED, "format '%.*s'; this program reads format 1",
		    value.len < 20 ? (int)value.len : 20, value.at);
	return true;
}

static bool take_status(struct lines *lines, bool *complete, struct err *err)
{
	struct bytes value;

	if (!take_key(lines, "status", &value, err))
		return false;
	*complete = bytes_equal(value, bytes_of("complete"));
	if (!*complete && !bytes_equal(value, bytes_of("in-progress")))
		return fail(err, ERR_DAMAGED, "line %u: unknown status", lines->number);
	return true;
}

static bool take_volumes(struct lines *lines, uint32_t *out, struct err *err)
{
	struct bytes value;
	uint32_t number = 0;

	if (!take_key(lines, "volumes", &value, err))
		return false;
	if (value.len == 0 || value.len > 5)
		return fail(err, ERR_DAMAGED, "line %u has no number", lines->number);
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return fail(err, ERR_DAMAGED, "line %u has no number", lines->number);
		number = number * 10 + (value.at[i] - '0');
	}
	*out = number;
	return true;
}

static bool take_recipients(struct lines *lines, struct text_list *out, struct err *err)
{
	struct bytes value;
	size_t start = 0;

	if (!take_key(lines, "recipients", &value, err))
		return false;
	for (size_t i = 0; i <= value.len; i++) {
		if (i < value.len && value.at[i] != ' ')
			continue;
		if (i > start &&
		    !text_list_add(out, (struct bytes){value.at + start, i - start}, err))
			return false;
		start = i + 1;
	}
	return true;
}

static bool take_file(struct lines *lines, struct bytes line, struct manifest *out, struct err *err)
{
	char name[MANIFEST_FILE_NAME + 1];
	uint8_t sha256[SHA256_LEN];
	size_t len = line.len > 66 ? line.len - 66 : 0;

	if (len == 0 || len > MANIFEST_FILE_NAME || memcmp(line.at + 64, "  ", 2) != 0 ||
	    !parse_hex((struct bytes){line.at, 64}, sha256, SHA256_LEN) ||
	    memchr(line.at + 66, 0, len))
		return fail(err, ERR_DAMAGED, "line %u is no sha256sum line", lines->number);
	memcpy(name, line.at + 66, len);
	name[len] = 0;
	return manifest_set(out, name, sha256, err) || fail_in(err, "line %u", lines->number);
}

static bool parse_lines(struct bytes text, struct manifest *out, struct err *err)
{
	struct lines lines = {.text = text};
	struct bytes line;

	if (!take_format(&lines, err) || !take_id(&lines, out->collection_id, err) ||
	    !take_status(&lines, &out->complete, err) ||
	    !take_text(&lines, "case", &out->case_id, err) ||
	    !take_text(&lines, "host", &out->host, err) ||
	    !take_time(&lines, "started", &out->started, err) ||
	    !take_time(&lines, "sealed", &out->sealed, err) ||
	    !take_volumes(&lines, &out->volumes, err) ||
	    !take_hash(&lines, "journal_head", out->journal_head, err) ||
	    !take_hash(&lines, "seal_cert_sha256", out->seal_cert_sha256, err) ||
	    !take_recipients(&lines, &out->recipients, err))
		return false;
	while (next_line(&lines, &line))
		if (!take_file(&lines, line, out, err))
			return false;
	return true;
}

/* How many of the listed files are closed volumes. */
static uint32_t count_volumes(const struct manifest *manifest)
{
	struct volume_name name;
	uint32_t count = 0;

	for (size_t i = 0; i < manifest->file_count; i++)
		count +=
		    volume_name_parse(bytes_of(manifest->files[i].name), &name) && !name.is_part;
	return count;
}

bool manifest_parse(struct bytes text, struct manifest *out, struct err *err)
{
	CLEANUP(manifest_free) struct manifest parsed = {0};
	CLEANUP(text_free) struct text again = {0};

	if (text.len > MANIFEST_BYTES)
		return fail(err, ERR_LIMIT, "MANIFEST of %zu bytes", text.len);
	if (!parse_lines(text, &parsed, err) || !manifest_format(&parsed, &again, err))
		return false;
	/* One text for one meaning: order, spelling, line ends, nothing left over. */
	if (!bytes_equal(text, text_bytes(&again)))
		return fail(err, ERR_DAMAGED, "not written as format 1 writes it");
	if (parsed.volumes != count_volumes(&parsed))
		return fail(err, ERR_DAMAGED, "lists %u volumes and says %u",
		    (unsigned)count_volumes(&parsed), (unsigned)parsed.volumes);
	*out = parsed;
	parsed = (struct manifest){0};
	return true;
}
