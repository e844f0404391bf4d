const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1'])

/** The name in a Host header, without port and brackets, in lower case; null when it is none. */
export function hostName(header: string | undefined): string | null {
  const found = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header ?? '')
  return (found?.[1] ?? found?.[2])?.toLowerCase() ?? null
}

/** Whether an address can only be reached from this machine. */
function isLoopback(host: string): boolean {
  return LOOPBACK.has(host.toLowerCase()) || /^127\.\d+\.\d+\.\d+$/.test(host)
}

/**
 * Whether to answer a request with this Host header. While we listen on loopback only, a foreign name means that a
 * page in a browser on this machine had its name pointed at us (DNS rebinding): it would read the whole estate.
 * On any other address the name is whatever the network calls us, and anybody there could ask directly anyway.
 */
export function isExpectedHost(header: string | undefined, listening: string): boolean {
  const name = hostName(header)
  if (name === null) return false
  return !isLoopback(listening) || isLoopback(name)
}
