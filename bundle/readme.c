/* README.txt of a bundle: how to open it without our program. Japanese first, then English. */
#include "bundle/writer_state.h"

static const char commands[] =
    "  openssl cms -verify -binary -cades -inform DER -in MANIFEST.p7s \\\n"
    "      -content MANIFEST.sha256 -CAfile evidence-ca.pem -out /dev/null\n"
    "  sha256sum --strict --quiet -c MANIFEST.sha256\n"
    "  sha256sum MANIFEST.sha256\n"
    "  for v in meta.*.age; do age -d -i key.txt \"$v\" || exit 1; done \\\n"
    "      | zstd -dc | tar -tvf - --warning=no-unknown-keyword\n"
    "  set -o pipefail; for v in files.*.age; do age -d -i key.txt \"$v\" || exit 1; done \\\n"
    "      | zstd -dc > files.tar\n"
    "\n"
    "  for v in files.*.age*; do age -d -i key.txt \"$v\" 2>/dev/null \\\n"
    "      | zstd -dcq 2>/dev/null | tar -xf - -C out -i; done\n";

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
    "kanshiki を使わずに確認して開く方法（evidence-ca.pem と key.txt は、SOC が保管しています）:\n"
    "順に、署名の確認、全ファイルの確認、管理番号（用紙の数字と比べる）、一覧、取り出し。\n"
    "最後の行は、壊れた一式から取り出せるものを取り出します。必ず署名を先に確認してください。\n"
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
    "Without kanshiki, with stock tools (the SOC keeps evidence-ca.pem and key.txt), in this "
    "order: the\n"
    "signature, every file, the number (compare it with the paper), the list, the contents. The "
    "last\n"
    "line gets out what a damaged bundle still holds. Always check the signature first.\n"
    "\n";

void bundle_readme(struct text *out)
{
	text_adds(out, japanese);
	text_adds(out, commands);
	text_adds(out, english);
	text_adds(out, commands);
}
