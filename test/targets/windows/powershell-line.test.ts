import test from 'ava'
import { mainLine } from '../../helpers/main-line.ts'
import { noPwsh, powershellTarget } from '../../helpers/powershell.ts'

const title = 'by PowerShell everything is put, held against drift and retired as on an embedded server'

if (noPwsh === null) test(title, (t) => mainLine(t, (dir) => powershellTarget(dir)))
else test.skip(`${title} (${noPwsh})`, (t) => t.pass())
