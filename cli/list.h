/* Every command, in the order of --help. */
COMMAND(collect)
COMMAND(version)
COMMAND(timeline)
COMMAND(kit)
