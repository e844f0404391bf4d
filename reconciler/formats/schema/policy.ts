import { SEVERITIES } from '../../model/catalogue.ts'
import { choice, envelope, mitigationSelector, object, servers } from './shared.ts'

/** Schema of a Policy. */
export const policySchema = envelope(
  'Policy',
  'Enables mitigations on servers. Where several apply, enforce beats audit.',
  object(
    'Which mitigations on which servers.',
    {
      servers,
      mitigations: mitigationSelector('Which mitigations.', SEVERITIES),
      mode: choice('audit: report what would change, and change nothing.', ['enforce', 'audit'], 'enforce'),
    },
    ['mitigations'],
  ),
)
