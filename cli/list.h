/* Every command, in the order of --help. */
COMMAND(kit)
COMMAND(collect)
COMMAND(verify)
COMMAND(ls)
COMMAND(cat)
COMMAND(timeline)
COMMAND(version)
