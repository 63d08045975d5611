/* Conditional expressions, which are stored in postfix, as text. See parts.h. */
#include "formats/security/parts.h"

#define TOKENS_MAX 1024u /* of one condition */
#define DEPTH_MAX  64u   /* of operators and lists in each other */

enum token_form {
	TOKEN_UNKNOWN,
	TOKEN_INTEGER,
	TOKEN_STRING,
	TOKEN_OCTETS,
	TOKEN_LIST,
	TOKEN_SID,
	TOKEN_ATTRIBUTE,
	TOKEN_UNARY,
	TOKEN_BINARY,
};

/* MS-DTYP 2.4.4.17.5 to 2.4.4.17.8; the byte is the index. */
static const struct token_kind {
	uint8_t form; /* enum token_form */
	const char *text;
} kinds[256] = {
    [0x01] = {TOKEN_INTEGER, NULL},
    [0x02] = {TOKEN_INTEGER, NULL},
    [0x03] = {TOKEN_INTEGER, NULL},
    [0x04] = {TOKEN_INTEGER, NULL},
    [0x10] = {TOKEN_STRING, NULL},
    [0x18] = {TOKEN_OCTETS, NULL},
    [0x50] = {TOKEN_LIST, NULL},
    [0x51] = {TOKEN_SID, NULL},
    [0xf8] = {TOKEN_ATTRIBUTE, ""},
    [0xf9] = {TOKEN_ATTRIBUTE, "@User."},
    [0xfa] = {TOKEN_ATTRIBUTE, "@Resource."},
    [0xfb] = {TOKEN_ATTRIBUTE, "@Device."},
    [0x87] = {TOKEN_UNARY, "Exists "},
    [0x8d] = {TOKEN_UNARY, "Not_Exists "},
    [0x89] = {TOKEN_UNARY, "Member_of "},
    [0x8a] = {TOKEN_UNARY, "Device_Member_of "},
    [0x8b] = {TOKEN_UNARY, "Member_of_Any "},
    [0x8c] = {TOKEN_UNARY, "Device_Member_of_Any "},
    [0x90] = {TOKEN_UNARY, "Not_Member_of "},
    [0x91] = {TOKEN_UNARY, "Not_Device_Member_of "},
    [0x92] = {TOKEN_UNARY, "Not_Member_of_Any "},
    [0x93] = {TOKEN_UNARY, "Not_Device_Member_of_Any "},
    [0xa2] = {TOKEN_UNARY, "!"},
    [0x80] = {TOKEN_BINARY, " == "},
    [0x81] = {TOKEN_BINARY, " != "},
    [0x82] = {TOKEN_BINARY, " < "},
    [0x83] = {TOKEN_BINARY, " <= "},
    [0x84] = {TOKEN_BINARY, " > "},
    [0x85] = {TOKEN_BINARY, " >= "},
    [0x86] = {TOKEN_BINARY, " Contains "},
    [0x88] = {TOKEN_BINARY, " Any_of "},
    [0x8e] = {TOKEN_BINARY, " Not_Contains "},
    [0x8f] = {TOKEN_BINARY, " Not_Any_of "},
    [0xa0] = {TOKEN_BINARY, " && "},
    [0xa1] = {TOKEN_BINARY, " || "},
};

#define NOT 0xa2u

struct token {
	uint8_t code;
	uint16_t depth;       /* of the tree below it */
	uint16_t left, right; /* operands, indices of tokens; left alone for one */
	struct bytes data;
};

struct condition {
	struct token tokens[TOKENS_MAX];
	uint16_t stack[TOKENS_MAX]; /* of those that no operator has taken yet */
	size_t count, height;
};

static void add_integer(struct text *out, struct bytes data)
{
	uint64_t value = le64(data.at);
	bool is_negative = value >> 63;
	uint8_t sign = data.at[8];
	uint8_t base = data.at[9];

	/* The sign is stored twice: in the number, and as it was written. */
	if (is_negative)
		value = 0 - value;
	if (sign == 1 && !is_negative)
		text_addc(out, '+');
	if (is_negative)
		text_addc(out, '-');
	text_addf(out,
	    base == 1   ? "0%llo"
	    : base == 3 ? "0x%llx"
			: "%llu",
	    (unsigned long long)value);
}

/* A name in which only letters, digits and ":./_" stand as they are (MS-DTYP 2.5.1.1, attr-char2). */
static void add_attribute(struct text *out, struct bytes utf16)
{
	for (size_t i = 0; i + 2 <= utf16.len; i += 2) {
		uint16_t unit = le16(utf16.at + i);
		bool plain = (unit >= '0' && unit <= ':') || (unit >= 'A' && unit <= 'Z') ||
			     (unit >= 'a' && unit <= 'z') || unit == '.' || unit == '/' ||
			     unit == '_';

		if (plain)
			text_addc(out, (char)unit);
		else
			text_addf(out, "%%%04x", unit);
	}
}

void security_add_quoted(struct text *out, struct bytes utf16)
{
	size_t from = 0;

	text_addc(out, '"');
	for (size_t i = 0; i + 2 <= utf16.len; i += 2) {
		uint16_t unit = le16(utf16.at + i);

		if (unit >= ' ' && unit != '"')
			continue;
		text_add_utf16(out, (struct bytes){utf16.at + from, i - from});
		text_addf(out, "%%%04x", unit);
		from = i + 2;
	}
	text_add_utf16(out, (struct bytes){utf16.at + from, utf16.len - from});
	text_addc(out, '"');
}

