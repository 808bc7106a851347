// While it loads, pg looks for Cloudflare's runtime: by `navigator`, else through `Response`, and touching that loads all
// of fetch, 10 ms of every start. Node 21 has a navigator; Node 20 gets one for as long as pg takes to load.
export const lent = !('navigator' in globalThis)

if (lent) Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'Node.js' }, configurable: true })
