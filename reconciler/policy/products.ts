import { type Build, laneOf } from '../formats/build.ts'

/** The lanes that Stopgap was made with: first three parts of a build, and what Microsoft calls it. */
const PRODUCTS: { readonly [lane: string]: string } = {
  '15.0.1395': 'Exchange Server 2013 CU21',
  '15.0.1473': 'Exchange Server 2013 CU22',
  '15.0.1497': 'Exchange Server 2013 CU23',
  '15.1.2106': 'Exchange Server 2016 CU18',
  '15.1.2176': 'Exchange Server 2016 CU19',
  '15.1.2242': 'Exchange Server 2016 CU20',
  '15.1.2308': 'Exchange Server 2016 CU21',
  '15.1.2375': 'Exchange Server 2016 CU22',
  '15.1.2507': 'Exchange Server 2016 CU23',
  '15.2.721': 'Exchange Server 2019 CU7',
  '15.2.792': 'Exchange Server 2019 CU8',
  '15.2.858': 'Exchange Server 2019 CU9',
  '15.2.922': 'Exchange Server 2019 CU10',
  '15.2.986': 'Exchange Server 2019 CU11',
  '15.2.1118': 'Exchange Server 2019 CU12',
  '15.2.1258': 'Exchange Server 2019 CU13',
  '15.2.1544': 'Exchange Server 2019 CU14',
  '15.2.1748': 'Exchange Server 2019 CU15',
  '15.2.2562': 'Exchange Server SE RTM',
}

/** What a build is called; null where its lane is none that this version knows. */
export function productOf(build: Build): string | null {
  return PRODUCTS[laneOf(build)] ?? null
}
