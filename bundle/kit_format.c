/* What `kit new` writes into a kit besides keys. See kit_files.h. */
#include "bundle/kit_files.h"

#include "core/json.h"
#include "core/time.h"

void kit_format_json(const struct kit *kit, struct text *out)
{
	struct json json = {.to = out};

	json_begin(&json);
	json_unsigned_field(&json, "format", KIT_FORMAT);
	json_bytes_field(&json, "name", text_bytes(&kit->name));
	json_time_field(&json, "created", kit->created);
	json_time_field(&json, "expires", kit->expires);
	json_bytes_field(&json, "profile", text_bytes(&kit->profile));
	if (kit->ids_only)
		json_string_field(&json, "public", KIT_PUBLIC_IDS);
	if (kit->unlock_count) {
		json_key(&json, "unlock");
		json_begin_array(&json);
		for (size_t i = 0; i < kit->unlock_count; i++)
			json_string(&json, text_bytes(&kit->unlocks[i].who));
		json_end_array(&json);
	}
	json_end(&json);
	text_addc(out, '\n');
}

static const char japanese[] =
    "このキットの使い方（現場の方へ）\n"
    "================================\n"
    "\n"
    "1. 調べる PC に、このキットと、十分な空きのある保存用ディスクをつなぎます。\n"
    "   調べる PC のディスクには何も書き込みません。\n"
    "2. 「コマンド プロンプト」を右クリックし「管理者として実行」を選びます。\n"
    "3. 次のように打ちます（E: はこのキット、F: は保存用ディスクの例）:\n"
    "\n"
    "     E:\\kanshiki.exe collect --kit E:\\ --out F:\\ --case 事案番号\n"
    "\n"
    "   32 ビットの Windows では kanshiki32.exe を使います。\n"
    "   始まる前に、氏名や同意した人、正しい時計の時刻などを尋ねます。分からないものは Enter "
    "だけで飛ばせます。\n"
    "4. 終わると「管理番号」が出ます。64 "
    "桁を用紙に書き写し、封印した証拠一式をフォルダーごと持ち帰ります。\n"
    "\n"
    "・途中で止めても、そこまでに集めたものは封印されます。\n"
    "・電源が切れた、ディスクが抜けた、空きがなくなったときは、もう一度同じように打ってください。\n"
    "  続きから集めるためのコマンドが表示されます（Ctrl-C で止めて、それを打ちます）。\n"
    "・このキットには、集めたものを開く鍵は入っていません。落としても中身は読まれません。\n"
    "・seal.key は封印の鍵です。コピーや送付をせず、なくしたときはすぐに SOC "
    "に知らせてください。\n";

static const char english[] =
    "\n"
    "How to use this kit (for the responder)\n"
    "=======================================\n"
    "\n"
    "1. Plug this kit and a disk with enough free space into the PC in question. Nothing is "
    "written to\n"
    "   the PC's own disks.\n"
    "2. Right-click \"Command Prompt\" and choose \"Run as administrator\".\n"
    "3. Type (E: is this kit, F: the disk to save to, as an example):\n"
    "\n"
    "     E:\\kanshiki.exe collect --kit E:\\ --out F:\\ --case NUMBER\n"
    "\n"
    "   On 32-bit Windows use kanshiki32.exe.\n"
    "   It first asks who you are, who agreed, and what a right clock shows. Enter alone skips a "
    "question.\n"
    "4. At the end a number is shown. Copy its 64 digits to the form and bring back the sealed\n"
    "   directory as a whole.\n"
    "\n"
    "- When it is stopped in the middle, what was taken until then is sealed.\n"
    "- After a power cut, a disk that was pulled or got full: type the same again. It shows the "
    "command\n"
    "  that goes on where it ended (press Ctrl-C, then type that).\n"
    "- This kit holds no key that opens what was taken: who finds it cannot read anything.\n"
    "- seal.key is the key of the seal. Do not copy or send it; if the kit is lost tell the SOC at "
    "once.\n";

static const char japanese_locked[] =
    "・封印の鍵にはパスフレーズがかかっています。collect が始まると聞かれるので打ってください。"
    "打った文字は出ません。\n"
    "  パスフレーズをこのキットと一緒に保管しないでください。\n";
static const char english_locked[] =
    "- The key of the seal is under a passphrase, which collect asks for at its start; what you "
    "type is\n"
    "  not shown. Do not keep the passphrase with this kit.\n";

void kit_unlock_name(struct bytes who, struct text *out)
{
	text_adds(out, "unlock.");
	text_add(out, who);
	text_adds(out, ".age");
}

/* Notepad of Windows 7 needs the mark for UTF-8 and CR LF. */
static void add_for_notepad(struct text *out, const struct text *plain)
{
	text_adds(out, "\xef\xbb\xbf");
	for (size_t i = 0; i < plain->len; i++) {
		if (plain->at[i] == '\n')
			text_addc(out, '\r');
		text_addc(out, plain->at[i]);
	}
	out->failed = out->failed || plain->failed;
}

void kit_format_guide(const struct kit *kit, struct text *out)
{
	CLEANUP(text_free) struct text plain = {0};
	char expires[TIME_ISO_ROOM];

	time_iso(kit->expires, expires);
	text_adds(&plain, japanese);
	if (kit->is_locked)
		text_adds(&plain, japanese_locked);
	text_addf(&plain, "・キット名: %s　有効期限: %.10s（協定世界時）\n",
	    text_string(&kit->name), expires);
	text_adds(&plain, english);
	if (kit->is_locked)
		text_adds(&plain, english_locked);
	text_addf(&plain, "- Kit: %s, valid until %.10s (UTC)\n", text_string(&kit->name), expires);
	add_for_notepad(out, &plain);
}
