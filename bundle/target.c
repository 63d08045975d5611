/* Names for extracted files. See target.h; Windows' rules: "Naming Files, Paths, and Namespaces" (Microsoft Learn). */
#include "bundle/target.h"

#include "core/hash.h"

#define COMPONENT_MAX 255 /* bytes, or UTF-16 units */
#define MARK_LEN      9   /* "~01234567" */
#define EXTENSION_MAX 32  /* bytes; what is longer after a dot is no extension */

static size_t units_of(uint32_t code, size_t bytes, enum target_rules rules)
{
	if (rules != TARGET_WINDOWS)
		return bytes;
	return code >= 0x10000 && code != TEXT_INVALID ? 2 : 1;
}

static size_t length_of(struct bytes name, enum target_rules rules)
{
	size_t pos = 0, units = 0;

	while (pos < name.len) {
		size_t start = pos;
		uint32_t code = text_decode(name, &pos);

		units += units_of(code, pos - start, rules);
	}
	return units;
}

/* The part of name, from its start, that fits into `most`; never inside a character. */
static size_t fitting(struct bytes name, size_t most, enum target_rules rules)
{
	size_t pos = 0, units = 0;

	while (pos < name.len) {
		size_t start = pos;
		uint32_t code = text_decode(name, &pos);

		units += units_of(code, pos - start, rules);
		if (units > most)
			return start;
	}
	return pos;
}

/* Where the extension begins, its dot included; name.len when there is none. */
static size_t extension_at(struct bytes name)
{
	for (size_t i = name.len; i-- > 1 && name.len - i <= EXTENSION_MAX;)
		if (name.at[i] == '.')
			return i;
	return name.len;
}

static bool is_device_name(struct bytes name)
{
	static const char *const devices[] = {
	    "con", "prn", "aux", "nul", "conin$", "conout$", "clock$"};
	const uint8_t *dot = memchr(name.at, '.', name.len);
	struct bytes base = {name.at, dot ? (size_t)(dot - name.at) : name.len};

	while (base.len && base.at[base.len - 1] == ' ')
		base.len--;
	for (size_t i = 0; i < ARRAY_LEN(devices); i++)
		if (text_same_name(base, bytes_of(devices[i])))
			return true;
	/* COM0-9, LPT0-9, and with superscript 1, 2, 3 */
	struct bytes stem = {base.at, 3};

	if (base.len < 4 ||
	    !(text_same_name(stem, bytes_of("com")) || text_same_name(stem, bytes_of("lpt"))))
		return false;
	return (base.len == 4 && base.at[3] >= '0' && base.at[3] <= '9') ||
	       (base.len == 5 && base.at[3] == 0xc2 &&
		   (base.at[4] == 0xb9 || base.at[4] == 0xb2 || base.at[4] == 0xb3));
}

/* Puts '_' for what Windows does not take. True when anything was changed. */
static bool replace_forbidden(struct bytes name, struct text *out)
{
	bool changed = false;

	if (is_device_name(name)) {
		text_addc(out, '_');
		changed = true;
	}
	for (size_t i = 0; i < name.len; i++) {
		bool last = i + 1 == name.len && (name.at[i] == '.' || name.at[i] == ' ');
		bool bad = last || name.at[i] < ' ' || strchr("<>:\"|?*\\", name.at[i]);

		text_addc(out, bad ? '_' : (char)name.at[i]);
		changed = changed || bad;
	}
	return changed;
}

static void add_marked(
    struct bytes name, struct bytes hashed, enum target_rules rules, struct text *out)
{
	uint8_t digest[SHA256_LEN];
	size_t dot = extension_at(name);
	struct bytes extension = {name.at + dot, name.len - dot};
	size_t room = COMPONENT_MAX - MARK_LEN - length_of(extension, rules);

	hash_sha256(hashed, digest);
	text_add(out, (struct bytes){name.at, fitting((struct bytes){name.at, dot}, room, rules)});
	text_addc(out, '~');
	text_add_hex(out, (struct bytes){digest, 4});
	text_add(out, extension);
}

/* `marked`: what to hash for the mark that it carries in any case; empty: only when it must. */
static bool add_component(
    struct bytes name, struct bytes marked, enum target_rules rules, struct text *out)
{
	CLEANUP(text_free) struct text clean = {0};
	bool changed = false;

	if (rules != TARGET_POSIX)
		changed = replace_forbidden(name, &clean);
	else
		text_add(&clean, name);
	if (!changed && marked.len == 0 && length_of(name, rules) <= COMPONENT_MAX) {
		text_add(out, name);
		return false;
	}
	add_marked(text_bytes(&clean), marked.len ? marked : name, rules, out);
	out->failed = out->failed || clean.failed;
	return true;
}

/* mark_last: what to hash for a mark of the last component; empty: only when it must have one. */
static bool add_path(
    struct bytes member, struct bytes mark_last, enum target_rules rules, struct text *out)
{
	bool changed = false;

	for (size_t at = 0; at < member.len;) {
		struct bytes marked = {0};
		const uint8_t *slash = memchr(member.at + at, '/', member.len - at);
		size_t end = slash ? (size_t)(slash - member.at) : member.len;
		struct bytes name = {member.at + at, end - at};

		if (!slash)
			marked = mark_last;
		if (at)
			text_addc(out, '/');
		changed = add_component(name, marked, rules, out) || changed;
		at = end + 1;
	}
	return changed;
}

bool target_path(struct bytes member, enum target_rules rules, struct text *out)
{
	return add_path(member, (struct bytes){0}, rules, out);
}

void target_path_distinct(
    struct bytes member, enum target_rules rules, unsigned turn, struct text *out)
{
	CLEANUP(text_free) struct text hashed = {0};

	text_add(&hashed, member);
	for (unsigned i = 0; i < turn; i++)
		text_addc(&hashed, '/'); /* no member ends so */
	add_path(member, text_bytes(&hashed), rules, out);
	out->failed = out->failed || hashed.failed;
}
