/** The questions that lists of orders and claims leave open, in one wording. */
import { OperationError } from '../../shared/errors.ts'
import { isKnownCurrency } from './currency.ts'
import type { Question } from './parsed.ts'

/** One for every region that people sell from; any other can be named on the command line. */
const ZONES = [
  'UTC',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Africa/Johannesburg',
  'Africa/Lagos',
  'Africa/Nairobi',
  'America/Anchorage',
  'America/Argentina/Buenos_Aires',
  'America/Bogota',
  'America/Chicago',
  'America/Denver',
  'America/Halifax',
  'America/Lima',
  'America/Los_Angeles',
  'America/Mexico_City',
  'America/New_York',
  'America/Phoenix',
  'America/Santiago',
  'America/Sao_Paulo',
  'America/St_Johns',
  'America/Toronto',
  'America/Vancouver',
  'Asia/Bangkok',
  'Asia/Dhaka',
  'Asia/Dubai',
  'Asia/Ho_Chi_Minh',
  'Asia/Hong_Kong',
  'Asia/Jakarta',
  'Asia/Jerusalem',
  'Asia/Karachi',
  'Asia/Kolkata',
  'Asia/Kuala_Lumpur',
  'Asia/Manila',
  'Asia/Riyadh',
  'Asia/Seoul',
  'Asia/Shanghai',
  'Asia/Singapore',
  'Asia/Taipei',
  'Asia/Tokyo',
  'Australia/Adelaide',
  'Australia/Brisbane',
  'Australia/Perth',
  'Australia/Sydney',
  'Europe/Amsterdam',
  'Europe/Athens',
  'Europe/Berlin',
  'Europe/Brussels',
  'Europe/Bucharest',
  'Europe/Copenhagen',
  'Europe/Dublin',
  'Europe/Helsinki',
  'Europe/Istanbul',
  'Europe/Kyiv',
  'Europe/Lisbon',
  'Europe/London',
  'Europe/Madrid',
  'Europe/Moscow',
  'Europe/Oslo',
  'Europe/Paris',
  'Europe/Prague',
  'Europe/Rome',
  'Europe/Sofia',
  'Europe/Stockholm',
  'Europe/Vienna',
  'Europe/Warsaw',
  'Europe/Zurich',
  'Pacific/Auckland',
  'Pacific/Honolulu',
] // prettier-ignore
const MAX_OPTIONS = 200

export function zoneQuestion(text: string): Question {
  return { field: 'time_zone', text, options: ZONES.map((value) => ({ value, label: value.replaceAll('_', ' ') })) }
}

export function currencyQuestion(text: string): Question {
  const codes = Intl.supportedValuesOf('currency').filter(isKnownCurrency).slice(0, MAX_OPTIONS)
  return { field: 'currency', text, options: codes.map((value) => ({ value, label: value })) }
}

/** Whether this runtime knows the time zone. */
function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** @throws OperationError invalid_value for a zone that this runtime does not know */
export function chosenZone(zone: string | undefined): string | undefined {
  if (zone === undefined || isZone(zone)) return zone
  throw new OperationError(
    'invalid_value',
    `"${zone.slice(0, 40)}" is not a time zone. Nothing was stored.`,
    'Name one like "Europe/Berlin" or "UTC".',
  )
}
