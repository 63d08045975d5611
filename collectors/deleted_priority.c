/* Which deleted files are worth their bytes, the best first. Page: docs/collectors/deleted-files.md. */
#include "collectors/deleted.h"

/* The class of a pattern is the number in front: logs and traces of use, recycle bin, registry, links, scripts,
 * browsers, programs, archives, documents and mail, pictures. */
static const char *const patterns[] = {
    "0**/*.evtx",
    "0**/*.evt",
    "0**/*.pf",
    "0**/*_history.txt",
    "0**/*.job",
    "0**/System32/Tasks/**",
    "0**/PowerShell_transcript.*.txt",
    "0**/*.automaticDestinations-ms",
    "0**/*.customDestinations-ms",
    "0**/$UsnJrnl", /* who deletes the change journal has something to hide */
    "1**/$I??????",
    "1**/$I??????.*",
    "1**/$R??????",
    "1**/$R??????.*",
    "1**/_I??????.*", /* on FAT the first character is lost */
    "1**/_R??????.*",
    "1**/$Recycle.Bin/**",
    "1**/INFO2",
    "2**/NTUSER.DAT*",
    "2**/UsrClass.dat*",
    "2**/System32/config/*",
    "2**/Amcache.hve*",
    "2**/SRUDB.dat",
    "3**/*.lnk",
    "3**/*.url",
    "4**/*.ps1",
    "4**/*.psm1",
    "4**/*.bat",
    "4**/*.cmd",
    "4**/*.vbs",
    "4**/*.vbe",
    "4**/*.js",
    "4**/*.jse",
    "4**/*.wsf",
    "4**/*.hta",
    "4**/*.sct",
    "4**/*.py",
    "4**/*.reg",
    "4**/*.inf",
    "5**/History",
    "5**/History-journal",
    "5**/Cookies",
    "5**/Login Data",
    "5**/Web Data",
    "5**/WebCacheV*.dat",
    "5**/*.sqlite",
    "5**/*.sqlite-wal",
    "5**/*.db",
    "5**/*.db-wal",
    "6**/*.exe",
    "6**/*.dll",
    "6**/*.sys",
    "6**/*.scr",
    "6**/*.com",
    "6**/*.cpl",
    "6**/*.ocx",
    "6**/*.msi",
    "6**/*.jar",
    "7**/*.zip",
    "7**/*.7z",
    "7**/*.rar",
    "7**/*.cab",
    "7**/*.lzh",
    "7**/*.gz",
    "7**/*.tgz",
    "7**/*.iso",
    "8**/*.doc",
    "8**/*.docx",
    "8**/*.docm",
    "8**/*.xls",
    "8**/*.xlsx",
    "8**/*.xlsm",
    "8**/*.xlsb",
    "8**/*.csv",
    "8**/*.ppt",
    "8**/*.pptx",
    "8**/*.pptm",
    "8**/*.pdf",
    "8**/*.rtf",
    "8**/*.txt",
    "8**/*.log",
    "8**/*.one",
    "8**/*.jtd",
    "8**/*.jtdc",
    "8**/*.xdw",
    "8**/*.eml",
    "8**/*.msg",
    "8**/*.pst",
    "8**/*.ost",
    "9**/*.jpg",
    "9**/*.jpeg",
    "9**/*.png",
    "9**/*.gif",
    "9**/*.bmp",
    "9**/*.tif",
    "9**/*.heic",
};

bool deleted_priorities(struct matcher *matcher, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
		if (!matcher_add(matcher, (unsigned)(patterns[i][0] - '0'), patterns[i] + 1, err))
			return false;
	return true;
}

unsigned deleted_priority(struct matcher *matcher, char letter, struct bytes path)
{
	uint32_t mask = matcher_mask(matcher, letter, path);

	for (unsigned i = 0; i < DELETED_CLASS_NONE; i++)
		if (mask >> i & 1)
			return i;
	return DELETED_CLASS_NONE;
}
