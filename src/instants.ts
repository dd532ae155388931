/** Instants and days as RFC 3339, section 5.6, writes them. The year 0 is none: PostgreSQL does not have it. */

const dayForm = /^\d{4}-\d{2}-\d{2}$/
/** A date, a time and an offset, none of them optional. Date would take 24:00 besides. */
const instantForm = /^\d{4}-\d{2}-\d{2}[Tt](?!24)\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/

/** The midnight in UTC that a full-date begins with; undefined for what is no day of the calendar. */
export function dayOf(text: string): Date | undefined {
  return dayForm.test(text) ? timeOf(text) : undefined
}

/** The instant of a date-time, cut to whole milliseconds; undefined for what is none, leap seconds included. */
export function instantOf(text: string): Date | undefined {
  return instantForm.test(text) ? timeOf(text) : undefined
}

function timeOf(text: string): Date | undefined {
  const time = new Date(text)
  return time.getUTCFullYear() >= 1 && hasRealDay(text) ? time : undefined
}

/** A day that the month does not have is moved into the next one by Date; written back, it differs. */
function hasRealDay(text: string): boolean {
  const day = text.slice(0, 10)
  const midnight = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day)
}
