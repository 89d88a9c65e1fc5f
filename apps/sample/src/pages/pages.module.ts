import { Module } from '@nestjs/common';
import { ProblemFilter } from '../http/problem.filter.js';
import { UsersModule } from '../users/users.module.js';
import { HomeController } from './home.controller.js';
import { HomePages } from './home-pages.js';
import { SitePages } from './site-pages.js';

@Module({
  imports: [UsersModule],
  controllers: [HomeController],
  providers: [HomePages, SitePages, ProblemFilter],
})
export class PagesModule {}
