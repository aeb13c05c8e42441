#!/usr/bin/env python3
"""Checks a SpendSignoff audit bundle. Python 3.8 or newer, standard library only. All it does stands in main/audit/FORMAT.md.

    verify.py BUNDLE.zip [--vkey VKEY] [--checkpoint FILE]...

Prints OK or the first fault, then what the verdict cannot cover. Exit 0: good. 1: not. 2: called wrongly.
Numbers in comments are sections and steps of FORMAT.md.
"""
import argparse
import base64
import binascii
import hashlib
import json
import re
import struct
import sys
import zlib


class Fault(Exception):
    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def sha256(data):
    return hashlib.sha256(data).digest()


# ---------- Ed25519, RFC 8032 §5.1 ----------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def add(a, b):
    """Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    c = 2 * a[3] * b[3] * D % P
    d = 2 * a[2] * b[2] % P
    h, g, u, v = f - e, d + c, d - c, f + e
    return (h * u % P, g * v % P, u * g % P, h * v % P)


def times(scalar, point):
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def decode_point(data):
    number = int.from_bytes(data, 'little')
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * SQRT_M1 % P
    if (x * x - x2) % P != 0 or (x == 0 and sign == 1):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def encode_point(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | ((x & 1) << 255)).to_bytes(32, 'little')


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = decode_point(BASE_Y.to_bytes(32, 'little'))


def ed25519_verify(public_key, message, signature):
    point = decode_point(public_key)
    s = int.from_bytes(signature[32:], 'little')
    if len(signature) != 64 or point is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), 'little') % L
    minus = (P - point[0], point[1], 1, P - point[3])
    return encode_point(add(times(s, BASE), times(k, minus))) == signature[:32]


# ---------- base64, canonical JSON (2) ----------

def strict_base64(text):
    """The bytes, or None unless the text is exactly how these bytes are written."""
    try:
        data = base64.b64decode(text.encode('ascii'), validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip('=')


class NotCanonical(Exception):
    pass


def canonical(value, depth=0):
    if value is None or value is True or value is False:
        return {None: 'null', True: 'true', False: 'false'}[value]
    if isinstance(value, int):
        if abs(value) > 2**53 - 1:
            raise NotCanonical('a number is too large')
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if depth >= 16 or not isinstance(value, (list, dict)):
        raise NotCanonical('nested too deep, or a number with a fraction')
    if isinstance(value, list):
        return '[' + ','.join(canonical(each, depth + 1) for each in value) + ']'
    names = sorted(value, key=lambda name: name.encode('utf-16-be', 'surrogatepass'))
    return '{' + ','.join(canonical(name) + ':' + canonical(value[name], depth + 1) for name in names) + '}'


def parse_canonical(data):
    try:
        text = data.decode('utf-8')
        value = json.loads(text)
        if canonical(value).encode('utf-8') != data:
            raise NotCanonical('written in another way')
        return value
    except (ValueError, RecursionError) as error:
        raise NotCanonical('not JSON in UTF-8') from error


def members(value, required, optional=()):
    return isinstance(value, dict) and set(required) <= set(value) <= set(required) | set(optional)


def is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def matches(pattern, value):
    return isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII) is not None


# ---------- Merkle tree (3) ----------

def leaf_hash(line):
    return sha256(b'\x00' + line)


def node_hash(left, right):
    return sha256(b'\x01' + left + right)


def append_leaf(size, peaks, leaf):
    while size % 2 == 1:
        leaf = node_hash(peaks.pop(), leaf)
        size //= 2
    peaks.append(leaf)


def root_of_peaks(peaks):
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def is_included(leaf, index, size, root, path):
    if index >= size:
        return False
    last = size - 1
    node = leaf
    for sibling in path:
        if last == 0:
            return False
        if index % 2 == 1 or index == last:
            node = node_hash(sibling, node)
            while index % 2 == 0 and index != 0:
                index, last = index // 2, last // 2
        else:
            node = node_hash(node, sibling)
        index, last = index // 2, last // 2
    return last == 0 and node == root


def is_prefix(old_size, old_root, size, root, path):
    if old_size < 1 or old_size > size:
        return False
    if old_size == size:
        return path == [] and old_root == root
    index, last = old_size - 1, size - 1
    while index % 2 == 1:
        index, last = index // 2, last // 2
    path = [old_root] + path if index == 0 else list(path)
    if not path:
        return False
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if index % 2 == 1 or index == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while index % 2 == 0 and index != 0:
                index, last = index // 2, last // 2
        else:
            new = node_hash(new, sibling)
        index, last = index // 2, last // 2
    return last == 0 and old == old_root and new == root


# ---------- keys, notes, checkpoints (1, 4) ----------

ORIGIN = r'audit\.spendsignoff/[a-z2-7]{26}'


class Key:
    def __init__(self, vkey):
        match = re.fullmatch(r'([^+]{1,255})\+([0-9a-f]{8})\+([A-Za-z0-9+/=]{1,128})', vkey)
        data = strict_base64(match.group(3)) if match else None
        if data is None or len(data) != 33 or data[0] != 1 or re.search(r'\s', match.group(1)):
            raise ValueError('not a vkey')
        self.vkey, self.name, self.public = vkey, match.group(1), data[1:]
        self.key_id = sha256(self.name.encode() + b'\n' + data)[:4]
        if self.key_id.hex() != match.group(2):
            raise ValueError('the key id is not of this key')

    def pem(self):
        der = bytes.fromhex('302a300506032b6570032100') + self.public
        return '-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n' % base64.b64encode(der).decode()


class BadNote(Exception):
    pass


def parse_note(note):
    text, divider, tail = note.rpartition('\n\n')
    is_text = not re.search('[\x00-\x09\x0b-\x1f\ud800-\udfff]', note)
    # Characters as UTF-16 counts them.
    if len(note.encode('utf-16-le', 'surrogatepass')) // 2 > 16384 or not divider or not note.endswith('\n') or not is_text:
        raise BadNote('not a signed note')
    lines = tail[:-1].split('\n')
    if len(lines) > 16:
        raise BadNote('too many signatures')
    signatures = []
    for line in lines:
        match = re.fullmatch('\u2014 ([^ ]+) ([A-Za-z0-9+/=]+)', line)
        blob = strict_base64(match.group(2)) if match else None
        if blob is None or len(blob) < 5 or re.search(r'[\s+]', match.group(1)) or len(match.group(1)) > 255:
            raise BadNote('not a signature line')
        signatures.append((match.group(1), blob[:4], blob[4:]))
    return text + '\n', signatures


def open_note(note, keys):
    """The text and the keys that signed it."""
    text, signatures = parse_note(note)
    signed_by = []
    for name, key_id, signature in signatures:
        for key in keys:
            if (key.name, key.key_id) != (name, key_id):
                continue
            if key in signed_by or not ed25519_verify(key.public, text.encode('utf-8'), signature):
                raise BadNote('the signature is wrong')
            signed_by.append(key)
    if not signed_by:
        raise BadNote('no known key signed')
    return text, signed_by


class Checkpoint:
    def __init__(self, note):
        text, _ = parse_note(note)
        match = re.fullmatch(r'([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n', text)
        root = strict_base64(match.group(3)) if match else None
        if root is None or int(match.group(2)) > 2**53 - 1 or re.search(r'[\s+]', match.group(1)):
            raise BadNote('not a checkpoint')
        self.note, self.origin, self.size, self.root = note, match.group(1), int(match.group(2)), root


class Keys:
    """Which key must sign at which size."""

    def __init__(self, identity):
        self.identity = identity
        self.epochs = [(1, identity)]
        self.rotation = None

    def in_force(self):
        return self.epochs[-1][1]

    def required(self, size):
        if self.rotation is not None and self.rotation[0] == size:
            return [self.in_force(), self.rotation[1]]
        return [[key for first, key in self.epochs if first <= size][-1]]

    def announce(self, data, seq):
        try:
            key = Key(data['new'])
        except (ValueError, KeyError, TypeError):
            key = None
        if key is None or key.name != self.identity.name or data.get('old') != self.in_force().vkey:
            raise Fault('bad_signature', 'Record %d changes the signing key, but does not name the right keys.' % seq)
        self.rotation = (seq + 1, key)

    def signed(self, size):
        if self.rotation is not None and self.rotation[0] == size:
            self.epochs.append((size + 1, self.rotation[1]))
            self.rotation = None

    def passed(self, size):
        if self.rotation is not None and self.rotation[0] <= size:
            raise Fault('missing_checkpoint',
                        'Record %d changes the signing key, but no checkpoint signed by both keys follows.' % (size - 1))


# ---------- the archive (8, step 1) ----------

NAME = rb'[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*'
MIB = 1024 * 1024


class Archive:
    def __init__(self, path):
        with open(path, 'rb') as file:
            self.data = file.read(4 * 1024 * MIB + 1)
        if len(self.data) > 4 * 1024 * MIB:
            raise Fault('too_large', 'The archive is larger than any bundle may be.')
        self.files = {}
        self.read_directory()

    def damaged(self, what):
        return Fault('damaged_archive', what)

    def read_directory(self):
        data = self.data
        end = len(data) - 22
        if end < 0 or data[end:end + 4] != b'PK\x05\x06':
            raise self.damaged('This is not a zip archive, it is cut off, or something hangs on its end.')
        disk, disk2, here, count, length, start, comment = struct.unpack('<4H2IH', data[end + 4:])
        if comment or disk or disk2 or here != count or start + length != end:
            raise self.damaged('The table of contents is not where it should be.')
        if count > 1000:
            raise Fault('too_large', 'The archive holds too many files.')
        at, claimed = start, 0
        for _ in range(count):
            if at + 46 > end or data[at:at + 4] != b'PK\x01\x02':
                raise self.damaged('The table of contents is not whole.')
            (made, _needed, flags, method, _time, _date, crc, packed, size, name_bytes, extra, note, _disk, _inner, outer,
             offset) = struct.unpack('<6H3I5H2I', data[at + 4:at + 46])
            name = data[at + 46:at + 46 + name_bytes]
            if len(name) > 200 or not re.fullmatch(NAME, name):
                raise Fault('unsafe_archive', 'A file has a name that is not a plain one, or leads out of the archive.')
            name = name.decode('ascii')
            if flags & ~0x080e or method not in (0, 8) or (method == 0 and packed != size):
                raise self.damaged(name + ' is packed in a way that bundles are not.')
            if made >> 8 == 3 and (outer >> 16) & 0o170000 not in (0, 0o100000):
                raise Fault('unsafe_archive', name + ' is not a plain file.')
            if name in self.files:
                raise Fault('unsafe_archive', 'The archive holds %s twice.' % name)
            self.files[name] = (flags, method, crc, packed, size, offset)
            at += 46 + name_bytes + extra + note
            claimed += size
        if at != end:
            raise self.damaged('The table of contents is not whole.')
        if claimed > 16 * 1024 * MIB:
            raise Fault('too_large', 'The archive unpacks to more than any bundle may hold.')
        self.starts = {}
        self.require_no_gaps(start)

    def require_no_gaps(self, until):
        data, at = self.data, 0
        for name, (flags, method, crc, packed, size, offset) in sorted(self.files.items(), key=lambda each: each[1][5]):
            if offset != at:
                raise Fault('unsafe_archive', 'Bytes are hidden before %s, or files lie on top of each other.' % name)
            if at + 30 > until:
                raise self.damaged(name + ' is cut off.')
            mark, _needed, flags2, method2, _time, _date, crc2, packed2, size2, name_bytes, extra = struct.unpack(
                '<4s5H3I2H', data[at:at + 30])
            begin = at + 30 + name_bytes + extra
            if mark != b'PK\x03\x04' or flags2 != flags or method2 != method or data[at + 30:at + 30 + name_bytes] != name.encode():
                raise Fault('unsafe_archive', 'The archive says two things about %s.' % name)
            at = begin + packed
            if at > until:
                raise self.damaged(name + ' is cut off.')
            if flags & 8:
                skip = 4 if data[at:at + 4] == b'PK\x07\x08' else 0
                if at + skip + 12 > until:
                    raise self.damaged('The archive is cut off.')
                crc2, packed2, size2 = struct.unpack('<3I', data[at + skip:at + skip + 12])
                at += skip + 12
            if (crc2, packed2, size2) != (crc, packed, size):
                raise Fault('unsafe_archive', 'The archive says two things about %s.' % name)
            self.starts[name] = begin
        if at != until:
            raise Fault('unsafe_archive', 'Bytes are hidden behind the last file.')

    def pieces(self, name):
        _flags, method, crc, packed, size, _offset = self.files[name]
        begin = self.starts[name]
        inflate = zlib.decompressobj(-15) if method == 8 else None
        total, sum_so_far = 0, 0
        for at in range(begin, begin + packed, 65536):
            piece = self.data[at:min(at + 65536, begin + packed)]
            try:
                piece = inflate.decompress(piece) if inflate else piece
            except zlib.error:
                raise self.damaged(name + ' cannot be unpacked.') from None
            total += len(piece)
            sum_so_far = zlib.crc32(piece, sum_so_far)
            if total > size:
                raise self.damaged(name + ' is longer than the archive says.')
            if total > 4 * MIB and total > 200 * packed:
                raise Fault('too_large', name + ' unpacks to more than 200 times its size.')
            yield piece
        if inflate and (not inflate.eof or inflate.unused_data):
            raise self.damaged(name + ' cannot be unpacked to its end.')
        if total != size or sum_so_far != crc:
            raise self.damaged('The checksum of %s is wrong.' % name)

    def whole(self, name, limit):
        if self.files[name][4] > limit:
            raise Fault('too_large', name + ' is larger than it may be.')
        return b''.join(self.pieces(name))

    def lines(self, name, limit):
        rest = b''
        for piece in self.pieces(name):
            *whole, rest = (rest + piece).split(b'\n')
            if any(len(line) > limit for line in whole) or len(rest) > limit:
                raise Fault('too_large', 'A line of %s is longer than it may be.' % name)
            yield from whole
        if rest:
            raise Fault('truncated', 'The last line of %s is cut off.' % name)


# ---------- records (2, annex A) ----------

ONLY_A_USER = set('''draft.armed draft.validation draft.approved draft.rejected draft.revised breaker.reset reviewer.added
    reviewer.removed review.exported review.answered'''.split())
NEVER_AN_AGENT = set('''key.rotated account.writes data.imported data.exported policy.changed setting.changed export.created'''.split())
TEXTS = {
    'app.started': 'host_name', 'call.refused': 'op client_name', 'agent.read': 'client_name',
    'connection.added': 'account_name detail', 'connection.removed': 'account_name detail',
    'connection.state': 'account_name detail platform_message', 'account.writes': 'account_name', 'client.added': 'client_name',
    'client.revoked': 'client_name reason', 'policy.changed': 'reason', 'sync.finished': 'account_name platform_message',
    'data.imported': 'file_name', 'export.created': 'purpose recipient', 'disclosure.erased': 'reason', 'integrity.alarm': 'detail',
    'breaker.tripped': 'detail', 'breaker.reset': 'reason', 'reviewer.added': 'reviewer_name', 'reviewer.removed': 'reviewer_name',
    'review.answered': 'reviewer_name reason', 'target.added': 'label', 'target.changed': 'label', 'target.removed': 'label',
    'checkpoint.emitted': 'detail', 'platform.change': 'entity_name account_name before after who tool',
}
DRAFT_TEXTS = 'title rationale agent_name path reason platform_message'
TYPES = set(TEXTS) | ONLY_A_USER | NEVER_AN_AGENT | set('''log.genesis app.stopped workspace.unlocked draft.proposed
    draft.blocked draft.lapsed draft.withdrawn draft.stale draft.expired draft.applied draft.apply_failed draft.unknown
    draft.rolled_back draft.partial apply.intent apply.sent apply.outcome apply.reconciled log.verified clock.jump history.compared'''.split())
TS = r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z'
ENTITY = r'(?:google_ads|meta|tiktok):[0-9]{1,24}/(?:campaign|ad_group|ad|creative)/[0-9A-Za-z_~.-]{1,64}'
ACCOUNT = r'(?:google_ads|meta|tiktok):[0-9]{1,24}'


def may_carry(record_type, name):
    if not matches(r'[a-z][a-z_]{0,30}(?:\.(?:0|[1-9][0-9]?))?', name):
        return False
    fallback = DRAFT_TEXTS if record_type.startswith(('draft.', 'apply.')) else ''
    return name.split('.')[0] in TEXTS.get(record_type, fallback).split()


def schema_problem(record):
    """What is wrong with the members of a record, or None."""
    if not members(record, 'v log seq prev ts mono boot type actor data sd'.split(), ['subj']):
        return 'its members are not those of a record'
    actor, subj, sd, record_type = record['actor'], record.get('subj'), record['sd'], record['type']
    if not (matches(ORIGIN, record['log']) and is_count(record['seq']) and matches('[0-9a-f]{64}', record['prev'])
            and matches(TS, record['ts']) and matches(r'0|[1-9]\d{0,20}', record['mono'])
            and matches(r'[A-Za-z0-9_.:/+=~-]{1,128}', record['boot'])):
        return 'a member does not have its form'
    if record_type not in TYPES:
        return 'its type is not known here: written by a newer version, or made up'
    if not members(actor, ['id', 'kind']) or actor['kind'] not in ('user', 'agent', 'loop', 'system') \
            or not matches(r'[A-Za-z0-9_.:/-]{1,96}', actor['id']):
        return 'its actor is none'
    if subj is not None or 'subj' in record:
        if not members(subj, ['platform'], ['account', 'entity']) or subj['platform'] not in ('google_ads', 'meta', 'tiktok') \
                or not matches(ACCOUNT, subj.get('account', 'meta:0')) or not matches(ENTITY, subj.get('entity', 'meta:0/ad/0')):
            return 'its subject is none'
    if not isinstance(record['data'], dict) or not isinstance(sd, dict):
        return 'a member does not have its form'
    if not all(may_carry(record_type, name) and matches(r'[A-Za-z0-9_-]{43}', sd[name]) for name in sd):
        return 'it names a text that such a record has not'
    if record_type in ONLY_A_USER and actor['kind'] != 'user':
        return 'only a person can cause ' + record_type
    if record_type in NEVER_AN_AGENT and actor['kind'] in ('agent', 'loop'):
        return record_type + ' is never caused by an agent'
    data = record['data']
    if record_type == 'log.genesis' and not (members(data, ['format', 'vkey', 'app'], ['predecessor'])
                                             and data['format'] == 'spendsignoff/audit/v1'):
        return 'it does not open a log'
    if record_type == 'key.rotated' and not (members(data, ['old', 'new', 'reason'])
                                             and data['reason'] in ('scheduled', 'user_change', 'suspicion')):
        return 'it does not change a key'
    return None


def opens(disclosure, name, digest):
    """Whether a disclosure is the one that a record names (5)."""
    if len(disclosure) > 1048576 or not matches('[A-Za-z0-9_-]+', disclosure) or base64url(sha256(disclosure.encode())) != digest:
        return False
    try:
        parts = json.loads(base64.urlsafe_b64decode(disclosure + '=' * (-len(disclosure) % 4)).decode('utf-8', 'replace'))
    except (ValueError, RecursionError):
        return False
    if not isinstance(parts, list) or len(parts) != 3 or not matches('[A-Za-z0-9_-]{22}', parts[0]) or parts[1] != name:
        return False
    return isinstance(parts[2], str) or (isinstance(parts[2], list) and all(isinstance(each, str) for each in parts[2]))


# ---------- the bundle (7, 8) ----------

REQUIRED = '''manifest.json entries.jsonl disclosures.jsonl checkpoint checkpoints.txt report.html report.md verify.html
    VERIFY.txt SHA256SUMS bundle.note'''.split()
UNLISTED = ('SHA256SUMS', 'bundle.note')
SMALL = 16384


class Bundle:
    def __init__(self, path, pinned, given_texts):
        self.zip = Archive(path)
        sums_bytes = self.check_files()
        self.identity = self.read_identity(pinned)
        self.manifest = self.read_manifest()
        self.given = [self.read_given(text, at + 1) for at, text in enumerate(given_texts)]
        self.notes = self.read_checkpoints()
        self.head = self.notes[max(self.notes)]
        self.check_range()
        self.keys = Keys(self.identity)
        self.vkeys = [self.identity.vkey]
        self.open_questions, self.not_compared = [], set()
        self.peaks, self.size = [], 0
        self.consistent, self.proofs = {}, iter(())
        if not self.manifest['complete']:
            self.read_proofs()
        self.check_records()
        self.check_ends()
        self.check_given()
        self.check_key_files()
        self.check_bundle_note(sums_bytes)

    # step 2
    def check_files(self):
        if 'SHA256SUMS' not in self.zip.files:
            raise Fault('missing_file', 'SHA256SUMS is missing.')
        data = self.zip.whole('SHA256SUMS', 262144)
        self.sums = {}
        for line in data.decode('latin-1').split('\n')[:-1]:
            match = re.fullmatch(r'([0-9a-f]{64})  ([A-Za-z0-9_./-]{1,200})', line)
            if not match:
                raise Fault('file_changed', 'SHA256SUMS is not a list of files.')
            self.sums[match.group(2)] = match.group(1)
        if not self.sums or data != ''.join('%s  %s\n' % (self.sums[name], name) for name in sorted(self.sums)).encode():
            raise Fault('file_changed', 'SHA256SUMS is not a list of files.')
        for name in self.zip.files:
            if name not in self.sums and name not in UNLISTED:
                raise Fault('extra_file', name + ' is in the archive, but not in the list of its files.')
        for name in REQUIRED + list(self.sums):
            if name not in self.zip.files or (name not in self.sums and name not in UNLISTED):
                raise Fault('missing_file', name + ' is missing.')
        for name, expected in self.sums.items():
            digest = hashlib.sha256()
            for piece in self.zip.pieces(name):
                digest.update(piece)
            if digest.hexdigest() != expected:
                raise Fault('file_changed', name + ' was changed: it does not have the hash in the list of files.')
        return data

    # step 3
    def read_identity(self, pinned):
        name = 'keys/genesis.vkey'
        if name not in self.zip.files:
            raise Fault('missing_file', name + ' is missing.')
        text = self.zip.whole(name, 1024).decode('utf-8', 'replace')
        try:
            identity = Key(text[:-1])
        except ValueError:
            identity = None
        if identity is None or text != identity.vkey + '\n':
            raise Fault('bad_signature', name + ' is not a key.')
        if pinned is not None and pinned.strip() != identity.vkey:
            raise Fault('foreign_log', 'The bundle is of another log than the one whose key you gave.')
        return identity

    # step 4
    def read_manifest(self):
        data = self.zip.whole('manifest.json', SMALL)
        try:
            manifest = parse_canonical(data[:-1])
        except NotCanonical:
            manifest = None
        if not data.endswith(b'\n') or not self.is_manifest(manifest):
            if re.search(rb'"format":"spendsignoff/audit-bundle/v(?:[2-9]|\d{2})', data):
                raise Fault('unknown_version', 'The bundle is written in a newer format, which this program cannot check.')
            raise Fault('bad_manifest', 'manifest.json is not a description of a bundle.')
        if manifest['origin'] != self.identity.name:
            raise Fault('foreign_log', 'The bundle is described as one of another log.')
        return manifest

    @staticmethod
    def is_manifest(value):
        if not members(value, 'format app created origin complete range records redacted withheld'.split(), ['filter', 'days']):
            return False
        days, chosen = value.get('days', {}), value.get('filter')
        is_filter = 'filter' not in value or (members(chosen, ['draft']) and matches('d_[a-z2-7]{16}', chosen['draft'])) \
            or (members(chosen, ['account']) and matches(ACCOUNT, chosen['account']))
        return (value['format'] == 'spendsignoff/audit-bundle/v1' and matches(r'[A-Za-z0-9_.:/-]{1,96}', value['app'])
                and matches(TS, value['created']) and isinstance(value['origin'], str) and isinstance(value['complete'], bool)
                and members(value['range'], ['from', 'through']) and all(map(is_count, value['range'].values()))
                and is_count(value['records']) and is_count(value['withheld']) and is_filter
                and members(days, [], ['from', 'to']) and all(matches(r'\d{4}-\d{2}-\d{2}', day) for day in days.values())
                and isinstance(value['redacted'], list) and len(value['redacted']) <= 2
                and all(each in ('personal', 'confidential') for each in value['redacted']))

    # step 5
    def read_given(self, text, number):
        try:
            given = Checkpoint(text.replace('\r\n', '\n').strip() + '\n')
        except BadNote:
            raise Fault('bad_witness', 'Checkpoint no. %d that you gave cannot be read.' % number) from None
        if given.origin != self.identity.name or given.size == 0:
            raise Fault('foreign_log', 'Checkpoint no. %d that you gave is of another log.' % number)
        given.number = number
        return given

    # step 6
    def read_checkpoints(self):
        text = self.zip.whole('checkpoints.txt', 64 * MIB).decode('utf-8', 'replace')
        parts = text[:-1].split('\n\n')
        if not text.endswith('\n') or len(parts) % 2 == 1 or len(parts) > 200000:
            raise Fault('bad_signature', 'checkpoints.txt is not a list of checkpoints.')
        notes, before = {}, 0
        for at in range(0, len(parts), 2):
            try:
                checkpoint = Checkpoint(parts[at] + '\n\n' + parts[at + 1] + '\n')
            except BadNote:
                raise Fault('bad_signature', 'checkpoints.txt is not a list of checkpoints.') from None
            if checkpoint.origin != self.identity.name:
                raise Fault('foreign_log', 'A checkpoint in the bundle is of another log.')
            if checkpoint.size <= before:
                raise Fault('bad_signature', 'The checkpoints in the bundle are not in order.')
            before = checkpoint.size
            notes[before] = checkpoint
        if self.zip.whole('checkpoint', SMALL).decode('utf-8', 'replace') != notes[before].note:
            raise Fault('missing_checkpoint', 'checkpoint is not the newest of checkpoints.txt.')
        return notes

    def check_range(self):
        manifest = self.manifest
        self.first, self.last = manifest['range']['from'], manifest['range']['through']
        self.is_range = not manifest['complete'] and 'filter' not in manifest
        if manifest['complete'] and (self.first != 0 or 'filter' in manifest or 'days' in manifest):
            raise Fault('bad_manifest', 'manifest.json calls itself complete and partial at once.')
        if self.first > self.last or self.last >= self.head.size:
            raise Fault('bad_manifest', 'manifest.json names records that are not in the log.')

    # 7.4
    def read_proofs(self):
        if 'proofs.jsonl' not in self.zip.files:
            raise Fault('missing_file', 'proofs.jsonl is missing.')
        self.proofs = Peekable(self.proof_lines())
        if self.is_range:
            left = self.proofs.take()
            if left is None or left[0] != 'left' or left[1] != self.first or len(left[2]) != bin(self.first).count('1'):
                raise Fault('bad_proof', 'The proof of what stands before the first record is missing.')
            self.size, self.peaks = self.first, left[2]
        while self.proofs.next is not None and self.proofs.next[0] == 'consistency':
            _, size, path = self.proofs.take()
            self.consistent[size] = path
            if len(self.consistent) > 100000:
                raise Fault('too_large', 'There are too many proofs.')

    def proof_lines(self):
        for line in self.zip.lines('proofs.jsonl', 8192):
            try:
                proof = parse_canonical(line)
            except NotCanonical:
                proof = None
            kind = proof.get('kind') if isinstance(proof, dict) else None
            number = {'inclusion': 'seq', 'consistency': 'size', 'left': 'size'}.get(kind) if isinstance(kind, str) else None
            path = proof.get('path') if number is not None else None
            if number is None or not members(proof, ['kind', 'path', number]) or not is_count(proof[number]) \
                    or not isinstance(path, list) or len(path) > 64 or not all(matches('[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=', each) for each in path):
                raise Fault('bad_proof', 'A line of proofs.jsonl is none.')
            yield kind, proof[number], [base64.b64decode(each) for each in path]

    # step 7
    def check_records(self):
        self.texts = Peekable(self.text_lines())
        self.before = None
        self.records = self.withheld = 0
        for line in self.zip.lines('entries.jsonl', 65536):
            self.check_record(line)
            self.records += 1
        if self.texts.next is not None:
            raise Fault('disclosure_mismatch', 'There is a text for a record that is not here.')
        if not self.manifest['complete'] and self.proofs.next is not None:
            raise Fault('bad_proof', 'There is a proof without its record.')

    def check_record(self, line):
        try:
            number = json.loads(line.decode('utf-8', 'replace')).get('seq')
        except (ValueError, RecursionError, AttributeError):
            number = None
        if not is_count(number):
            raise Fault('not_canonical', 'The record after %s is not in canonical form.' % (self.before and self.before[0]))
        in_row = self.manifest['complete'] or (self.is_range and self.first <= number <= self.last)
        record = self.parse_record(line, self.size if in_row else number)
        seq, leaf = record['seq'], leaf_hash(line)
        if self.before is not None and seq <= self.before[0]:
            raise Fault('sequence_gap', 'Record %d stands behind record %d.' % (seq, self.before[0]))
        if seq >= self.head.size:
            raise Fault('missing_checkpoint', 'No checkpoint covers record %d.' % seq)
        if self.before is None and seq != 0:
            raise Fault('sequence_gap', 'Record 0 is missing.')
        expected = '0' * 64 if seq == 0 else self.before[1].hex() if self.before[0] == seq - 1 else record['prev']
        if record['prev'] != expected:
            raise Fault('chain_broken', 'Record %d does not follow the record before it.' % seq)
        self.before = (seq, leaf)
        self.check_texts(record)
        if record['type'] == 'key.rotated':
            self.keys.announce(record['data'], seq)
            self.vkeys.append(record['data']['new'])
        if in_row:
            append_leaf(self.size, self.peaks, leaf)
            self.size += 1
        else:
            proof = self.proofs.next
            if proof is None or proof[:2] != ('inclusion', seq) or not is_included(leaf, seq, self.head.size, self.head.root, proof[2]):
                raise Fault('bad_proof', 'Nothing proves that record %d stands in the log.' % seq)
            self.proofs.take()
        self.check_checkpoint(seq + 1, in_row)
        self.keys.passed(seq + 1)
        if self.manifest['complete']:
            for given in (each for each in self.given if each.size == self.size):
                self.require_given_signed(given, self.keys.required(self.size))
                if given.root != root_of_peaks(self.peaks):
                    raise self.equivocation(given)

    def parse_record(self, line, seq):
        if len(line) > 65535:
            raise Fault('not_canonical', 'Record %d is too long.' % seq)
        try:
            record = parse_canonical(line)
        except NotCanonical:
            raise Fault('not_canonical', 'Record %d is not in canonical form.' % seq) from None
        version = record.get('v') if isinstance(record, dict) else None
        if isinstance(version, int) and not isinstance(version, bool) and version != 1:
            raise Fault('unknown_version', 'Record %d is written in a newer format, which this program cannot check.' % seq)
        problem = schema_problem(record) if version == 1 and version is not True else 'it has no version'
        if problem is not None:
            raise Fault('bad_schema', 'Record %d: %s.' % (seq, problem))
        if record['log'] != self.identity.name:
            raise Fault('foreign_log', 'Record %d belongs to another log.' % seq)
        if record['seq'] != seq:
            raise Fault('sequence_gap', 'Record %d stands where record %d belongs.' % (record['seq'], seq))
        if (seq == 0) != (record['type'] == 'log.genesis'):
            raise Fault('bad_schema', 'Record %d: the first record, and only the first, opens the log.' % seq)
        if seq == 0 and record['data']['vkey'] != self.identity.vkey:
            raise Fault('foreign_log', 'The log names another key as its identity.')
        return record

    def check_texts(self, record):
        seq, sd, before = record['seq'], record['sd'], ''
        shown = 0
        while self.texts.next is not None and self.texts.next['seq'] <= seq:
            line = self.texts.take()
            if line['seq'] != seq or line['name'] <= before:
                raise Fault('disclosure_mismatch', 'There is a text for record %d that does not belong to it.' % line['seq'])
            before = line['name']
            if before not in sd or not opens(line['disclosure'], before, sd[before]):
                raise Fault('disclosure_mismatch', 'A text of record %d is not the one that was recorded.' % seq)
            shown += 1
        self.withheld += len(sd) - shown

    def text_lines(self):
        for line in self.zip.lines('disclosures.jsonl', 1048800):
            try:
                value = parse_canonical(line)
            except NotCanonical:
                value = None
            if not members(value, ['disclosure', 'name', 'seq']) or not is_count(value['seq']) \
                    or not isinstance(value['name'], str) or not isinstance(value['disclosure'], str):
                raise Fault('disclosure_mismatch', 'A line of disclosures.jsonl is none.')
            yield value

    def check_checkpoint(self, size, in_row):
        checkpoint = self.notes.get(size)
        if checkpoint is None:
            return
        self.require_signed(checkpoint)
        if in_row and checkpoint.root != root_of_peaks(self.peaks):
            raise Fault('root_mismatch', 'The records up to %d are not the ones that were signed.' % (size - 1))
        self.keys.signed(size)

    def require_signed(self, checkpoint):
        required = self.keys.required(checkpoint.size)
        try:
            is_signed = len(open_note(checkpoint.note, required)[1]) == len(required)
        except BadNote:
            is_signed = False
        if not is_signed:
            raise Fault('bad_signature', 'The checkpoint of %d records is not signed by the key of this log, or was changed.' % checkpoint.size)

    # step 8
    def check_ends(self):
        manifest = self.manifest
        if self.before is None:
            raise Fault('truncated', 'There are no records.')
        if manifest['complete'] and self.size < self.head.size:
            raise Fault('truncated', 'Record %d and later ones are missing: the checkpoint counts %d.' % (self.size, self.head.size))
        if (manifest['complete'] or self.is_range) and self.size != self.last + 1:
            raise Fault('truncated', 'Record %d is missing.' % self.size)
        if (self.records, self.withheld) != (manifest['records'], manifest['withheld']):
            raise Fault('bad_manifest', 'manifest.json counts other records or texts than there are.')
        if manifest['complete']:
            return
        for checkpoint in self.notes.values():
            self.require_signed(checkpoint)
            if checkpoint.size != self.head.size and not self.leads_to_head(checkpoint):
                raise Fault('bad_proof', 'Nothing proves that the log only grew after its first %d records.' % checkpoint.size)
        if self.is_range and self.last + 1 not in self.notes:
            raise Fault('missing_checkpoint', 'No checkpoint covers record %d.' % self.last)

    def leads_to_head(self, checkpoint):
        path = self.consistent.get(checkpoint.size)
        return path is not None and is_prefix(checkpoint.size, checkpoint.root, self.head.size, self.head.root, path)

    # step 9
    def require_given_signed(self, given, keys):
        try:
            open_note(given.note, keys)
        except BadNote:
            raise Fault('bad_witness', 'Checkpoint no. %d that you gave is not signed by a key that this bundle knows.' % given.number) from None

    def equivocation(self, given):
        return Fault('equivocation', 'The key of this log signed two different histories of %d records: the one in the bundle and '
                     'checkpoint no. %d that you gave. One of them was rewritten.' % (given.size, given.number))

    def check_given(self):
        for given in self.given:
            if given.size > self.head.size:
                self.require_given_signed(given, [key for _, key in self.keys.epochs])
                raise Fault('rolled_back', 'The bundle ends at %d records, but checkpoint no. %d that you gave counts %d: the newest are '
                            'missing, or this is an older copy.' % (self.head.size, given.number, given.size))
        if self.manifest['complete']:
            return
        for given in self.given:
            self.require_given_signed(given, self.keys.required(given.size))
            if given.size == self.head.size:
                fits = given.root == self.head.root
            elif given.size in self.consistent:
                fits = self.leads_to_head(given)
            else:
                self.not_compared.add(given.size)
                self.open_questions.append('Checkpoint no. %d that you gave (%d records) could not be compared: nothing in this part of '
                                           'the log leads to it. Ask for the whole log.' % (given.number, given.size))
                continue
            if not fits:
                raise self.equivocation(given)

    # step 10
    def check_key_files(self):
        expected = {}
        for epoch, vkey in enumerate(self.vkeys):
            name = 'keys/genesis' if epoch == 0 else 'keys/rotated-%d' % epoch
            expected[name + '.vkey'], expected[name + '.pub.pem'] = vkey + '\n', Key(vkey).pem()
        for name in self.sums:
            if name in expected:
                if self.zip.whole(name, 1024) != expected[name].encode():
                    raise Fault('bad_signature', name + ' is not the key that the records name.')
            elif name not in REQUIRED and not (name == 'proofs.jsonl' and not self.manifest['complete']):
                raise Fault('extra_file', name + ' does not belong in a bundle.')
        for name in expected:
            if name not in self.sums:
                raise Fault('missing_file', name + ' is missing.')

    # step 11
    def check_bundle_note(self, sums_bytes):
        try:
            text, _ = open_note(self.zip.whole('bundle.note', SMALL).decode('utf-8', 'replace'), self.keys.required(self.head.size))
        except BadNote:
            raise Fault('bad_signature', 'The bundle is not signed by the key of the log, or its signature was changed.') from None
        head = 'spendsignoff/audit-bundle/v1\n%s\n%d\n%s\nsha256sums ' % (
            self.identity.name, self.head.size, base64.b64encode(self.head.root).decode())
        if not text.startswith(head) or not re.fullmatch('[0-9a-f]{64}\n', text[len(head):]):
            raise Fault('bad_signature', 'The bundle’s signature is of another state of the log than its checkpoint.')
        if text[len(head):-1] != sha256(sums_bytes).hex():
            raise Fault('file_changed', 'The list of files is not the one that was signed.')


class Peekable:
    """An iterator that shows its next item."""

    def __init__(self, items):
        self.items = iter(items)
        self.next = next(self.items, None)

    def take(self):
        taken, self.next = self.next, next(self.items, None)
        return taken


def limits(bundle, pinned, given):
    yield 'Detects every change of what was recorded up to the newest checkpoint in the bundle. It cannot know what was never recorded.'
    yield 'Times are as reported by the computer that kept the log; the order does not depend on them.'
    if pinned is None:
        yield 'No key was given to compare with: the bundle could be of a log that somebody made up.'
    compared = [] if bundle is None else [each.size for each in bundle.given if each.size not in bundle.not_compared]
    if not given or (bundle is not None and not compared):
        yield ('No checkpoint from outside was compared: an older genuine copy of the log would pass, and so would a history that a thief '
               'of the signing key rewrote. One checkpoint that you received elsewhere makes both visible.')
    if bundle is None:
        return
    if compared and max(compared) < bundle.head.size:
        yield ('Your newest checkpoint that could be compared covers the first %d of %d records. What came after rests on the key of the log '
               'alone, and newer records may be missing.' % (max(compared), bundle.head.size))
    if not bundle.manifest['complete']:
        yield 'This is a part of the log: that nothing else in it would matter cannot be seen from here.'
    if bundle.withheld:
        yield '%d texts were withheld or erased; their records are all here.' % bundle.withheld
    yield from bundle.open_questions


def main():
    parser = argparse.ArgumentParser(description='Checks a SpendSignoff audit bundle.')
    parser.add_argument('bundle')
    parser.add_argument('--vkey', help='the key of the log as you know it from elsewhere')
    parser.add_argument('--checkpoint', action='append', default=[], help='a file with a checkpoint that you received elsewhere')
    options = parser.parse_args()
    given = []
    try:
        for path in options.checkpoint:
            with open(path, encoding='utf-8') as file:
                given.append(file.read(16384))
    except (OSError, ValueError) as error:
        print('%s' % error, file=sys.stderr)
        return 2
    bundle = None
    try:
        bundle = Bundle(options.bundle, options.vkey, given)
        print('OK: %d records of %d, root %s' % (bundle.records, bundle.head.size, base64.b64encode(bundle.head.root).decode()))
        print('Log key: %s' % bundle.identity.vkey)
    except Fault as fault:
        print('FAULT %s: %s' % (fault.kind, fault))
    except OSError as error:
        print('FAULT unreadable: %s' % error.strerror)
    for line in limits(bundle, options.vkey, given):
        print('Note: ' + line, file=sys.stderr)
    return 0 if bundle is not None else 1


if __name__ == '__main__':
    sys.exit(main())
