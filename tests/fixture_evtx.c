/* A minimal EVTX writer: what Windows writes, with one template that all records use. See fixture_evtx.h. */
#include "tests/fixture_evtx.h"
#include "tests/fixture_bytes.h"

#define EVTX_CHUNK_SIZE   65536
#define EVTX_FILE_HEADER  4096
#define EVTX_RECORDS_AT   512
#define EVTX_STRINGS_AT   128
#define EVTX_TEMPLATES_AT 384
#define EVTX_NAMES        32

enum token {
	TOKEN_END = 0x00,
	TOKEN_OPEN = 0x01, /* | 0x40: has attributes */
	TOKEN_CLOSE_START = 0x02,
	TOKEN_CLOSE_EMPTY = 0x03,
	TOKEN_END_ELEMENT = 0x04,
	TOKEN_VALUE = 0x05,
	TOKEN_ATTRIBUTE = 0x06, /* | 0x40: more follow */
	TOKEN_TEMPLATE = 0x0c,
	TOKEN_SUBSTITUTION = 0x0d,
	TOKEN_FRAGMENT = 0x0f,
};
enum value_kind {
	KIND_STRING = 0x01,
	KIND_U8 = 0x04,
	KIND_U16 = 0x06,
	KIND_U64 = 0x0a,
	KIND_TIME = 0x11
};
enum substitution { SUB_ID, SUB_LEVEL, SUB_TIME, SUB_RECORD, SUB_DATA };

struct chunk {
	struct text bytes; /* from the chunk's start */
	const char *names[EVTX_NAMES];
	uint32_t name_at[EVTX_NAMES];
	size_t name_count;
	uint32_t template_at;
	uint32_t last_record_at;
};

