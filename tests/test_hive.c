/* The hive reader on hives written by the fixture, whole and broken at every place. */
#include "tests/unit.h"

#include "formats/hive.h"
#include "tests/fixture_bytes.h"
#include "tests/fixture_hive.h"

#define BIG 40000 /* bytes of a value that needs three segments */

static void write_hive(struct text *out)
{
	static const char *const select[] = {"Select", NULL};
	static const char *const name[] = {
	    "ControlSet002", "Control", "ComputerName", "ComputerName", NULL};
	static struct fixture_hive hive;

	hive = (struct fixture_hive){.name = "SYSTEM", .time = 132000000000000000ull};
	fixture_hive_number(&hive, fixture_hive_key(&hive, select), "Current", 2);
	int key = fixture_hive_key(&hive, name);

	fixture_hive_string(&hive, key, "ComputerName", "受付PC-1");
	fixture_hive_string(&hive, key, "mnmsrvc", "x");
	fixture_hive_number(&hive, key, "Number", 77);
	assert_true(fixture_hive_write(&hive, out));
	fixture_hive_free(&hive);
}

static bool name_of(struct bytes file, struct text *out, struct err *err)
{
	CLEANUP(source_close) struct source *source = source_of_bytes(file);
	CLEANUP(hive_close) struct hive *hive = NULL;

	assert_non_null(source);
	return hive_open(source, &hive, err) && hive_computer_name(hive, out, err);
}

static void reads_the_computer_name(void **state)
{
	CLEANUP(text_free) struct text file = {0};
	CLEANUP(text_free) struct text name = {0};

	(void)state;
	write_hive(&file);
	assert_true(name_of(text_bytes(&file), &name, NULL));
	assert_string_equal(text_string(&name), "受付PC-1");
}

