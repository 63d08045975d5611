/* case.jsonld: who, what, when and with what tool, in the words of CASE/UCO. See case_file.h; docs/formats/case.md.
 *
 * One bundle always gives the same identifiers, made of the collection's id and the part that something plays in it, so
 * that documents of several days can be laid together. */
#include "analysis/case_file.h"

#include "bundle/document.h"
#include "bundle/manifest.h"
#include "core/array.h"
#include "core/json.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define COLLECTION     "collection.json"
#define COLLECTION_MAX ((uint64_t)8 << 20)
#define IRI_ROOM       64
#define ROLE_ROOM      160

struct graph {
	struct json json;
	struct bundle_reader *reader;
	struct store *store;
	struct bundle_facts facts;
	yyjson_val *root; /* of collection.json */
};

static const struct {
	const char *prefix, *iri;
} vocabularies[] = {
    {"action", "https://ontology.unifiedcyberontology.org/uco/action/"},
    {"core", "https://ontology.unifiedcyberontology.org/uco/core/"},
    {"identity", "https://ontology.unifiedcyberontology.org/uco/identity/"},
    {"investigation", "https://ontology.caseontology.org/case/investigation/"},
    {"location", "https://ontology.unifiedcyberontology.org/uco/location/"},
    {"observable", "https://ontology.unifiedcyberontology.org/uco/observable/"},
    {"tool", "https://ontology.unifiedcyberontology.org/uco/tool/"},
    {"types", "https://ontology.unifiedcyberontology.org/uco/types/"},
    {"xsd", "http://www.w3.org/2001/XMLSchema#"},
};

static unsigned hex_digit(char c)
{
	return (unsigned)(c >= 'a' ? c - 'a' + 10 : c - '0');
}

/* A UUID of version 5 (RFC 9562, 5.5: SHA-1, a name and no proof) of a role in the collection, whose id is the name space. */
static void make_iri(const struct graph *graph, const char *role, char out[IRI_ROOM])
{
	CLEANUP(text_free) struct text name = {0};
	uint8_t sum[EVP_MAX_MD_SIZE] = {0};
	char id[37];

	for (const char *at = graph->facts.collection_id; at[0] && at[1]; at += 2) {
		at += *at == '-';
		text_addc(&name, (char)(hex_digit(at[0]) << 4 | hex_digit(at[1])));
	}
	text_adds(&name, role);
	graph->json.to->failed = graph->json.to->failed || name.failed ||
				 EVP_Digest(name.at, name.len, sum, NULL, EVP_sha1(), NULL) != 1;
	sum[6] = (uint8_t)(0x50 | (sum[6] & 0x0f));
	sum[8] = (uint8_t)(0x80 | (sum[8] & 0x3f));
	bundle_id_text(sum, id);
	(void)snprintf(out, IRI_ROOM, "urn:uuid:%s", id);
}

static void begin(struct graph *graph, const char *role, const char *type)
{
	char iri[IRI_ROOM];

	make_iri(graph, role, iri);
	json_begin(&graph->json);
	json_string_field(&graph->json, "@id", iri);
	json_string_field(&graph->json, "@type", type);
}

static void end(struct graph *graph)
{
	json_end(&graph->json);
}

static void begin_facet(struct graph *graph, const char *role, const char *type)
{
	CLEANUP(text_free) struct text of = {0};

	text_addf(&of, "%s/%s", role, type);
	begin(graph, text_string(&of), type);
}

static void refer(struct graph *graph, const char *role)
{
	char iri[IRI_ROOM];

	make_iri(graph, role, iri);
	json_begin(&graph->json);
	json_string_field(&graph->json, "@id", iri);
	json_end(&graph->json);
}

static void reference(struct graph *graph, const char *key, const char *role)
{
	json_key(&graph->json, key);
	refer(graph, role);
}

static void typed(struct graph *graph, const char *key, const char *type, struct bytes value)
{
	json_key(&graph->json, key);
	json_begin(&graph->json);
	json_string_field(&graph->json, "@type", type);
	json_bytes_field(&graph->json, "@value", value);
	json_end(&graph->json);
}

/* The text at "object" / "key" of collection.json; empty when there is none. */
static struct bytes told(const struct graph *graph, const char *object, const char *key)
{
	yyjson_val *value = yyjson_obj_get(graph->root, object);

	if (key && yyjson_is_arr(value))
		value = yyjson_arr_get_first(value);
	if (key)
		value = yyjson_obj_get(value, key);
	return document_text(value);
}

static void text_field(struct graph *graph, const char *key, struct bytes value)
{
	if (value.len)
		json_bytes_field(&graph->json, key, value);
}

static void time_field(struct graph *graph, const char *key, struct bytes value)
{
	if (value.len)
		typed(graph, key, "xsd:dateTime", value);
}

