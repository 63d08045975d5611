#!/bin/bash
# Who may include whom: the table of docs/architecture.md, enforced. Prints each line that
# breaks it; exit 1 if any does.
set -euo pipefail
cd "$(dirname "$0")/.."

# layer | project headers it may include, with its own | outside headers it may not include
os='windows\.h|win[a-z0-9]+\.h|[a-z]*ddi?\.h|unistd\.h|fcntl\.h|dirent\.h|pthread\.h|sys/|netinet/|linux/'
rules="core|core/|$os|zstd|archive|yyjson|openssl/(cms|ts|x509|pem|ssl)|sqlite|yara
formats|core/|$os|zstd|archive|yyjson|openssl|sqlite|yara
platform|core/|zstd|archive|yyjson|openssl|sqlite|yara
bundle|core/|$os|sqlite|yara
collectors|core/ formats/ bundle/ platform/|$os|zstd|archive|sqlite
analysis|core/ formats/ bundle/ platform/file\.h platform/store\.h|$os|archive
cli|core/ formats/ bundle/ platform/ collectors/ analysis/|$os"

broken=0

# complain LAYER PATTERN WHY: every include line of the layer that matches the pattern.
complain() {
	local found
	found=$(git grep -nE "$2" -- "$1/*.c" "$1/*.h" | grep -vE "${4:-^$}") || return 0
	printf '%s\n' "$found" | sed "s|\$|   <- $3|"
	broken=1
}

while IFS='|' read -r layer may outside; do
	allowed="^[^:]*:[0-9]+:#include \"($layer/|${may// /|})"
	complain "$layer" '^#include "' "$layer may not include this" "$allowed"
	complain "$layer" "^#include <($outside)" "$layer stays clear of this header" "^platform/"
done <<<"$rules"

# What only one system has stays behind platform's headers.
complain . '^#include "platform/(win|posix)/' "only platform/ sees inside platform/" '^platform/'
complain platform '^#include <(windows|winternl|winioctl)\.h' "UTF-16 and Windows live in platform/win" '^platform/win/'

[ "$broken" -eq 0 ] && echo "layers: kept"
exit "$broken"
