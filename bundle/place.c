/* Where an entry lies, in its row. See writer.h. */
#include "bundle/writer.h"

#include "bundle/manifest.h"
#include "core/json.h"

void bundle_place_write(struct json *json, const struct bundle_place *place)
{
	json_key(json, "place");
	json_begin(json);
	json_string_field(json, "set", bundle_set_name(place->set));
	json_unsigned_field(json, "volume", place->volume);
	json_unsigned_field(json, "tar", place->tar_offset);
	json_unsigned_field(json, "data", place->data_offset);
	json_end(json);
	if (place->is_continued)
		json_bool_field(json, "continued", true);
	json_unsigned_field(json, "stored_size", place->stored);
	json_hex_field(json, "sha256", (struct bytes){place->sha256, SHA256_LEN});
}
