// Nest without a compiler: decorators are functions, and here they are called as such.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

/** Puts decorators on a method, and others on its parameters. */
export function method(type, name, decorators, parameters = []) {
  const descriptor = Object.getOwnPropertyDescriptor(type.prototype, name);
  for (const decorator of decorators) decorator(type.prototype, name, descriptor);
  parameters.forEach((decorator, index) => decorator(type.prototype, name, index));
}

/** Puts decorators on a class and its constructor's parameters. */
export function type(target, decorators, parameters = []) {
  for (const decorator of decorators) decorator(target);
  parameters.forEach((decorator, index) => decorator(target, undefined, index));
  return target;
}

/** A module made of `metadata`. */
export function moduleOf(metadata) {
  class AppModule {}
  return type(AppModule, [Module(metadata)]);
}

/** An application on a free port, or on the one that is given. */
export async function listen(metadata, { port = 0, before = () => undefined } = {}) {
  const app = await NestFactory.create(moduleOf(metadata), { logger: false, abortOnError: false });
  before(app);
  await app.listen(port, '127.0.0.1');
  return app;
}