/* CRC-32 (IEEE 802.3), bit by bit: fixtures are small. */
static uint32_t crc32_add(uint32_t crc, struct bytes bytes)
{
	crc = ~crc;
	for (size_t i = 0; i < bytes.len; i++) {
		crc ^= bytes.at[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
	}
	return ~crc;
}

static uint32_t name_hash(struct bytes utf16)
{
	uint32_t hash = 0;

	for (size_t i = 0; i + 1 < utf16.len; i += 2)
		hash = hash * 65599 + le16(utf16.at + i);
	return hash & 0xffff;
}

/* The offset of a name, which is written right here the first time and put into its bucket. */
static void add_name(struct chunk *chunk, const char *name)
{
	CLEANUP(text_free) struct text utf16 = {0};
	struct text *out = &chunk->bytes;

	for (size_t i = 0; i < chunk->name_count; i++) {
		if (strcmp(chunk->names[i], name) == 0) {
			add_u32(out, chunk->name_at[i]);
			return;
		}
	}
	add_utf16(&utf16, name);
	uint32_t hash = name_hash(text_bytes(&utf16));
	uint32_t at = (uint32_t)out->len + 4;
	uint8_t *bucket = fixture_at(out, EVTX_STRINGS_AT + hash % 64 * 4);
	uint32_t next = le32(bucket);

	put_le32(bucket, at);
	if (chunk->name_count < EVTX_NAMES) {
		chunk->names[chunk->name_count] = name;
		chunk->name_at[chunk->name_count++] = at;
	}
	add_u32(out, at);
	add_u32(out, next);
	add_u16(out, hash);
	add_u16(out, (unsigned)(utf16.len / 2));
	text_add(out, text_bytes(&utf16));
	add_u16(out, 0);
}

/* Opens an element; returns where its length is to be put. */
static size_t open_element(struct chunk *chunk, const char *name, bool has_attributes)
{
	struct text *out = &chunk->bytes;

	add_u8(out, TOKEN_OPEN | (has_attributes ? 0x40 : 0));
	add_u16(out, 0xffff); /* depends on no substitution */
	size_t length_at = out->len;

	add_u32(out, 0);
	add_name(chunk, name);
	return length_at;
}

static void set_length(struct chunk *chunk, size_t length_at)
{
	put_le32(
	    fixture_at(&chunk->bytes, length_at), (uint32_t)(chunk->bytes.len - length_at - 4));
}

static void close_element(struct chunk *chunk, size_t length_at)
{
	add_u8(&chunk->bytes, TOKEN_END_ELEMENT);
	set_length(chunk, length_at);
}

static void add_text(struct chunk *chunk, const char *string)
{
	CLEANUP(text_free) struct text utf16 = {0};

	add_utf16(&utf16, string);
	add_u8(&chunk->bytes, TOKEN_VALUE);
	add_u8(&chunk->bytes, KIND_STRING);
	add_u16(&chunk->bytes, (unsigned)(utf16.len / 2));
	text_add(&chunk->bytes, text_bytes(&utf16));
}

static void add_substitution(struct chunk *chunk, enum substitution which, enum value_kind kind)
{
	add_u8(&chunk->bytes, TOKEN_SUBSTITUTION);
	add_u16(&chunk->bytes, which);
	add_u8(&chunk->bytes, kind);
}

/* One attribute: starts the list, whose length is put when its value is there. */
static size_t open_attribute(struct chunk *chunk, const char *name)
{
	size_t length_at = chunk->bytes.len;

	add_u32(&chunk->bytes, 0);
	add_u8(&chunk->bytes, TOKEN_ATTRIBUTE);
	add_name(chunk, name);
	return length_at;
}

static void add_text_element(struct chunk *chunk, const char *name, const char *string)
{
	size_t element = open_element(chunk, name, false);

	add_u8(&chunk->bytes, TOKEN_CLOSE_START);
	add_text(chunk, string);
	close_element(chunk, element);
}

static void add_value_element(
    struct chunk *chunk, const char *name, enum substitution which, enum value_kind kind)
{
	size_t element = open_element(chunk, name, false);

	add_u8(&chunk->bytes, TOKEN_CLOSE_START);
	add_substitution(chunk, which, kind);
	close_element(chunk, element);
}

static void add_system(struct chunk *chunk, const struct fixture_evtx *log)
{
	size_t system = open_element(chunk, "System", false);

	add_u8(&chunk->bytes, TOKEN_CLOSE_START);
	size_t provider = open_element(chunk, "Provider", true);
	size_t attribute = open_attribute(chunk, "Name");

	add_text(chunk, log->provider);
	set_length(chunk, attribute);
	add_u8(&chunk->bytes, TOKEN_CLOSE_EMPTY);
	set_length(chunk, provider);
	add_value_element(chunk, "EventID", SUB_ID, KIND_U16);
	add_value_element(chunk, "Level", SUB_LEVEL, KIND_U8);
	size_t created = open_element(chunk, "TimeCreated", true);

	attribute = open_attribute(chunk, "SystemTime");
	add_substitution(chunk, SUB_TIME, KIND_TIME);
	set_length(chunk, attribute);
	add_u8(&chunk->bytes, TOKEN_CLOSE_EMPTY);
	set_length(chunk, created);
	add_value_element(chunk, "EventRecordID", SUB_RECORD, KIND_U64);
	add_text_element(chunk, "Channel", log->channel);
	add_text_element(chunk, "Computer", log->computer);
	close_element(chunk, system);
}

static void add_event_data(struct chunk *chunk)
{
	size_t event_data = open_element(chunk, "EventData", false);

	add_u8(&chunk->bytes, TOKEN_CLOSE_START);
	size_t data = open_element(chunk, "Data", true);
	size_t attribute = open_attribute(chunk, "Name");

	add_text(chunk, "message");
	set_length(chunk, attribute);
	add_u8(&chunk->bytes, TOKEN_CLOSE_START);
	add_substitution(chunk, SUB_DATA, KIND_STRING);
	close_element(chunk, data);
	close_element(chunk, event_data);
}

static void add_fragment_header(struct text *out)
{
	add_u8(out, TOKEN_FRAGMENT);
	add_u8(out, 1);
	add_u8(out, 1);
	add_u8(out, 0);
}

/* The template's definition, in the first record that uses it. */
static void add_template(struct chunk *chunk, const struct fixture_evtx *log)
{
	static const uint8_t guid[16] = {0x4b, 0x41, 0x4e, 0x53, 0x48, 0x49, 0x4b, 0x49, 1};
	struct text *out = &chunk->bytes;

	chunk->template_at = (uint32_t)out->len;
	put_le32(fixture_at(out, EVTX_TEMPLATES_AT + le32(guid) % 32 * 4), chunk->template_at);
	add_u32(out, 0); /* next in the bucket */
	text_add(out, (struct bytes){.at = guid, .len = sizeof(guid)});
	size_t length_at = out->len;

	add_u32(out, 0);
	add_fragment_header(out);
	size_t event = open_element(chunk, "Event", true);
	size_t attribute = open_attribute(chunk, "xmlns");

	add_text(chunk, "http://schemas.microsoft.com/win/2004/08/events/event");
	set_length(chunk, attribute);
	add_u8(out, TOKEN_CLOSE_START);
	add_system(chunk, log);
	add_event_data(chunk);
	close_element(chunk, event);
	add_u8(out, TOKEN_END);
	set_length(chunk, length_at);
}

static void add_value_kind(struct text *out, size_t size, enum value_kind kind)
{
	add_u16(out, (unsigned)size);
	add_u8(out, kind);
	add_u8(out, 0);
}

static void add_values(struct text *out, const struct fixture_event *event, uint64_t record)
{
	CLEANUP(text_free) struct text data = {0};

	add_utf16(&data, event->data);
	add_u32(out, 5);
	add_value_kind(out, 2, KIND_U16);
	add_value_kind(out, 1, KIND_U8);
	add_value_kind(out, 8, KIND_TIME);
	add_value_kind(out, 8, KIND_U64);
	add_value_kind(out, data.len, KIND_STRING);
	add_u16(out, event->id);
	add_u8(out, event->level);
	add_u64(out, event->time);
	add_u64(out, record);
	text_add(out, text_bytes(&data));
}

static void add_record(struct chunk *chunk, const struct fixture_evtx *log, size_t index)
{
	struct text *out = &chunk->bytes;
	size_t start = out->len;

	chunk->last_record_at = (uint32_t)start;
	add_u32(out, 0x00002a2a);
	add_u32(out, 0); /* length, later */
	add_u64(out, index + 1);
	add_u64(out, log->events[index].time);
	add_fragment_header(out);
	add_u8(out, TOKEN_TEMPLATE);
	add_u8(out, 1);
	add_u32(out, 0x534e414b); /* the first bytes of its GUID */
	add_u32(out, chunk->template_at ? chunk->template_at : (uint32_t)out->len + 4);
	if (chunk->template_at == 0)
		add_template(chunk, log);
	add_values(out, &log->events[index], index + 1);
	add_u8(out, TOKEN_END);
	while ((out->len - start + 4) % 8 != 0)
		add_u8(out, 0);
	put_le32(fixture_at(out, start + 4), (uint32_t)(out->len - start + 4));
	add_u32(out, (uint32_t)(out->len - start + 4));
}

static void finish_chunk(struct chunk *chunk, size_t count)
{
	struct text *out = &chunk->bytes;
	uint8_t *head = fixture_at(out, 0);
	uint32_t used = (uint32_t)out->len;

	memcpy(head, "ElfChnk", 8);
	put_le64(head + 8, 1); /* record numbers, then identifiers */
	put_le64(head + 16, count);
	put_le64(head + 24, 1);
	put_le64(head + 32, count);
	put_le32(head + 40, 128);
	put_le32(head + 44, chunk->last_record_at);
	put_le32(head + 48, used);
	put_le32(head + 52,
	    crc32_add(0, (struct bytes){head + EVTX_RECORDS_AT, used - EVTX_RECORDS_AT}));
	uint32_t crc = crc32_add(0, (struct bytes){head, 120});

	put_le32(head + 124, crc32_add(crc, (struct bytes){head + 128, EVTX_RECORDS_AT - 128}));
	add_until(out, EVTX_CHUNK_SIZE);
}

static void add_file_header(struct text *out, size_t count)
{
	text_adds(out, "ElfFile");
	add_u8(out, 0);
	add_u64(out, 0); /* first and last chunk */
	add_u64(out, 0);
	add_u64(out, count + 1); /* the next record */
	add_u32(out, 128);
	add_u16(out, 1); /* 3.1 */
	add_u16(out, 3);
	add_u16(out, EVTX_FILE_HEADER);
	add_u16(out, 1); /* chunks */
	add_until(out, 124);
	add_u32(out, crc32_add(0, (struct bytes){fixture_at(out, 0), 120}));
	add_until(out, EVTX_FILE_HEADER);
}

bool fixture_evtx_write(const struct fixture_evtx *log, struct text *out)
{
	struct chunk chunk = {0};

	add_zeros(&chunk.bytes, EVTX_RECORDS_AT);
	for (size_t i = 0; i < log->count && !chunk.bytes.failed; i++)
		add_record(&chunk, log, i);
	bool fits = !chunk.bytes.failed && chunk.bytes.len <= EVTX_CHUNK_SIZE;

	if (fits) {
		finish_chunk(&chunk, log->count);
		add_file_header(out, log->count);
		text_add(out, text_bytes(&chunk.bytes));
	}
	text_free(&chunk.bytes);
	return fits && !out->failed;
}
