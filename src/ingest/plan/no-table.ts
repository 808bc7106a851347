// What is known not to be a table, told by its first bytes, and what to do about it.
import { basename } from 'node:path'
import { ArxError } from '../../errors.ts'

export const refuse = (file: string, why: string, hint: string, detail?: string): ArxError =>
  new ArxError({ code: 'not-a-csv', message: `${file} cannot be loaded: ${why}`, detail: detail || undefined, hint })

const ZIP = [0x50, 0x4b, 0x03, 0x04]

const MAGIC: readonly (readonly [bytes: readonly number[], why: string, hint: string])[] = [
  [
    [0x00, 0x05, 0x16, 0x07],
    'it is an AppleDouble file, the leftovers of a macOS copy',
    'leave out names that start with ._',
  ],
  [ZIP, 'it is a zip archive', 'unzip -p FILE.zip | arxdb ingest -'],
  [[0x50, 0x41, 0x52, 0x31], 'it is a parquet file', 'convert it to CSV first'],
  [[0x42, 0x5a, 0x68], 'it is compressed by bzip2', 'bzip2 -dc FILE | arxdb ingest -'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'it is compressed by xz', 'xz -dc FILE | arxdb ingest -'],
  [[0xff, 0xfe], 'it is UTF-16', 'iconv -f UTF-16 -t UTF-8 FILE | arxdb ingest -'],
  [[0xfe, 0xff], 'it is UTF-16', 'iconv -f UTF-16 -t UTF-8 FILE | arxdb ingest -'],
]

const starts = (head: Buffer, bytes: readonly number[]): boolean => bytes.every((byte, index) => head[index] === byte)

/** Refuses what is known not to be a table, before a row of it is read as one. `head` is decompressed. */
export function refuseOthers(file: string, head: Buffer): void {
  if (starts(head, ZIP) && /_(trade|quote)\.zip$/i.test(basename(file)))
    throw refuse(
      file,
      'it is a zip archive of LEAN',
      'write its times out as dates first',
      "LEAN's times are counted from midnight of the date in the name, and cannot be told from the rows",
    )
  const found = MAGIC.find(([bytes]) => starts(head, bytes))
  if (found) throw refuse(file, found[1], found[2])
  const start = head.toString('latin1', 0, 200).trimStart()
  if (start.startsWith('version https://git-lfs')) throw refuse(file, 'it is a Git LFS pointer', 'git lfs pull')
  if (/^<(!doctype|html|\?xml)/i.test(start)) throw refuse(file, 'it is a web page', 'download the file itself')
  if (/^[[{]/.test(start)) throw refuse(file, 'it is JSON', 'convert it to CSV first')
  if (head.includes(0x0d) && !head.includes(0x0a))
    throw refuse(file, 'its lines end with CR alone', "tr '\\r' '\\n' < FILE | arxdb ingest -")
  if (head.includes(0)) throw refuse(file, 'it holds zero bytes, so it is not text', 'check the file')
}
