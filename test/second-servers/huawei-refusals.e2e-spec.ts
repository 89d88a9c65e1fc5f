import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HuaweiScene } from './huawei-scene.js';
import { problemOf, promised } from './problem.js';
import { at, json } from './wire.js';

const paths = { token: '/oauth2/v3/token' };

describe('what a second server for Account Kit answers', () => {
  let scene: HuaweiScene;

  beforeEach(async () => {
    scene = await HuaweiScene.open();
  });

  afterEach(() => scene.close());

  describe('when the token endpoint refuses', () => {
    it.each<[string, number, string]>([
      ['1101/12304 1203/12304 1101/20002 1101/20003 1203/12303 1101/20085', 502, 'invalid_client'],
      ['1101/20171 1101/20172 1101/20022 1101/20023 1101/20024 1101/20154', 502, 'invalid_client'],
      ['1101/20155 1101/20156 1101/20158 1103/20153', 400, 'invalid_grant'],
      ['1101/20041 1101/20042 1101/20152 1101/20182', 400, 'invalid_request'],
      ['1102/20181 1102/20001 1102/20151', 400, 'invalid_request'],
      ['1203/500 1203/100300', 502, 'transient'],
      ['1999/99999', 502, 'unknown'],
    ])('%s is %d %s', async (pairs, status, errorClass) => {
      for (const pair of pairs.split(' ')) {
        const [error, sub_error] = pair.split('/').map(Number);
        scene.server.instead.set(paths.token, json(400, { error, sub_error, error_description: 'no' }));
        expect(problemOf(await scene.signIn())).toEqual(promised(status, errorClass, ...pair.split('/')));
      }
      // A code is good for one request, so nothing is tried twice.
      expect(at(scene.server.wire, paths.token)).toHaveLength(pairs.split(' ').length);
      expect(await scene.me()).toEqual({});
    });

    it.each([
      [500, 502, 'transient', null],
      [502, 502, 'transient', null],
      [504, 502, 'transient', null],
      [590, 502, 'transient', null],
      [403, 502, 'invalid_client', null],
      [404, 502, 'invalid_client', null],
      [405, 502, 'invalid_client', null],
      [503, 503, 'throttled', expect.stringMatching(/^[1-9]\d*$/)],
    ])('HTTP %d with a page is %d %s', async (theirs, status, errorClass, retryAfter) => {
      const page = { status: theirs, headers: { 'content-type': 'text/html' }, body: '<h1>no</h1>' };
      scene.server.instead.set(paths.token, page);
      const done = await scene.signIn();
      expect(problemOf(done)).toEqual(promised(status, errorClass));
      expect(done.headers.get('retry-after')).toEqual(retryAfter);
      expect(at(scene.server.wire, paths.token)).toHaveLength(1);
    });
  });

  it('does not carry a code and a secret on to where the token endpoint points', async () => {
    const location = `${scene.server.wire.url}/elsewhere`;
    scene.server.instead.set(paths.token, { status: 307, headers: { location } });
    expect(problemOf(await scene.signIn()).status).toBe(502);
    expect(at(scene.server.wire, paths.token)).toHaveLength(1);
    expect(at(scene.server.wire, '/elsewhere')).toEqual([]);
  });

  it.each([
    [502, 'invalid_token', '6 102 31204'],
    [400, 'invalid_request', '105 70001201'],
    [403, 'insufficient_scope', '403'],
    [503, 'throttled', '503 1302'],
    [502, 'transient', '500 501 1 70001401 70001402 70020002'],
    [502, 'unknown', '424242'],
  ])('answers %d %s when the profile comes with NSP_STATUS %s and HTTP 200', async (status, name, all) => {
    for (const nspStatus of all.split(' ')) {
      scene.server.nspStatus = nspStatus;
      expect(problemOf(await scene.signIn())).toEqual(promised(status, name, nspStatus));
    }
    expect(await scene.me()).toEqual({});
    expect(scene.logins).toEqual([]);
  });

  it('refuses a profile of somebody else than the id_token', async () => {
    scene.server.profileOf = 'MDFe+somebody/else=';
    expect(problemOf(await scene.signIn())).toEqual(promised(502, 'invalid_token'));
    expect(await scene.me()).toEqual({});
  });
});
