import { didYouMean } from '../../formats/nearest.ts'
import { pointer } from '../../formats/positions.ts'
import { OBJECT_KINDS, type ObjectKind, objectSchemas } from '../../formats/schema/publish.ts'
import { API_VERSION } from '../../formats/schema/shared.ts'
import { schemaFaults } from '../../formats/schema.ts'
import { quoted } from '../../formats/words.ts'
import { isObject } from '../../model/object.ts'
import type { Json } from '../../model/resource.ts'
import { originOf, type PolicyObject, policyObject } from './document.ts'
import type { RawDocument } from './files.ts'
import type { Findings } from './findings.ts'

/** The objects that the documents are, each checked with the schema of its kind; what is no object of ours is a fault. */
export function readObjects(documents: readonly RawDocument[], findings: Findings): readonly PolicyObject[] {
  return documents.flatMap((raw) => {
    const object = readObject(raw, findings)
    if (object === null) return []
    for (const fault of schemaFaults(objectSchemas[object.kind], object.value))
      findings.error(object.at(fault.pointer, fault.on), fault.message)
    return [object]
  })
}

/** Kind and version come first: with either unknown, every further fault would be a guess. */
function readObject(raw: RawDocument, findings: Findings): PolicyObject | null {
  const { value } = raw
  if (!isObject(value)) {
    findings.error(originOf(raw, ''), 'is no object. Each document has apiVersion, kind, metadata and spec.')
    return null
  }
  const [apiVersion, kind] = [value['apiVersion'], value['kind']]
  if (kind === undefined) {
    findings.error(originOf(raw, ''), `'kind' is missing: one of ${OBJECT_KINDS.join(', ')}.`)
    return null
  }
  if (apiVersion !== undefined && apiVersion !== API_VERSION) {
    const message = `the apiVersion ${quoted(apiVersion)} is unknown. This version of Stopgap reads ${API_VERSION}.`
    findings.error(originOf(raw, pointer('apiVersion')), message)
    return null
  }
  if (!isObjectKind(kind)) {
    const guess = typeof kind === 'string' ? didYouMean(kind, OBJECT_KINDS) : ''
    const message = `the kind ${quoted(kind)} is unknown${guess === '' ? `. It is one of ${OBJECT_KINDS.join(', ')}.` : guess}`
    findings.error(originOf(raw, pointer('kind')), message)
    return null
  }
  return policyObject(kind, raw, value)
}

function isObjectKind(value: Json): value is ObjectKind {
  return OBJECT_KINDS.some((kind) => kind === value)
}
