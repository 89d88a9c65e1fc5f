// passport-oauth2 as its documentation has it, for both applications that use it.
import OAuth2Strategy from 'passport-oauth2';
import { client, endpoints } from './shared.mjs';

/** Options of the strategy: state and PKCE in the session. */
export function strategyOptions(standIn, port) {
  const { authorization, token } = endpoints(standIn);
  return {
    authorizationURL: authorization,
    tokenURL: token,
    clientID: client.id,
    clientSecret: client.secret,
    callbackURL: `http://127.0.0.1:${port}/callback`,
    state: true,
    pkce: true,
  };
}

/** The strategy with the user info that passport-oauth2 leaves to its users. */
export function profiled(standIn) {
  const { userInfo } = endpoints(standIn);
  return class StandInStrategy extends OAuth2Strategy {
    constructor(...args) {
      super(...args);
      this._oauth2.useAuthorizationHeaderforGET(true);
    }

    userProfile(accessToken, done) {
      this._oauth2.get(userInfo, accessToken, (error, body) => {
        if (error) done(error);
        else done(null, JSON.parse(body));
      });
    }
  };
}
