/* README.txt of a bundle: how to open it without our program. Japanese first, then English. */
#include "bundle/writer_state.h"

static const char commands[] =
    "  keys=../keys\n"
    "  openssl cms -verify -binary -cades -inform DER -in MANIFEST.p7s \\\n"
    "      -content MANIFEST.sha256 -CAfile \"$keys/evidence-ca.pem\" -out /dev/null\n"
    "  sha256sum --strict --quiet -c MANIFEST.sha256\n"
    "  sha256sum MANIFEST.sha256\n"
    "  for v in meta.*.age; do age -d -i \"$keys/recipient.key\" \"$v\" || exit 1; done \\\n"
    "      | zstd -dc | tar -tvf - --warning=no-unknown-keyword\n"
    "  set -o pipefail; for v in files.*.age; do age -d -i \"$keys/recipient.key\" \"$v\" || exit "
    "1; "
    "done "
    "\\\n"
    "      | zstd -dc > files.tar\n"
    "\n";

static const char commands_later[] =
    "  at=$(date +%s -d \"$(openssl ts -reply -in MANIFEST.tsr -text | sed -n 's/^Time stamp: "
    "//p')\")\n"
    "  openssl ts -verify -attime $at -data MANIFEST.p7s -in MANIFEST.tsr -CAfile "
    "\"$keys/tsa-ca.pem\"\n"
    "  openssl cms -verify -attime $at -binary -cades -inform DER -in MANIFEST.p7s \\\n"
    "      -content MANIFEST.sha256 -CAfile \"$keys/evidence-ca.pem\" -out /dev/null\n"
    "\n";

static const char commands_salvage[] =
    "  mkdir -p out; for v in files.*.age*; do age -d -i \"$keys/recipient.key\" \"$v\" "
    "2>/dev/null "
    "\\\n"
    "      | zstd -dcq 2>/dev/null | tar -xif - -C out --warning=no-unknown-keyword; done\n";

static const char japanese[] =
    "Kanshiki 証拠一式（形式 1）\n"
    "==========================\n"
    "\n"
    "このフォルダーは、kanshiki "
    "が集めて封印した情報です。中のファイルの名前や内容を変えないでください。\n"
    "変えると、封印の確認に失敗します。コピーするときは、フォルダーごとコピーしてください。\n"
    "\n"
    "kanshiki で確認して開く方法（Linux）:\n"
    "\n"
    "  kanshiki verify フォルダー --keys 鍵フォルダー\n"
    "  kanshiki extract フォルダー -C 出力先 --keys 鍵フォルダー\n"
    "\n"
    "kanshiki を使わずに確認して開く方法（keys= には、evidence-ca.pem と\n"
    "recipient.key のある SOC "
    "の鍵フォルダーを書きます。鍵をこのフォルダーにコピーしないでください）:\n"
    "順に、署名の確認、全ファイルの確認、管理番号（用紙の数字と比べる）、一覧、取り出し。\n"
    "必ず署名を先に確認してください。live.*、memory.* も files.* と同じように開きます。\n"
    "\n";

static const char japanese_later[] =
    "封印の証明書は数週間で期限が切れます。その後は、受け入れのときに付けたタイムスタンプ（MANIFEST"
    ".tsr）の\n"
    "時刻で確認します（tsa-ca.pem も SOC の鍵フォルダーにあります）。失効したキットかどうかは\n"
    "ここでは調べません（kanshiki verify が調べます）:\n"
    "\n";

static const char japanese_salvage[] =
    "壊れた一式から、取り出せるものを取り出す方法（証明にはなりません）:\n"
    "\n";

static const char english[] =
    "\n"
    "Kanshiki evidence bundle (format 1)\n"
    "===================================\n"
    "\n"
    "This directory holds what kanshiki took and sealed. Do not rename or change any file in it: "
    "the\n"
    "seal would no longer hold. Copy the directory as a whole.\n"
    "\n"
    "To check and open it with kanshiki (Linux):\n"
    "\n"
    "  kanshiki verify DIRECTORY --keys KEYDIR\n"
    "  kanshiki extract DIRECTORY -C OUTPUT --keys KEYDIR\n"
    "\n"
    "Without kanshiki, with stock tools, in this order: the signature, every file, the number "
    "(compare it\n"
    "with the paper), the list, the contents. Always check the signature first. keys= is where the "
    "SOC keeps\n"
    "evidence-ca.pem and recipient.key; never copy a key to this directory. live.* and memory.* "
    "open "
    "as\n"
    "files.* do.\n"
    "\n";

static const char english_later[] =
    "The certificate of the seal ends after some weeks. Then it is judged at the time of the time "
    "stamp that\n"
    "was added at intake (MANIFEST.tsr; tsa-ca.pem is in the SOC's directory of keys). Whether the "
    "kit was\n"
    "revoked these lines do not look up; kanshiki verify does:\n"
    "\n";

static const char english_salvage[] = "What a damaged bundle still holds (proves nothing):\n"
				      "\n";

void bundle_readme(struct text *out)
{
	static const char *const parts[] = {japanese, commands, japanese_later, commands_later,
	    japanese_salvage, commands_salvage, english, commands, english_later, commands_later,
	    english_salvage, commands_salvage};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		text_adds(out, parts[i]);
}
