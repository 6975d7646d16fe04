#!/usr/bin/env bash
# Run a scenario in a real Blender window on a virtual screen and keep its pictures.
#
# Usage (as root): tools/window/run.sh SCENARIO.py [OUT] [ROOT]
#   SCENARIO.py  defines `scenario(window)`, see driver.py
#   OUT          receives screenshots, result.json and log.txt; default: a new folder under /tmp
#   ROOT         made by make_root.sh; default ~/.cache/vivant/window-trixie
# Environment: FILES are copied beside the scenario; WORKER is a Python of this machine that becomes `worker-python` there;
# LIMIT is how many seconds it may take (400; the guide needs 1200).
# Exit status: 0 the scenario ran to its end and left no process, 1 it failed, 77 there is no ROOT.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scenario=${1:?scenario}
out=${2:-$(mktemp -d /tmp/vivant-window-XXXX)}
root=${3:-${XDG_CACHE_HOME:-$HOME/.cache}/vivant/window-trixie}
[ -x "$root/usr/bin/blender" ] || { echo "no Blender in $root; make it with tools/window/make_root.sh" >&2; exit 77; }

mkdir -p "$out"
name=run-$$
work=$root/stage/$name
mkdir -p "$work/home" "$work/out" "$root/tmp/.X11-unix"
trap 'cp "$work"/home/*crash.txt "$out/" 2>/dev/null; rm -rf "$work"' EXIT
python=${PYTHON:-$here/../../.venv/bin/python}
"$python" "$here/../house/build_extension.py" "$work" >"$out/build.txt" 2>&1 || { cat "$out/build.txt" >&2; exit 1; }
cp "$here/driver.py" "$scenario" "$work/"
# shellcheck disable=SC2086
[ -z "${FILES:-}" ] || cp $FILES "$work/"

# The worker's Python lives outside the chroot: a door back to this machine, in mounts that nobody else sees, and the same
# path to the stage on both sides of it.
enter=()
if [ -n "${WORKER:-}" ]; then
  mkdir -p "$root/outside" /stage
  printf '#!/bin/sh\nexec chroot /outside "%s" "$@"\n' "$WORKER" >"$work/worker-python"
  chmod +x "$work/worker-python"
  doors="mount --make-rprivate / && mount --bind '$root/stage' /stage && mount --rbind / '$root/outside'"
  enter=(unshare --mount bash -c "$doors && exec \"\$@\"" _)
fi

# shellcheck disable=SC2016
timeout -k 5 "${LIMIT:-400}" "${enter[@]}" chroot "$root" bash -c '
cd "/stage/$1" || exit 1
export HOME=/stage/$1/home LIBGL_ALWAYS_SOFTWARE=1 TMPDIR=/stage/$1/home
number=$((70 + $$ % 900))
Xvfb :$number -screen 0 1600x1000x24 -nolisten tcp >out/xvfb.txt 2>&1 & screen=$!
for _ in $(seq 50); do [ -S /tmp/.X11-unix/X$number ] && break; sleep 0.1; done
export DISPLAY=:$number
blender --command extension install-file -r user_default --enable vivant-*.zip >out/install.txt 2>&1
blender --background --command vivant list places >out/command.txt 2>&1 && grep -q meadow out/command.txt || exit 1
blender --window-geometry 0 0 1600 1000 --python-exit-code 1 --python driver.py -- "$2" out
status=$?
kill $screen; wait $screen 2>/dev/null
exit $status' _ "$name" "$(basename "$scenario")" >"$out/log.txt" 2>&1
status=$?
# Whatever Blender started must end with it, a job at work too: watched children take a few seconds for that.
left() { for link in /proc/[0-9]*/cwd; do [[ $(readlink "$link") == "$work"* ]] && basename "$(dirname "$link")"; done; }
for _ in $(seq 60); do [ -z "$(left)" ] && break; sleep 0.25; done
if [ -n "$(left)" ]; then
  for id in $(left); do tr '\0' ' ' <"/proc/$id/cmdline" | cut -c1-200; echo; kill -9 "$id"; done >"$out/left.txt"
  echo "processes were left behind: see $out/left.txt" >&2
  status=1
fi
cp -r "$work"/out/. "$out/"
[ $status -eq 0 ] && [ -f "$out/result.json" ] || { tail -25 "$out/log.txt" >&2; echo "failed ($status); everything is in $out" >&2; exit 1; }
echo "$out"
