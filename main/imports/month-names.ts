/** Month names of the languages that exports come in. A shortened name counts when only one month of all of them can be meant. */

const MONTHS: readonly (readonly string[])[] = [
  ['january', 'januar', 'janner', 'janvier', 'enero', 'janeiro', 'gennaio', 'januari', 'يناير'],
  ['february', 'februar', 'fevrier', 'febrero', 'fevereiro', 'febbraio', 'februari', 'فبراير'],
  ['march', 'marz', 'maerz', 'mars', 'marzo', 'marco', 'maart', 'mrt', 'mrz', 'مارس'],
  ['april', 'avril', 'abril', 'aprile', 'ابريل'],
  ['may', 'mai', 'mayo', 'maio', 'maggio', 'mei', 'مايو'],
  ['june', 'juni', 'juin', 'junio', 'junho', 'giugno', 'يونيو'],
  ['july', 'juli', 'juillet', 'julio', 'julho', 'luglio', 'يوليو'],
  ['august', 'aout', 'agosto', 'augustus', 'اغسطس'],
  ['september', 'septembre', 'septiembre', 'setiembre', 'setembro', 'settembre', 'سبتمبر'],
  ['october', 'oktober', 'octobre', 'octubre', 'outubro', 'ottobre', 'اكتوبر'],
  ['november', 'novembre', 'noviembre', 'novembro', 'نوفمبر'],
  ['december', 'dezember', 'decembre', 'diciembre', 'dezembro', 'dicembre', 'ديسمبر'],
] // prettier-ignore

const found = new Map<string, number | undefined>()
const MAX_REMEMBERED = 500

/** 1 to 12; undefined when no month, or more than one, can be meant. */
export function monthOf(name: string): number | undefined {
  const key = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  if (found.has(key)) return found.get(key)
  const month = lookUp(key)
  if (found.size < MAX_REMEMBERED) found.set(key, month)
  return month
}

function lookUp(key: string): number | undefined {
  if (key.length < 3) return undefined
  const months = MONTHS.flatMap((names, k) => (names.some((each) => each.startsWith(key)) ? [k + 1] : []))
  return months.length === 1 ? months[0] : undefined
}
