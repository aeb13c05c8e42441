#!/bin/sh
# Checks a SpendSignoff audit bundle with openssl, sha256sum (or shasum), unzip and awk, by main/audit/FORMAT.md.
#
#   verify.sh BUNDLE.zip [VKEY | -] [FILE WITH A CHECKPOINT YOU RECEIVED ELSEWHERE]...
#
# Checks the files, all signatures, the changes of the key and, in a bundle of the whole log, the chain and the Merkle root of the
# records. It does not check the canonical form of records, the texts beside them, or the proofs of a part: verify.py does.
# Prints OK or the first fault, then what the verdict cannot cover. Exit 0: good. 1: not. 2: called wrongly, or a tool is missing.
set -u
LC_ALL=C
export LC_ALL

fault() {
  printf 'FAULT %s: %s\n' "$1" "$2"
  exit 1
}
misuse() {
  printf '%s\n' "$1" >&2
  exit 2
}

[ $# -ge 1 ] || misuse 'verify.sh BUNDLE.zip [VKEY | -] [CHECKPOINT]...'
for tool in openssl unzip awk; do
  command -v "$tool" >/dev/null || misuse "$tool is missing"
done
if command -v sha256sum >/dev/null; then sum() { sha256sum "$@"; }; else sum() { shasum -a 256 "$@"; }; fi
bundle=$1
pinned=${2:--}
[ $# -lt 2 ] || shift
shift

work=$(mktemp -d) || misuse 'no room for temporary files'
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
dir=$work/files
mkdir "$dir" "$work/notes" "$work/leaves"

# ---------- the archive: plain names only, each once, before anything is unpacked ----------

[ -r "$bundle" ] || fault unreadable 'The file cannot be read.'
unzip -tqq "$bundle" </dev/null >/dev/null 2>&1 || fault damaged_archive 'The archive is damaged, or not a zip archive.'
unzip -Z1 "$bundle" >"$work/names"
if grep -Evq '^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$' "$work/names"; then
  fault unsafe_archive 'A file has a name that is not a plain one, or leads out of the archive.'
fi
[ -z "$(sort "$work/names" | uniq -d)" ] || fault unsafe_archive 'The archive holds a file twice.'
[ "$(awk 'END { print NR }' "$work/names")" -le 1000 ] || fault too_large 'The archive holds too many files.'
unzip -Z -l "$bundle" | awk '$1 ~ /^[lbcpsd]/ { bad = 1 } END { exit bad }' || fault unsafe_archive 'The archive holds a link or a folder.'
unzip -Zt "$bundle" | awk '{ exit !($3 <= 4294967296) }' || fault too_large 'The archive unpacks to more than this script reads.'
unzip -qq "$bundle" -d "$dir" </dev/null >/dev/null 2>&1 || fault damaged_archive 'The archive cannot be unpacked.'

# ---------- the files ----------

for name in SHA256SUMS bundle.note; do
  [ -f "$dir/$name" ] || fault missing_file "$name is missing."
done
if grep -Evq '^[0-9a-f]{64}  [A-Za-z0-9_./-]{1,200}$' "$dir/SHA256SUMS" || ! sort -c -u -k2 "$dir/SHA256SUMS" 2>/dev/null; then
  fault file_changed 'SHA256SUMS is not a list of files.'
fi
cut -c67- "$dir/SHA256SUMS" | sort >"$work/listed"
grep -Ev '^(SHA256SUMS|bundle\.note)$' "$work/names" | sort >"$work/there"
extra=$(comm -13 "$work/listed" "$work/there" | head -n 1)
[ -z "$extra" ] || fault extra_file "$extra is in the archive, but not in the list of its files."
for name in manifest.json entries.jsonl disclosures.jsonl checkpoint checkpoints.txt report.html report.md verify.html VERIFY.txt \
  keys/genesis.vkey keys/genesis.pub.pem; do
  grep -Fxq "$name" "$work/listed" || fault missing_file "$name is missing."
done
missing=$(comm -23 "$work/listed" "$work/there" | head -n 1)
[ -z "$missing" ] || fault missing_file "$missing is missing."
changed=$(cd "$dir" && sum -c SHA256SUMS 2>/dev/null | awk -F': ' '$NF != "OK" { print $1; exit }')
[ -z "$changed" ] || fault file_changed "$changed was changed: it does not have the hash in the list of files."

# ---------- keys: keys/genesis is number 0, keys/rotated-1 number 1, … ----------

key_file() {
  if [ "$1" -eq 0 ]; then printf '%s/keys/genesis' "$dir"; else printf '%s/keys/rotated-%s' "$dir" "$1"; fi
}
# One line of base64 that decodes and encodes to itself, as bytes in a file.
decode() {
  printf '%s' "$1" | openssl base64 -d -A >"$2" 2>/dev/null && [ "$(openssl base64 -A -in "$2")" = "$1" ]
}
# Key number $1: its vkey, its key id and its PEM belong together.
check_key() {
  file=$(key_file "$1")
  vkey=$(cat "$file.vkey")
  printf '%s\n' "$vkey" | cmp -s - "$file.vkey" || return 1
  printf '%s\n' "$vkey" | grep -Eq '^audit\.spendsignoff/[a-z2-7]{26}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{44}$' || return 1
  rest=${vkey#*+}
  decode "${rest#*+}" "$work/key" || return 1
  [ "$(head -c 1 "$work/key" | openssl base64)" = 'AQ==' ] || return 1
  [ "$(printf '%s\n' "${vkey%%+*}" | cat - "$work/key" | sum | cut -c1-8)" = "${rest%%+*}" ] || return 1
  # The bytes before the key say "Ed25519" in DER.
  spki=$({ printf '\060\052\060\005\006\003\053\145\160\003\041\000'; tail -c 32 "$work/key"; } | openssl base64 -A)
  printf -- '-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n' "$spki" | cmp -s - "$file.pub.pem"
}

check_key 0 || fault bad_signature 'keys/genesis is not a key.'
identity=$(cat "$dir/keys/genesis.vkey")
origin=${identity%%+*}
if [ "$pinned" != - ] && [ "$pinned" != "$identity" ]; then
  fault foreign_log 'The bundle is of another log than the one whose key you gave.'
fi

# ---------- description ----------

manifest=$dir/manifest.json
member() { sed -n "s/.*\"$1\":\([^,{}]*\)[,}].*/\1/p" "$manifest"; }
if grep -Eq '"format":"spendsignoff/audit-bundle/v([2-9]|[0-9][0-9])' "$manifest"; then
  fault unknown_version 'The bundle is written in a newer format, which this script cannot check.'
fi
[ "$(member format)" = '"spendsignoff/audit-bundle/v1"' ] || fault bad_manifest 'manifest.json is not a description of a bundle.'
[ "$(member origin)" = "\"$origin\"" ] || fault foreign_log 'The bundle is described as one of another log.'
complete=$(member complete)
through=$(member through)

# ---------- notes ----------

text_of() { sed '/^$/,$d' "$1"; }
# Whether key number $2 signed note $1. 0: yes, 1: it did not, 2: a signature that says so is wrong.
signed_by() {
  vkey=$(cat "$(key_file "$2").vkey")
  id=${vkey#*+}
  id=${id%%+*}
  text_of "$1" >"$work/text"
  found=1
  sed '1,/^$/d' "$1" | sed -n "s|^— $origin ||p" >"$work/signatures"
  while read -r signature; do
    decode "$signature" "$work/blob" || return 2
    [ "$(od -An -tx1 -N4 "$work/blob" | tr -d ' \n')" = "$id" ] || continue
    [ "$found" -eq 1 ] || return 2
    tail -c +5 "$work/blob" >"$work/signature"
    openssl pkeyutl -verify -pubin -inkey "$(key_file "$2").pub.pem" -rawin -in "$work/text" -sigfile "$work/signature" \
      >/dev/null 2>&1 || return 2
    found=0
  done <"$work/signatures"
  return "$found"
}
is_checkpoint() {
  text_of "$1" | awk 'NR == 2 && !/^(0|[1-9][0-9]*)$/ { bad = 1 } NR == 3 && length($0) != 44 { bad = 1 } END { exit bad || NR != 3 }' &&
    sed '1,/^$/d' "$1" | awk '!/^— / { bad = 1 } END { exit bad || NR < 1 }'
}
size_of() { sed -n 2p "$1"; }
root_of_note() { sed -n 3p "$1"; }

# One file per note: a text, an empty line, signatures; and an empty line before the next.
awk -v folder="$work/notes" '
  BEGIN { n = 1; file = sprintf("%s/%06d", folder, n) }
  /^$/ { empty++; if (empty % 2 == 0) { close(file); n++; file = sprintf("%s/%06d", folder, n); next } }
  { print > file }' "$dir/checkpoints.txt"
before=0
for note in "$work/notes/"*; do
  is_checkpoint "$note" || fault bad_signature 'checkpoints.txt is not a list of checkpoints.'
  [ "$(sed -n 1p "$note")" = "$origin" ] || fault foreign_log 'A checkpoint in the bundle is of another log.'
  [ "$(size_of "$note")" -gt "$before" ] || fault bad_signature 'The checkpoints in the bundle are not in order.'
  before=$(size_of "$note")
  mv "$note" "$work/notes/size-$before"
done
head_note=$work/notes/size-$before
head_size=$before
cmp -s "$head_note" "$dir/checkpoint" || fault missing_checkpoint 'checkpoint is not the newest of checkpoints.txt.'

# ---------- changes of the key ----------

grep '"type":"key\.rotated"' "$dir/entries.jsonl" >"$work/rotations" || :
keys=0
: >"$work/epochs"
while read -r record; do
  keys=$((keys + 1))
  [ -f "$(key_file $keys).vkey" ] && [ -f "$(key_file $keys).pub.pem" ] || fault missing_file "keys/rotated-$keys is missing."
  old=$(cat "$(key_file $((keys - 1))).vkey")
  new=$(cat "$(key_file $keys).vkey")
  seq=$(printf '%s\n' "$record" | sed -n 's/.*"seq":\([0-9]*\),.*/\1/p')
  case $record in
    *"\"data\":{\"new\":\"$new\",\"old\":\"$old\",\"reason\":"*) ;;
    *) fault bad_signature "Record $seq changes the signing key, but not as the files in keys say." ;;
  esac
  check_key $keys && [ "${new%%+*}" = "$origin" ] || fault bad_signature "keys/rotated-$keys is not a key of this log."
  both=$work/notes/size-$((seq + 1))
  [ -f "$both" ] || fault missing_checkpoint "Record $seq changes the signing key, but no checkpoint follows."
  signed_by "$both" $((keys - 1)) && signed_by "$both" $keys ||
    fault bad_signature "The checkpoint of $((seq + 1)) records is not signed by both keys."
  printf '%s %s\n' "$((seq + 1))" "$keys" >>"$work/epochs"
done <"$work/rotations"
known=$(grep -Ec '^keys/' "$work/listed")
[ "$known" -eq $((2 * keys + 2)) ] || fault extra_file 'There is a key that no record names.'

# The number of the key that must have signed a checkpoint of size $1.
in_force() { awk -v size="$1" '$1 < size { key = $2 } END { print key + 0 }' "$work/epochs"; }

for note in "$work/notes/"*; do
  size=$(size_of "$note")
  signed_by "$note" "$(in_force "$size")" || fault bad_signature "The checkpoint of $size records is not signed by the key of this log."
done

# ---------- records: chain and tree, where all of them are here ----------

# Hex on lines into bytes.
to_bytes() {
  awk '{ for (i = 1; i < length($0); i += 2) printf "%c", 16 * (index("0123456789abcdef", substr($0, i, 1)) - 1) + index("0123456789abcdef", substr($0, i + 1, 1)) - 1 }'
}
# Hashes of the files in folder $1, in the order of their names, one hex line each.
if command -v sha256sum >/dev/null; then sums='sha256sum'; else sums='shasum -a 256'; fi
# $sums is to be split into words.
hash_files() { (cd "$1" && find . -type f | sort | xargs -n 500 $sums) | cut -c1-64; }
# The Merkle root of the first $1 leaves, in base64. An odd last node goes up as it is, which gives the tree of RFC 6962.
root_of() {
  head -n "$1" "$work/leaf-hashes" >"$work/level"
  while [ "$(awk 'END { print NR }' "$work/level")" -gt 1 ]; do
    rm -rf "$work/nodes"
    mkdir "$work/nodes"
    awk 'NR % 2 == 1 { left = $1; next } { print "01" left $1 }' "$work/level" | to_bytes | split -b 65 -a 5 - "$work/nodes/n"
    hash_files "$work/nodes" >"$work/next"
    awk '{ last = $1 } END { if (NR % 2 == 1) print last }' "$work/level" >>"$work/next"
    mv "$work/next" "$work/level"
  done
  to_bytes <"$work/level" | openssl base64 -A
}

records=$(awk 'END { print NR }' "$dir/entries.jsonl")
[ "$(member records)" = "$records" ] || fault bad_manifest 'manifest.json counts other records than there are.'
if [ "$complete" = true ]; then
  awk -v folder="$work/leaves" '{ file = sprintf("%s/%09d", folder, NR); printf "%c", 0 > file; ORS = ""; print $0 > file; close(file) }' \
    "$dir/entries.jsonl"
  hash_files "$work/leaves" >"$work/leaf-hashes"
  broken=$(sed 's/.*"prev":"\([0-9a-f]*\)","sd":.*"seq":\([0-9]*\),.*/\1 \2/' "$dir/entries.jsonl" | paste -d' ' - "$work/leaf-hashes" |
    awk 'BEGIN { before = "0000000000000000000000000000000000000000000000000000000000000000" }
         $1 != before || $2 != NR - 1 { print NR - 1; exit } { before = $3 }')
  [ -z "$broken" ] || fault chain_broken "Record $broken does not follow the record before it."
  [ "$records" -ge "$head_size" ] || fault truncated "Record $records and later ones are missing."
  [ "$records" -le "$head_size" ] || fault missing_checkpoint "No checkpoint covers record $head_size."
  for size in $(cut -d' ' -f1 "$work/epochs") "$head_size"; do
    [ "$(root_of "$size")" = "$(root_of_note "$work/notes/size-$size")" ] ||
      fault root_mismatch "The records up to $((size - 1)) are not the ones that were signed."
  done
else
  [ "$through" -lt "$head_size" ] || fault bad_manifest 'manifest.json names records that are not in the log.'
fi

# ---------- checkpoints from elsewhere ----------

number=0
open=
covered=0
for given in "$@"; do
  number=$((number + 1))
  name="Checkpoint no. $number that you gave"
  [ -r "$given" ] || misuse "$given cannot be read"
  tr -d '\r' <"$given" | awk 'NF || begun { begun = 1; lines[++n] = $0 } END { while (n && lines[n] == "") n--; for (i = 1; i <= n; i++) print lines[i] }' >"$work/given"
  is_checkpoint "$work/given" || fault bad_witness "$name cannot be read."
  [ "$(sed -n 1p "$work/given")" = "$origin" ] || fault foreign_log "$name is of another log."
  size=$(size_of "$work/given")
  if [ "$size" -gt "$head_size" ]; then
    key=$keys
    until signed_by "$work/given" "$key"; do
      [ "$key" -gt 0 ] || fault bad_witness "$name is not signed by a key that this bundle knows."
      key=$((key - 1))
    done
    fault rolled_back "The bundle ends at $head_size records, but checkpoint no. $number that you gave counts $size: the newest are missing, or this is an older copy."
  fi
  signed_by "$work/given" "$(in_force "$size")" || fault bad_witness "$name is not signed by a key that this bundle knows."
  if [ "$complete" = true ]; then
    root=$(root_of "$size")
  elif [ -f "$work/notes/size-$size" ]; then
    root=$(root_of_note "$work/notes/size-$size")
  else
    open="$open$name ($size records) could not be compared: ask for the whole log. "
    continue
  fi
  [ "$root" = "$(root_of_note "$work/given")" ] ||
    fault equivocation "The key of this log signed two different histories of $size records: the one in the bundle and checkpoint no. $number that you gave. One of them was rewritten."
  [ "$size" -le "$covered" ] || covered=$size
done

# ---------- the signature over all files ----------

signed_by "$dir/bundle.note" "$(in_force "$head_size")" || fault bad_signature 'The bundle is not signed by the key of the log.'
text_of "$dir/bundle.note" >"$work/statement"
head_root=$(root_of_note "$head_note")
printf 'spendsignoff/audit-bundle/v1\n%s\n%s\n%s\n' "$origin" "$head_size" "$head_root" >"$work/expected"
head -n 4 "$work/statement" | cmp -s - "$work/expected" || fault bad_signature 'The signature is of another state of the log than the checkpoint.'
printf 'sha256sums %s\n' "$(sum <"$dir/SHA256SUMS" | cut -c1-64)" >>"$work/expected"
cmp -s "$work/statement" "$work/expected" || fault file_changed 'The list of files is not the one that was signed.'

printf 'OK: %s records of %s, root %s\nLog key: %s\n' "$records" "$head_size" "$head_root" "$identity"
{
  printf 'Note: %s\n' 'Detects every change of what was recorded up to the newest checkpoint in the bundle. It cannot know what was never recorded.'
  [ "$pinned" != - ] || printf 'Note: %s\n' 'No key was given to compare with: the bundle could be of a log that somebody made up.'
  [ "$covered" -gt 0 ] || printf 'Note: %s\n' 'No checkpoint from outside was compared: an older genuine copy of the log would pass, and so would a history that a thief of the signing key rewrote. One checkpoint that you received elsewhere makes both visible.'
  [ "$covered" -eq 0 ] || [ "$covered" -eq "$head_size" ] ||
    printf 'Note: Your newest checkpoint that could be compared covers the first %s of %s records. What came after rests on the key of the log alone, and newer records may be missing.\n' "$covered" "$head_size"
  [ "$complete" = true ] || printf 'Note: %s\n' 'This is a part of the log. Files and signatures were checked, the proofs of its records were not: verify.py and verify.html check them.'
  [ -z "$open" ] || printf 'Note: %s\n' "$open"
} >&2
exit 0