/* Reads the token at *pos with its data. */
static bool next_token(struct bytes from, size_t *pos, struct token *out)
{
	struct reader r = {.data = from, .pos = *pos};
	struct token token = {.code = read_u8(&r)};
	uint8_t form = kinds[token.code].form;
	struct bytes sid;

	if (form == TOKEN_INTEGER)
		token.data = read_bytes(&r, 10);
	else if (form != TOKEN_UNARY && form != TOKEN_BINARY && form != TOKEN_UNKNOWN)
		token.data = read_bytes(&r, read_u32(&r));
	if (r.overrun || form == TOKEN_UNKNOWN)
		return false;
	if (form == TOKEN_SID && !security_sid(token.data, &sid, NULL))
		return false;
	*pos = r.pos;
	*out = token;
	return true;
}

static bool add_literal(struct text *out, const struct token *token, unsigned depth);

static bool add_list(struct text *out, struct bytes list, unsigned depth)
{
	size_t pos = 0;

	text_addc(out, '{');
	while (pos < list.len) {
		struct token token;

		if (pos != 0)
			text_adds(out, ", ");
		if (!next_token(list, &pos, &token) || !add_literal(out, &token, depth))
			return false;
	}
	text_addc(out, '}');
	return true;
}

static bool add_literal(struct text *out, const struct token *token, unsigned depth)
{
	const struct token_kind *kind = &kinds[token->code];
	struct bytes sid;

	switch (kind->form) {
	case TOKEN_INTEGER:
		add_integer(out, token->data);
		return true;
	case TOKEN_STRING:
		security_add_quoted(out, token->data);
		return true;
	case TOKEN_OCTETS:
		text_addc(out, '#');
		text_add_hex(out, token->data);
		return true;
	case TOKEN_LIST:
		return depth < DEPTH_MAX && add_list(out, token->data, depth + 1);
	case TOKEN_SID:
		text_adds(out, "SID(");
		if (!security_sid(token->data, &sid, NULL))
			return false;
		security_add_short_sid(out, sid);
		text_addc(out, ')');
		return true;
	case TOKEN_ATTRIBUTE:
		text_adds(out, kind->text);
		add_attribute(out, token->data);
		return true;
	default:
		return false;
	}
}

/* Writes the tree below a token; its depth was checked when it was built. */
static bool add_tree(struct text *out, const struct condition *c, const struct token *token)
{
	const struct token_kind *kind = &kinds[token->code];

	if (kind->form != TOKEN_UNARY && kind->form != TOKEN_BINARY)
		return add_literal(out, token, 0);
	text_addc(out, '(');
	if (kind->form == TOKEN_UNARY) {
		const struct token *operand = &c->tokens[token->left];
		bool bare = token->code == NOT && kinds[operand->code].form == TOKEN_ATTRIBUTE;

		text_adds(out, kind->text);
		text_adds(out, bare ? "(" : "");
		if (!add_tree(out, c, operand))
			return false;
		text_adds(out, bare ? ")" : "");
	} else {
		if (!add_tree(out, c, &c->tokens[token->left]))
			return false;
		text_adds(out, kind->text);
		if (!add_tree(out, c, &c->tokens[token->right]))
			return false;
	}
	text_addc(out, ')');
	return true;
}

/* Gives the token its operands from the stack and puts it there. */
static bool push(struct condition *c, struct token token)
{
	uint8_t form = kinds[token.code].form;
	size_t operands = form == TOKEN_BINARY ? 2 : form == TOKEN_UNARY ? 1 : 0;

	if (c->count == TOKENS_MAX || c->height < operands)
		return false;
	if (operands == 2)
		token.right = c->stack[--c->height];
	if (operands != 0)
		token.left = c->stack[--c->height];
	for (size_t i = 0; i < operands; i++) {
		uint16_t below = c->tokens[i == 0 ? token.left : token.right].depth;

		token.depth = token.depth > below + 1 ? token.depth : (uint16_t)(below + 1);
	}
	if (token.depth > DEPTH_MAX)
		return false;
	c->tokens[c->count] = token;
	c->stack[c->height++] = (uint16_t)c->count++;
	return true;
}

static bool read_tokens(struct condition *c, struct bytes from)
{
	size_t pos = 4;

	while (pos < from.len) {
		struct token token;

		if (from.at[pos] == 0) { /* what fills up to a multiple of four bytes */
			pos++;
			continue;
		}
		if (!next_token(from, &pos, &token) || !push(c, token))
			return false;
	}
	return c->height == 1;
}

bool security_add_condition(struct text *out, struct bytes from)
{
	struct condition c;
	CLEANUP(text_free) struct text made = {0};

	c.count = 0;
	c.height = 0;
	if (from.len < 4 || memcmp(from.at, "artx", 4) != 0 || !read_tokens(&c, from))
		return false;
	const struct token *top = &c.tokens[c.stack[0]];
	bool bare = kinds[top->code].form != TOKEN_UNARY && kinds[top->code].form != TOKEN_BINARY;

	text_adds(&made, bare ? "(" : "");
	if (!add_tree(&made, &c, top) || made.failed)
		return false;
	text_adds(&made, bare ? ")" : "");
	text_add(out, text_bytes(&made));
	return true;
}
