import type { Request } from '../../rewrite/exchange.ts'
import { cut, join, urlSpelling } from './parts.ts'
import type { Spelling, Transformation } from './transformation.ts'

/** Other names of what answers a request. */
export const ENDPOINTS: readonly Transformation[] = [
  {
    name: 'another name of Autodiscover',
    group: 'endpoint',
    confidence: 'likely',
    meaning:
      'Everything below /autodiscover is one application of the front end, whatever the file; published attacks left out autodiscover.json.',
    of: (request) => autodiscover(request),
  },
  {
    name: 'another static file',
    group: 'endpoint',
    confidence: 'likely',
    meaning:
      'The front end asks for the ending of a static file only, the file need not exist; so ProxyLogon came in.',
    of: (request) => staticFile(request),
  },
  {
    name: 'the default document',
    group: 'endpoint',
    confidence: 'likely',
    meaning: 'IIS answers a folder with its default document.',
    of: (request) => defaultDocument(request),
  },
]

/** What may stand behind the name of the file, an address for one, stays where it is. */
const AUTODISCOVER = /^(\/autodiscover)\/(autodiscover\.(?:json|xml|svc))(\/[^?]*)?$/i

// The third and fourth published rules differ in this: the third still asked for autodiscover.json.
function* autodiscover(request: Request): Iterable<Spelling> {
  const { path, query } = cut(request.url)
  const [, folder, file, rest = ''] = AUTODISCOVER.exec(path) ?? []
  if (folder === undefined || file === undefined) return
  for (const other of ['autodiscover.xml', 'autodiscover.json', 'autodiscover.svc', 'x'])
    if (other !== file.toLowerCase())
      yield urlSpelling(
        request,
        join({ path: `${folder}/${other}${rest}`, query }),
        `${other} instead of ${file}`,
      )
  yield urlSpelling(request, join({ path: `${folder}${rest || '/'}`, query }), `without ${file}`)
  yield urlSpelling(request, join({ path: `${folder}/${file}/v1.0/x${rest}`, query }), `v1.0 behind ${file}`)
  if (query !== null && query !== '')
    yield urlSpelling(
      request,
      `${folder}/${query.replace(/^\//, '')}${rest}`,
      `without ${file}, what stood in the query in the path`,
    )
}

const STATIC = /\/([^/]+)\.(js|css|png|gif|jpg|jpeg|ico|svg|eot|woff|ttf|flt|htm|html)$/i

// The front end of 2021 let requests for such files through without asking who sent them.
function* staticFile(request: Request): Iterable<Spelling> {
  const { path, query } = cut(request.url)
  const [whole, name, ending] = STATIC.exec(path) ?? []
  if (whole === undefined || name === undefined || ending === undefined) return
  const folder = path.slice(0, -whole.length)
  for (const file of [
    ...['js', 'css', 'png', 'gif', 'ico', 'flt'].map((other) => `${name}.${other}`),
    `x.${ending}`,
  ])
    yield urlSpelling(
      request,
      join({ path: `${folder}/${file}`, query }),
      `${file} instead of ${name}.${ending}`,
    )
}

// Of other folders nobody knows here what their default document is.
function* defaultDocument(request: Request): Iterable<Spelling> {
  const { path, query } = cut(request.url)
  const name = /\/default\.aspx$/i
  if (name.test(path))
    yield urlSpelling(request, join({ path: path.replace(name, '/'), query }), 'without default.aspx')
  else if (/^\/(owa|ecp)\/?$/i.test(path))
    yield urlSpelling(
      request,
      join({ path: `${path.replace(/\/$/, '')}/default.aspx`, query }),
      'with the name of default.aspx',
    )
}
