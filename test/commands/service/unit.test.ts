import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { MARK, STATE, unitText } from '../../../reconciler/commands/service/unit.ts'
import { temporaryFolder } from '../../helpers/folder.ts'

const PARTS = { program: ['/usr/bin/env'], config: '/etc/stopgap/stopgap.yaml', writable: [] }

function linesOf(text: string, key: string): readonly string[] {
  return text.split('\n').filter((line) => line.startsWith(`${key}=`))
}

test("the daemon runs with its configuration, its state and nobody's rights", (t) => {
  const text = unitText({ ...PARTS, program: ['/opt/node', '/opt/stopgap/bin/stopgap.js'] })
  t.true(text.startsWith(`${MARK}\n`))
  t.deepEqual(linesOf(text, 'ExecStart'), [
    `ExecStart="/opt/node" "/opt/stopgap/bin/stopgap.js" "run" "--config" "/etc/stopgap/stopgap.yaml" "--state" "${STATE}"`,
  ])
  t.deepEqual(linesOf(text, 'User'), ['User=stopgap'])
  t.deepEqual(linesOf(text, 'CapabilityBoundingSet'), ['CapabilityBoundingSet='])
  t.deepEqual(linesOf(text, 'ReadWritePaths'), [])
})

test('what is a sign to systemd stands for itself in paths', (t) => {
  const strange = '/srv/100% "pure" $HOME\\x\nUser=root'
  const text = unitText({ ...PARTS, config: strange, writable: [strange] })
  t.true(text.includes('"--config" "/srv/100%% \\"pure\\" $$HOME\\\\x\\nUser=root" '))
  t.deepEqual(linesOf(text, 'ReadWritePaths'), [
    'ReadWritePaths="/srv/100%% \\"pure\\" $HOME\\\\x\\nUser=root"',
  ])
  t.deepEqual(linesOf(text, 'User'), ['User=stopgap'], 'a line end in a path begins no line of the unit')
})

const noSystemd =
  spawnSync('systemd-analyze', ['--version']).status === 0 ? null : 'no systemd-analyze on this machine'
const systemdTest = noSystemd === null ? test : test.skip
const why = noSystemd === null ? '' : ` (skipped: ${noSystemd})`

systemdTest(`systemd understands every line of it${why}`, async (t) => {
  const folder = await temporaryFolder(t)
  const unit = join(folder, 'stopgap.service')
  const verified = async (text: string) => {
    await writeFile(unit, text)
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], {
      encoding: 'utf8',
    })
    // Of other units of the machine it may say something too.
    const ours = stderr.split('\n').filter((line) => line.includes(unit) || line.startsWith('stopgap'))
    return { status, ours }
  }
  const good = unitText({ ...PARTS, writable: ['/srv/with space/100%'] })
  t.deepEqual((await verified(good)).ours, [])
  t.not((await verified(good.replace('RestrictRealtime=', 'RestrictRealtme='))).ours.length, 0)
})

const ownMounts =
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0
    ? null
    : 'this user may not have mounts of its own'
const mountsTest = ownMounts === null ? test : test.skip

mountsTest(
  `install writes the unit and says what to do, uninstall takes it away${ownMounts === null ? '' : ` (skipped: ${ownMounts})`}`,
  async (t) => {
    const folder = await temporaryFolder(t)
    const launcher = join(import.meta.dirname, '../../../bin/stopgap.js')
    await mkdir(join(folder, 'policy'))
    await writeFile(
      join(folder, 'stopgap.yaml'),
      'source: { remotes: [policy] }\nservers: [{ name: ex01, embedded: servers/ex 01 }]\n',
    )
    // Nobody else sees what it writes below /etc.
    const script = `mkdir -p /etc/systemd/system && mount -t tmpfs none /etc/systemd/system
      "$1" "$2" service install && cp /etc/systemd/system/stopgap.service . && ls -A /etc/systemd/system
      "$1" "$2" service uninstall && ls -A /etc/systemd/system && "$1" "$2" service uninstall
      "$1" "$2" service uninstall --json
      echo '[Unit]' >/etc/systemd/system/stopgap.service
      "$1" "$2" service install 2>&1; echo $?; "$1" "$2" service uninstall 2>&1; cat /etc/systemd/system/stopgap.service`
    const out = execFileSync('unshare', ['-m', 'sh', '-c', script, 'sh', process.execPath, launcher], {
      cwd: folder,
      encoding: 'utf8',
    })
    t.regex(
      out,
      /stopgap\.service is installed\. Next, with the same rights:\n\n[\s\S]*systemctl enable --now stopgap\nstopgap\.service\n/,
    )
    t.regex(
      out,
      /is removed\. Next, with the same rights:\n\n {4}systemctl daemon-reload\n {4}systemctl stop stopgap\nThere is no /,
    )
    t.regex(
      out,
      /"service": "\/etc\/systemd\/system\/stopgap\.service",\n {2}"is": "absent",\n {2}"next": \[\]/,
    )
    t.regex(out, /SERVICE_FOREIGN[\s\S]*\n3\n[\s\S]*SERVICE_FOREIGN[\s\S]*\n\[Unit\]\n$/)
    const text = await readFile(join(folder, 'stopgap.service'), 'utf8')
    t.deepEqual(linesOf(text, 'ExecStart'), [
      `ExecStart="${process.execPath}" "${launcher}" "run" "--config" "${folder}/stopgap.yaml" "--state" "${STATE}"`,
    ])
    t.deepEqual(linesOf(text, 'ReadWritePaths'), [`ReadWritePaths="${folder}/servers/ex 01"`])
  },
)
