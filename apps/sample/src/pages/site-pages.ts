import { Inject, Injectable } from '@nestjs/common';
import { LoginPages } from 'nestjs-oauth-providers';
import { SampleConfig } from '../config/sample-config.js';
import { pageFrame } from './render.js';

/** The login's pages in the frame of the site. */
@Injectable()
export class SitePages extends LoginPages {
  constructor(@Inject(SampleConfig) { publicUrl }: SampleConfig) {
    super(publicUrl, pageFrame);
  }
}
