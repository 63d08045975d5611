/* Browser profiles, found by structure: a directory with `History` beside `Preferences` is a profile of some
 * Chromium (Chrome, Edge, Brave, Opera GX, Sleipnir, WebView2 of any application), one with places.sqlite
 * of some Firefox. Page: docs/collectors/browser-profiles.md. */
#include "collectors/collector.h"

#include <stddef.h>

static const char *const chromium[] = {
    "History*",
    "Archived History*",
    "Cookies*",
    "Network/*",
    "Login Data*",
    "Web Data*",
    "Favicons*",
    "Bookmarks*",
    "Preferences",
    "Secure Preferences",
    "Local State",
    "Shortcuts*",
    "Top Sites*",
    "Visited Links",
    "Media History*",
    "Network Action Predictor*",
    "Extension Cookies*",
    "DownloadMetadata",
    "Current Session",
    "Current Tabs",
    "Last Session",
    "Last Tabs",
    "Sessions/*",
    "Extensions/*/*/manifest.json",
    "Sync Data/**",
    "QuotaManager*",
    "WebStorage/QuotaManager*",
    "Affiliation Database*",
    "load_statistics.db*",
    "Collections/collectionsSQLite*",
    "WebAssistDatabase*",
    "Snapshots/*/*/History*",
    NULL,
};

static const char *const chromium_root[] = {
    "Local State", "First Run", "Last Version", "Last Browser", NULL};

static const char *const firefox[] = {
    "*.sqlite",
    "*.sqlite-wal",
    "*.sqlite-shm",
    "*.sqlite-journal",
    "*.json",
    "*.jsonlz4",
    "*.mozlz4",
    "*.json.lz4",
    "key*.db",
    "cert*.db",
    "prefs.js",
    "user.js",
    "SiteSecurityServiceState.*",
    "sessionstore*",
    "sessionstore-backups/**",
    "bookmarkbackups/**",
    "extensions.rdf",
    "extensions/*/manifest.json",
    "datareporting/**",
    NULL,
};

static const char *const firefox_root[] = {"profiles.ini", "installs.ini", NULL};

static const char *const history_and_preferences[] = {"History", "Preferences", NULL};
static const char *const history_and_state[] = {"History", "Local State", NULL};
static const char *const state[] = {"Local State", NULL};
static const char *const places[] = {"places.sqlite", NULL};
static const char *const profiles_ini[] = {"profiles.ini", NULL};

static const struct collector_structure structures[] = {
    {history_and_preferences, chromium},
    {history_and_state, chromium},
    {state, chromium_root},
    {places, firefox},
    {profiles_ini, firefox_root},
    {NULL, NULL},
};

#define IE(profile)                                                                         \
	profile "/AppData/Local/Microsoft/Windows/WebCache/*",                              \
	    profile "/AppData/Local/Microsoft/Windows/History/**",                          \
	    profile "/AppData/Local/Microsoft/Windows/INetCookies/**",                      \
	    profile "/AppData/Local/Microsoft/Windows/IEDownloadHistory/**",                \
	    profile "/AppData/Local/Microsoft/Internet Explorer/**",                        \
	    profile "/AppData/Roaming/Microsoft/Windows/Cookies/**",                        \
	    profile "/AppData/Roaming/Microsoft/Windows/IEDownloadHistory/**",              \
	    profile "/AppData/Roaming/Microsoft/Internet Explorer/UserData/**",             \
	    profile "/AppData/Local/Packages/Microsoft.MicrosoftEdge_8wekyb3d8bbwe/**.edb", \
	    profile "/Favorites/**"
#define IE_XP(profile)                                                                \
	profile "/Cookies/**", profile "/Local Settings/History/**",                  \
	    profile "/Local Settings/Temporary Internet Files/Content.IE5/index.dat", \
	    profile "/UserData/index.dat", profile "/Favorites/**"

static const char *const patterns[] = {
    IE("Users/*"),
    IE("Windows.old/Users/*"),
    IE("*/System32/config/systemprofile"),
    IE("*/SysWOW64/config/systemprofile"),
    IE_XP("Documents and Settings/*"),
    IE_XP("Windows.old/Documents and Settings/*"),
    "Users/*/**:Zone.Identifier", /* where downloaded files came from */
    "Documents and Settings/*/**:Zone.Identifier",
    NULL,
};

const struct collector collect_browser_profiles = {
    .name = "browser-profiles",
    .summary = "web browser profiles: history, downloads, cookies",
    .kind = KIND_BROWSER,
    .volatility = 220,
    .needs = NEEDS_VOLUME | NEEDS_ADMIN,
    .patterns = patterns,
    .structures = structures,
};
