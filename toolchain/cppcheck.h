/* Read by cppcheck before each file (toolchain/check cppcheck), which reads no library's headers and stumbles
 * over attributes. Without CLEANUP it sees leaks that are none: ASan looks for those. */
#define __attribute__(x)
#define yyjson_arr_foreach(arr, idx, max, val) \
	for ((idx) = 0, (max) = 1, (val) = yyjson_arr_get(arr, 0); (idx) < (max); (idx)++)
#define yyjson_obj_foreach(obj, idx, max, key, val)                                          \
	for ((idx) = 0, (max) = 1, (key) = yyjson_obj_key(obj), (val) = yyjson_obj_val(obj); \
	     (idx) < (max); (idx)++)
