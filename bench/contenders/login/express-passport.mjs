// express, express-session, passport and passport-oauth2. Saves no tokens.
import express from 'express';
import passport from 'passport';
import { profiled, strategyOptions } from './passport-strategy.mjs';
import { listenOn, sessions } from './shared.mjs';

export async function start({ standIn, port }) {
  const Strategy = profiled(standIn);
  const found = (_access, _refresh, profile, done) => done(null, profile.id);
  passport.use('standin', new Strategy(strategyOptions(standIn, port), found));
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user, done) => done(null, user));

  const app = express();
  app.use(sessions(), passport.session());
  app.get('/login', passport.authenticate('standin'));
  app.get('/callback', passport.authenticate('standin'), (_request, response) => response.redirect('/'));
  app.get('/me', (request, response) => response.json({ subject: request.user }));
  await listenOn(app, port);
  return { begin: { path: '/login' } };
}
