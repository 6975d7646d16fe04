#!/usr/bin/env bash
# A small Debian with a real Blender, a virtual screen and a mouse, for the tests that need windows.
#
# Usage (as root): tools/window/make_root.sh [FOLDER] [SUITE]
#   FOLDER  where to put it; default ~/.cache/vivant/window-SUITE; about 1.5 GB
#   SUITE   trixie (Blender 4.3, the one that is tested) or sid (the newest Blender; advisory, it moves)
#
# Packages come from wherever this machine's own apt fetches Debian, so that no mirror is named here.
set -euo pipefail

suite=${2:-trixie}
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/vivant/window-$suite}
[ -x "$folder/usr/bin/blender" ] && { echo "$folder is there"; exit 0; }
[ "$(id -u)" -eq 0 ] || { echo "make_root: needs root (it makes a chroot)" >&2; exit 1; }
command -v mmdebstrap >/dev/null || { echo "make_root: needs mmdebstrap: apt-get update && apt-get install mmdebstrap" >&2; exit 1; }

# The first Debian archive among apt's sources, whichever of the two formats they are written in.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | grep -v security | head -1)
[ -n "$mirror" ] || { echo "make_root: apt lists no Debian archive; run apt-get update" >&2; exit 1; }

packages=blender,python3-numpy,xvfb,libgl1-mesa-dri,libegl1,libegl-mesa0,imagemagick,xdotool,x11-utils,fonts-dejavu-core
advisory=()
if [ "$suite" = sid ]; then
  packages=$packages,python3-cattr,python3-requests,python3-zstandard
  # A mirror that stands still is older than sid's promise of freshness allows; its signature is checked all the same.
  advisory=(--aptopt='Acquire::Check-Valid-Until "false"')
fi

mkdir -p "$(dirname "$folder")"
building=$folder.building
rm -rf "$building"
mmdebstrap --quiet --variant=minbase --include="$packages" \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "3"' "${advisory[@]}" \
  "$suite" "$building" "$mirror"
mkdir -p "$building/stage"
rm -rf "$folder"
mv "$building" "$folder"
chroot "$folder" blender --version | head -1
