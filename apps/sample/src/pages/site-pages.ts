import { Inject, Injectable } from '@nestjs/common';
import { LoginPages } from 'nestjs-oauth-providers';
import { SampleConfig } from '../config/sample-config.js';
import { pageFrame } from './render.js';
import { siteTexts } from './texts.js';

/** The login's pages in the frame of the site. */
@Injectable()
export class SitePages extends LoginPages {
  constructor(@Inject(SampleConfig) { publicUrl }: SampleConfig) {
    super(publicUrl, pageFrame);
  }

  /** AnyWeb has no client of its own to open the page in: without its script nobody can sign in. */
  override handoff(...parameters: Parameters<LoginPages['handoff']>): ReturnType<LoginPages['handoff']> {
    const [language, { provider }] = parameters;
    if (provider.name !== 'anyweb' || provider.sdkUrl !== undefined) return super.handoff(...parameters);
    const { anywebUnavailable: title, anywebUnavailableDetail: detail } = siteTexts[language];
    return this.problem(language, { title, detail }, undefined);
  }
}
