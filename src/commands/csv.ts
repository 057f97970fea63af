import { withoutUnseen } from '../upgrade/printable.ts'

/**
 * One line of CSV (RFC 4180), safe to be opened in a spreadsheet: a cell that would be taken for a formula begins
 * with an apostrophe. https://owasp.org/www-community/attacks/CSV_Injection
 */
export function csvLine(cells: readonly string[]): string {
  return cells.map(cell).join(',')
}

function cell(text: string): string {
  const plain = withoutUnseen(text, (character) => (/[\t\n\r]/.test(character) ? character : ''))
  const safe = /^\s*[=+\-@＝＋－＠]|^[\t\r]/.test(plain) ? `'${plain}` : plain
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
