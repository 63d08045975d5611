/* Short names: bytes of the code page of the PC that wrote them. See volume.h. */
#include "formats/fat/volume.h"

#define CP932(lead, row) [lead] = row,
static const char *const cp932[256] = {
#include "formats/fat/cp932.def"
};
#undef CP932

static const char cp437[] = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐"
			    "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

/* The nth character of UTF-8 text. */
static uint32_t nth(const char *text, size_t n)
{
	struct bytes utf8 = bytes_of(text);
	uint32_t code = TEXT_INVALID;
	size_t pos = 0;

	for (size_t i = 0; i <= n && pos < utf8.len; i++)
		code = text_decode(utf8, &pos);
	return code;
}

/* The character at *pos in CP932; TEXT_INVALID when there is none. */
static uint32_t decode_cp932(struct bytes oem, size_t *pos)
{
	uint8_t lead = oem.at[(*pos)++];

	if (lead < 0x80)
		return lead;
	if (lead >= 0xa1 && lead <= 0xdf)
		return 0xff61u + (lead - 0xa1u); /* half-width katakana */
	if (!cp932[lead] || *pos == oem.len)
		return TEXT_INVALID;
	uint8_t trail = oem.at[(*pos)++];

	if (trail < 0x40 || trail == 0x7f || trail > 0xfc)
		return TEXT_INVALID;
	uint32_t code = nth(cp932[lead], trail - 0x40u - (trail > 0x7f));

	return code == ' ' ? TEXT_INVALID : code;
}

static bool is_cp932(struct bytes oem)
{
	for (size_t pos = 0; pos < oem.len;)
		if (decode_cp932(oem, &pos) == TEXT_INVALID)
			return false;
	return true;
}

static void add_code(struct text *out, uint32_t code, bool lower)
{
	if (lower && code >= 'A' && code <= 'Z')
		code += 'a' - 'A';
	text_add_code(out, code);
}

void fat_oem_add(struct text *out, struct bytes oem, bool lower, bool is_cut)
{
	if (is_cut && oem.len) {
		text_addc(out, '_');
		oem.at++, oem.len--;
		/* The lost byte may have been the first of two. */
		struct bytes after = {oem.at + 1, oem.len ? oem.len - 1 : 0};

		if (oem.len && !is_cp932(oem) && is_cp932(after))
			oem = after;
	}
	bool is_932 = is_cp932(oem);

	for (size_t pos = 0; pos < oem.len;)
		if (is_932)
			add_code(out, decode_cp932(oem, &pos), lower);
		else if (oem.at[pos] < 0x80)
			add_code(out, oem.at[pos++], lower);
		else
			text_add_code(out, nth(cp437, oem.at[pos++] - 0x80u));
}

static struct bytes trimmed(const uint8_t *at, size_t len)
{
	while (len && at[len - 1] == ' ')
		len--;
	return (struct bytes){at, len};
}

void fat_short_name_add(struct text *out, const uint8_t raw[11], uint8_t case_flags, bool is_cut)
{
	uint8_t copy[11];

	memcpy(copy, raw, sizeof(copy));
	if (copy[0] == 0x05 && !is_cut)
		copy[0] = 0xe5; /* which would mean deleted */
	fat_oem_add(out, trimmed(copy, 8), case_flags & 0x08, is_cut);
	struct bytes extension = trimmed(copy + 8, 3);

	if (extension.len)
		text_addc(out, '.');
	fat_oem_add(out, extension, case_flags & 0x10, false);
}
