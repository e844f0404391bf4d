/** What a unit is made of. Paths are absolute. */
export interface UnitParts {
  /** The program and what starts it: Node and the launcher, or the single executable alone. */
  readonly program: readonly string[]
  /** `stopgap.yaml`. */
  readonly config: string
  /** Folders that the daemon writes to beside its own: embedded servers. */
  readonly writable: readonly string[]
}

/** The first line of a unit of ours; what begins otherwise is somebody else's. */
export const MARK = '# Written by stopgap service install; stopgap service uninstall removes it.'

/** Where the state of the service lies; systemd makes it, for the user of the service alone. */
export const STATE = '/var/lib/stopgap/state'

/** The user of the service. */
export const USER = 'stopgap'

/**
 * The unit of a controller. It may write its state and nothing else of the machine, becomes nobody else, and gets no device.
 * There is no MemoryDenyWriteExecute: a JavaScript engine makes code as it runs.
 */
export function unitText({ program, config, writable }: UnitParts): string {
  const command = [...program, 'run', '--config', config, '--state', STATE]
  const places = writable.map((path) => `ReadWritePaths=${quoted(path)}\n`).join('')
  return `${MARK}
[Unit]
Description=Stopgap, GitOps for emergency mitigations on Exchange Server
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
User=${USER}
Group=${USER}
ExecStart=${command.map(argument).join(' ')}
StateDirectory=stopgap
StateDirectoryMode=0700
WorkingDirectory=/var/lib/stopgap
UMask=0077

# The daemon alone is told to stop: git and ssh, which it has started, end with their work.
KillMode=mixed
TimeoutStopSec=150
Restart=on-failure
RestartSec=10
# What is configured wrongly is not right ten seconds later.
RestartPreventExitStatus=3

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
${places}ProtectHome=read-only
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
PrivateDevices=yes
PrivateTmp=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`
}

/** What stands in a command line is expanded once more than what stands elsewhere: `$` there begins a variable. */
function argument(text: string): string {
  return quoted(text).replaceAll('$', '$$$$')
}

/** `%` begins a specifier of systemd wherever it stands. */
function quoted(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('%', '%%')
  return `"${escaped}"`
}
