/* Every command, in the order of --help. */
COMMAND(version)
COMMAND(timeline)
COMMAND(kit)
