import { SEVERITIES } from '../../model/catalogue.ts'
import { choice, envelope, flag, mitigationSelector, object, servers, text } from './shared.ts'

/** Schema of a Block. */
export const blockSchema = envelope(
  'Block',
  'Forbids mitigations on servers, with a reason and an owner.',
  object(
    'Which mitigations are forbidden on which servers, and why.',
    {
      servers,
      mitigations: mitigationSelector('Which mitigations.', SEVERITIES),
      reason: text('Why; shown wherever the mitigation is missing.'),
      owner: text('Who answers for it, and can be asked.'),
      expires: {
        description: 'When it ends by itself: "2026-12-31" (the end of that day in UTC) or an RFC 3339 time.',
        type: 'string',
      },
      onExpiry: choice(
        'What happens then: hold waits for a person, apply lets the mitigations back at once.',
        ['hold', 'apply'],
        'hold',
      ),
      remove: flag('Whether what is applied already is taken back; false leaves it.', false),
    },
    ['mitigations', 'reason', 'owner'],
  ),
)
