import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { writeFiles } from '../../src/demo/service.ts'

const base = mkdtempSync(join(tmpdir(), 'arxdb-demo-test-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const own = (name: string): string => join(base, `${name}-${process.geteuid?.()}`)

describe("the demo's files", () => {
  it('stand in a folder that has the name of the user in it, the same one each time', () => {
    const usual = join(base, 'twice')
    const { folder, names } = writeFiles(undefined, usual)
    expect(folder).toBe(own('twice'))
    expect(readdirSync(folder).sort()).toEqual([...names].sort())
    expect(writeFiles(undefined, usual).folder).toBe(folder)
  })

  it.each([
    ['a link to a folder', (path: string) => symlinkSync(base, path)],
    ['a link to nowhere', (path: string) => symlinkSync(join(base, 'nowhere'), path)],
    ['a file', (path: string) => writeFileSync(path, 'mine')],
  ])('go beside %s that has the name already', (what, occupy) => {
    const name = what.replaceAll(' ', '-')
    occupy(own(name))
    const before = readdirSync(base).length
    const { folder, names } = writeFiles(undefined, join(base, name))
    expect(folder.startsWith(`${own(name)}-`)).toBe(true)
    expect(readdirSync(folder).sort()).toEqual([...names].sort())
    expect(readdirSync(base).length).toBe(before + 1)
  })

  it('go where --dir says, and a place that cannot be written is said', () => {
    const asked = join(base, 'a b', 'c')
    expect(writeFiles(asked, 'not used').folder).toBe(asked)
    mkdirSync(join(base, 'blocked', 'prices.csv'), { recursive: true })
    const refused = expect.objectContaining({ code: 'demo-files', hint: 'arxdb demo --dir FOLDER' })
    expect(() => writeFiles(join(base, 'blocked'), 'not used')).toThrow(refused)
    expect(() => writeFiles(undefined, join(base, 'missing', 'x'))).toThrow(refused)
  })
})