static void add_context(struct graph *graph)
{
	struct json *json = &graph->json;

	json_key(json, "@context");
	json_begin(json);
	for (size_t i = 0; i < ARRAY_LEN(vocabularies); i++)
		json_string_field(json, vocabularies[i].prefix, vocabularies[i].iri);
	json_end(json);
}

/* A person, the organization, and that one works for the other. Nothing where there is no name. */
static void add_person(struct graph *graph, const char *who)
{
	struct json *json = &graph->json;
	char unit[ROLE_ROOM];
	char works[ROLE_ROOM];

	(void)snprintf(unit, sizeof(unit), "%s organization", who);
	(void)snprintf(works, sizeof(works), "%s works for", who);
	if (told(graph, who, "name").len) {
		begin(graph, who, "identity:Person");
		json_bytes_field(json, "core:name", told(graph, who, "name"));
		text_field(graph, "core:description", told(graph, who, "role"));
		end(graph);
	}
	if (!told(graph, who, "org").len)
		return;
	begin(graph, unit, "identity:Organization");
	json_bytes_field(json, "core:name", told(graph, who, "org"));
	end(graph);
	if (!told(graph, who, "name").len)
		return;
	begin(graph, works, "core:Relationship");
	reference(graph, "core:source", who);
	reference(graph, "core:target", unit);
	json_string_field(json, "core:kindOfRelationship", "Employed_By");
	json_bool_field(json, "core:isDirectional", true);
	end(graph);
}

static void add_authorization(struct graph *graph)
{
	if (!told(graph, "authority", "basis").len)
		return;
	begin(graph, "authorization", "investigation:Authorization");
	json_string_field(&graph->json, "investigation:authorizationType", "consent or authority");
	json_bytes_field(&graph->json, "investigation:authorizationIdentifier",
	    told(graph, "authority", "basis"));
	end(graph);
}

static void add_location(struct graph *graph)
{
	if (!told(graph, "location", "address").len)
		return;
	begin(graph, "place", "location:Location");
	json_bytes_field(&graph->json, "core:name", told(graph, "location", "address"));
	end(graph);
}

static void add_device(struct graph *graph)
{
	struct json *json = &graph->json;

	begin(graph, "device", "observable:Computer");
	text_field(graph, "core:name", told(graph, "target", "hostname"));
	json_key(json, "core:hasFacet");
	json_begin_array(json);
	begin_facet(graph, "device", "observable:DeviceFacet");
	json_string_field(json, "observable:deviceType", "PC");
	text_field(graph, "observable:model", told(graph, "target", "model"));
	text_field(graph, "observable:serialNumber", told(graph, "target", "serial"));
	end(graph);
	begin_facet(graph, "device", "observable:ComputerSpecificationFacet");
	text_field(graph, "observable:hostname", told(graph, "target", "hostname"));
	end(graph);
	json_end_array(json);
	end(graph);
}

static void add_disk(struct graph *graph, size_t index, yyjson_val *disk)
{
	struct json *json = &graph->json;
	const char *serial = yyjson_get_str(yyjson_obj_get(disk, "serial"));
	const char *model = yyjson_get_str(yyjson_obj_get(disk, "model"));
	char role[ROLE_ROOM];

	(void)snprintf(role, sizeof(role), "disk %zu", index);
	begin(graph, role, "observable:Disk");
	json_key(json, "core:hasFacet");
	json_begin_array(json);
	begin_facet(graph, role, "observable:DeviceFacet");
	json_string_field(json, "observable:deviceType", "disk");
	if (model)
		json_string_field(json, "observable:model", model);
	if (serial)
		json_string_field(json, "observable:serialNumber", serial);
	end(graph);
	begin_facet(graph, role, "observable:DiskFacet");
	json_unsigned_field(
	    json, "observable:diskSize", yyjson_get_uint(yyjson_obj_get(disk, "size")));
	end(graph);
	json_end_array(json);
	end(graph);
}

static yyjson_val *disks(const struct graph *graph)
{
	return yyjson_obj_get(yyjson_obj_get(graph->root, "target"), "disks");
}

static void add_disks(struct graph *graph)
{
	yyjson_val *disk;
	size_t at;
	size_t max;

	yyjson_arr_foreach(disks(graph), at, max, disk) add_disk(graph, at, disk);
}

static void add_tool(
    struct graph *graph, const char *role, struct bytes version, struct bytes sha256)
{
	CLEANUP(text_free) struct text about = {0};

	begin(graph, role, "tool:Tool");
	json_string_field(&graph->json, "core:name", "kanshiki");
	text_field(graph, "tool:version", version);
	json_string_field(&graph->json, "tool:toolType", "forensic collector");
	if (sha256.len) {
		text_adds(&about, "SHA-256 of the program: ");
		text_add(&about, sha256);
		json_bytes_field(&graph->json, "core:description", text_bytes(&about));
	}
	end(graph);
}

