import { Module } from '@nestjs/common';
import { MeController } from './me.controller.js';
import { UserDirectory } from './user-directory.js';

@Module({ controllers: [MeController], providers: [UserDirectory], exports: [UserDirectory] })
export class UsersModule {}
