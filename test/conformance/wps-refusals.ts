import { type ErrorClass } from 'nestjs-oauth-providers';
import { answers, type Entry, refused, rowsOf, tryLater } from './vocabulary.js';

/**
 * What the token endpoint of WPS 365 refuses in words and names that do not depend on the grant. No document
 * publishes a number, so every row here but the shape `{code, msg}` is assumed.
 */
const token = '获取用户 access_token';
const rfc = 'RFC 6749 §5.2, which clients of the platform read too';
const clients = 'clients of the platform';

/** The text of RFC 6749 §5.2, which many servers send as it stands. */
const wordsOfTheRfc =
  'The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.';

export const says = (msg: string, status = 400) => answers({ code: 40001, msg }, { status });
const rfcError = (error: string, error_description?: string) =>
  answers({ error, error_description }, { status: 400 });

/** The rows of every grant: `example` is the reply of the document, `words` a refusal and `means` its class. */
export function wpsRefusals(example: object, words: string, means: ErrorClass): readonly Entry[] {
  return [
    ...rowsOf(token, [
      [
        'a token beside a code that is not 0',
        answers({ ...example, code: 40001, msg: 'failed' }),
        refused('unknown', 40001),
      ],
      [
        'a code that is not 0, with words nobody knows',
        answers({ code: 40001, msg: '失败' }),
        refused('unknown', 40001),
      ],
    ]),
    ...rowsOf(clients, [
      [
        '“message” in place of “msg”',
        answers({ code: 40001, message: words }, { status: 400 }),
        refused(means, 40001),
      ],
    ]),
    ...rowsOf(
      rfc,
      [
        ['invalid_grant, bare', rfcError('invalid_grant'), refused('invalid_grant', 'invalid_grant')],
        [
          'invalid_grant in the words of the RFC, which name the client too',
          rfcError('invalid_grant', wordsOfTheRfc),
          refused('invalid_grant', 'invalid_grant'),
        ],
        ['invalid_client, bare', rfcError('invalid_client'), refused('invalid_client', 'invalid_client')],
        [
          'unauthorized_client',
          rfcError('unauthorized_client'),
          refused('invalid_client', 'unauthorized_client'),
        ],
        ['invalid_request', rfcError('invalid_request'), refused('invalid_request', 'invalid_request')],
        [
          'unsupported_grant_type',
          rfcError('unsupported_grant_type'),
          refused('invalid_request', 'unsupported_grant_type'),
        ],
        ['invalid_scope', rfcError('invalid_scope'), refused('insufficient_scope', 'invalid_scope')],
      ],
      'assumed',
    ),
    ...rowsOf(
      'design: the words decide, and the HTTP status before them',
      [
        ['the words 应用密钥错误', says('应用密钥错误'), refused('invalid_client', 40001)],
        ['the words 权限不足', says('权限不足'), refused('insufficient_scope', 40001)],
        ['an outage in the words of a refusal', says(words, 500), tryLater('transient', 40001)],
        ['too many calls in the words of a refusal', says(words, 429), tryLater('throttled', 40001)],
      ],
      'assumed',
    ),
  ];
}
