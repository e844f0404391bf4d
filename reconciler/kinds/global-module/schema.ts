import { entrySchema, flagSchema, ifMissingSchema, nameSchema, objectSchema, textSchema } from '../schema.ts'

/** Schema of an entry of kind `global-module`. */
export const schema = entrySchema(
  'global-module',
  'A native module of IIS, as listed in globalModules of applicationHost.config.',
  {
    name: nameSchema('Name of the module, such as TokenCacheModule.'),
    present: flagSchema('Whether the module is listed.'),
    ifMissing: ifMissingSchema('this module', 'skip'),
    otherwise: objectSchema(
      'The module as it is listed, if nobody remembers what was there before.',
      {
        image: textSchema('Path of its DLL.', { minLength: 1, maxLength: 400 }),
        preCondition: textSchema('Its preCondition, such as `bitness64`.'),
      },
      ['image'],
    ),
  },
  ['name', 'present'],
)
