/* Names inside the bundle. See name.h. */
#include "bundle/name.h"

/* Every UTF-16 unit that this holds for is escaped. A lone surrogate decodes to itself. */
static bool must_escape(uint32_t code)
{
	return text_is_control(code) || code == '/' || code == '\\' ||
	       (code >= 0xd800 && code < 0xe000);
}

static void add_escape(struct text *out, uint32_t code)
{
	text_addf(out, "<U+%04X>", (unsigned)code);
}

static bool is_dots(struct bytes component)
{
	return bytes_equal(component, bytes_of(".")) || bytes_equal(component, bytes_of(".."));
}

/* "<U+" as it stands in a name must not be taken for an escape. */
static bool looks_like_escape(struct bytes name, size_t at)
{
	return name.len - at >= 3 && memcmp(name.at + at, "<U+", 3) == 0;
}

void bundle_name_add(struct text *out, struct bytes wtf8)
{
	bool dots = is_dots(wtf8);
	size_t pos = 0;

	while (pos < wtf8.len) {
		size_t start = pos;
		uint32_t code = text_decode(wtf8, &pos);

		if (code == TEXT_INVALID) /* no name of Windows has it; nothing is lost silently */
			text_addf(out, "<U+DC%02X>", wtf8.at[start]);
		else if (must_escape(code) || (dots && code == '.') ||
			 looks_like_escape(wtf8, start))
			add_escape(out, code);
		else
			text_add(out, (struct bytes){wtf8.at + start, pos - start});
	}
}

void bundle_name_add_utf16(struct text *out, struct bytes utf16)
{
	CLEANUP(text_free) struct text wtf8 = {0};

	text_add_utf16(&wtf8, utf16);
	if (wtf8.failed)
		out->failed = true;
	bundle_name_add(out, text_bytes(&wtf8));
}

void bundle_name_add_path(struct text *out, struct bytes wtf8)
{
	size_t start = 0;

	for (size_t i = 0; i <= wtf8.len; i++) {
		if (i < wtf8.len && wtf8.at[i] != '/')
			continue;
		if (i == start && wtf8.len > 0) /* nobody would open a bundle with such a path */
			text_add_code(out, 0xfffd);
		bundle_name_add(out, (struct bytes){wtf8.at + start, i - start});
		if (i < wtf8.len)
			text_addc(out, '/');
		start = i + 1;
	}
}

static bool check_component(struct bytes component, struct err *err)
{
	if (component.len == 0)
		return fail(err, ERR_DAMAGED, "name with an empty component");
	if (is_dots(component))
		return fail(err, ERR_DAMAGED, "name with a component '.' or '..'");
	return true;
}

bool bundle_name_check(struct bytes name, struct err *err)
{
	size_t pos = 0, component = 0;

	if (name.len == 0)
		return check_component(name, err);
	while (pos < name.len) {
		size_t start = pos;
		uint32_t code = text_decode(name, &pos);

		if (code == '/') {
			if (!check_component(
				(struct bytes){name.at + component, start - component}, err))
				return false;
			component = pos;
		} else if (code == TEXT_INVALID || must_escape(code)) {
			return fail(
			    err, ERR_DAMAGED, "name with a forbidden character at byte %zu", start);
		}
	}
	return check_component((struct bytes){name.at + component, name.len - component}, err);
}
