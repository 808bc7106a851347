// What every picture has: a frame, a title and a description for those who hear it, and one way to write an element.

export interface Size {
  readonly width: number
  readonly height: number
}

// XML has no way to write most control characters, nor half of a surrogate pair.
const UNWRITABLE = /[^\t\n\r\x20-\x7e\u0080-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

export const escaped = (text: string): string =>
  text.replace(UNWRITABLE, '\ufffd').replace(/[&<>"]/g, (character) => ENTITIES[character]!)

type Attributes = Readonly<Record<string, string | number>>

/** `<line x1="1"/>`, or with text inside; coordinates to a tenth of a pixel. */
export function element(name: string, attributes: Attributes, text?: string): string {
  const written = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? tenth(value) : escaped(value)}"`,
  )
  return text === undefined ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${escaped(text)}</${name}>`
}

export const tenth = (value: number): number => Math.round(value * 10) / 10

// A white ground of its own: dark viewers would swallow the ink.
const STYLE =
  'text{font:12px sans-serif;fill:#222}.ink{stroke:#222;fill:none}.faint{stroke:#ddd}.up{stroke:#137333;fill:#fff}.down{stroke:#b3261e;fill:#b3261e}.bar{stroke:#1a56c4;fill:#dbe6f7}.volume{fill:#9aa0a6}'

export function document(
  { width, height }: Size,
  { title, description }: { readonly title: string; readonly description: string },
  body: readonly string[],
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">`,
    element('title', { id: 'title' }, title),
    element('desc', { id: 'desc' }, description),
    element('style', {}, STYLE),
    element('rect', { width, height, fill: '#fff' }),
    ...body,
    '</svg>\n',
  ].join('\n')
}
