/**
 * Fetches the page again and takes its `main`; never while somebody reads a popover, types or has the tab in the
 * background. Without it the page still works, and refreshes by a meta element.
 */
export const SCRIPT = `
const again = async () => {
  const busy = document.hidden || document.querySelector(':popover-open') || document.activeElement?.tagName === 'INPUT'
  try {
    if (!busy) {
      const answer = await fetch(location.href, { signal: AbortSignal.timeout(4000) })
      if (!answer.ok) throw new Error('not ok')
      const next = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main')
      const left = document.querySelector('.scroll')?.scrollLeft ?? 0
      const focused = document.activeElement?.id
      document.querySelector('main').replaceWith(next)
      const scroll = document.querySelector('.scroll')
      if (scroll) scroll.scrollLeft = left
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true })
    }
    document.body.classList.remove('lost')
  } catch {
    document.body.classList.add('lost')
  }
  setTimeout(again, 3000)
}
setTimeout(again, 3000)
`
