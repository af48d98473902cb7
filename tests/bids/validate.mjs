// Runs the BIDS schema validator over a data set and prints its issues, one a line:
//   node tests/bids/validate.mjs FOLDER   ->   "error CODE [sub-code] /path (detail)" ... and a line that counts
// Exit status: 0 no error (warnings may be there), 1 errors, 2 usage, 77 the validator is not installed.
//
// The npm package holds two validators. Its command is the legacy one, which knows no derivatives: it calls every
// "desc-" a mistake. The schema validator, which knows them, is in it as one file for browsers; it is what runs here,
// with the schema that it brings, and without a network.
import fs, { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { createRequire } from 'node:module'

const folder = process.argv[2]
if (process.argv.length !== 3 || !statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
  console.error('usage: validate.mjs FOLDER')
  process.exit(2)
}
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
const bundle = path.join(root, 'node_modules/bids-validator/dist/validator/main.js')
if (!statSync(bundle, { throwIfNoEntry: false })) {
  console.log('skipped: the BIDS validator is not installed (npm ci)')
  process.exit(77)
}
const { fileListToTree, validate } = await import(pathToFileURL(bundle))
const version = createRequire(import.meta.url)(path.join(root, 'node_modules/bids-validator/package.json')).version
globalThis.fetch = () => Promise.reject(new Error('no network in tests'))

/** Files as a browser's folder dialog gives them. */
async function filesBelow(at, below) {
  const files = []
  for (const entry of readdirSync(at, { withFileTypes: true })) {
    // .bidsignore is the one file with a dot that the validator wants.
    if (entry.name.startsWith('.') && entry.name !== '.bidsignore') continue
    const name = path.join(at, entry.name)
    const relative = `${below}/${entry.name}`
    if (entry.isDirectory()) {
      files.push(...(await filesBelow(name, relative)))
      continue
    }
    const file = fs.openAsBlob ? await fs.openAsBlob(name) : new Blob([fs.readFileSync(name)])
    Object.defineProperties(file, { name: { value: entry.name }, webkitRelativePath: { value: relative } })
    files.push(file)
  }
  return files
}

const tree = await fileListToTree(await filesBelow(path.resolve(folder), 'dataset'))
const { issues, summary } = await validate(tree, { datasetPath: folder, debug: 'ERROR' })
const counts = { error: 0, warning: 0 }
for (const issue of issues.issues) {
  const severity = issue.severity ?? 'error'
  if (severity === 'ignore') continue
  counts[severity] += 1
  const text = [severity, issue.code, issue.subCode && `[${issue.subCode}]`, issue.location ?? '(data set)', issue.issueMessage && `(${issue.issueMessage})`]
  console.log(text.filter(Boolean).join(' ').replaceAll('\n', ' '))
}
console.log(
  `bids-validator ${version}, schema ${summary.schemaVersion}: ${counts.error} errors, ${counts.warning} warnings, ` +
    `${summary.totalFiles} files, ${summary.subjects.length} subjects`,
)
process.exit(counts.error > 0 ? 1 : 0)
