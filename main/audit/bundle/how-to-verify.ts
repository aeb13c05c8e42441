/** VERIFY.txt: what a person without this software does with a bundle. */
import { BUNDLE_TAG } from './bundle-note.ts'
import { scopeWords } from './bundle-story.ts'
import type { Manifest } from './layout.ts'

export function howToVerify(vkey: string, manifest: Manifest): string {
  return `HOW TO CHECK THIS AUDIT BUNDLE

1. Where did you get the key?

   A bundle cannot vouch for itself: whoever made it could have made every file in it, this one too. Compare the key of
   the log with what you know from another place: the footer of a mail, an older bundle, a webhook, or the Audit page of
   SpendSignoff read to you over the phone.

     ${vkey}

2. Check it.

   In a browser, without a network: open verify.html of a source that you trust and give it the zip file.

   In a terminal, with SpendSignoff:

     spendsignoff verify bundle.zip --vkey "<the key you know>" --checkpoint <a checkpoint you received>

   With standard tools, for the files alone: unpack the zip into an empty folder, then

     sha256sum --check --strict SHA256SUMS

   and compare the hash of SHA256SUMS itself with the last line of the text in bundle.note (it begins with
   "sha256sums"). The text of bundle.note, up to and with the line end before its empty line, begins with
   "${BUNDLE_TAG}" and is signed with Ed25519 by the key in keys/. The first 4 bytes of the base64 after the dash are
   the key's id, the other 64 the signature:

     openssl pkeyutl -verify -pubin -inkey keys/genesis.pub.pem -rawin -in text -sigfile signature

   After a change of the key it is the newest of keys/.

3. What is in it?

   ${scopeWords(manifest)}: ${manifest.records} records.
   Withheld by this export: ${manifest.redacted.length === 0 ? 'nothing' : `${manifest.redacted.join(' and ')} texts`}. ${manifest.withheld} texts are not here; their records are.

4. What no check of this bundle alone can notice

   - An older genuine copy of the log, exported instead of the newest: it is whole up to its own end.
   - A history rewritten by whoever held the signing key, after the last checkpoint that left the computer.

   One checkpoint that you received elsewhere, by mail, webhook or with an older bundle, makes both visible. Give as many
   as you have.
`
}
