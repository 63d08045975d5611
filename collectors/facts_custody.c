/* The custody sheet (証拠物件管理票) as text. See facts.h. */
#include "collectors/facts.h"

#include "collectors/state.h"
#include "core/time.h"

#include <stdio.h>

#define HANDOVERS 6

/* "  日本語 English: value", or a line to write on. */
static void add_line(struct text *out, const char *label, const char *value)
{
	text_addf(out, "%s: ", label);
	if (value && *value)
		text_add_printable(out, bytes_of(value));
	else
		text_adds(out, "______________________________");
	text_addc(out, '\n');
}

static void add_header(struct text *out, const struct facts *facts)
{
	char id[37];

	bundle_id_text(facts->collection_id, id);
	text_adds(out, "証拠物件管理票  Custody sheet\n\n");
	add_line(out, "事案番号 Case No.", facts->case_id);
	add_line(out, "証拠番号 Evidence No.", facts_file_text(facts->file, "evidence_no", NULL));
	add_line(out, "収集ID Collection ID", id);
	add_line(out, "出動番号 Dispatch nonce", facts_file_text(facts->file, "dispatch", "nonce"));
	add_line(out, "フォルダー Directory", facts->directory);
}

static void add_device(struct text *out, const struct facts *facts)
{
	const struct host_facts *machine = facts->machine;
	bool is_live = facts->is_live;

	text_adds(out, "\n対象機器 Device\n");
	add_line(out, "  ホスト名 Hostname", facts->host);
	add_line(out, "  メーカー Maker", is_live ? text_string(&machine->manufacturer) : NULL);
	add_line(out, "  型番 Model", is_live ? text_string(&machine->model) : NULL);
	add_line(out, "  製造番号 S/N", is_live ? text_string(&machine->serial) : NULL);
	add_line(out, "  資産番号 Asset tag", NULL);
	add_line(out,
	    "発見時の状態 State when found (電源 Power/画面 Screen/ネットワーク Network/"
	    "暗号化 Encryption)",
	    facts_file_text(facts->file, "state_found", NULL));
	add_line(out, "収集場所 Place", facts_file_text(facts->file, "location", "address"));
}

/* How far the host's clock is from one that is right. */
static void add_reference(struct text *out, const struct facts *facts)
{
	const struct facts_reference *reference = &facts->reference;
	const char *told = facts_file_text(facts->file, "clock", "reference");
	CLEANUP(text_free) struct text value = {0};
	int64_t offset = facts_offset_ms(reference);
	uint64_t size = offset < 0 ? 0 - (uint64_t)offset : (uint64_t)offset;

	if (reference->typed)
		text_addf(&value, "%s; 収集機の時計 clock of the PC %c%llu.%03llu s",
		    reference->typed, offset < 0 ? '-' : '+', (unsigned long long)(size / 1000),
		    (unsigned long long)(size % 1000));
	else
		text_adds(&value, told ? told : "");
	add_line(out, "基準時計と差 Reference clock / offset", text_string(&value));
}

static void add_people(struct text *out, const struct facts *facts)
{
	char start[TIME_ISO_ROOM];
	char end[TIME_ISO_ROOM];

	time_iso(facts->started.utc, start);
	time_iso(facts->ended.utc, end);
	text_adds(out, "\n");
	add_line(out, "開始 Start (UTC, 収集機の時計 clock of the collecting PC)", start);
	add_line(out, "終了 End (UTC)", end);
	add_reference(out, facts);
	add_line(
	    out, "収集者 Collector 氏名 Name", facts_file_text(facts->file, "operator", "name"));
	add_line(out, "  所属 Organization", facts_file_text(facts->file, "operator", "org"));
	add_line(out, "  署名 Signature", NULL);
	add_line(out, "立会人 Witness 氏名 Name", facts_file_text(facts->file, "witness", "name"));
	add_line(out, "  所属 Organization", facts_file_text(facts->file, "witness", "org"));
	add_line(out, "  署名 Signature", NULL);
	add_line(out, "権限・同意の根拠 Authority / Consent",
	    facts_file_text(facts->file, "authority", "basis"));
}

static void add_work(struct text *out, const struct facts *facts)
{
	const struct collection *collection = facts->collection;
	struct collection_counts counts;

	collection_totals(collection, &counts);
	text_adds(out, "\n収集範囲 Scope:");
	for (size_t i = 0; i < facts->volumes->count; i++) {
		if (facts->volumes->at[i].is_shadow)
			continue;
		text_addc(out, ' ');
		text_add_printable(out, text_bytes(&facts->volumes->at[i].name));
		text_adds(out, "=");
		text_add_printable(out, text_bytes(&facts->volumes->at[i].path));
	}
	text_adds(out, "\n収集順序 Order:");
	for (unsigned i = 0; i < collection->item_count; i++)
		text_addf(out, " %s", collection->items[i].collector->name);
	text_addf(out,
	    "\n件数 Counts: 完全 whole %llu, 一部 in part %llu, 取得できず not taken %llu\n",
	    (unsigned long long)counts.taken, (unsigned long long)counts.partial,
	    (unsigned long long)counts.failed);
	text_addf(out, "使用ツール Tool: kanshiki %s, SHA-256 %s\n", KANSHIKI_VERSION,
	    facts->program_sha256[0] ? facts->program_sha256 : "-");
	add_line(out, "機器への変更 Changes made to device",
	    facts->is_live ? "書き込みなし; 起動の痕跡は残る none written; traces of starting the "
			     "program remain"
			   : "なし none (image)");
}

static void add_seal(struct text *out, const struct facts *facts)
{
	uint8_t certificate[SHA256_LEN];
	char hex[SHA256_HEX_ROOM];

	seal_key_certificate_sha256(facts->kit->seal, certificate);
	hash_hex((struct bytes){certificate, sizeof(certificate)}, hex);
	text_adds(out, "\n");
	add_line(out, "保存媒体 Medium (S/N)", NULL);
	add_line(out, "封印番号 Seal No.", NULL);
	add_line(out, "署名証明書指紋 Seal cert SHA-256", hex);
	for (size_t i = 0; i < facts->kit->recipients.count; i++)
		add_line(out, "受信者鍵 Recipient", facts->kit->recipients.at[i]);
	text_adds(out,
	    "\n管理番号 The number (MANIFEST.sha256 の SHA-256; 画面から書き写す copy it "
	    "from the screen)\n\n");
	for (int row = 0; row < 8; row++) {
		for (int box = 0; box < 8; box++)
			text_adds(out, " [ ]");
		text_adds(out, "\n");
	}
}

static void add_handovers(struct text *out)
{
	text_adds(out, "\n読戻し検証 Read-back: 合 pass / 否 fail      写真番号 Photo Nos.: "
		       "__________\n\n授受記録 Transfer log\n");
	for (int i = 0; i < HANDOVERS; i++)
		text_adds(out, "  日時 When ____________ 引渡人 From ____________ 受領人 To "
			       "____________ 目的 Purpose ____________ 封印 Seal ______ 署名 "
			       "Signature ____________\n");
	text_adds(out, "\n備考 Remarks: ____________________________________________\n");
}

void facts_custody(const struct facts *facts, struct text *out)
{
	add_header(out, facts);
	add_device(out, facts);
	add_people(out, facts);
	add_work(out, facts);
	add_seal(out, facts);
	add_handovers(out);
}