static void finds_keys_and_values(void **state)
{
	CLEANUP(text_free) struct text file = {0};
	CLEANUP(text_free) struct text value = {0};
	CLEANUP(hive_close) struct hive *hive = NULL;
	struct hive_key root, key;
	struct err err = {0};
	uint32_t number = 0;

	(void)state;
	write_hive(&file);
	CLEANUP(source_close) struct source *source = source_of_bytes(text_bytes(&file));

	assert_true(hive_open(source, &hive, &err));
	hive_root(hive, &root);
	assert_true(
	    hive_find(hive, &root, "controlset002/CONTROL/computername/ComputerName", &key, &err));
	assert_true(hive_number(hive, &key, "number", &number, &err));
	assert_int_equal(number, 77);
	assert_false(hive_number(hive, &key, "ComputerName", &number, &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
	assert_false(hive_string(hive, &key, "Nothing", &value, &err));
	assert_int_equal(err.kind, ERR_MISSING);
	assert_false(hive_find(hive, &root, "ControlSet002/Services", &key, &err));
	assert_int_equal(err.kind, ERR_MISSING);
	assert_non_null(strstr(err.text, "Services"));
}

/* Each byte turned over, each length: an answer or an error, never more. Under ASan this is the test. */
static void survives_damage(void **state)
{
	CLEANUP(text_free) struct text file = {0};

	(void)state;
	write_hive(&file);
	for (size_t at = 0; at < file.len; at++) {
		CLEANUP(text_free) struct text name = {0};
		struct err err = {0};

		file.at[at] ^= (char)0xff;
		if (!name_of(text_bytes(&file), &name, &err))
			assert_int_not_equal(err.kind, ERR_NONE);
		file.at[at] ^= (char)0xff;
	}
	for (size_t len = 0; len < file.len; len += 7) {
		CLEANUP(text_free) struct text name = {0};
		struct err err = {0};

		if (!name_of((struct bytes){(const uint8_t *)file.at, len}, &name, &err))
			assert_int_not_equal(err.kind, ERR_NONE);
	}
}

static void refuses_what_is_no_hive(void **state)
{
	CLEANUP(text_free) struct text name = {0};
	struct err err = {0};

	(void)state;
	assert_false(
	    name_of(bytes_of("not a hive, but long enough to hold a whole header.."), &name, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	assert_non_null(strstr(err.text, "regf"));
	assert_false(name_of((struct bytes){0}, &name, &err));
}

/* A cell of the hive under construction: its size (negative: in use), then content added by the caller. */
static size_t begin_cell(struct text *out)
{
	add_until(out, (out->len + 7) / 8 * 8);
	add_u32(out, 0);
	return out->len - 4;
}

static uint32_t end_cell(struct text *out, size_t start)
{
	add_until(out, (out->len + 7) / 8 * 8);
	put_le32(fixture_at(out, start), (uint32_t) - (int32_t)(out->len - start));
	return (uint32_t)(start - 4096);
}

static void add_key(struct text *out, const char *name, uint32_t values, uint32_t list)
{
	text_adds(out, "nk");
	add_u16(out, 0x20); /* Latin-1 name */
	add_zeros(out, 32); /* times, parent, subkeys: none */
	add_u32(out, values);
	add_u32(out, list);
	add_zeros(out, 28);
	add_u16(out, (unsigned)strlen(name));
	add_u16(out, 0);
	text_adds(out, name);
}

/* A hive of one key with one big value ("db": segments of 16344 bytes). */
static void reads_big_values(void **state)
{
	CLEANUP(text_free) struct text file = {0};
	CLEANUP(text_free) struct text value = {0};
	CLEANUP(hive_close) struct hive *hive = NULL;
	uint32_t segments[3], list, data, cell;
	struct hive_key root;
	uint32_t type = 0;

	(void)state;
	text_adds(&file, "regf");
	add_until(&file, 4096);
	text_adds(&file, "hbin");
	add_until(&file, 4096 + 32);
	for (size_t i = 0; i < 3; i++) {
		size_t start = begin_cell(&file);
		size_t part = i < 2 ? 16344 : BIG - 2 * 16344;

		for (size_t j = 0; j < part; j++)
			add_u8(&file, (unsigned)(i * 16344 + j) * 7);
		add_u32(&file, 0); /* a segment's cell is longer than its part */
		segments[i] = end_cell(&file, start);
	}
	size_t start = begin_cell(&file);

	for (size_t i = 0; i < 3; i++)
		add_u32(&file, segments[i]);
	list = end_cell(&file, start);
	start = begin_cell(&file);
	text_adds(&file, "db");
	add_u16(&file, 3);
	add_u32(&file, list);
	data = end_cell(&file, start);
	start = begin_cell(&file);
	text_adds(&file, "vk");
	add_u16(&file, 3);
	add_u32(&file, BIG);
	add_u32(&file, data);
	add_u32(&file, 3);
	add_u32(&file, 1); /* Latin-1 name */
	text_adds(&file, "Big");
	cell = end_cell(&file, start);
	start = begin_cell(&file);
	add_u32(&file, cell);
	list = end_cell(&file, start);
	start = begin_cell(&file);
	add_key(&file, "ROOT", 1, list);
	cell = end_cell(&file, start);
	put_le32(fixture_at(&file, 36), cell);
	put_le32(fixture_at(&file, 40), (uint32_t)(file.len - 4096));
	CLEANUP(source_close) struct source *source = source_of_bytes(text_bytes(&file));

	assert_true(hive_open(source, &hive, NULL));
	hive_root(hive, &root);
	assert_true(hive_value(hive, &root, "big", &type, &value, NULL));
	assert_int_equal(type, HIVE_BINARY);
	assert_int_equal(value.len, BIG);
	for (size_t i = 0; i < BIG; i++)
		assert_int_equal((uint8_t)value.at[i], (uint8_t)(i * 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_the_computer_name),
	    cmocka_unit_test(finds_keys_and_values),
	    cmocka_unit_test(survives_damage),
	    cmocka_unit_test(refuses_what_is_no_hive),
	    cmocka_unit_test(reads_big_values),
	};

	return cmocka_run_group_tests_name("hive", tests, NULL, NULL);
}
