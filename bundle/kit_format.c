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
    "1. 調べる PC に、このキットの USB ディスクをつなぎます。保存先は、同じディスクの out "
    "フォルダーです。\n"
    "   空きが足りなければ、別の USB ディスクもつなぎます。調べる PC "
    "のディスクには何も書き込みません。\n"
    "2. kanshiki.exe（32 ビットの Windows では kanshiki32.exe）をダブルクリックします。\n"
    "   Windows の確認画面が出たら「はい」を選びます（管理者の権限が要るためです）。\n"
    "3. 何を集めるかが表示されます。PC の責任者の同意を得てから、y と打って Enter "
    "を押します。\n"
    "   保存先を別のディスクにするときは、先に F: のように打ちます。\n"
    "4. 氏名や同意した人、正しい時計の時刻などを尋ねます。分からないものは Enter "
    "だけで飛ばせます。\n"
    "5. 終わると「管理番号」が出ます。64 "
    "桁を用紙に書き写し、Enter で画面を閉じてからディスクを抜きます。\n"
    "   封印した証拠一式をフォルダーごと持ち帰ります。\n"
    "\n"
    "・「コマンド プロンプト」（管理者として実行）からも始められます（E: "
    "はこのキット、F: は保存用ディスクの例）:\n"
    "\n"
    "     E:\\kanshiki.exe collect --kit E:\\ --out F:\\ --case 事案番号\n"
    "\n"
    "・途中で止めても（画面を閉じる、Ctrl-C）、そこまでに集めたものは封印されます。\n"
    "・途中で止めた、電源が切れた、ディスクが抜けた、空きがなくなったときは、もう一度同じように始め"
    "てください。\n"
    "  続きから集めるかを尋ねられたら y "
    "と打ちます（コマンドが表示されたときは、それを打ちます）。\n"
    "・このキットには、集めたものを開く鍵は入っていません。落としても中身は読まれません。\n"
    "・seal.key は封印の鍵です。コピーや送付をせず、なくしたときはすぐに SOC "
    "に知らせてください。\n";

static const char english[] =
    "\n"
    "How to use this kit (for the responder)\n"
    "=======================================\n"
    "\n"
    "1. Plug the USB disk with this kit into the PC in question. What is taken is saved to the "
    "directory\n"
    "   out on the same disk; if there is not enough room, plug in another one, too. Nothing is "
    "written\n"
    "   to the PC's own disks.\n"
    "2. Double-click kanshiki.exe (on 32-bit Windows kanshiki32.exe). When Windows asks, choose "
    "\"Yes\":\n"
    "   it needs administrator rights.\n"
    "3. It shows what is taken. When the person in charge of the PC has agreed, type y and press "
    "Enter.\n"
    "   To save to another disk type that first, like F:\n"
    "4. It asks who you are, who agreed, and what a right clock shows. Enter alone skips a "
    "question.\n"
    "5. At the end a number is shown. Copy its 64 digits to the form, close the window with "
    "Enter, then\n"
    "   unplug the disk and bring back the sealed directory as a whole.\n"
    "\n"
    "- It can also be typed, in a Command Prompt that runs as administrator (E: is this kit, F: "
    "the disk\n"
    "  to save to, as an example):\n"
    "\n"
    "     E:\\kanshiki.exe collect --kit E:\\ --out F:\\ --case NUMBER\n"
    "\n"
    "- When it is stopped in the middle (window closed, Ctrl-C), what was taken until then is "
    "sealed.\n"
    "- After a stop, a power cut, a disk that was pulled or got full: begin again in the same way. "
    "When it\n"
    "  asks whether to go on where it ended, type y (if it shows a command, type that).\n"
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
