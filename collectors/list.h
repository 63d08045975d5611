/* Every collector: a file collectors/NAME.c with `const struct collector collect_NAME`, declared and entered in
 * the table by its row here. The order of rows breaks ties of volatility. */
COLLECTOR(network_connections)
COLLECTOR(processes)
COLLECTOR(ntfs_metafiles)
COLLECTOR(fat_metafiles)
COLLECTOR(registry)
COLLECTOR(event_logs)
COLLECTOR(prefetch)
COLLECTOR(browser_profiles)
COLLECTOR(recycle_bin)
COLLECTOR(scheduled_tasks)
COLLECTOR(directory_slack)
COLLECTOR(deleted_files)