/* A file of the bundle as it was sealed, and was just found to be. */
static void add_file(struct graph *graph, const char *name, const char *hash, bool is_encrypted)
{
	CLEANUP(source_close) struct source *file = NULL;
	struct store *store = graph->store;
	struct json *json = &graph->json;

	begin(graph, name, "observable:File");
	json_key(json, "core:hasFacet");
	json_begin_array(json);
	begin_facet(graph, name, "observable:FileFacet");
	json_string_field(json, "observable:fileName", name);
	if (store->open(store, name, &file, NULL))
		json_unsigned_field(json, "observable:sizeInBytes", file->size);
	end(graph);
	begin_facet(graph, name, "observable:ContentDataFacet");
	json_bool_field(json, "observable:isEncrypted", is_encrypted);
	json_key(json, "observable:hash");
	begin_facet(graph, name, "types:Hash");
	json_string_field(json, "types:hashMethod", "SHA256");
	typed(graph, "types:hashValue", "xsd:hexBinary", bytes_of(hash));
	end(graph);
	end(graph);
	json_end_array(json);
	end(graph);
}

/* Calls each for the MANIFEST, the sheet and the volumes. */
static void each_file(struct graph *graph,
    void (*each)(struct graph *graph, const char *name, const char *hash, bool is_encrypted))
{
	struct bundle_reader *reader = graph->reader;
	uint8_t sum[SHA256_LEN];
	char hash[SHA256_HEX_ROOM];
	const char *name;

	each(graph, MANIFEST_NAME, graph->facts.number, false);
	if (bundle_listed_sha256(reader, "CUSTODY.txt", sum)) {
		hash_hex((struct bytes){sum, sizeof(sum)}, hash);
		each(graph, "CUSTODY.txt", hash, false);
	}
	for (size_t i = 0; (name = bundle_volume_name(reader, i)); i++) {
		if (!bundle_listed_sha256(reader, name, sum))
			continue;
		hash_hex((struct bytes){sum, sizeof(sum)}, hash);
		each(graph, name, hash, true);
	}
}

static void refer_file(struct graph *graph, const char *name, const char *hash, bool is_encrypted)
{
	(void)hash;
	(void)is_encrypted;
	refer(graph, name);
}

static void refer_files(struct graph *graph)
{
	each_file(graph, refer_file);
}

static void add_provenance(struct graph *graph)
{
	CLEANUP(text_free) struct text about = {0};
	struct bytes exhibit = told(graph, "evidence_no", NULL);
	struct bytes root = told(graph, "parent_collection", NULL);
	struct json *json = &graph->json;

	if (!exhibit.len)
		exhibit = bytes_of(graph->facts.collection_id);
	text_addf(&about, "Collection %s; number (SHA-256 of " MANIFEST_NAME "): %s",
	    graph->facts.collection_id, graph->facts.number);
	begin(graph, "provenance", "investigation:ProvenanceRecord");
	json_bytes_field(json, "core:description", text_bytes(&about));
	json_bytes_field(json, "investigation:exhibitNumber", exhibit);
	json_bytes_field(json, "investigation:rootExhibitNumber", root.len ? root : exhibit);
	json_key(json, "core:object");
	json_begin_array(json);
	refer_files(graph);
	json_end_array(json);
	end(graph);
}

/* How far the times can be believed. */
static void add_clock(struct graph *graph)
{
	yyjson_val *offset = yyjson_obj_get(yyjson_obj_get(graph->root, "clock"), "offset_ms");
	CLEANUP(text_free) struct text about = {0};

	text_adds(&about, "Times are those of the clock of the collecting PC");
	if (yyjson_is_int(offset))
		text_addf(&about, ", which was %lld ms ahead of a reference clock",
		    (long long)yyjson_get_sint(offset));
	else
		text_adds(&about, ", which nobody compared with another");
	json_bytes_field(&graph->json, "core:description", text_bytes(&about));
}

static void add_objects(struct graph *graph)
{
	struct json *json = &graph->json;
	char role[ROLE_ROOM];
	size_t count = yyjson_arr_size(disks(graph));

	json_key(json, "action:object");
	json_begin_array(json);
	refer(graph, "device");
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(role, sizeof(role), "disk %zu", i);
		refer(graph, role);
	}
	json_end_array(json);
}

static struct bytes clock_time(const struct graph *graph, const char *which)
{
	yyjson_val *value = yyjson_obj_get(yyjson_obj_get(graph->root, "clock"), which);
	const char *utc = yyjson_get_str(yyjson_obj_get(value, "utc"));

	return bytes_of(utc ? utc : "");
}

