# shellcheck shell=bash
# Peers out of PyPI, for tests; sourced.

# usage: venv_make NAME PACKAGE==VERSION...   $venv: a virtual environment in the cache with these packages, made once; else false, and
# $venv_why says why. Its scripts name the place they were made at, and it is moved: call them through $venv/bin/python.
venv_make() {
	local cache=${KANSHIKI_CACHE:-${HOME:-/root}/.cache/kanshiki} name=$1 versions
	shift
	versions=$(printf -- '-%s' "${@#*==}")
	venv=$cache/$name$versions
	venv_why=
	[ ! -x "$venv/bin/python" ] || return 0
	mkdir -p "$cache"
	exec 8>"$cache/$name.lock"
	flock 8
	if [ ! -x "$venv/bin/python" ]; then
		rm -rf "$venv.new"
		if ! python3 -m venv "$venv.new" >"$venv.log" 2>&1; then
			venv_why="python3 -m venv does not work"
		elif ! timeout 600 "$venv.new/bin/python" -m pip install -q "$@" >>"$venv.log" 2>&1; then
			venv_why="pip cannot get ${*//==/ }"
		else
			mv "$venv.new" "$venv"
		fi
	fi
	exec 8>&-
	[ -z "$venv_why" ]
}
