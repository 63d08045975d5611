/* Security descriptors as SDDL. See security.h. */
#include "formats/security/parts.h"

#define DESCRIPTOR_HEADER 20u
#define ACL_HEADER        8u
#define ACE_HEADER        4u

static void note(struct err *damage, const struct err *why, const char *part)
{
	if (damage->kind != ERR_NONE)
		return;
	*damage = *why;
	fail_in(damage, "%s", part);
}

/* What begins at the offset that stands at `field`; nothing when it is 0. */
static struct bytes part_at(struct bytes from, size_t field, bool *is_there)
{
	uint32_t offset = le32(from.at + field);
	struct bytes part = {0};

	*is_there = offset != 0;
	if (*is_there && offset < from.len)
		DISCARD(bytes_slice(from, offset, from.len - offset, &part));
	return part;
}

static void read_sid(struct bytes from, size_t field, const char *name, struct bytes *sid,
    struct security_descriptor *out)
{
	struct err why = {0};
	bool is_there;
	struct bytes part = part_at(from, field, &is_there);

	if (is_there && !security_sid(part, sid, &why))
		note(&out->damage, &why, name);
}

static void read_acl(struct bytes from, size_t field, const char *name, struct bytes *acl,
    struct security_descriptor *out)
{
	struct err why = {0};
	bool is_there;
	struct bytes part = part_at(from, field, &is_there);

	if (!is_there)
		return;
	size_t size = part.len < ACL_HEADER ? 0 : le16(part.at + 2);

	if (size >= ACL_HEADER && bytes_slice(part, 0, size, acl))
		return;
	fail(&why, ERR_DAMAGED, "ACL of %zu bytes where %zu are left", size, part.len);
	note(&out->damage, &why, name);
}

bool security_parse(struct bytes from, struct security_descriptor *out, struct err *err)
{
	struct security_descriptor d = {0};

	if (from.len < DESCRIPTOR_HEADER || from.at[0] != 1)
		return fail(err, ERR_DAMAGED, "no security descriptor of revision 1 in %zu bytes",
		    from.len);
	d.control = le16(from.at + 2);
	read_sid(from, 4, "owner", &d.owner, &d);
	read_sid(from, 8, "group", &d.group, &d);
	if (d.control & SECURITY_SACL_PRESENT)
		read_acl(from, 12, "SACL", &d.sacl, &d);
	if (d.control & SECURITY_DACL_PRESENT)
		read_acl(from, 16, "DACL", &d.dacl, &d);
	*out = d;
	return true;
}

/* The ACEs of an ACL, one after the other. */
static void add_aces(struct text *out, struct bytes acl, const char *part, struct err *damage)
{
	size_t count = le16(acl.at + 4);
	size_t pos = ACL_HEADER;
	struct err why = {0};

	for (size_t i = 0; i < count; i++) {
		struct bytes ace;
		size_t size = acl.len - pos < ACE_HEADER ? 0 : le16(acl.at + pos + 2);

		if (size < ACE_HEADER || !bytes_slice(acl, pos, size, &ace)) {
			fail(&why, ERR_DAMAGED, "ACE %zu of %zu has %zu bytes where %zu are left",
			    i + 1, count, size, acl.len - pos);
			note(damage, &why, part);
			return;
		}
		security_add_ace(out, ace, &why);
		if (why.kind != ERR_NONE)
			note(damage, &why, part);
		pos += size;
	}
}

struct acl_flags {
	uint16_t is_protected, auto_request, is_auto;
};

static void add_acl(struct text *out, const char *letter, uint16_t control, struct acl_flags flags,
    struct bytes acl, struct err *damage)
{
	text_adds(out, letter);
	if (control & flags.is_protected)
		text_adds(out, "P");
	if (control & flags.auto_request)
		text_adds(out, "AR");
	if (control & flags.is_auto)
		text_adds(out, "AI");
	if (acl.len == 0) /* null: everybody may do everything */
		text_adds(out, "NO_ACCESS_CONTROL");
	else
		add_aces(out, acl, letter, damage);
}

void security_add_sddl(struct text *out, const struct security_descriptor *d, struct err *damage)
{
	static const struct acl_flags dacl = {
	    SECURITY_DACL_PROTECTED, SECURITY_DACL_AUTO_REQ, SECURITY_DACL_AUTO};
	static const struct acl_flags sacl = {
	    SECURITY_SACL_PROTECTED, SECURITY_SACL_AUTO_REQ, SECURITY_SACL_AUTO};

	if (d->damage.kind != ERR_NONE && damage->kind == ERR_NONE)
		*damage = d->damage;
	if (d->owner.len) {
		text_adds(out, "O:");
		security_add_short_sid(out, d->owner);
	}
	if (d->group.len) {
		text_adds(out, "G:");
		security_add_short_sid(out, d->group);
	}
	/* A damaged ACL is left out: empty it would say that nobody, or everybody, has access. */
	if (d->control & SECURITY_DACL_PRESENT && (d->dacl.len || d->damage.kind == ERR_NONE))
		add_acl(out, "D:", d->control, dacl, d->dacl, damage);
	if (d->control & SECURITY_SACL_PRESENT && (d->sacl.len || d->damage.kind == ERR_NONE))
		add_acl(out, "S:", d->control, sacl, d->sacl, damage);
}
