import { join } from 'node:path'
import { ownPath } from '../../targets/embedded/create/create.ts'
import { ATTACK } from './attack.ts'
import type { Addresses } from './fronts.ts'
import { type Place, type ServerName, shipped } from './place.ts'
import { compare, copy, path, request, type Shell, withoutRule, word } from './shell.ts'

/** Something to try: what it shows, and the commands for it, one a line. */
export interface Hint {
  readonly text: string
  readonly command: string
}

const ROOT_CONFIG = 'C:\\inetpub\\wwwroot\\web.config'
const HOST_CONFIG = 'C:\\Windows\\System32\\inetsrv\\config\\applicationHost.config'

/** Makes commands that work as they stand when pasted into this shell. */
export class Hints {
  readonly #place: Place
  readonly #addresses: Addresses
  readonly #shell: Shell
  readonly #stopgap: string
  readonly #git: string

  constructor(place: Place, shell: Shell, addresses: Addresses) {
    this.#place = place
    this.#addresses = addresses
    this.#shell = shell
    this.#stopgap = `node ${path(shipped('bin', 'stopgap.js'), shell)}`
    this.#git = `git -C ${path(place.repository, shell)}`
  }

  /** In an order in which each finds what it needs; what is to be looked at first stands between two commands. */
  steps(): readonly Hint[] {
    return [
      this.#questions(),
      this.#attack(
        ['ex01', 'ex03'],
        'Attack ex01 and ex03. M1 cuts the connection on ex01; ex03 has the fix and lets it through to Exchange.',
      ),
      this.#drift(),
      ...this.#block(),
      ...this.#everything(),
      ...this.#lastProtection(),
      this.#cumulative(),
      ...this.#security(),
    ]
  }

  /** The folder in which the commands are meant to be pasted. */
  get cwd(): string {
    return this.#shell.cwd
  }

  /** Where the others work: the page cannot know in which folder somebody reads it. */
  here(): Hint {
    return { text: 'In a second terminal:', command: `cd ${word(this.#shell.cwd, this.#shell)}` }
  }

  /** Releases what this plan holds. */
  allow(plan: string): string {
    return this.#command(`allow ${plan}`)
  }

  #command(words: string): string {
    return `${this.#stopgap} ${words} --config ${path(this.#place.config, this.#shell)}`
  }

  /** A command that takes the folder of a server instead of a configuration. */
  #update(server: ServerName, flags: string): string {
    const folder = path(join(this.#place.servers, server), this.#shell)
    return `${this.#stopgap} server update ${folder} ${flags}`
  }

  /** Removes these files with a commit, or adds them. */
  #commit(change: string, message: string): string {
    return [`${this.#git} ${change}`, `${this.#git} commit -q -m "${message}"`].join('\n')
  }

  #back(text: string): Hint {
    return { text, command: `${this.#git} revert --no-edit HEAD` }
  }

  #questions(): Hint {
    return {
      text: 'Ask how things are, why, and what happened.',
      command: [
        this.#command('status'),
        this.#command('explain ex01 M1'),
        this.#command('log --since 1h'),
      ].join('\n'),
    }
  }

  #attack(servers: readonly ServerName[], text: string): Hint {
    const commands = servers.map((name) => request(`${this.#addresses[name]}${ATTACK}`, this.#shell))
    return { text, command: commands.join('\n') }
  }

  #drift(): Hint {
    const file = ownPath(join(this.#place.servers, 'ex01'), ROOT_CONFIG)
    return {
      text: "Delete a rule from a server's web.config, as a colleague in a hurry would. Two seconds later it is back, as drift.",
      command: withoutRule(file, 'Stopgap M1', this.#shell),
    }
  }

  #block(): readonly Hint[] {
    const piece = join(this.#place.pieces, 'block.yaml')
    const target = join(this.#place.repository, 'policies', 'block.yaml')
    const commit = this.#commit('add policies/block.yaml', 'Block M1 on ex02')
    return [
      {
        text: 'Commit a Block. M1 goes from ex02, and status gives the reason.',
        command: `${copy(piece, target, this.#shell)}\n${commit}`,
      },
      this.#back('Take the Block back, and M1 is back.'),
    ]
  }

  #everything(): readonly Hint[] {
    return [
      {
        text: 'Delete all policies. The revision is refused as empty, and the last good one stays in force.',
        command: this.#commit('rm -q -r policies', 'Delete all policies'),
      },
      this.#back('Take that back.'),
    ]
  }

  #lastProtection(): readonly Hint[] {
    return [
      {
        text: 'Delete the policy that is the last protection of ex01 and ex02. The removals are held. The command that releases them is told then, here and on the page; status has the id of each plan too.',
        command: this.#commit('rm -q policies/baseline.yaml', 'Delete the baseline'),
      },
      this.#back('Take that back: what is held is held no longer, and what went comes back.'),
    ]
  }

  #cumulative(): Hint {
    return {
      text: 'Install a cumulative update on ex02, which writes every web.config anew. M1 comes back, and the cause is the upgrade.',
      command: this.#update('ex02', '--exchange 15.2.1118.9 --cu'),
    }
  }

  #security(): readonly Hint[] {
    const { originals, servers } = this.#place
    const compared = [ROOT_CONFIG, HOST_CONFIG].map((file) =>
      compare(ownPath(join(originals, 'ex01'), file), ownPath(join(servers, 'ex01'), file), this.#shell),
    )
    return [
      {
        text: 'Install the July 2026 security update on ex01. M1 and M2 retire.',
        command: this.#update('ex01', '--exchange 15.1.2507.71'),
      },
      this.#attack(['ex01'], 'Attack ex01 again: nothing is in the way any more, because the fix is on.'),
      {
        text: 'Compare the files that they were in with copies from before: not a byte differs.',
        command: compared.join('\n'),
      },
    ]
  }
}
