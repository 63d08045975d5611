/* The custody sheet (証拠物件管理票) as text. See facts.h. */
#include "collectors/facts.h"

#include "collectors/state.h"
#include "core/time.h"
#include "platform/storage.h"

#include <stdio.h>

#define HANDOVERS       6
#define VALUE_BYTES_MAX ((size_t)4 << 10) /* the whole has SHEET_BYTES_MAX; a page shows far less */
#define SCOPE_BYTES_MAX ((size_t)64 << 10)

struct sheet {
	const struct facts *facts;
	struct text *out;
	bool hides_names;
};

/* Facts may be of any length, but who takes the sheet over reads a page. */
static void add_value(
    const struct sheet *sheet, struct bytes value, size_t most, const char *where_whole)
{
	CLEANUP(text_free) struct text shown = {0};
	size_t len;

	text_add_printable(&shown, value);
	sheet->out->failed = sheet->out->failed || shown.failed;
	len = shown.len < most ? shown.len : most;
	while (len < shown.len && ((unsigned char)shown.at[len] & 0xc0) == 0x80)
		len--;
	text_add(sheet->out, (struct bytes){(const uint8_t *)shown.at, len});
	if (len < shown.len)
		text_addf(sheet->out, " … (全文は封印した %s に all of it: sealed %s)", where_whole,
		    where_whole);
}

/* "日本語 English: value", or a line to write on. */
static void add_line(const struct sheet *sheet, const char *label, const char *value)
{
	text_addf(sheet->out, "%s: ", label);
	if (value && *value)
		add_value(sheet, bytes_of(value), VALUE_BYTES_MAX, "collection.json");
	else
		text_adds(sheet->out, "______________________________");
	text_addc(sheet->out, '\n');
}

/* The same for what names a person, a PC or a place. */
static void add_name(const struct sheet *sheet, const char *label, const char *value)
{
	add_line(sheet, label, sheet->hides_names ? NULL : value);
}

static void add_given(
    const struct sheet *sheet, const char *label, const char *object, const char *key)
{
	add_name(sheet, label, facts_file_text(sheet->facts->file, object, key));
}

static void add_header(const struct sheet *sheet)
{
	const struct facts *facts = sheet->facts;
	char id[37];

	bundle_id_text(facts->collection_id, id);
	text_adds(sheet->out, "証拠物件管理票  Custody sheet\n\n");
	add_line(sheet, "事案番号 Case No.", facts->case_id);
	add_line(sheet, "証拠番号 Evidence No.", facts_file_text(facts->file, "evidence_no", NULL));
	add_line(sheet, "収集ID Collection ID", id);
	add_line(
	    sheet, "出動番号 Dispatch nonce", facts_file_text(facts->file, "dispatch", "nonce"));
	add_line(sheet, "フォルダー Directory", facts->directory);
	if (sheet->hides_names)
		add_line(sheet, "注意 Note",
		    "氏名・機器名・場所は暗号化して封入 (kanshiki custody で表示) names are sealed "
		    "inside");
}

static void add_device(const struct sheet *sheet)
{
	static const struct host_facts none = {0};
	const struct facts *facts = sheet->facts;
	const struct host_facts *machine = facts->is_live ? facts->machine : &none;

	text_adds(sheet->out, "\n対象機器 Device\n");
	add_name(sheet, "  ホスト名 Hostname", facts->host);
	add_name(sheet, "  メーカー Maker", text_string(&machine->manufacturer));
	add_name(sheet, "  型番 Model", text_string(&machine->model));
	add_name(sheet, "  製造番号 S/N", text_string(&machine->serial));
	add_name(sheet, "  資産番号 Asset tag", text_string(&machine->asset_tag));
	add_given(sheet, "  発見時の状態 (電源・画面・通信・暗号化) State when found",
	    "state_found", NULL);
	add_given(sheet, "  収集場所 Place", "location", "address");
}

