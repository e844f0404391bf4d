/** The whole style sheet. Colours are named once, for light and for dark; text keeps 4.5:1 on its ground in both. */
export const STYLE = `
:root { color-scheme: light dark;
  --ground: light-dark(#f5f6f8, #14171c); --card: light-dark(#fff, #1c2128); --line: light-dark(#dde1e7, #323943);
  --text: light-dark(#1b2129, #e5e9ef); --soft: light-dark(#5a6472, #9aa5b3); --link: light-dark(#1657b8, #7db4ff);
  --good: light-dark(#d9f2e0, #143d24); --good-text: light-dark(#0d5228, #8fe3ab);
  --info: light-dark(#dcebfb, #16344f); --info-text: light-dark(#124a80, #9accfa);
  --warn: light-dark(#fdf0c8, #453708); --warn-text: light-dark(#6b4e00, #f4d470);
  --moved: light-dark(#efe0fb, #3b2352); --moved-text: light-dark(#5e2391, #d9b3fa);
  --bad: light-dark(#fbdcdc, #521c1c); --bad-text: light-dark(#8c1515, #ffabab);
  --none: light-dark(#eceef1, #272d36); --none-text: light-dark(#5a6472, #9aa5b3) }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, 'Segoe UI', sans-serif }
header, main, footer { max-width: 1400px; margin: 0 auto; padding: 0 1.5rem }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem; padding-top: 1.5rem }
h1 { font-size: 1.5rem; margin: 0; letter-spacing: -.02em }
h2 { font-size: 1.1rem; margin: 2rem 0 .75rem } h3 { font-size: 1rem; margin: 0 0 .35rem }
small { font-size: .8rem; font-weight: 400; color: var(--soft) }
p { margin: .35rem 0 } a { color: var(--link) } .quiet { color: var(--soft) }
code { font: .87em ui-monospace, 'Cascadia Mono', Consolas, monospace; overflow-wrap: anywhere }
.banner { display: none } .lost .banner { display: block; background: var(--bad); color: var(--bad-text); padding: .6rem 1.5rem; text-align: center }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin: 1rem 0 }
.tile, .source, article, .hints li { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem }
.tile b { display: block; font-size: 1.6rem; line-height: 1.2; font-variant-numeric: tabular-nums }
.tile.good b { color: var(--good-text) } .tile.bad b { color: var(--bad-text) } .tile.warn b { color: var(--warn-text) } .tile.moved b { color: var(--moved-text) }
.source dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .6rem 1.5rem; margin: 0 }
dt { font-size: .8rem; color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
.pill { display: inline-block; border-radius: 1rem; padding: .05rem .6rem; font-size: .8rem; font-weight: 500; white-space: nowrap }
.loud { background: #b45309; color: #fff; text-transform: uppercase; letter-spacing: .06em; font-weight: 700 }
.good { background: var(--good); color: var(--good-text) } .info { background: var(--info); color: var(--info-text) }
.warn { background: var(--warn); color: var(--warn-text) } .moved { background: var(--moved); color: var(--moved-text) }
.bad { background: var(--bad); color: var(--bad-text) } .none { background: var(--none); color: var(--none-text) }
.tile.good, .tile.warn, .tile.bad, .tile.moved, .tile.none { background: var(--card); color: inherit }
.error ul { margin: .3rem 0 } .error { background: var(--bad); color: var(--bad-text); border-radius: .5rem; padding: .5rem .8rem; margin: .6rem 0 0 }
.held { background: var(--warn); color: var(--warn-text); border-radius: .5rem; padding: .5rem .8rem; margin: .5rem 0 0 }
.cards { columns: 26rem auto; column-gap: .75rem } article { break-inside: avoid; margin-bottom: .75rem }
.bar { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; margin-bottom: .75rem }
.bar form { margin-left: auto } input { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: .4rem; padding: .3rem .6rem }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .6rem }
table { border-collapse: separate; border-spacing: 0; width: 100% }
th, td { padding: .4rem .5rem; text-align: left; vertical-align: middle; border-bottom: 1px solid var(--line) }
tbody tr:last-child > * { border-bottom: 0 }
thead th { font-size: .85rem; white-space: nowrap; vertical-align: bottom } thead small { display: block }
thead .severity-critical, thead .severity-high { color: var(--bad-text) }
tr > :first-child { position: sticky; left: 0; z-index: 1; background: var(--card); border-right: 1px solid var(--line); padding-left: 1rem }
tbody th { font-weight: 600; white-space: nowrap } tbody th .pill { margin-left: .5rem } tbody th small { display: block }
.cell { font: inherit; font-size: .85rem; width: 100%; min-width: 6.5rem; border: 1px solid transparent; border-radius: .4rem; padding: .35rem .6rem; cursor: pointer; text-align: center }
.cell em { display: block; font-style: normal; font-weight: 700; font-size: .72rem; text-transform: uppercase; letter-spacing: .05em }
.cell:hover, .cell:focus-visible { border-color: currentColor; outline: none }
.details { border: 1px solid var(--line); border-radius: .7rem; background: var(--card); color: var(--text); padding: 1.2rem 1.4rem; width: min(38rem, calc(100vw - 2rem)); max-height: 80vh; overflow: auto; box-shadow: 0 1rem 3rem #0006 }
.details::backdrop { background: #0005 } .details dl { display: grid; grid-template-columns: 6.5rem 1fr; gap: .3rem .8rem; margin: .6rem 0 }
.details ul { padding-left: 1.1rem } .hint { color: var(--soft) }
.hints { list-style: none; padding: 0; display: grid; gap: .6rem; grid-template-columns: repeat(auto-fill, minmax(min(30rem, 100%), 1fr)) }
.hints code { display: block; margin-top: .4rem; padding: .5rem .7rem; background: var(--none); border-radius: .4rem; white-space: pre-wrap; user-select: all }
footer { color: var(--soft); padding-top: 1.5rem; padding-bottom: 2rem; font-size: .85rem }
@media (max-width: 640px) { header, main, footer { padding-left: .8rem; padding-right: .8rem } tbody th { white-space: normal; max-width: 9.5rem; overflow-wrap: anywhere } tbody th .pill { margin-left: 0; display: table } tr > :first-child { padding-left: .6rem } .bar form { margin-left: 0 } }
`
