#!/bin/bash
# tests/soak/soak.sh with 1 GB: constant memory, and ls and cat read only what they need.
# usage: tests/e2e/soak.sh BUILD
exec "$(dirname "$0")/../soak/soak.sh" "${1:?usage: tests/e2e/soak.sh BUILD}" 1
