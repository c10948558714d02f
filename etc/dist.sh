#!/bin/sh
# Makes acme-client-VERSION.tar.gz of the files that git knows; by make dist.
# Takes git and GNU tar.
set -eu
version=$(sed -n 's/^#define VERSION "\(.*\)"/\1/p' acme-client.h)
name=acme-client-$version
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct)}"
trap 'rm -f "$name.part"' EXIT
git ls-files -z | LC_ALL=C sort -z |
    tar --null --no-recursion --files-from=- --transform="s|^|$name/|S" \
        --format=ustar --owner=0 --group=0 --numeric-owner \
        --mode=u+rw,go=rX --mtime="@$SOURCE_DATE_EPOCH" -cf - |
    gzip -9n >"$name.part"
mv "$name.part" "$name.tar.gz"
echo "$name.tar.gz"