/* How far the host's clock is from one that is right. */
static void add_reference(const struct sheet *sheet)
{
	static const char label[] = "正しい時計との差 Reference clock / offset";
	const struct facts_reference *reference = &sheet->facts->reference;
	CLEANUP(text_free) struct text value = {0};
	int64_t offset = facts_offset_ms(reference);
	uint64_t size = offset < 0 ? 0 - (uint64_t)offset : (uint64_t)offset;

	if (!reference->typed) {
		add_given(sheet, label, "clock", "reference");
		return;
	}
	text_addf(&value, "%s; 収集機の時計 clock of the PC %c%llu.%03llu s", reference->typed,
	    offset < 0 ? '-' : '+', (unsigned long long)(size / 1000),
	    (unsigned long long)(size % 1000));
	add_line(sheet, label, text_string(&value));
}

/* As the clock on the wall shows it, and in UTC. */
static void add_time(const struct sheet *sheet, const char *label, const struct facts_clock *clock)
{
	CLEANUP(text_free) struct text value = {0};
	int32_t zone = clock->zone_minutes;
	int minutes = zone < 0 ? -zone : zone;
	char utc[TIME_ISO_ROOM];
	char local[TIME_ISO_ROOM];

	time_iso(clock->utc, utc);
	time_iso(
	    clock->utc + (uint64_t)((int64_t)zone * 60 * (int64_t)TIME_TICKS_PER_SECOND), local);
	text_addf(&value, "%.10s %.8s (%c%02d:%02d), %.10s %.8s UTC", local, local + 11,
	    zone < 0 ? '-' : '+', minutes / 60, minutes % 60, utc, utc + 11);
	add_line(sheet, label, text_string(&value));
}

/* The start above is then of the run that went on. */
static void add_resumed(const struct sheet *sheet)
{
	const struct bundle_resumed *resumed = sheet->facts->resumed;
	CLEANUP(text_free) struct text value = {0};
	char begun[TIME_ISO_ROOM];

	if (!resumed)
		return;
	time_iso(resumed->started, begun);
	text_addf(&value, "%.10s %.8s UTC; %u; %llu", begun, begun + 11, (unsigned)resumed->run,
	    (unsigned long long)resumed->entries);
	add_line(sheet, "中断後の再開: 最初の開始・回・残した件数 Resumed: begun, run, kept",
	    text_string(&value));
}

static void add_people(const struct sheet *sheet)
{
	text_adds(sheet->out, "\n");
	add_time(sheet, "開始 Start (収集機の時計 by the PC's clock)", &sheet->facts->started);
	add_time(sheet, "終了 End", &sheet->facts->ended);
	add_resumed(sheet);
	add_reference(sheet);
	add_given(sheet, "収集者 Collector 氏名 Name", "operator", "name");
	add_given(sheet, "  所属 Organization", "operator", "org");
	add_line(sheet, "  署名 Signature", NULL);
	add_given(sheet, "立会人 Witness 氏名 Name", "witness", "name");
	add_given(sheet, "  所属 Organization", "witness", "org");
	add_line(sheet, "  署名 Signature", NULL);
	add_given(sheet, "権限・同意の根拠 Authority / Consent", "authority", "basis");
}

/* Paths of images name cases and people as often as not. */
static void add_scope(const struct sheet *sheet)
{
	const struct volume_set *volumes = sheet->facts->volumes;
	CLEANUP(text_free) struct text scope = {0};

	for (size_t i = 0; i < volumes->count; i++) {
		if (volumes->at[i].is_shadow)
			continue;
		text_addc(&scope, ' ');
		text_add(&scope, text_bytes(&volumes->at[i].name));
		if (sheet->hides_names && !volumes->at[i].is_live)
			continue;
		text_adds(&scope, "=");
		text_add(&scope, text_bytes(&volumes->at[i].path));
	}
	sheet->out->failed = sheet->out->failed || scope.failed;
	text_adds(sheet->out, "\n収集範囲 Scope:");
	add_value(sheet, text_bytes(&scope), SCOPE_BYTES_MAX, "receipt.json");
	text_addc(sheet->out, '\n');
}

