// count.mjs <report.json> <exit code of vitest> <name of the run>
// Prints `<passed> <failed>` and then a line for each failure. What went wrong outside a test (a file that did not
// load, a set-up that threw, a time-out) leaves no failed test behind and counts as one failure.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

const [path, exitCode, name] = process.argv.slice(2)

const failures = []
let passed = 0
const report = read(path)
for (const file of report?.testResults ?? []) {
  const where = relative(process.cwd(), file.name)
  const results = file.assertionResults ?? []
  passed += results.filter(({ status }) => status === 'passed').length
  for (const { status, fullName } of results) if (status === 'failed') failures.push(`${where}: ${fullName}`)
  if (file.status === 'failed' && !results.some(({ status }) => status === 'failed')) {
    failures.push(`${where}: ${firstLine(file.message) || 'the file failed as a whole'}`)
  }
}
if (!report) failures.push(`${name}: no report; it ended with exit code ${exitCode}`)
else if (exitCode !== '0' && failures.length === 0)
  failures.push(`${name}: exit code ${exitCode} without a failed test`)
else if (exitCode === '0' && passed === 0) failures.push(`${name}: no test ran`)

console.log([`${passed} ${failures.length}`, ...failures].join('\n'))

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

function firstLine(text = '') {
  return text.split('\n', 1)[0].trim()
}
