import type { Configuration } from './configuration.ts'
import { attribute, childrenNamed, type Element } from './document.ts'
import { isTrue } from './lookup.ts'

/** What `configSections` says about one section. */
export interface Declaration {
  /** Whole path: `system.webServer/rewrite/rules`. */
  readonly section: string
  readonly overrideModeDefault: 'Allow' | 'Deny'
  /** Where it may stand: `Everywhere`, `AppHostOnly`, `MachineToApplication` … */
  readonly allowDefinition: string
  readonly allowLocation: boolean
  readonly element: Element
}

export interface Declarations {
  /** By whole path; names of sections have case. */
  readonly sections: ReadonlyMap<string, Declaration>
  /** Whole paths of the groups. */
  readonly groups: ReadonlySet<string>
}

const read = new WeakMap<Element, Declarations>()

/** Everything that the `configSections` of one file declare. */
export function declarations(root: Element): Declarations {
  const before = read.get(root)
  if (before !== undefined) return before
  const sections = new Map<string, Declaration>()
  const groups = new Set<string>()
  for (const element of childrenNamed(root, 'configSections')) collect(element, '', { sections, groups })
  const result = { sections, groups }
  read.set(root, result)
  return result
}

/** The declaration of a section in applicationHost.config; undefined: its module is not installed. */
export function sectionDeclared(configuration: Configuration, section: string): Declaration | undefined {
  return declarations(configuration.root).sections.get(section)
}

interface Found {
  readonly sections: Map<string, Declaration>
  readonly groups: Set<string>
}

function collect(parent: Element, above: string, found: Found): void {
  for (const element of parent.children) {
    const path = above + (attribute(element, 'name') ?? '')
    if (element.name === 'section') found.sections.set(path, declarationOf(path, element))
    if (element.name !== 'sectionGroup') continue
    found.groups.add(path)
    collect(element, `${path}/`, found)
  }
}

function declarationOf(section: string, element: Element): Declaration {
  const mode = attribute(element, 'overrideModeDefault')?.toLowerCase()
  return {
    section,
    overrideModeDefault: mode === 'deny' ? 'Deny' : 'Allow',
    allowDefinition: attribute(element, 'allowDefinition') ?? 'Everywhere',
    allowLocation: isTrue(element, 'allowLocation', true),
    element,
  }
}