static void add_work(const struct sheet *sheet)
{
	const struct facts *facts = sheet->facts;
	const struct collection *collection = facts->collection;
	struct text *out = sheet->out;
	struct collection_counts counts;

	collection_totals(collection, &counts);
	add_scope(sheet);
	text_adds(out, "収集順序 Order:");
	/* Those that are not of this system, or whose turn never came, are in receipt.json. */
	for (unsigned i = 0; i < collection->item_count; i++)
		if (collection->items[i].started)
			text_addf(out, " %s", collection->items[i].collector->name);
	text_addf(out,
	    "\n件数 Counts: 完全 whole %llu, 一部 in part %llu, 取得できず not taken %llu",
	    (unsigned long long)counts.taken, (unsigned long long)counts.partial,
	    (unsigned long long)counts.failed);
	if (counts.skipped)
		text_addf(out, ", 除外 left out %llu", (unsigned long long)counts.skipped);
	text_addc(out, '\n');
	text_addf(out, "使用ツール Tool: kanshiki %s, SHA-256 %s\n", KANSHIKI_VERSION,
	    facts->program_sha256[0] ? facts->program_sha256 : "-");
	add_line(sheet, "機器への変更 Changes made to device",
	    facts->is_live ? "書き込みなし; 起動の痕跡は残る none written; traces of starting the "
			     "program remain"
			   : "なし none (image)");
}

static const char *read_back_word(const struct read_back *read_back)
{
	if (read_back->result == READ_BACK_GOOD)
		return "合 pass";
	if (read_back->result == READ_BACK_BAD)
		return "否 FAIL";
	return "未実施 not done";
}

static void add_medium(const struct sheet *sheet)
{
	CLEANUP(storage_place_free) struct storage_place place = {0};
	CLEANUP(text_free) struct text value = {0};
	const char *parts[3] = {""};

	if (sheet->facts->out && storage_of(sheet->facts->out, &place)) {
		parts[0] = text_string(&place.disk.vendor);
		parts[1] = text_string(&place.disk.model);
		parts[2] = text_string(&place.disk.serial);
		for (size_t i = 0; i < ARRAY_LEN(parts); i++)
			text_addf(&value, "%s%s%s", value.len && *parts[i] ? " " : "",
			    i == 2 && *parts[i] ? "S/N " : "", parts[i]);
	}
	add_line(sheet, "保存媒体 Medium (S/N)", text_string(&value));
}

static void add_seal(const struct sheet *sheet)
{
	const struct kit *kit = sheet->facts->kit;
	struct text *out = sheet->out;
	uint8_t certificate[SHA256_LEN];
	char hex[SHA256_HEX_ROOM];

	seal_key_certificate_sha256(kit->seal, certificate);
	hash_hex((struct bytes){certificate, sizeof(certificate)}, hex);
	text_adds(out, "\n");
	add_medium(sheet);
	add_line(sheet, "読戻し検証 Read-back", read_back_word(sheet->facts->read_back));
	add_line(sheet, "封印番号 Seal No.", NULL);
	add_line(sheet, "写真番号 Photo Nos.", NULL);
	add_line(sheet, "封印証明書 Seal certificate SHA-256", hex);
	text_adds(out, "受信者鍵 Recipients:");
	for (size_t i = 0; i < kit->recipients.count; i++)
		text_addf(out, " %s", kit->recipients.at[i]);
	text_adds(out, "\n\n管理番号 The number (画面の 64 桁を書き写す copy its 64 digits from "
		       "the screen)\n\n");
	for (int row = 0; row < 8; row++) {
		for (int box = 0; box < 8; box++)
			text_adds(out, " [ ]");
		text_adds(out, "\n");
	}
}

static void add_handovers(const struct sheet *sheet)
{
	text_adds(sheet->out, "\n授受記録 Transfer log\n");
	for (int i = 0; i < HANDOVERS; i++)
		text_adds(sheet->out, "日時 When ________ 渡 From ________ 受 To ________ 目的 Why "
				      "______ 封印 Seal ____ 署名 Sign ______\n");
	add_line(sheet, "備考 Remarks", NULL);
}

void facts_custody(const struct facts *facts, bool hides_names, struct text *out)
{
	const struct sheet sheet = {facts, out, hides_names};

	add_header(&sheet);
	add_device(&sheet);
	add_people(&sheet);
	add_work(&sheet);
	add_seal(&sheet);
	add_handovers(&sheet);
}
