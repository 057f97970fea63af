/**
 * One line of CSV (RFC 4180), safe to be opened in a spreadsheet: a cell that would be taken for a formula begins
 * with an apostrophe. https://owasp.org/www-community/attacks/CSV_Injection
 */
export function csvLine(cells: readonly string[]): string {
  return cells.map(cell).join(',')
}

function cell(text: string): string {
  const safe = /^[\s\0]*[=+\-@]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