static void add_collecting(struct graph *graph)
{
	struct json *json = &graph->json;

	begin(graph, "collecting", "investigation:InvestigativeAction");
	json_string_field(json, "core:name", "collected and sealed");
	add_clock(graph);
	time_field(graph, "action:startTime", clock_time(graph, "start"));
	time_field(graph, "action:endTime", clock_time(graph, "end"));
	if (told(graph, "operator", "name").len)
		reference(graph, "action:performer", "operator");
	if (told(graph, "witness", "name").len)
		reference(graph, "action:participant", "witness");
	if (told(graph, "location", "address").len)
		reference(graph, "action:location", "place");
	reference(graph, "action:instrument", "collecting tool");
	add_objects(graph);
	json_key(json, "action:result");
	json_begin_array(json);
	refer(graph, "provenance");
	refer_files(graph);
	json_end_array(json);
	end(graph);
}

/* What was just done to write this. */
static void add_checking(struct graph *graph, uint64_t now)
{
	struct json *json = &graph->json;

	begin(graph, "checking", "investigation:InvestigativeAction");
	json_string_field(json, "core:name", "verified");
	json_string_field(json, "core:description",
	    graph->facts.sealed_valid ? "Seal and hashes of all files are good"
				      : "The seal was not verified: this proves nothing");
	json_key(json, "action:startTime");
	json_begin(json);
	json_string_field(json, "@type", "xsd:dateTime");
	json_time_field(json, "@value", now);
	json_end(json);
	reference(graph, "investigation:wasInformedBy", "collecting");
	reference(graph, "action:instrument", "checking tool");
	json_key(json, "action:object");
	json_begin_array(json);
	refer_files(graph);
	json_end_array(json);
	end(graph);
}

static void add_investigation(struct graph *graph)
{
	struct json *json = &graph->json;

	begin(graph, "investigation", "investigation:Investigation");
	json_string_field(json, "core:name", graph->facts.case_id);
	json_string_field(json, "investigation:investigationForm", "incident");
	if (told(graph, "authority", "basis").len)
		reference(graph, "investigation:relevantAuthorization", "authorization");
	json_key(json, "core:object");
	json_begin_array(json);
	refer(graph, "collecting");
	refer(graph, "checking");
	refer(graph, "provenance");
	json_end_array(json);
	end(graph);
}

static void add_graph(struct graph *graph, uint64_t now)
{
	json_key(&graph->json, "@graph");
	json_begin_array(&graph->json);
	add_investigation(graph);
	add_authorization(graph);
	add_person(graph, "operator");
	add_person(graph, "witness");
	add_location(graph);
	add_device(graph);
	add_disks(graph);
	add_tool(graph, "collecting tool", told(graph, "tool", "version"),
	    told(graph, "tool", "exe_sha256"));
	add_tool(graph, "checking tool", bytes_of(KANSHIKI_VERSION), (struct bytes){0});
	add_collecting(graph);
	add_checking(graph, now);
	add_provenance(graph);
	each_file(graph, add_file);
	json_end_array(&graph->json);
}

static bool read_collection(struct bundle_reader *reader, yyjson_doc **out, struct err *err)
{
	CLEANUP(source_close) struct source *source = NULL;
	CLEANUP(free_memory) char *bytes = NULL;

	if (!bundle_meta_open(reader, COLLECTION, &source, err))
		return fail_in(err, "no custody yet, the collection had not ended");
	if (source->size > COLLECTION_MAX)
		return fail(err, ERR_LIMIT, "'meta/%s' has %llu bytes", COLLECTION,
		    (unsigned long long)source->size);
	bytes = malloc((size_t)source->size + 1);
	if (!bytes)
		return fail(err, ERR_MEMORY, "no memory for 'meta/%s'", COLLECTION);
	if (!source_read_exact(source, 0, bytes, (size_t)source->size, err))
		return false;
	yyjson_doc *document = yyjson_read(bytes, (size_t)source->size, 0);

	if (!yyjson_is_obj(yyjson_doc_get_root(document))) {
		yyjson_doc_free(document);
		return fail(err, ERR_DAMAGED, "'meta/%s' is not readable", COLLECTION);
	}
	*out = document;
	return true;
}

bool case_file_write(struct bundle_reader *reader, struct store *store, uint64_t now,
    struct text *out, struct err *err)
{
	CLEANUP(yyjson_doc_free) yyjson_doc *document = NULL;
	struct graph graph = {.json = {.to = out}, .reader = reader, .store = store};

	bundle_facts(reader, &graph.facts);
	if (!read_collection(reader, &document, err))
		return false;
	graph.root = yyjson_doc_get_root(document);
	json_begin(&graph.json);
	add_context(&graph);
	add_graph(&graph, now);
	json_end(&graph.json);
	text_addc(out, '\n');
	return text_ok(out, err);
}
