import test from 'ava'
import {
  applicationsInPool,
  applicationsOfModules,
  applicationsReading,
} from '../../reconciler/iis/impact.ts'
import { pathOfFile } from '../../reconciler/iis/readers.ts'
import { ECP_WEB, HOST, host, hostConfig, OWA_WEB, ROOT_WEB } from '../helpers/iis-machine.ts'

const read = host(hostConfig())
const OWA = ['owa', 'owa/Calendar', 'owa/Integrated', 'owa/oma'].map((name) => `Default Web Site/${name}`)

test('the site file restarts every application of the site, and no other', (t) => {
  const found = applicationsReading(read, ROOT_WEB)
  t.is(found.length, 7)
  t.true(found.every((path) => path.startsWith('Default Web Site')))
})

test('a file of a shared folder restarts all applications on it, without case', (t) => {
  t.deepEqual(applicationsReading(read, OWA_WEB.toUpperCase()), OWA)
  t.deepEqual(applicationsReading(read, ECP_WEB), ['Default Web Site/ecp'])
})

test('a file in a plain folder restarts the application around it', (t) => {
  const file = ECP_WEB.replace('web.config', 'deep\\er\\web.config')
  t.deepEqual(applicationsReading(read, file), ['Default Web Site/ecp'])
  t.deepEqual(applicationsReading(read, 'D:\\elsewhere\\web.config'), [])
  t.deepEqual(applicationsReading(read, HOST), [])
})

test('a folder that an application hides has no path of its own', (t) => {
  t.deepEqual(pathOfFile(read, 'C:\\inetpub\\wwwroot\\ecp\\web.config'), [])
  t.deepEqual(pathOfFile(read, 'C:/inetpub/wwwroot/other/web.config'), ['Default Web Site/other'])
})

test('a pool that ignores web.config files restarts nothing', (t) => {
  const deaf = host(hostConfig({ owaPool: 'enableConfigurationOverride="false"' }))
  t.false(applicationsReading(deaf, OWA_WEB).includes('Default Web Site/owa'))
  t.deepEqual(applicationsReading(deaf, OWA_WEB), ['Default Web Site/owa/Calendar'])
})

test('pools are shared over sites', (t) => {
  t.deepEqual(applicationsInPool(read, 'msexchangeECPAppPool'), [
    'Default Web Site/ecp',
    'Exchange Back End/ecp',
  ])
  t.deepEqual(applicationsInPool(read, 'DefaultAppPool'), ['Exchange Back End'])
})

test('what every worker process loads concerns all applications', (t) => {
  t.is(applicationsOfModules(read).length, 9)
})
