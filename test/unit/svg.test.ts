import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { svgChart } from '../../src/render/svg.ts'
import { anyAnswer, BANDS, bars, MACD, MEANS, RSI, wave } from './draw-sample.ts'

const golden = (name: string) => `../../fixtures/golden/render/${name}.txt`

/** Tags of a document as opened and closed; throws where XML would not be well-formed. Ours has no comments or CDATA. */
function elementsOf(svg: string): readonly string[] {
  const open: string[] = []
  const seen: string[] = []
  let rest = svg
  while (rest !== '') {
    const tag = /^<(\/?)([a-z]+)((?: [a-zA-Z][a-zA-Z0-9-]*="[^"<]*")*)(\/?)>/.exec(rest)
    const text = /^[^<>]+/.exec(rest)
    const piece = (tag ?? text)?.[0]
    if (piece === undefined) throw new Error(`not XML: ${rest.slice(0, 80)}`)
    if (/&(?!(?:amp|lt|gt|quot);)/.test(piece)) throw new Error(`a bare &: ${piece}`)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML forbids
    if (/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/u.test(piece))
      throw new Error('a character that XML cannot hold')
    if (tag) {
      const [, closing, name = '', , empty] = tag
      if (closing) {
        if (open.pop() !== name) throw new Error(`</${name}> closes nothing`)
      } else {
        seen.push(name)
        if (!empty) open.push(name)
      }
    } else if (open.length === 0 && piece.trim() !== '') throw new Error(`text outside: ${piece}`)
    rest = rest.slice(piece.length)
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)}> is never closed`)
  return seen
}

describe('goldens', () => {
  test.each([
    ['svg-macd', wave(12, MACD)],
    ['svg-bands', wave(12, BANDS)],
    ['svg-bars', bars([1, -0.5, null, 2])],
  ])('%s', async (name, answer) => {
    await expect(svgChart(answer, { width: 480, height: 300 })).toMatchFileSnapshot(golden(name))
  })
})

describe('a picture', () => {
  test('the checker of this test sees what is broken', () => {
    for (const broken of ['<a>', '<a></b>', '<a>&</a>', '<a b="<"/>', 'x', '<a>\x01</a>']) {
      expect(() => elementsOf(broken), broken).toThrow()
    }
    expect(elementsOf('<a b="1"><c/>text</a>\n')).toEqual(['a', 'c'])
  })

  test('says in words what it shows, for those who hear it', () => {
    const svg = svgChart(wave(30, RSI))
    expect(svg).toMatch(/^<svg [^>]*role="img" aria-labelledby="title desc">/)
    expect(svg).toContain('<title id="title">close, rsi</title>')
    expect(svg).toMatch(/<desc id="desc">30 bars, 2025-01-01 00:00Z to 2025-01-30 00:00Z; close from /)
  })

  test('fetches and runs nothing', () => {
    for (const answer of [wave(30, MACD), wave(30, BANDS), bars([1, 2])]) {
      expect(svgChart(answer)).not.toMatch(/<script|href|url\(|@import|\son[a-z]+=|<image|<foreignObject/i)
    }
  })

  test('tells lines apart by their dashes and candles by being hollow or filled', () => {
    const dashes = [...svgChart(wave(30, MEANS)).matchAll(/<path [^>]*stroke-dasharray="([^"]*)"/g)].map(
      ([, dash]) => dash,
    )
    expect(dashes.length).toBe(3)
    expect(new Set(dashes).size).toBe(3)
    const svg = svgChart(wave(30, BANDS))
    expect(svg).toMatch(/\.up\{[^}]*fill:#fff\}/)
    expect(svg).toContain('<rect class="up"')
    expect(svg).toContain('<rect class="down"')
  })

  test('shows words of the answer as words', () => {
    const answer = { ...bars([1]), rows: [{ exchange_id: '<b>&"', estimator: '</svg>', value: 1 }] }
    const svg = svgChart(answer)
    expect(svg).toContain('&lt;b&gt;&amp;&quot; &lt;/svg&gt;')
    expect(svg.match(/<\/svg>/g)!.length).toBe(1)
  })

  test('of nothing is nothing', () => {
    expect(svgChart(wave(0, MACD))).toBe('')
    expect(svgChart(bars([null]))).toBe('')
  })

  test('is well-formed, and has only numbers for coordinates, whatever the answer holds', () => {
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        const svg = svgChart(answer)
        if (svg === '') return
        expect(elementsOf(svg).slice(0, 3)).toEqual(['svg', 'title', 'desc'])
        for (const [, coordinate] of svg.matchAll(/ (?:[xyr][12]?|c[xy]|width|height)="([^"]*)"/g)) {
          expect(Number.isFinite(Number(coordinate)), coordinate).toBe(true)
        }
        for (const [, path] of svg.matchAll(/ d="([^"]*)"/g)) expect(path).toMatch(/^(?:[ML]-?[\d.]+ -?[\d.]+)+$/)
        for (const [, size] of svg.matchAll(/ (?:width|height)="([^"]*)"/g))
          expect(Number(size)).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 400 },
    )
  })
})
