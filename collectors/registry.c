/* Registry hives with their transaction logs, of the system and of every user. Page:
 * docs/collectors/registry.md. */
#include "collectors/collector.h"

/* Windows may stand elsewhere than in "Windows" (WINNT, Windows.old/WINDOWS, a renamed directory). */
#define CONFIG(name)    "*/System32/config/" name, "Windows.old/*/System32/config/" name
#define HIVE(name)      CONFIG(name), CONFIG(name ".LOG"), CONFIG(name ".LOG1"), CONFIG(name ".LOG2")
#define WITH_LOGS(path) path, path ".LOG", path ".LOG1", path ".LOG2"
#define PROFILE(profile)                                                                    \
	WITH_LOGS(profile "/NTUSER.DAT"), profile "/NTUSER.MAN", profile "/NTUSER.DAT{*}*", \
	    WITH_LOGS(profile "/AppData/Local/Microsoft/Windows/UsrClass.dat"),             \
	    profile "/AppData/Local/Microsoft/Windows/UsrClass.dat{*}*"
#define PROFILE_XP(profile)                                      \
	WITH_LOGS(profile "/NTUSER.DAT"), profile "/NTUSER.MAN", \
	    WITH_LOGS(profile "/Local Settings/Application Data/Microsoft/Windows/UsrClass.dat")

static const char *const patterns[] = {
    HIVE("SYSTEM"),
    HIVE("SOFTWARE"),
    HIVE("SAM"),
    HIVE("SECURITY"),
    HIVE("DEFAULT"),
    HIVE("COMPONENTS"),
    HIVE("DRIVERS"),
    HIVE("BBI"),
    HIVE("ELAM"),
    HIVE("BCD-Template"),
    HIVE("userdiff"),
    HIVE("VSMIDK"),
    CONFIG("SYSTEM.ALT"), /* Windows 2000 */
    CONFIG("RegBack/*"),
    CONFIG("TxR/*"),
    CONFIG("*.blf"),
    CONFIG("*.regtrans-ms"),
    PROFILE("Users/*"),
    PROFILE("Windows.old/Users/*"),
    PROFILE("*/System32/config/systemprofile"),
    PROFILE("*/SysWOW64/config/systemprofile"),
    PROFILE("*/ServiceProfiles/*"),
    PROFILE_XP("Documents and Settings/*"),
    PROFILE_XP("Windows.old/Documents and Settings/*"),
    "Users/*/AppData/Local/Packages/*/Settings/settings.dat*",
    "Users/*/AppData/Local/Packages/*/SystemAppData/Helium/*.dat*",
    WITH_LOGS("*/AppCompat/Programs/Amcache.hve"),
    "*/AppCompat/Programs/Amcache.hve.tmp",
    "Windows.old/*/AppCompat/Programs/Amcache.hve*",
    "System Volume Information/Syscache.hve*",
    "System Volume Information/_restore*/RP*/snapshot/_REGISTRY_*",
    WITH_LOGS("Boot/BCD"),
    WITH_LOGS("EFI/Microsoft/Boot/BCD"),
    NULL,
};

const struct collector collect_registry = {
    .name = "registry",
    .summary = "registry hives and their logs",
    .kind = KIND_REGISTRY,
    .volatility = 200,
    .needs = NEEDS_VOLUME | NEEDS_ADMIN,
    .patterns = patterns,
};
